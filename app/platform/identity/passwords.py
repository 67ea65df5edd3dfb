"""Passwords: Argon2id, a policy chosen by the tenant, and equal time for people we know and people we do not.

Two profiles, because they contradict each other: NIST SP 800-63B-4 (length, no known-common password, no
composition rules, no forced change) and 等保2.0 level 3 (three kinds of characters, a change every 90 days).
A person who belongs to several tenants keeps the rules of all of them.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from threading import BoundedSemaphore

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from app.kernel.errors import Invalid

MAX_LENGTH = 200
# About 50 ms on one core. 19 MiB is OWASP's least; more passes rather than more memory, because several may run at once.
HASHER = PasswordHasher(time_cost=5, memory_cost=19_456, parallelism=1)
AT_ONCE = 2
_turns = BoundedSemaphore(AT_ONCE)  # bounds the memory of a login storm

_COMMON = """
    password passw0rd password1 password12 password123 1234567890 12345678910 0123456789 qwertyuiop qwerty12345
    1q2w3e4r5t 1qaz2wsx3edc iloveyou123 administrator welcome123 welcome1234 letmein1234 abc1234567 changeme123
    admin12345 football123 monkey12345 dragon12345 sunshine123 princess123 woaini1314 woaini1314520 a123456789
    123456789a 1111111111 0000000000 5201314520 qq123456789 asdfghjkl1 zxcvbnm123 superman123 trustno1trustno1
    password1! password123! p@ssw0rd123 passw0rd123 admin@123456 qwer1234! abcd1234! 1q2w3e4r5t6y qazwsxedcrfv
"""
COMMON = frozenset(_COMMON.split())
KINDS = (r"[a-z]", r"[A-Z]", r"[0-9]", r"[^A-Za-z0-9]")


@dataclass(frozen=True)
class Policy:
    """What a tenant asks of its people's passwords."""

    least: int
    kinds: int = 1
    """How many of small letters, capitals, digits and others it must hold."""
    lasts: timedelta | None = None


POLICIES: dict[str, Policy] = {
    "nist": Policy(least=10),
    "dengbao3": Policy(least=10, kinds=3, lasts=timedelta(days=90)),
}
MIN_LENGTH = POLICIES["nist"].least


def check_password(password: str, *about: str, policies: Iterable[str] = ("nist",)) -> None:
    """Invalid at `password` for one that is too short, too long, common, too uniform, or made of one's own words."""
    kept = [POLICIES[name] for name in policies] or [POLICIES["nist"]]
    least = max(policy.least for policy in kept)
    if len(password) < least:
        raise Invalid("password.short", field="password", least=least)
    if len(password) > MAX_LENGTH:
        raise Invalid("password.long", field="password", most=MAX_LENGTH)
    kinds = max(policy.kinds for policy in kept)
    if sum(re.search(kind, password) is not None for kind in KINDS) < kinds:
        raise Invalid("password.kinds", field="password", kinds=kinds)
    plain = password.lower()
    if plain in COMMON or len(set(plain)) < 4:
        raise Invalid("password.common", field="password")
    for word in about:
        for part in re.split(r"[^\w]+", word.lower()):
            if len(part) >= 4 and part in plain and len(plain) - len(part) < 6:
                raise Invalid("password.personal", field="password")


def due(changed_at: datetime, at: datetime, policies: Iterable[str]) -> bool:
    """Whether one of the policies asks for a new password by now."""
    return any(
        policy.lasts is not None and at - changed_at > policy.lasts for policy in map(POLICIES.__getitem__, policies)
    )


def hash_password(password: str) -> str:
    """The Argon2id hash with its parameters and salt; takes about 50 ms, so never call it on the event loop."""
    with _turns:
        return HASHER.hash(password.encode("utf-8", "replace"))


@lru_cache(maxsize=1)
def _nobody() -> str:
    return HASHER.hash("the password of nobody")


def matches(password_hash: str | None, password: str) -> bool:
    """Whether the password is the one; without a hash the same work is done and the answer is no."""
    known = password_hash or _nobody()
    try:
        with _turns:
            HASHER.verify(known, password[:MAX_LENGTH].encode("utf-8", "replace"))
    except (VerificationError, InvalidHashError):
        return False
    return password_hash is not None


def outdated(password_hash: str) -> bool:
    """Whether a hash was made with other parameters than today's."""
    return HASHER.check_needs_rehash(password_hash)
