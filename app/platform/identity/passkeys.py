"""Passkeys (WebAuthn level 3, by py_webauthn): made, used as second factor, and used alone.

A passkey belongs to the host it was made on. Its challenge is bound to one browser and answered once; the origin is
the tenant's own; a signature counter that does not grow betrays a copied key and is refused. Used alone, the
authenticator must have verified the person (PIN or biometrics), so it stands for two factors.
"""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import webauthn
from sqlalchemy import Engine, delete, select, update
from sqlalchemy.orm import Session
from webauthn.authentication.verify_authentication_response import VerifiedAuthentication
from webauthn.helpers import base64url_to_bytes, bytes_to_base64url, generate_challenge
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    AuthenticatorTransport,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from app.kernel.dates import now
from app.kernel.errors import Conflict, Forbidden, Invalid, Missing
from app.platform.identity.challenges import Asked, put_challenge, take_challenge
from tenants.credentials import Passkey
from tenants.models import Identity

MOST: Final = 20
MOST_TEXT: Final = 20_000
NAME_LENGTH: Final = 100
MADE, USED = "passkey_made", "passkey_used"


@dataclass(frozen=True)
class Site:
    """The relying party: one tenant at one host, for one browser."""

    tenant_id: UUID
    name: str
    rp_id: str
    """The bare host name."""
    origin: str
    browser: str
    """A value only this browser holds; answers to challenges count in it alone."""


@dataclass(frozen=True)
class PasskeyFacts:
    """A stored passkey, without its key."""

    id: UUID
    rp_id: str
    name: str
    backed_up: bool
    created_at: datetime
    last_used_at: datetime | None


class Passkeys:
    """Makes, checks, names and removes passkeys."""

    def __init__(self, control: Engine) -> None:
        self._control = control

    # -- making ----------------------------------------------------------------------------------------

    def options_to_make(self, site: Site, identity_id: UUID) -> dict[str, Any]:
        """What `navigator.credentials.create` is given; Conflict `passkey.too_many`."""
        with Session(self._control) as session:
            person = session.get_one(Identity, identity_id)
            known = session.scalars(_of(identity_id).where(Passkey.rp_id == site.rp_id)).all()
        if len(known) >= MOST:
            raise Conflict("passkey.too_many", most=MOST)
        challenge = self._ask(site, MADE, identity_id)
        options = webauthn.generate_registration_options(
            rp_id=site.rp_id,
            rp_name=site.name,
            user_id=identity_id.bytes,
            user_name=person.email,
            user_display_name=person.name,
            challenge=challenge,
            authenticator_selection=AuthenticatorSelectionCriteria(
                resident_key=ResidentKeyRequirement.REQUIRED, user_verification=UserVerificationRequirement.PREFERRED
            ),
            exclude_credentials=[_descriptor(row) for row in known],
        )
        return _plain(options)

    def make(self, site: Site, identity_id: UUID, answer: str, name: str) -> UUID:
        """Keep what the authenticator made; Invalid `passkey.refused` or `passkey.known`."""
        given = _parsed(answer)
        challenge, asked = self._answered(site, MADE, given)
        if asked.identity_id != identity_id:
            raise Invalid("passkey.refused")
        try:
            made = webauthn.verify_registration_response(
                credential=given,
                expected_challenge=challenge,
                expected_rp_id=site.rp_id,
                expected_origin=site.origin,
            )
        except (WebAuthnException, ValueError, KeyError, TypeError) as error:
            raise Invalid("passkey.refused") from error
        row = Passkey(
            identity_id=identity_id,
            rp_id=site.rp_id,
            credential_id=made.credential_id,
            public_key=made.credential_public_key,
            sign_count=made.sign_count,
            transports=_transports(given),
            backed_up=made.credential_backed_up,
            name=_name(name),
            created_at=now(),
            last_used_at=None,
        )
        with Session(self._control, expire_on_commit=False) as session, session.begin():
            if session.scalar(select(Passkey.id).where(Passkey.credential_id == made.credential_id)) is not None:
                raise Invalid("passkey.known")
            session.add(row)
        return row.id

    # -- using -----------------------------------------------------------------------------------------

    def options_to_use(self, site: Site, identity_id: UUID | None = None) -> dict[str, Any]:
        """What `navigator.credentials.get` is given: any passkey of this host, or those of one person."""
        allowed = None
        if identity_id is not None:
            with Session(self._control) as session:
                rows = session.scalars(_of(identity_id).where(Passkey.rp_id == site.rp_id)).all()
            allowed = [_descriptor(row) for row in rows]
        alone = identity_id is None
        options = webauthn.generate_authentication_options(
            rp_id=site.rp_id,
            challenge=self._ask(site, USED, identity_id),
            allow_credentials=allowed,
            user_verification=UserVerificationRequirement.REQUIRED if alone else UserVerificationRequirement.PREFERRED,
        )
        return _plain(options)

    def use(self, site: Site, answer: str, identity_id: UUID | None = None) -> UUID:
        """The identity whose passkey signed; with `identity_id` it must be that person's, as their second factor.

        Forbidden `passkey.refused` for everything that is wrong with it: nothing says what.
        """
        given = _parsed(answer)
        challenge, asked = self._answered(site, USED, given)
        with Session(self._control, expire_on_commit=False) as session:
            row = session.scalars(
                select(Passkey)
                .join(Identity, Identity.id == Passkey.identity_id)
                .where(
                    Passkey.credential_id == _credential_id(given),
                    Passkey.rp_id == site.rp_id,
                    Identity.disabled_at.is_(None),
                )
            ).one_or_none()
        if row is None or asked.identity_id != identity_id or identity_id not in (None, row.identity_id):
            raise Forbidden("passkey.refused")
        used = self._verified(site, given, challenge, row, alone=identity_id is None)
        self._count(row, used)
        return row.identity_id

    def _verified(
        self, site: Site, given: dict[str, Any], challenge: bytes, row: Passkey, *, alone: bool
    ) -> VerifiedAuthentication:
        handle = given["response"].get("userHandle")
        try:
            if handle and base64url_to_bytes(handle) != row.identity_id.bytes:
                raise Forbidden("passkey.refused")
            return webauthn.verify_authentication_response(
                credential=given,
                expected_challenge=challenge,
                expected_rp_id=site.rp_id,
                expected_origin=site.origin,
                credential_public_key=row.public_key,
                credential_current_sign_count=row.sign_count,
                require_user_verification=alone,
            )
        except (WebAuthnException, ValueError, KeyError, TypeError) as error:
            raise Forbidden("passkey.refused") from error

    def _count(self, row: Passkey, used: VerifiedAuthentication) -> None:
        """Raise the counter; of two answers with the same count only one gets through. Zero means: it does not count."""
        newer = Passkey.sign_count < used.new_sign_count
        if used.new_sign_count == 0:
            newer = Passkey.sign_count == 0
        with Session(self._control) as session, session.begin():
            counted = session.execute(
                update(Passkey)
                .where(Passkey.id == row.id, newer)
                .values(sign_count=used.new_sign_count, backed_up=used.credential_backed_up, last_used_at=now())
                .returning(Passkey.id)
            ).one_or_none()
        if counted is None:
            raise Forbidden("passkey.refused")

    # -- keeping ---------------------------------------------------------------------------------------

    def of_identity(self, identity_id: UUID) -> list[PasskeyFacts]:
        """A person's passkeys on all hosts, oldest first."""
        with Session(self._control) as session:
            return [
                PasskeyFacts(row.id, row.rp_id, row.name, row.backed_up, row.created_at, row.last_used_at)
                for row in session.scalars(_of(identity_id))
            ]

    def rename(self, identity_id: UUID, passkey_id: UUID, name: str) -> None:
        """Call it something else; Missing `passkey.missing` for somebody else's."""
        statement = update(Passkey).values(name=_name(name))
        self._change(statement.where(*_own(identity_id, passkey_id)).returning(Passkey.id))

    def remove(self, identity_id: UUID, passkey_id: UUID) -> None:
        """It opens nothing any more; Missing `passkey.missing` for somebody else's."""
        self._change(delete(Passkey).where(*_own(identity_id, passkey_id)).returning(Passkey.id))

    def _change(self, statement: Any) -> None:
        with Session(self._control) as session, session.begin():
            if session.execute(statement).one_or_none() is None:
                raise Missing("passkey.missing")

    # -- challenges ------------------------------------------------------------------------------------

    def _ask(self, site: Site, purpose: str, identity_id: UUID | None) -> bytes:
        challenge = generate_challenge()
        put_challenge(self._control, purpose, _bound(site, challenge), site.tenant_id, identity_id=identity_id)
        return challenge

    def _answered(self, site: Site, purpose: str, given: dict[str, Any]) -> tuple[bytes, Asked]:
        """The challenge an answer claims to sign, where it was put to this browser and not answered before."""
        try:
            client = json.loads(base64url_to_bytes(given["response"]["clientDataJSON"]))
            challenge = base64url_to_bytes(client["challenge"])
        except (ValueError, KeyError, TypeError) as error:
            raise Invalid("passkey.refused") from error
        asked = take_challenge(self._control, purpose, _bound(site, challenge), site.tenant_id)
        if asked is None:
            raise Invalid("passkey.late")
        return challenge, asked


def _of(identity_id: UUID) -> Any:
    return select(Passkey).where(Passkey.identity_id == identity_id).order_by(Passkey.created_at)


def _own(identity_id: UUID, passkey_id: UUID) -> tuple[Any, Any]:
    return Passkey.id == passkey_id, Passkey.identity_id == identity_id


def _bound(site: Site, challenge: bytes) -> str:
    return f"{bytes_to_base64url(challenge)}.{site.browser}"


def _parsed(answer: str) -> dict[str, Any]:
    """The JSON of `PublicKeyCredential.toJSON()`, as far as its outer form goes."""
    try:
        given = json.loads(answer[:MOST_TEXT])
    except ValueError as error:
        raise Invalid("passkey.refused") from error
    if not isinstance(given, dict) or not isinstance(given.get("response"), dict):
        raise Invalid("passkey.refused")
    return given


def _credential_id(given: dict[str, Any]) -> bytes:
    try:
        return base64url_to_bytes(given["rawId"])
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise Invalid("passkey.refused") from error


def _transports(given: dict[str, Any]) -> list[str]:
    known = {transport.value for transport in AuthenticatorTransport}
    named = given["response"].get("transports")
    return [one for one in named if one in known] if isinstance(named, list) else []


def _descriptor(row: Passkey) -> PublicKeyCredentialDescriptor:
    return PublicKeyCredentialDescriptor(
        id=row.credential_id, transports=[AuthenticatorTransport(one) for one in row.transports]
    )


def _name(name: str) -> str:
    name = name.strip()
    if not name:
        raise Invalid("input.required", field="name")
    if len(name) > NAME_LENGTH or not name.isprintable():
        raise Invalid("identity.text_form", field="name", most=NAME_LENGTH)
    return name


def _plain(options: Any) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(webauthn.options_to_json(options))
    return found
