"""Sort keys of Chinese names: the database of an embedded installation has no ICU, so pinyin is stored.

pypinyin's phrase tables cost some 45 MB in every process; its table of single characters, packed, costs
0.1 MB. Readings that depend on the word are listed here for what stands in names of firms and places.
"""

import importlib.util
import unicodedata
from array import array
from functools import lru_cache
from pathlib import Path

FIRST, LAST = 0x4E00, 0x9FFF
MAX_LENGTH = 400

# Words in which a character is not read as usual, longest first where one holds another.
_WORDS: dict[str, str] = {
    "重庆": "chong qing", "长沙": "chang sha", "长春": "chang chun", "长江": "chang jiang", "长安": "chang an",
    "长城": "chang cheng", "长治": "chang zhi", "长兴": "chang xing", "长虹": "chang hong", "长风": "chang feng",
    "厦门": "xia men", "成都": "cheng du", "首都": "shou du", "都江堰": "du jiang yan", "六安": "lu an",
    "蚌埠": "beng bu", "乐清": "yue qing", "音乐": "yin yue", "银行": "yin hang", "行业": "hang ye", "朝阳": "chao yang",
    "番禺": "pan yu", "东阿": "dong e", "大厦": "da sha", "会计": "kuai ji", "调味": "tiao wei", "重新": "chong xin",
    "亳州": "bo zhou", "台州": "tai zhou", "丽水": "li shui", "铅山": "yan shan", "洪洞": "hong tong", "校准": "jiao zhun",
}  # fmt: skip


@lru_cache(maxsize=1)
def _readings() -> "tuple[list[str], array[int]]":
    """The syllables without tones, and for each character of the basic block its place among them plus one."""
    spec = importlib.util.find_spec("pypinyin")
    assert spec is not None
    assert spec.origin is not None
    # Loaded by path: importing the package itself would read the phrase tables.
    table = importlib.util.spec_from_file_location("_pinyin_table", Path(spec.origin).with_name("pinyin_dict.py"))
    assert table is not None
    assert table.loader is not None
    module = importlib.util.module_from_spec(table)
    table.loader.exec_module(module)
    syllables: dict[str, int] = {}
    packed = array("H", bytes(2 * (LAST - FIRST + 1)))
    for code, readings in module.pinyin_dict.items():
        if FIRST <= code <= LAST:
            marked = unicodedata.normalize("NFD", str(readings).split(",", 1)[0])
            plain = "".join(mark for mark in marked if "a" <= mark <= "z" or mark == "\u0308")
            syllable = plain.replace("u\u0308", "v").replace("\u0308", "")
            packed[code - FIRST] = syllables.setdefault(syllable, len(syllables)) + 1
    return list(syllables), packed


def sort_key(name: str) -> str:
    """The name as it sorts and is searched: pinyin for Chinese characters, folded Latin without accents."""
    folded = unicodedata.normalize("NFKC", name).casefold().strip()
    if not folded.isascii():
        for word, reading in _WORDS.items():
            folded = folded.replace(word, f" {reading} ")
        folded = "".join(_spelled(character) for character in unicodedata.normalize("NFD", folded))
    return " ".join(folded.split())[:MAX_LENGTH]


def _spelled(character: str) -> str:
    code = ord(character)
    if FIRST <= code <= LAST:
        syllables, packed = _readings()
        place = packed[code - FIRST]
        return f" {syllables[place - 1]} " if place else character
    return "" if unicodedata.category(character) == "Mn" else character
