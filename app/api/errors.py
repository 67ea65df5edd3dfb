"""Refusals into problem documents (RFC 9457) in the caller's language; the one place where kinds become statuses."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from app.api.call import Answer
from app.kernel.errors import Conflict, Finding, Invalid, Pending, Refusal
from app.platform import i18n
from app.platform.actions import sqlstate

PROBLEM = "application/problem+json"
STATUS = {"invalid": 422, "forbidden": 403, "missing": 404, "conflict": 409, "pending": 202}
TRANSLATED = ("noun", "document", "action", "permission")
"""Facts that name something which has a message of its own."""


class Problem(Refusal):
    """A refusal of the protocol itself, with its own status and headers; nothing below this door knows it."""

    kind = "problem"

    def __init__(
        self,
        status: int,
        code: str,
        /,
        *,
        headers: Mapping[str, str] | None = None,
        field: str | None = None,
        **facts: Any,
    ) -> None:
        super().__init__(code, field=field, **facts)
        self.status = status
        self.headers = dict(headers or {})


def status_of(refusal: Refusal) -> int:
    """The HTTP status a refusal stands for."""
    if isinstance(refusal, Problem):
        return refusal.status
    if refusal.code == "idempotency.key_reused":
        return 422
    return STATUS[refusal.kind]


def message(locale: str, code: str, facts: Mapping[str, Any]) -> str:
    """The sentence of a code with its facts, names among them translated."""
    known = i18n.messages(locale)
    shown = dict(facts)
    for name in TRANSLATED:
        value = shown.get(name)
        if isinstance(value, str):
            shown[name] = known.get(value, value)
    choices = shown.get("choices")
    if isinstance(choices, (list, tuple)):
        shown["choices"] = [known.get(f"choice.{value}", str(value)) for value in choices]
    return i18n.text(locale, code, **shown)


def problem(refusal: Refusal, locale: str, request_id: str) -> Answer:
    """The problem document of a refusal; of Pending, the note where its outcome will be found."""
    status = status_of(refusal)
    detail = message(locale, refusal.code, refusal.facts)
    if isinstance(refusal, Pending):
        handle = str(refusal.facts.get("handle", ""))
        note = {"pending": handle, "code": refusal.code, "detail": detail, "request_id": request_id}
        return Answer(note, status, {"Location": f"/api/v1/platform/approval-requests/{handle}"})
    headers = dict(refusal.headers) if isinstance(refusal, Problem) else {}
    document = {
        "type": f"urn:hanse:problem:{refusal.code}",
        "title": i18n.text(locale, f"api.title.{status}"),
        "status": status,
        "code": refusal.code,
        "detail": detail,
        "facts": refusal.facts,
        "errors": [_entry(finding, locale) for finding in refusal.findings if finding.field],
        "request_id": request_id,
    }
    headers["Content-Language"] = locale.replace("_", "-")
    return Answer(document, status, headers, PROBLEM)


def _entry(finding: Finding, locale: str) -> dict[str, Any]:
    return {
        "field": finding.field,
        "code": finding.code,
        "message": message(locale, finding.code, finding.facts),
        "facts": finding.facts,
    }


def refusal_in(error: Exception) -> Refusal | None:
    """The refusal an error stands for; None for a defect.

    Values the database cannot hold (class 22: too long, out of range) are the caller's; a busy or absent
    database is nobody's fault and worth another try.
    """
    if isinstance(error, Refusal):
        return error
    if isinstance(error, PoolTimeout):
        return Problem(503, "api.busy", headers={"Retry-After": "1"})
    if isinstance(error, DBAPIError) and sqlstate(error).startswith("22"):
        return Invalid("data.unfit")
    if isinstance(error, (OperationalError, InterfaceError)):
        if sqlstate(error) in ("55P03", "57014"):
            return Conflict("data.busy")
        return Problem(503, "api.busy", headers={"Retry-After": "2"})
    return None
