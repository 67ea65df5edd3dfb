"""A lock that holds whatever else fails: tries at one account, counted in the control database over all processes.

Windows in Redis (`throttle`) keep single guessers and single addresses slow and are lost with it; these rows are not.
They are written for accounts we do not know as well, so that a stranger's try takes the same statements.
"""

from datetime import timedelta
from hashlib import sha256

from sqlalchemy import Engine, delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.kernel.dates import now
from app.platform.identity.throttle import TooMany
from tenants.credentials import LoginTries

MOST_TRIES = 10
WINDOW = timedelta(minutes=15)


def take_try(control: Engine, what: str, account: str) -> None:
    """Count one try before it is judged; TooMany `throttled` for the eleventh within WINDOW, from wherever it comes."""
    key, at = _key(what, account), now()
    with Session(control) as session, session.begin():
        new = insert(LoginTries).values(account_hash=key, tries=[], last_at=at)
        session.execute(new.on_conflict_do_nothing())
        row = session.scalars(select(LoginTries).where(LoginTries.account_hash == key).with_for_update()).one()
        recent = [tried for tried in row.tries if at - tried < WINDOW]
        if len(recent) >= MOST_TRIES:
            raise TooMany("throttled", seconds=max(1, round((recent[0] + WINDOW - at).total_seconds())))
        row.tries, row.last_at = [*recent, at], at


def forgive_tries(control: Engine, what: str, account: str) -> None:
    """After a success the account starts afresh."""
    with Session(control) as session, session.begin():
        session.execute(delete(LoginTries).where(LoginTries.account_hash == _key(what, account)))


def _key(what: str, account: str) -> bytes:
    return sha256(f"{what}:{account.strip().lower()[:254]}".encode("utf-8", "replace")).digest()
