"""The product calls nothing that runs text as code, unpickles, speaks to a shell, or guesses where it must be secret."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SOURCES = sorted(path for folder in ("app", "tenants", "migrations") for path in (ROOT / folder).rglob("*.py"))
CALLS = frozenset(("eval", "exec", "compile", "__import__", "os.system", "os.popen", "hashlib.md5", "hashlib.sha1"))
MODULES = frozenset(
    ("pickle", "marshal", "shelve", "yaml", "ldap", "ldap3", "telnetlib", "ftplib", "jinja2.nativetypes")
)
CHANCE = {
    "app/demo/goods.py", "app/demo/plan.py", "app/demo/trade.py",  # a demonstration is the same every time
    "app/platform/webhooks/sending.py", "migrations/rolling.py",  # spreads retries
}  # fmt: skip
"""Files that may use `random`; whatever opens something comes from `secrets` or `os.urandom`."""


def named(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def calls(tree: ast.AST) -> Iterator[str]:
    """What is called, as written."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            yield ast.unparse(node.func)
            for keyword in node.keywords:
                if keyword.arg == "shell" and ast.unparse(node.func).startswith("subprocess."):
                    yield "shell="


def imports(tree: ast.AST) -> set[str]:
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return found


@pytest.mark.parametrize("folder", ["app", "tenants", "migrations"])
def test_nothing_runs_text_as_code_or_reads_objects_from_bytes(folder: str) -> None:
    for path in (path for path in SOURCES if named(path).startswith(f"{folder}/")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        assert not CALLS & set(calls(tree)), named(path)
        assert not MODULES & imports(tree), named(path)


def test_no_shell_is_spoken_to() -> None:
    assert [
        named(path) for path in SOURCES if "shell=" in set(calls(ast.parse(path.read_text(encoding="utf-8"))))
    ] == []


def test_no_doors_and_no_modules_start_programs() -> None:
    inside = [
        path for path in SOURCES if named(path).startswith(("app/web/", "app/api/", "app/modules/", "app/platform/"))
    ]
    assert inside
    assert [
        named(path) for path in inside if "subprocess" in imports(ast.parse(path.read_text(encoding="utf-8")))
    ] == []


def test_chance_is_used_where_nothing_is_secret() -> None:
    users = {named(path) for path in SOURCES if "random" in imports(ast.parse(path.read_text(encoding="utf-8")))}
    assert users == CHANCE


def test_ciphers_are_authenticated_ones() -> None:
    """`hazmat` offers the rest as well; only AES-GCM, Ed25519, HKDF and SHA-256 are imported from it."""
    found = {
        name
        for path in SOURCES
        for name in imports(ast.parse(path.read_text(encoding="utf-8")))
        if name.startswith("cryptography.hazmat.primitives.")
    }
    kinds = {name.removeprefix("cryptography.hazmat.primitives.").partition(".")[0] for name in found}
    assert kinds <= {"asymmetric", "ciphers", "hashes", "kdf", "serialization"}
    hashes = "cryptography.hazmat.primitives.hashes"
    assert {name for name in found if name.startswith(hashes)} <= {hashes, f"{hashes}.SHA256"}
    assert {name for name in found if ".ciphers" in name} <= {
        "cryptography.hazmat.primitives.ciphers.aead",
        "cryptography.hazmat.primitives.ciphers.aead.AESGCM",
    }
    assert {name.rpartition(".")[2] for name in found if ".asymmetric." in name} <= {
        "ed25519", "Ed25519PrivateKey", "Ed25519PublicKey",
    }  # fmt: skip


def test_scripts_of_the_front_end_run_no_text_and_take_no_messages() -> None:
    scripts = sorted((ROOT / "app" / "web" / "assets" / "js").rglob("*.js"))
    assert len(scripts) > 10
    for path in scripts:
        text = path.read_text(encoding="utf-8")
        for word in (
            "eval(",
            "new Function",
            "document.write",
            "postMessage",
            "'message'",
            "__proto__",
            "localStorage",
        ):
            assert word not in text, (path.name, word)


def test_scripts_keep_scroll_places_and_nothing_else() -> None:
    scripts = sorted((ROOT / "app" / "web" / "assets" / "js").rglob("*.js"))
    words = ("sessionStorage", "localStorage", "indexedDB", "document.cookie", "caches.open")
    keepers = {path.name for path in scripts if any(word in path.read_text(encoding="utf-8") for word in words)}
    assert keepers == {"scroll.js"}
