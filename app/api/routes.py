"""The registry as a table of operations: which method on which path does what.

`create_x` is POST on the collection, `update_x` PATCH on the record, every other verb POST on `/{id}/{verb}` or,
where the action takes no record, on the collection's `/{verb}` (without a collection, on its own name). Ids are the only path parameters, so a path is
found by one dictionary look-up with its ids blanked out.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from app.api import account, attachments, comments, reports
from app.api.call import Endpoint
from app.api.errors import Problem
from app.api.performing import perform
from app.api.reading import fields_of, read_item, read_list
from app.kernel.errors import Missing
from app.kernel.text import path_of
from app.platform.actions import Action
from app.platform.comments import create_comment
from app.platform.documents import confirm_attachment, create_attachment, delete_attachment
from app.platform.jobs import cancel_job
from app.platform.preferences import create_saved_view, delete_saved_view
from app.platform.registry import Registry, Resource
from app.platform.users import update_preferences

ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)

# Actions that are served under an address of their own, with the checks it brings.
HOUSED = frozenset(
    (
        "platform.create_attachment",
        "platform.confirm_attachment",
        "platform.delete_attachment",
        "platform.create_comment",
        "platform.update_preferences",
        "platform.cancel_job",
    )
)
# Of the platform itself and without a screen; named, so that the table does not hang on what else was imported.
UNSEEN = {act.name: act for act in (create_saved_view, delete_saved_view)}
# Steps of signing up and accepting an invitation: they bind a credential that only the identity door has checked;
# letters, keys and factors of colleagues, the rules of signing in, partner apps: their other half is the portal's;
# and what the worker alone decides.
INTERNAL = frozenset(
    (
        "platform.create_first_user",
        "platform.link_user",
        "platform.invite_user",
        "platform.revoke_user_tokens",
        "platform.reset_user_factors",
        "platform.readdress_user",
        "platform.update_sign_in_policy",
        "platform.disable_webhook",
        "platform.create_app",
        "platform.update_app",
        "platform.rotate_app_secret",
        "platform.end_app_secret",
        "platform.disable_app",
        "platform.enable_app",
        "platform.install_app",
        "platform.limit_app_installation",
        "platform.uninstall_app_installation",
    )
)


@dataclass(frozen=True)
class RouteTable:
    """Operations by blanked path and method."""

    endpoints: tuple[Endpoint, ...]
    by_path: dict[tuple[str, ...], dict[str, Endpoint]]

    def find(self, method: str, path: str) -> tuple[Endpoint, tuple[UUID, ...]]:
        """The operation behind a path (without the prefix) and the ids in it; 404, or 405 with what is allowed."""
        parts = path.strip("/").split("/")
        ids = tuple(part for part in parts if ID.fullmatch(part))
        key = tuple("*" if part in ids else part for part in parts) if ids else tuple(parts)
        methods = self.by_path.get(key)
        if methods is None:
            raise Missing("api.route_missing", path=path[:200])
        found = methods.get("GET" if method == "HEAD" else method)
        if found is None:
            raise Problem(405, "api.method", headers={"Allow": ", ".join(allowed(methods))}, method=method[:20])
        return found, tuple(UUID(part) for part in ids)


def allowed(methods: dict[str, Endpoint]) -> list[str]:
    """What Allow says of a path."""
    return sorted({*methods, *(("HEAD",) if "GET" in methods else ())})


def build_table(registry: Registry, extra: tuple[Endpoint, ...] = ()) -> RouteTable:
    """The table of a registry; TypeError where two operations claim one path. `extra`: the describing pages."""
    endpoints = (*extra, *_account(), *_resources(registry), *_actions(registry), *_reports(registry))
    by_path: dict[tuple[str, ...], dict[str, Endpoint]] = {}
    for endpoint in endpoints:
        methods = by_path.setdefault(endpoint.key, {})
        if endpoint.method in methods:
            raise TypeError(f"{endpoint.name} and {methods[endpoint.method].name} share {endpoint.template}")
        methods[endpoint.method] = endpoint
    return RouteTable(endpoints, by_path)


def _account() -> Iterator[Endpoint]:
    yield Endpoint("GET", ("me",), "platform.read_me", account.read_me)
    yield Endpoint("PATCH", ("me",), "platform.update_preferences", account.change_me, action=update_preferences)
    yield Endpoint("GET", ("jobs", "{job_id}"), "platform.read_job", account.read_job)
    yield Endpoint("POST", ("jobs", "{job_id}", "cancel"), "platform.cancel_job", account.stop_job, action=cancel_job)


@dataclass(frozen=True)
class Subject:
    """What an action is about: `soft_close_period(work, period_id)` softly closes a period."""

    verb: str
    noun: str
    record: str = ""

    @classmethod
    def of(cls, act: Action[..., Any]) -> "Subject":
        """By the id it takes first, if its name ends in that noun; else by the first word of its name."""
        name, first = act.run.__name__, next(iter(act.parameters), "")
        noun = first.removesuffix("_id")
        if first.endswith("_id") and name.endswith(f"_{noun}"):
            return cls(name.removesuffix(f"_{noun}"), noun, first)
        return cls(act.verb, act.noun)


def _actions(registry: Registry) -> Iterator[Endpoint]:
    """Every action of the registry's modules but those served elsewhere."""
    modules = {module.name for module in registry.modules}
    offered = {**UNSEEN, **registry.actions}
    acts = [act for act in offered.values() if act.module in modules and act.name not in HOUSED | INTERNAL]
    subjects = {act.name: Subject.of(act) for act in acts}
    named = [(act.module, subjects[act.name]) for act in acts]
    nouns = {f"{module}.{subject.noun}" for module, subject in named if subject.record or subject.verb == "create"}
    for act in acts:
        subject = subjects[act.name]
        name = f"{act.module}.{subject.noun}"
        resource = registry.resources.get(name)
        known = resource is not None or name in nouns
        yield Endpoint(*_place(act, subject, known), act.name, perform, resource, act, record=subject.record)


def _place(act: Action[..., Any], subject: Subject, known: bool) -> tuple[str, tuple[str, ...]]:
    """Method and path. An action on nothing that has an address is its own: `/finance/set-up-books`."""
    base = (act.module, path_of(subject.noun))
    verb = subject.verb.replace("_", "-")
    if subject.record:
        record = (*base, f"{{{subject.record}}}")
        return ("PATCH", record) if subject.verb == "update" else ("POST", (*record, verb))
    if subject.verb == "create":
        return "POST", base
    return "POST", (*base, verb) if known else (act.module, act.run.__name__.replace("_", "-"))


def _resources(registry: Registry) -> Iterator[Endpoint]:
    for resource in registry.resources.values():
        base = (resource.module, path_of(resource.noun))
        record = (*base, f"{{{resource.noun}_id}}")
        if resource.list is not None:
            fields = {shown.key: shown for shown in resource.list.fields}
            name = f"{resource.module}.list_{resource.noun}"
            yield Endpoint("GET", base, name, read_list, resource, fields=fields)
        if resource.document is not None:
            name = f"{resource.module}.read_{resource.noun}"
            yield Endpoint("GET", record, name, read_item, resource, fields=fields_of(resource))
            yield from _beside(resource, record)


def _beside(resource: Resource, record: tuple[str, ...]) -> Iterator[Endpoint]:
    """Comments and files of a record."""
    name = resource.name
    remarks, files = (*record, "comments"), (*record, "attachments")
    one = (*files, "{attachment_id}")
    yield Endpoint("GET", remarks, f"{name}.read_comments", comments.read_comments, resource)
    yield Endpoint("POST", remarks, f"{name}.create_comment", comments.write_comment, resource, action=create_comment)
    yield Endpoint("GET", files, f"{name}.list_attachments", attachments.list_attachments, resource)
    yield Endpoint("POST", files, f"{name}.create_attachment", attachments.announce, resource, action=create_attachment)
    yield Endpoint("GET", one, f"{name}.read_attachment", attachments.read_attachment, resource)
    yield Endpoint(
        "POST",
        (*one, "confirm"),
        f"{name}.confirm_attachment",
        attachments.confirm,
        resource,
        action=confirm_attachment,
    )
    yield Endpoint(
        "POST",
        (*one, "delete"),
        f"{name}.delete_attachment",
        attachments.remove,
        resource,
        action=delete_attachment,
    )


def _reports(registry: Registry) -> Iterator[Endpoint]:
    for view in registry.reports.values():
        segments = (view.module, "reports", view.name.replace("_", "-"))
        yield Endpoint("GET", segments, f"{view.module}.read_{view.name}", reports.read_report, report=view)
