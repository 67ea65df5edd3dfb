"""Recovery codes: ten, each good once in place of a lost factor; a new set makes the old one worthless.

A code has 60 random bits, less than the 112 at which a plain hash would do, so codes are kept like passwords, by
Argon2id (OWASP ASVS 5.0, 6.5.2). A set shares one salt: a try costs one hash, not ten.
"""

import secrets
from typing import Final
from uuid import UUID

from sqlalchemy import Engine, delete, func, select, update
from sqlalchemy.orm import Session

from app.kernel.dates import now
from app.platform.identity.passwords import slow_digest
from tenants.credentials import RecoveryCode

CODES: Final = 10
LETTERS: Final = "abcdefghjkmnpqrstuvwxyz123456789"  # 32 that are not easily taken for one another: no i, l, o, 0
GROUPS, GROUP = 3, 4
SALT_BYTES: Final = 16


def new_recovery_codes(control: Engine, identity_id: UUID) -> list[str]:
    """A new set in readable form, shown once; takes about half a second."""
    codes = [
        "-".join("".join(secrets.choice(LETTERS) for _ in range(GROUP)) for _ in range(GROUPS)) for _ in range(CODES)
    ]
    salt = secrets.token_bytes(SALT_BYTES)
    rows = [
        RecoveryCode(identity_id=identity_id, salt=salt, code_hash=slow_digest(_plain(code), salt), used_at=None)
        for code in codes
    ]
    with Session(control) as session, session.begin():
        session.execute(delete(RecoveryCode).where(RecoveryCode.identity_id == identity_id))
        session.add_all(rows)
    return codes


def use_recovery_code(control: Engine, identity_id: UUID, code: str) -> bool:
    """Whether it is an unused code of the person; from now on it is used."""
    with Session(control) as session:
        salt = session.scalar(select(RecoveryCode.salt).where(RecoveryCode.identity_id == identity_id).limit(1))
    wanted = slow_digest(_plain(code)[:100], salt or bytes(SALT_BYTES))
    with Session(control) as session, session.begin():
        taken = session.execute(
            update(RecoveryCode)
            .where(
                RecoveryCode.identity_id == identity_id,
                RecoveryCode.code_hash == wanted,
                RecoveryCode.used_at.is_(None),
            )
            .values(used_at=now())
            .returning(RecoveryCode.id)
        ).one_or_none()
    return taken is not None


def codes_left(control: Engine, identity_id: UUID) -> int:
    """How many unused codes there are."""
    statement = select(func.count()).where(RecoveryCode.identity_id == identity_id, RecoveryCode.used_at.is_(None))
    with Session(control) as session:
        return session.scalar(statement) or 0


def _plain(code: str) -> str:
    """As typed or pasted, in whatever case and grouping."""
    return "".join(character for character in code.lower() if character.isalnum())
