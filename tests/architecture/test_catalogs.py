"""Both catalogs say the same things, and every refusal code in the code base has its message."""

import ast
import re
from collections import Counter
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

import pytest
from babel.messages.pofile import read_po

from app.platform.i18n import FOLDER, LOCALES, NUMBERLESS, PLACEHOLDER

ROOT = Path(__file__).resolve().parents[2]
REFUSALS = {"Invalid", "Conflict", "Missing", "Forbidden", "Pending", "Finding"}
CODE = re.compile(r"[a-z][a-z0-9_]*(\.[a-z0-9_]+)+")
FILES = sorted({path.name for locale in LOCALES for path in (FOLDER / locale).glob("*.po")})


def entries(locale: str, file: str) -> list[tuple[str, str]]:
    """Every (id, text) of one PO file, untranslated and obsolete ones included, headers left out."""
    with (FOLDER / locale / file).open("rb") as source:
        catalog = read_po(source, abort_invalid=True)
    return [(str(message.id), str(message.string)) for message in catalog if message.id]


@lru_cache(maxsize=4)
def whole(locale: str) -> dict[str, str]:
    return {key: text for path in (FOLDER / locale).glob("*.po") for key, text in entries(locale, path.name)}


def counted(ids: set[str]) -> set[str]:
    """Ids without the singular form, which languages without number do not have."""
    return {key for key in ids if not key.endswith("#one")}


@pytest.mark.parametrize("file", FILES)
def test_same_ids_in_both_languages(file: str) -> None:
    for locale in LOCALES:
        assert (FOLDER / locale / file).exists(), f"{locale}/{file} is missing"
    en, zh = ({key for key, _ in entries(locale, file)} for locale in LOCALES)
    assert counted(en) ^ counted(zh) == set()


@pytest.mark.parametrize("file", FILES)
def test_same_placeholders_in_both_languages(file: str) -> None:
    en, zh = (dict(entries(locale, file)) for locale in LOCALES)
    different = {
        key
        for key in en.keys() & zh.keys()
        if {match[1] for match in PLACEHOLDER.finditer(en[key])}
        != {match[1] for match in PLACEHOLDER.finditer(zh[key])}
    }
    assert different == set()


@pytest.mark.parametrize("locale", LOCALES)
@pytest.mark.parametrize("file", FILES)
def test_every_message_is_written(locale: str, file: str) -> None:
    assert [key for key, text in entries(locale, file) if not text.strip()] == []


@pytest.mark.parametrize("locale", LOCALES)
def test_one_owner_of_an_id(locale: str) -> None:
    """An id stands in one file, once: otherwise the file read last would silently win."""
    seen: Counter[str] = Counter()
    for path in (FOLDER / locale).glob("*.po"):
        seen.update(re.findall(r'^msgid "(.+)"$', path.read_text(encoding="utf-8"), re.MULTILINE))
    assert {key for key, times in seen.items() if times > 1} == set()


@pytest.mark.parametrize("locale", LOCALES)
def test_counted_messages_have_the_general_form(locale: str) -> None:
    ids = whole(locale).keys()
    assert {key for key in ids if key.endswith("#one") and key[:-4] + "#other" not in ids} == set()
    if locale in NUMBERLESS:
        assert {key for key in ids if key.endswith("#one")} == set()


def test_chinese_is_chinese() -> None:
    """Refusals are sentences: a Chinese one without a Chinese character was forgotten."""
    codes = {code for code, _ in refusal_codes()}
    assert {
        key for key in codes & whole("zh_CN").keys() if not re.search(r"[\u4e00-\u9fff]", whole("zh_CN")[key])
    } == set()


def refusal_codes() -> Iterator[tuple[str, str]]:
    """(code, place) of every refusal built with a literal code under app/, tenants/ and billing/."""
    for root in ("app", "tenants", "billing"):
        for path in sorted((ROOT / root).rglob("*.py")):
            if "node_modules" in path.parts:
                continue
            tree = ast.parse(path.read_text(encoding="utf-8"))
            if any(isinstance(node, ast.ClassDef) and node.name in REFUSALS for node in tree.body):
                continue  # its own word of the same name (the kernel's definitions, the doctor's findings)
            for node in ast.walk(tree):
                if isinstance(node, ast.Call) and _name(node.func) in REFUSALS and node.args:
                    for code in _literals(node.args[0]):
                        yield code, f"{path.relative_to(ROOT)}:{node.lineno}"


def _name(function: ast.expr) -> str | None:
    if isinstance(function, ast.Name):
        return function.id
    return function.attr if isinstance(function, ast.Attribute) else None


def _literals(value: ast.expr) -> Iterator[str]:
    """The codes an argument can be: a literal, or either arm of a conditional."""
    if isinstance(value, ast.Constant) and isinstance(value.value, str):
        yield value.value
    elif isinstance(value, ast.IfExp):
        yield from _literals(value.body)
        yield from _literals(value.orelse)


def test_every_refusal_has_its_message() -> None:
    missing = {
        f"{code} in {locale} ({place})"
        for code, place in refusal_codes()
        for locale in LOCALES
        if code not in whole(locale)
    }
    if missing:
        pytest.fail(f"{len(missing)} messages are missing:\n" + "\n".join(sorted(missing)), pytrace=False)


def test_refusal_codes_are_well_formed() -> None:
    assert {f"{code} ({place})" for code, place in refusal_codes() if not CODE.fullmatch(code)} == set()
