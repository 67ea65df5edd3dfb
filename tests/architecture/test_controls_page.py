"""The figures of `docs/security/controls.md` are those in force."""

import re
from datetime import timedelta
from pathlib import Path

from app.adapters.objects import DOWNLOAD_SECONDS
from app.adapters.sheet import SheetLimits
from app.api.context import BODY_LIMIT
from app.platform.documents import MAX_BYTES
from app.platform.identity.guard import MOST_TRIES, WINDOW
from app.platform.identity.links import LIVES
from app.platform.identity.passwords import HASHER, POLICIES
from app.platform.identity.sessions import ABSOLUTE, IDLE
from app.platform.identity.throttle import LIMITS
from app.platform.oauth.apps import LOGO_BYTES
from app.platform.step_up import FRESH
from app.web.visits import MOST_FORM

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "security" / "controls.md").read_text(encoding="utf-8")
WAYS = re.compile(r"\b(let_in|open_session|logins\.open)\(")
UNITS = {"second": 1, "minute": 60, "hour": 3600, "day": 86400}


def section(title: str) -> str:
    return re.split(r"^## ", PAGE.partition(f"\n## {title}\n")[2], flags=re.MULTILINE)[0]


def rows(title: str) -> list[list[str]]:
    """The cells of a section's table, without its head."""
    lines = [line for line in section(title).splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]


def span(text: str) -> timedelta:
    number, unit = text.split()
    return timedelta(seconds=int(number) * UNITS[unit.removesuffix("s")])


def test_the_limits_of_tries() -> None:
    told = [(what, by, int(tries), float(seconds)) for what, by, tries, seconds in rows("Guessing")]
    assert sorted(told) == sorted((what, *window) for what, windows in LIMITS.items() for window in windows)


def test_the_lock_of_an_account() -> None:
    text = " ".join(section("Guessing").split())
    assert f"{MOST_TRIES} tries at an account, or at its second factor, in {WINDOW.seconds // 60} minutes" in text
    nist, mlps3 = POLICIES["nist"], POLICIES["mlps3"]
    assert f"{nist.least} characters, {nist.least_with_factor} with a second factor" in text
    assert nist.kinds == 1
    assert nist.lasts is None
    assert mlps3.kinds == 3
    assert mlps3.lasts is not None
    assert f"{mlps3.least} characters of three kinds, changed after {mlps3.lasts.days} days" in text
    assert f"none of the last {mlps3.history}" in text


def test_the_lives_of_sessions_and_tokens() -> None:
    told = {what: span(life) for what, life in rows("Lives")}
    assert told == {
        "session, idle": IDLE,
        "session, whatever happens": ABSOLUTE,
        "fresh proof for what is sensitive": FRESH,
        "link to confirm an address, invitation": LIVES["confirm"],
        "link to a new password": LIVES["reset"],
        "link to a new address": LIVES["email"],
        "address of a file to download": timedelta(seconds=DOWNLOAD_SECONDS),
    }
    assert LIVES["confirm"] == LIVES["invite"]
    assert LIVES["reset"] == LIVES["renew"]


def test_every_way_in_is_named() -> None:
    named = {cell for row in rows("Ways in") for cell in re.findall(r"`(app/[\w/]+\.py)`", row[1])}
    opening = {
        path.relative_to(ROOT).as_posix()
        for path in (ROOT / "app").rglob("*.py")
        if WAYS.search(path.read_text(encoding="utf-8"))
    }
    assert opening - {"app/web/identity.py"} == named


def test_the_sizes_of_uploads() -> None:
    told = {what: int(size) for what, size, _kinds in rows("Uploads")}
    assert told == {
        "attachment of a record": MAX_BYTES,
        "sheet to import": SheetLimits().bytes,
        "logo of an app": LOGO_BYTES,
        "any other form": MOST_FORM,
        "call of the API": BODY_LIMIT,
    }


def test_the_cost_of_a_hash() -> None:
    assert f"Argon2id, {HASHER.memory_cost // 1024} MiB, {HASHER.time_cost} passes" in PAGE
