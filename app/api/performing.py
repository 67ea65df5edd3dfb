"""Create, update and the verbs of a record: a body read, the gate asked once, the outcome told."""

from typing import Any
from uuid import UUID

from app.api.call import Answer, Call
from app.api.conditions import (
    asked_version,
    flag,
    idempotency_key,
    only_parameters,
    pinned,
    stale_as_412,
)
from app.api.errors import Problem
from app.api.inputs import arguments_of, read_object
from app.kernel.errors import Conflict, Invalid
from app.platform.actions import Action, Performed


def perform(call: Call) -> Answer:
    """POST or PATCH: the endpoint's action with the body's arguments."""
    act = call.endpoint.action
    assert act is not None
    only_parameters(call, "dry_run")
    given = read_object(call)
    record = call.endpoint.record
    if not record:
        return outcome(call, act, carry_out(call, act, arguments_of(act, given, {})))
    key = call.ids[0]
    version = asked_version(call)
    fixed: dict[str, Any] = {record: str(key)}
    if "version" in act.parameters:
        fixed |= _version(call, given, version)
        version = None
    arguments = arguments_of(act, given, fixed)
    if version is not None and call.endpoint.resource is not None:
        act = pinned(act, call.endpoint.resource.model, key, version)
    return outcome(call, act, carry_out(call, act, arguments))


def _version(call: Call, given: dict[str, Any], asked: int | None) -> dict[str, int]:
    """The version argument: from If-Match, else from the body (left where it is); 428 where neither says it."""
    if asked is None:
        if "version" not in given and call.endpoint.method == "PATCH":
            raise Problem(428, "api.version_required", headers={}, field="version")
        return {}
    if "version" in given:
        if given["version"] != asked:
            raise Invalid("api.versions_differ", field="version")
        del given["version"]
    return {"version": asked}


def carry_out(call: Call, act: Action[..., Any], arguments: dict[str, Any]) -> Performed:
    """Ask the gate, under the caller's idempotency key."""
    try:
        return call.context.gate.perform(
            act, call.actor, idempotency_key(call), dry_run=flag(call, "dry_run"), **arguments
        )
    except Conflict as refusal:
        raise stale_as_412(call, refusal) from refusal


def outcome(call: Call, act: Action[..., Any], done: Performed) -> Answer:
    """The answer to a performed action: `result` is what it returns, `id` the same where that names a record."""
    value: dict[str, Any] = {"result": done.result}
    if returns_id(act):
        value["id"] = done.result
    if flag(call, "dry_run"):
        return Answer({"dry_run": True, **value, "effects": done.effects})
    headers = {"Idempotency-Replayed": "true"} if done.replayed else {}
    if act.verb != "create":
        return Answer(value, 200, headers)
    if returns_id(act) and call.endpoint.resource is not None and call.endpoint.resource.document is not None:
        headers["Location"] = f"{call.path}/{done.result}"
    return Answer(value, 201, headers)


def returns_id(act: Action[..., Any]) -> bool:
    """Whether the action says it returns an id."""
    return act.hints.get("return") is UUID
