"""TrueType and OpenType files: the width of a character, and a small font of the characters a document uses.

A font of Chinese has 30,000 glyphs and 10 MB. Handing it whole to the PDF library costs half a second and
tens of megabytes a document, so the tables are read where they lie (memory-mapped) and only the glyphs that
are used are copied into a font of a few kilobytes. Layout of the tables: OpenType specification 1.9,
chapters cmap, glyf, head, hhea, hmtx, loca, maxp, post.
"""

import mmap
import struct
import sys
from array import array
from bisect import bisect_right
from collections.abc import Iterable
from pathlib import Path

COPIED = ("OS/2", "name", "cvt ", "fpgm", "prep")
ARGUMENTS_ARE_WORDS, HAS_SCALE, MORE_COMPONENTS, HAS_XY_SCALE, HAS_TWO_BY_TWO = 0x1, 0x8, 0x20, 0x40, 0x80


class FontError(ValueError):
    """The file is not a font this module can read."""


class Face:
    """One face of a font file, read where it lies. Immutable after opening; safe to share between threads."""

    def __init__(self, path: Path, index: int = 0) -> None:
        self.path = path
        self.index = index
        with path.open("rb") as file:
            self._data = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        try:
            self._tables = self._directory()
            self.units_per_em = self._number("head", 18, "H")
            self.ascent = self._number("hhea", 4, "h")
            self.descent = self._number("hhea", 6, "h")
            self._glyphs = self._number("maxp", 4, "H")
            self._metrics = self._number("hhea", 34, "H")
            self._starts, self._ends, self._firsts = self._character_map()
        except (struct.error, KeyError, IndexError) as error:
            raise FontError(f"{path.name} is not a readable font") from error
        self._advances: dict[str, int] = {}

    @property
    def has_truetype_outlines(self) -> bool:
        """False for PostScript outlines (CFF), which `subset` does not cut."""
        return "glyf" in self._tables

    def glyph(self, character: str) -> int:
        """The glyph's index; 0, the box for what is missing, where the font does not have the character."""
        code = ord(character)
        place = bisect_right(self._starts, code) - 1
        if place < 0 or code > self._ends[place]:
            return 0
        return int(self._firsts[place] + code - self._starts[place])

    def width(self, text: str) -> float:
        """The width of the text at size 1, without kerning."""
        advances = self._advances
        total = 0
        for character in text:
            advance = advances.get(character)
            if advance is None:
                advance = advances[character] = self._advance(self.glyph(character))
            total += advance
        return total / self.units_per_em

    def subset(self, characters: Iterable[str]) -> bytes:
        """A font file of these characters alone; FontError for PostScript outlines."""
        if not self.has_truetype_outlines:
            raise FontError(f"{self.path.name} has no TrueType outlines")
        wanted = {character: self.glyph(character) for character in sorted(set(characters))}
        order = [0, *dict.fromkeys(glyph for glyph in wanted.values() if glyph)]
        outlines = self._with_components(order)
        renumbered = {glyph: index for index, glyph in enumerate(order)}
        glyf, loca = bytearray(), [0]
        for glyph in order:
            outline = _renumbered(outlines[glyph], renumbered)
            glyf += outline + b"\0" * (-len(outline) % 4)
            loca.append(len(glyf))
        tables = {name: self._table(name) for name in COPIED if name in self._tables}
        tables["glyf"] = bytes(glyf) or b"\0"
        tables["loca"] = struct.pack(f">{len(loca)}I", *loca)
        tables["hmtx"] = b"".join(struct.pack(">Hh", self._advance(g), self._left_bearing(g)) for g in order)
        tables["maxp"] = _patched(self._table("maxp"), 4, ">H", len(order))
        tables["hhea"] = _patched(self._table("hhea"), 34, ">H", len(order))
        tables["head"] = _patched(_patched(self._table("head"), 50, ">h", 1), 8, ">I", 0)
        tables["post"] = struct.pack(">I", 0x00030000) + self._table("post")[4:32]
        tables["cmap"] = _character_table({ord(c): renumbered[g] for c, g in wanted.items() if g})
        return _font_file(tables)

    # tables

    def _directory(self) -> dict[str, tuple[int, int]]:
        start = 0
        if self._data[:4] == b"ttcf":
            (count,) = struct.unpack_from(">I", self._data, 8)
            if self.index >= count:
                raise FontError(f"{self.path.name} has no face {self.index}")
            (start,) = struct.unpack_from(">I", self._data, 12 + 4 * self.index)
        if self._data[start : start + 4] not in (b"\0\1\0\0", b"OTTO", b"true"):
            raise FontError(f"{self.path.name} is neither TrueType nor OpenType")
        (count,) = struct.unpack_from(">H", self._data, start + 4)
        tables = {}
        for number in range(count):
            tag, _, offset, length = struct.unpack_from(">4sIII", self._data, start + 12 + 16 * number)
            tables[tag.decode("latin-1")] = (offset, length)
        return tables

    def _table(self, name: str) -> bytes:
        offset, length = self._tables[name]
        return self._data[offset : offset + length]

    def _number(self, table: str, position: int, form: str) -> int:
        return int(struct.unpack_from(">" + form, self._data, self._tables[table][0] + position)[0])

    def _character_map(self) -> "tuple[array[int], array[int], array[int]]":
        """First characters, last characters, first glyphs of the runs of the font's Unicode map, in order."""
        base = self._tables["cmap"][0]
        (count,) = struct.unpack_from(">H", self._data, base + 2)
        found: dict[int, int] = {}
        for number in range(count):
            platform, encoding, offset = struct.unpack_from(">HHI", self._data, base + 4 + 8 * number)
            (form,) = struct.unpack_from(">H", self._data, base + offset)
            if (platform, encoding) in {(3, 10), (3, 1), (0, 3), (0, 4), (0, 6)}:
                found.setdefault(form, base + offset)
        if 12 in found:
            (groups,) = struct.unpack_from(">I", self._data, found[12] + 12)
            flat = array("I", self._data[found[12] + 16 : found[12] + 16 + 12 * groups])
            if sys.byteorder == "little":
                flat.byteswap()
            return flat[0::3], flat[1::3], flat[2::3]
        if 4 in found:
            return self._segment_map(found[4])
        raise FontError(f"{self.path.name} has no Unicode character map")

    def _segment_map(self, start: int) -> "tuple[array[int], array[int], array[int]]":
        """The older 16-bit map (format 4), each character a run of its own."""
        segments = struct.unpack_from(">H", self._data, start + 6)[0] // 2
        at = [start + 14, start + 16 + 2 * segments, start + 16 + 4 * segments, start + 16 + 6 * segments]
        ends, starts, deltas, ranges = (struct.unpack_from(f">{segments}H", self._data, place) for place in at)
        codes, glyphs = array("I"), array("I")
        for number in range(segments):
            for code in range(starts[number], min(ends[number], 0xFFFE) + 1):
                glyph = code
                if ranges[number]:
                    place = at[3] + 2 * number + ranges[number] + 2 * (code - starts[number])
                    (glyph,) = struct.unpack_from(">H", self._data, place)
                    if not glyph:
                        continue
                codes.append(code)
                glyphs.append((glyph + deltas[number]) & 0xFFFF)
        return codes, codes, glyphs

    # glyphs

    def _advance(self, glyph: int) -> int:
        return self._number("hmtx", 4 * min(glyph, self._metrics - 1), "H")

    def _left_bearing(self, glyph: int) -> int:
        if glyph < self._metrics:
            return self._number("hmtx", 4 * glyph + 2, "h")
        return self._number("hmtx", 4 * self._metrics + 2 * (glyph - self._metrics), "h")

    def _outline(self, glyph: int) -> bytes:
        if glyph >= self._glyphs:
            raise FontError(f"{self.path.name} has no glyph {glyph}")
        if self._number("head", 50, "h"):
            start, end = (self._number("loca", 4 * place, "I") for place in (glyph, glyph + 1))
        else:
            start, end = (2 * self._number("loca", 2 * place, "H") for place in (glyph, glyph + 1))
        base = self._tables["glyf"][0]
        return self._data[base + start : base + end]

    def _with_components(self, order: list[int]) -> dict[int, bytes]:
        """The outlines of the glyphs in `order`, to which the glyphs they are composed of are appended."""
        outlines: dict[int, bytes] = {}
        known = set(order)
        for glyph in order:  # grows while it is walked
            outlines[glyph] = self._outline(glyph)
            for place in _components(outlines[glyph]):
                (part,) = struct.unpack_from(">H", outlines[glyph], place)
                if part not in known:
                    known.add(part)
                    order.append(part)
        return outlines


def _components(outline: bytes) -> list[int]:
    """Where in a composite outline the glyph indices of its components stand; none for a simple one."""
    if len(outline) < 10 or struct.unpack_from(">h", outline)[0] >= 0:
        return []
    places, at, flags = [], 10, MORE_COMPONENTS
    while flags & MORE_COMPONENTS:
        (flags,) = struct.unpack_from(">H", outline, at)
        places.append(at + 2)
        at += 8 if flags & ARGUMENTS_ARE_WORDS else 6
        at += 2 if flags & HAS_SCALE else 4 if flags & HAS_XY_SCALE else 8 if flags & HAS_TWO_BY_TWO else 0
    return places


def _renumbered(outline: bytes, numbers: dict[int, int]) -> bytes:
    places = _components(outline)
    if not places:
        return outline
    changed = bytearray(outline)
    for place in places:
        (glyph,) = struct.unpack_from(">H", outline, place)
        struct.pack_into(">H", changed, place, numbers[glyph])
    return bytes(changed)


def _patched(table: bytes, position: int, form: str, value: int) -> bytes:
    changed = bytearray(table)
    struct.pack_into(form, changed, position, value)
    return bytes(changed)


def _character_table(glyphs: dict[int, int]) -> bytes:
    """A cmap table with one map of format 12, a run for each character."""
    runs = b"".join(struct.pack(">III", code, code, glyphs[code]) for code in sorted(glyphs))
    head = struct.pack(">HHIII", 12, 0, 16 + len(runs), 0, len(glyphs))
    return struct.pack(">HHHHI", 0, 1, 3, 10, 12) + head + runs


def _font_file(tables: dict[str, bytes]) -> bytes:
    """The tables with directory and checksums as one TrueType file."""
    count = len(tables)
    power = count.bit_length() - 1
    head = struct.pack(">IHHHH", 0x00010000, count, 16 << power, power, 16 * count - (16 << power))
    offset = len(head) + 16 * count
    directory, body = b"", b""
    for name in sorted(tables):
        data = tables[name] + b"\0" * (-len(tables[name]) % 4)
        checksum = sum(struct.unpack(f">{len(data) // 4}I", data)) & 0xFFFFFFFF
        directory += struct.pack(">4sIII", name.encode("latin-1"), checksum, offset, len(tables[name]))
        body += data
        offset += len(data)
    return head + directory + body
