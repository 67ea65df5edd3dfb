"""Addresses as state: query strings built from the present one with some parts changed."""

from collections.abc import Iterable, Sequence
from urllib.parse import quote, urlencode

Pairs = Sequence[tuple[str, str]]


def merged(pairs: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """Repeated names joined by commas, as checkboxes send them; empty values left out."""
    found: dict[str, list[str]] = {}
    for name, value in pairs:
        if value:
            found.setdefault(name, []).append(value)
    return [(name, ",".join(values)) for name, values in found.items()]


def link(path: str, pairs: Pairs, *, drop: Iterable[str] = (), **changed: str) -> str:
    """The address with some parameters changed; an empty value takes the parameter away."""
    gone = set(drop) | set(changed)
    kept = [(name, value) for name, value in pairs if name not in gone and value]
    kept += [(name, value) for name, value in changed.items() if value]
    return f"{path}?{urlencode(kept, safe=',/', quote_via=quote)}" if kept else path


def local(target: str, fallback: str = "/") -> str:
    """A path of this host, never another one: `//evil`, a backslash and whole addresses fall back."""
    plain = target.strip()
    if not plain.startswith("/") or plain.startswith(("//", "/\\")) or any(ord(c) < 32 or c == "\\" for c in plain):
        return fallback
    return plain
