"""`hanse do`: one action from the command line, through the same gate as every other door.

`key=value` gives a text, number, day or id as it is written; `key:='[…]'` gives JSON for what has structure. The
result is printed as JSON, a refusal as sentences on standard error; the exit code tells the kind of refusal.
"""

import difflib
import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import orjson
from pydantic import ValidationError
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.adapters.settings import Settings
from app.api.errors import message, refusal_in
from app.api.inputs import findings_of
from app.api.output import to_json
from app.kernel.errors import Finding, Invalid, Missing, Refusal
from app.platform.actions import Action, Performed
from app.platform.organisation import Company
from app.platform.users import User, profile_of
from app.platform.work import Actor
from app.wiring import Wiring
from tenants.resolve import TenantRef

EXIT = {"invalid": 2, "forbidden": 3, "missing": 4, "conflict": 5, "pending": 6, "problem": 1}
"""Exit codes by kind of refusal; 0 is done."""


@dataclass(frozen=True)
class DoRequest:
    """What the command line says."""

    action: str
    pairs: Sequence[str]
    tenant: str
    company: str = ""
    """Code of the company to work in; the first by code where it is not given."""
    user: str = ""
    """E-mail of the user to act as, with their rights; the system itself where it is not given."""
    key: str = ""
    dry_run: bool = False
    locale: str = "en"


def run(settings: Settings, request: DoRequest) -> int:
    """Perform and print; returns the exit code."""
    wiring = Wiring(settings, pool_size=1)
    try:
        done = perform(wiring, request)
    except Exception as error:
        refusal = refusal_in(error)
        if refusal is None:
            raise
        complain(refusal, request.locale)
        return EXIT[refusal.kind]
    finally:
        wiring.close()
    answer: dict[str, Any] = {"result": done.result}
    if request.dry_run:
        answer |= {"dry_run": True, "effects": done.effects}
    sys.stdout.write(to_json(answer).decode() + "\n")
    return 0


def perform(wiring: Wiring, request: DoRequest) -> Performed:
    """Decode the pairs by the action's own input and ask the gate."""
    act = find_action(wiring.registry.actions, request.action)
    arguments = decode(act, request.pairs)
    tenant = wiring.directory.by_slug(request.tenant.strip().lower())
    if tenant is None or not tenant.usable:
        raise Missing("tenant.missing")
    with wiring.router.session(tenant.schema) as session:
        actor = _actor(session, tenant, request)
        session.rollback()
    return wiring.gate.perform(act, actor, request.key or None, dry_run=request.dry_run, **arguments)


def find_action(actions: dict[str, Action[..., Any]], name: str) -> Action[..., Any]:
    """The action of a name; Invalid `cli.action_unknown` with the nearest names."""
    if name not in actions:
        near = difflib.get_close_matches(name, actions, n=3)
        raise Invalid("cli.action_unknown", field="ACTION", name=name, near=near)
    return actions[name]


def decode(act: Action[..., Any], pairs: Sequence[str]) -> dict[str, Any]:
    """Arguments from `key=value` and `key:=json`; Invalid with every finding."""
    given: dict[str, Any] = {}
    for pair in pairs:
        name, equals, value = pair.partition("=")
        if not equals or not name.strip(":"):
            raise Invalid("cli.pair", field=pair[:80], pair=pair[:80])
        key = name.removesuffix(":")
        if key in given:
            raise Invalid("input.duplicate", field=key, value=key)
        given[key] = _json(key, value) if name.endswith(":") else value
    try:
        model = act.input.model_validate_json(orjson.dumps(given))
    except ValidationError as error:
        raise Invalid.of(findings_of(error)) from None
    return {name: getattr(model, name) for name in model.model_fields_set}


def _json(name: str, text: str) -> Any:
    """A JSON value; numbers with a fraction keep every digit as text."""
    try:
        return json.loads(text, parse_float=str)
    except ValueError:
        raise Invalid("cli.json", field=name, name=name) from None


def _actor(session: Session, tenant: TenantRef, request: DoRequest) -> Actor:
    """The system or the named user, at work in the chosen company."""
    if request.user:
        email = request.user.strip().lower()
        user_id = session.scalar(select(User.id).where(User.email == email))
        profile = profile_of(session, tenant.schema, user_id) if user_id else None
        if profile is None:
            raise Missing("record.missing", noun="platform.user", id=email)
        actor = profile.actor(tenant.id, tenant.schema, "cli", modules=tenant.modules)
    else:
        actor = Actor.system(tenant.id, tenant.schema, "hanse do", door="cli", modules=tenant.modules)
    statement = select(Company).order_by(Company.code).limit(1)
    if request.company:
        statement = statement.where(Company.code == request.company)
    elif actor.company_id is not None:
        return actor
    company = session.scalars(statement).first()
    if company is None and request.company:
        raise Missing("record.missing", noun="platform.company", id=request.company)
    return actor.in_company(company.id, company.zone) if company else actor


def complain(refusal: Refusal, locale: str) -> None:
    """Every finding as a line: where, what, and the code programs go by."""
    findings: Sequence[Finding] = refusal.findings
    for finding in findings:
        where = f"{finding.field}: " if finding.field else ""
        sys.stderr.write(f"✗ {where}{message(locale, finding.code, finding.facts)} [{finding.code}]\n")


def describe(settings: Settings, name: str) -> str:
    """The arguments of an action as JSON schema, with its summary."""
    wiring = Wiring(settings, pool_size=1)
    act = find_action(wiring.registry.actions, name)
    return json.dumps({"summary": act.summary, **act.input.model_json_schema()}, ensure_ascii=False, indent=2)
