"""Passwords: Argon2id, a policy chosen by the tenant, and equal time for people we know and people we do not.

Two profiles, because they contradict each other: `nist`, SP 800-63B-4 (length, no guessable password, no composition
rules, no forced change), and `mlps3`, 等保2.0 level 3 (GB/T 22239-2019, 8.1.4.1: three kinds of characters, a change
every 90 days, none of the last five). A person who belongs to several tenants keeps the rules of all of them.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from threading import BoundedSemaphore

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from argon2.low_level import hash_secret_raw

from app.kernel.errors import Invalid
from app.platform.identity.guessing import bits

MAX_LENGTH = 200
# About 50 ms on one core. 19 MiB is OWASP's least; more passes rather than more memory, because several may run at once.
HASHER = PasswordHasher(time_cost=5, memory_cost=19_456, parallelism=1)
AT_ONCE = 2
_turns = BoundedSemaphore(AT_ONCE)  # bounds the memory of a login storm

GUESSABLE = 36.0
"""Bits below which a password is refused: about what eight random small letters are worth."""
KINDS = (r"[a-z]", r"[A-Z]", r"[0-9]", r"[^A-Za-z0-9]")


@dataclass(frozen=True)
class Policy:
    """What a tenant asks of its people's passwords."""

    least: int
    least_with_factor: int
    """The shortest where a second factor is asked for at every sign-in."""
    kinds: int = 1
    """How many of small letters, capitals, digits and others it must hold."""
    lasts: timedelta | None = None
    history: int = 0
    """How many of the latest passwords, the present one among them, may not be taken again."""


POLICIES: dict[str, Policy] = {
    "nist": Policy(least=15, least_with_factor=8),
    "mlps3": Policy(least=10, least_with_factor=10, kinds=3, lasts=timedelta(days=90), history=5),
}
HISTORY = max(policy.history for policy in POLICIES.values())


def joined(names: Iterable[str]) -> Policy:
    """The strictest of several policies in every respect; NIST's where somebody belongs nowhere."""
    kept = [POLICIES[name] for name in names] or [POLICIES["nist"]]
    return Policy(
        max(policy.least for policy in kept),
        max(policy.least_with_factor for policy in kept),
        max(policy.kinds for policy in kept),
        min((policy.lasts for policy in kept if policy.lasts is not None), default=None),
        max(policy.history for policy in kept),
    )


def check_password(
    password: str, *about: str, policies: Iterable[str] = ("nist",), second_factor: bool = False
) -> None:
    """Invalid at `password` for one that is too short, too long, too uniform, or easily guessed.

    `about` are the person's e-mail, name and company, whose words are worth little to somebody who knows them.
    """
    policy = joined(policies)
    least = policy.least_with_factor if second_factor else policy.least
    if len(password) < least:
        raise Invalid("password.short", field="password", least=least)
    if len(password) > MAX_LENGTH:
        raise Invalid("password.long", field="password", most=MAX_LENGTH)
    if sum(re.search(kind, password) is not None for kind in KINDS) < policy.kinds:
        raise Invalid("password.kinds", field="password", kinds=policy.kinds)
    if bits(password) < GUESSABLE:
        raise Invalid("password.common", field="password")
    if bits(password, _words(about)) < GUESSABLE:
        raise Invalid("password.personal", field="password")


def stands_alone(password: str, policies: Iterable[str]) -> bool:
    """Whether it is long enough to be used without a second factor."""
    return len(password) >= joined(policies).least


def _words(about: Iterable[str]) -> set[str]:
    return {word for text in about for word in re.split(r"[\W_]+", text.lower()) if word}


def due(changed_at: datetime, at: datetime, policies: Iterable[str]) -> bool:
    """Whether one of the policies asks for a new password by now."""
    lasts = joined(policies).lasts
    return lasts is not None and at - changed_at > lasts


def hash_password(password: str) -> str:
    """The Argon2id hash with its parameters and salt; takes about 50 ms, so never call it on the event loop."""
    with _turns:
        return HASHER.hash(password.encode("utf-8", "replace"))


def slow_digest(secret: str, salt: bytes) -> bytes:
    """Argon2id of a short random secret under a given salt, for look-up; as slow as a password's hash."""
    with _turns:
        return hash_secret_raw(
            secret.encode("utf-8", "replace"),
            salt,
            time_cost=HASHER.time_cost,
            memory_cost=HASHER.memory_cost,
            parallelism=HASHER.parallelism,
            hash_len=HASHER.hash_len,
            type=HASHER.type,
        )


@lru_cache(maxsize=1)
def _nobody() -> str:
    return HASHER.hash("the password of nobody")


def matches(password_hash: str | None, password: str) -> bool:
    """Whether the password is the one; without a hash the same work is done and the answer is no.

    One longer than can be chosen is never right, whatever it begins with.
    """
    known = password_hash or _nobody()
    try:
        with _turns:
            HASHER.verify(known, password[:MAX_LENGTH].encode("utf-8", "replace"))
    except (VerificationError, InvalidHashError):
        return False
    return password_hash is not None and len(password) <= MAX_LENGTH


def outdated(password_hash: str) -> bool:
    """Whether a hash was made with other parameters than today's."""
    return HASHER.check_needs_rehash(password_hash)
