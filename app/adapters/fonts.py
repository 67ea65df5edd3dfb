"""Where the fonts of printed documents come from. They are fetched with the assets, never committed.

Looked for in this order: the folder named by HANSE_FONTS, the font package among the built assets,
fonts installed on the system (Noto Sans CJK, Noto Sans SC, WenQuanYi).
"""

import os
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

from app.adapters.truetype import Face, FontError

PACKAGE = Path(__file__).resolve().parent.parent / "web" / "assets" / "node_modules" / "@expo-google-fonts"
SYSTEM = (Path("/usr/share/fonts"), Path("/usr/local/share/fonts"))
# File names by weight, best first; the number is the face of simplified Chinese inside a collection.
CANDIDATES: dict[str, tuple[tuple[str, int], ...]] = {
    "regular": (
        ("NotoSansSC_400Regular.ttf", 0),
        ("NotoSansSC-Regular.ttf", 0),
        ("NotoSansSC-Regular.otf", 0),
        ("NotoSansCJKsc-Regular.otf", 0),
        ("NotoSansCJK-Regular.ttc", 2),
        ("wqy-microhei.ttc", 0),
    ),
    "bold": (
        ("NotoSansSC_600SemiBold.ttf", 0),
        ("NotoSansSC_700Bold.ttf", 0),
        ("NotoSansSC-Bold.ttf", 0),
        ("NotoSansSC-Bold.otf", 0),
        ("NotoSansCJKsc-Bold.otf", 0),
        ("NotoSansCJK-Bold.ttc", 2),
    ),
}


class FontsMissingError(RuntimeError):
    """No font with Chinese characters was found; the text says where one is expected."""


def folders() -> Iterator[Path]:
    """The folders that may hold the fonts, in the order they are searched."""
    named = os.environ.get("HANSE_FONTS")
    if named:
        yield Path(named)
    yield PACKAGE
    yield from SYSTEM


def regular() -> Face:
    """The face of running text."""
    return _faces(tuple(folders()))[0]


def bold() -> Face:
    """The face of heads and totals; the regular one where a system has no bold."""
    return _faces(tuple(folders()))[1]


@lru_cache(maxsize=4)
def _faces(places: tuple[Path, ...]) -> tuple[Face, Face]:
    """Both faces from the first folder that has a regular one, so that they belong together."""
    for place in places:
        found = _face(place, "regular")
        if found:
            return found, _face(place, "bold") or found
    wanted = CANDIDATES["regular"][0][0]
    raise FontsMissingError(
        f"no Chinese font found: build the assets (npm ci in app/web/assets fetches {wanted}), "
        "set HANSE_FONTS to a folder that holds it, or install the system package fonts-noto-cjk"
    )


def _face(place: Path, weight: str) -> Face | None:
    if not place.is_dir():
        return None
    present: dict[str, Path] = {}
    for kind in ("*.ttf", "*.otf", "*.ttc"):
        for path in sorted(place.rglob(kind)):
            present.setdefault(path.name, path)
    for name, index in CANDIDATES[weight]:
        if name in present:
            try:
                return Face(present[name], index)
            except (FontError, OSError):
                continue
    return None
