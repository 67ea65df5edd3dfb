"""A small independent reader of our PDF files: pages, fonts, and the text of each page in drawing order.

Knows what ISO 32000 needs for one kind of file (no object streams, composite fonts with a ToUnicode map), and
nothing of the library that wrote it.
"""

import re
import zlib

_OBJECT = re.compile(rb"(\d+) 0 obj\r?\n(.*?)\r?\nendobj", re.DOTALL)
_STREAM = re.compile(rb"stream\r?\n(.*)\r?\nendstream", re.DOTALL)
_SHOWN = re.compile(rb"/(F\d+) [\d.]+ Tf|\(((?:\\.|[^\\()])*)\) Tj", re.DOTALL)
_ESCAPED = re.compile(rb"\\([nrtbf()\\])", re.DOTALL)
_ESCAPES = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"b": b"\b", b"f": b"\f"}


class PdfText:
    """`pages` are lists of the texts drawn; `fonts` maps a resource name to the embedded font's name."""

    def __init__(self, data: bytes) -> None:
        self._objects = {int(match[1]): match[2] for match in _OBJECT.finditer(data)}
        self.fonts: dict[str, str] = {}
        self._maps: dict[str, dict[int, str]] = {}
        for name, number in re.findall(rb"/(F\d+) (\d+) 0 R", b"".join(self._objects.values())):
            font = self._objects[int(number)]
            found = re.search(rb"/BaseFont /(\S+)", font)
            assert found, font
            self.fonts[name.decode()] = found[1].decode()
            self._maps[name.decode()] = self._unicode(self._reference(font, b"ToUnicode"))
        page_objects = [body for body in self._objects.values() if re.search(rb"/Type /Page\b(?!s)", body)]
        self.pages = [self._texts(self._stream(self._reference(body, b"Contents"))) for body in page_objects]

    @property
    def embedded(self) -> int:
        """How many font programs are inside the file."""
        return sum(b"/FontFile" in body for body in self._objects.values())

    def _reference(self, body: bytes, key: bytes) -> int:
        found = re.search(rb"/" + key + rb" (\d+) 0 R", body)
        assert found, (key, body[:200])
        return int(found[1])

    def _stream(self, number: int) -> bytes:
        body = self._objects[number]
        found = _STREAM.search(body)
        assert found, body[:200]
        return zlib.decompress(found[1]) if b"/FlateDecode" in body[: found.start()] else found[1]

    def _unicode(self, number: int) -> dict[int, str]:
        pairs = re.findall(rb"<([0-9A-F]{4})> <([0-9A-F]+)>\n", self._stream(number))
        return {int(code, 16): bytes.fromhex(text.decode()).decode("utf-16-be") for code, text in pairs}

    def _texts(self, content: bytes) -> list[str]:
        texts, font = [], ""
        for match in _SHOWN.finditer(content):
            if match[1]:
                font = match[1].decode()
                continue
            raw = _ESCAPED.sub(lambda escape: _ESCAPES.get(escape[1], escape[1]), match[2])
            codes = (int.from_bytes(raw[place : place + 2], "big") for place in range(0, len(raw), 2))
            texts.append("".join(self._maps[font][code] for code in codes))
        return texts
