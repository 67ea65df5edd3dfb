"""The headers and switches that condition a call: ETag, If-Match, If-None-Match, Idempotency-Key, dry_run."""

import re
from collections.abc import Callable
from dataclasses import replace
from functools import wraps
from typing import Any
from uuid import UUID

from app.adapters.db import Model
from app.api.call import Call
from app.api.errors import Problem
from app.kernel.errors import Conflict, Invalid
from app.platform.actions import Action
from app.platform.work import Work

KEY = re.compile(r"[\x21-\x7e]{1,255}")
TAG = re.compile(r'"v(\d{1,9})"')
OTHER_TAG = re.compile(r'(?:W/)?"[^"]{0,200}"')
FLAGS = {"0": False, "false": False, "1": True, "true": True}


def etag(version: int) -> str:
    """The entity tag of a record's version."""
    return f'"v{version}"'


def asked_version(call: Call) -> int | None:
    """The version in If-Match, None where there is none or `*`. Another's tag matches nothing: 412; no tag: 400."""
    given = call.headers.get("if-match", "").strip()
    if not given or given == "*":
        return None
    found = TAG.fullmatch(given)
    if found is None and OTHER_TAG.fullmatch(given) is None:
        raise Problem(400, "api.entity_tag", field="If-Match")
    if found is None:
        raise Problem(412, "document.stale")
    return int(found[1])


def unchanged(call: Call, tag: str) -> bool:
    """Whether If-None-Match names the present version."""
    given = call.headers.get("if-none-match", "")
    return any(part.strip().removeprefix("W/") == tag for part in given.split(","))


def idempotency_key(call: Call) -> str | None:
    """The caller's key, 1 to 255 visible ASCII characters."""
    given = call.headers.get("idempotency-key")
    if given is None:
        return None
    if KEY.fullmatch(given) is None:
        raise Problem(400, "api.idempotency_key")
    return given


def flag(call: Call, name: str) -> bool:
    """A yes-or-no query parameter."""
    value = next((text for key, text in reversed(call.query) if key == name), "0")
    if value not in FLAGS:
        raise Invalid("filter.value", field=name, value=value, name=name)
    return FLAGS[value]


def only_parameters(call: Call, *known: str) -> None:
    """Invalid `filter.unknown` for any other query parameter."""
    for name, _ in call.query:
        if name not in known:
            raise Invalid("filter.unknown", field=name, name=name)


def pinned(act: Action[..., Any], model: type[Model], key: UUID, version: int) -> Action[..., Any]:
    """The same action, refused with `document.stale` unless the record still has that version.

    For actions that take no version themselves; checked under the row lock of the action's own transaction.
    """
    run: Callable[..., Any] = act.run

    @wraps(run)
    def checked(work: Work, **arguments: Any) -> Any:
        work.load(model, key, version=version)
        return run(work, **arguments)

    return replace(act, run=checked)


def stale_as_412(call: Call, refusal: Conflict) -> Conflict | Problem:
    """A stale version named in If-Match is a failed precondition; one in the body stays a conflict."""
    if refusal.code == "document.stale" and call.headers.get("if-match"):
        return Problem(412, refusal.code, **refusal.facts)
    return refusal
