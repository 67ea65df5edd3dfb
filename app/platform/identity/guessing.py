"""How easily somebody who knows what people choose guesses a password: an estimate in bits, for the blocklist.

A password is cut into the pieces that make it cheapest: common words, the person's own words, walks over the
keyboard, runs and repetitions, years and days; whatever is none of these costs what random characters cost. The idea
is that of D. Wheeler, "zxcvbn: Low-Budget Password Strength Estimation" (USENIX Security 2016); words, rules and
figures here are our own. It blocks what NIST SP 800-63B-4 section 3.1.1.2 asks to block: expected, commonly used and
context-specific passwords, and their variations.
"""

import itertools
import re
from collections.abc import Collection
from math import log2

from app.platform.identity.common_words import COMMON_WORDS

LONGEST = 40
"""Characters looked at; what follows can only make it harder."""
WORD_BITS, OWN_BITS, WALK_BITS, RUN_BITS, SAME_BITS = 9.0, 2.0, 8.0, 5.0, 4.0
YEAR_BITS, DAY_BITS = 6.5, 8.5
PIECE_BITS = 1.0
"""What it adds to know where the next piece begins."""
SHORTEST_WALK, SHORTEST_RUN, SHORTEST_WORD = 4, 3, 3

_LEET = str.maketrans("@4310$5!7", "aaeiossit")
_YEAR = re.compile(r"(19|20)\d\d")
_DAY = re.compile(
    r"((19|20)?\d\d)?(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])|(0[1-9]|[12]\d|3[01])(0[1-9]|1[0-2])((19|20)?\d\d)"
)
_ROWS = ("1234567890-=", "qwertyuiop[]", "asdfghjkl;'", "zxcvbnm,./")
_UNSHIFTED = str.maketrans('!@#$%^&*()_+{}:"<>?', "1234567890-=[];',./")
_PLACES = {key: (row, column) for row, keys in enumerate(_ROWS) for column, key in enumerate(keys)}


def bits(password: str, own_words: Collection[str] = ()) -> float:
    """Log2 of the guesses it takes; `own_words` are the person's: name, company, e-mail, in small letters."""
    return _cheapest(password[:LONGEST], frozenset(word for word in own_words if len(word) >= SHORTEST_WORD))


def _cheapest(password: str, own_words: frozenset[str]) -> float:
    """The cheapest way to cut it, by the length of what is cut off so far."""
    best = [0.0]
    for end in range(1, len(password) + 1):
        best.append(min(best[start] + _piece(password[start:end], own_words) + PIECE_BITS for start in range(end)))
    return max(0.0, best[-1] - PIECE_BITS)


def _piece(text: str, own_words: frozenset[str]) -> float:
    """The bits of one piece by the rule that makes it cheapest; many for one no rule fits."""
    if len(text) == 1:
        return _character(text)
    plain = text.lower()
    found = [
        _word(text, plain, own_words),
        WALK_BITS + _turns(plain) if len(text) >= SHORTEST_WALK and _is_walk(plain) else 999.0,
        _run(plain) if len(text) >= SHORTEST_RUN else 999.0,
        _repeated(text, own_words),
        YEAR_BITS if _YEAR.fullmatch(text) else 999.0,
        DAY_BITS + (YEAR_BITS if len(text) > 4 else 0.0) if _DAY.fullmatch(text) else 999.0,  # MMDD
    ]
    return min(found)


def _character(character: str) -> float:
    if character.isascii():
        return log2(10) if character.isdigit() else log2(26) if character.isalpha() else log2(33)
    return 10.0  # of a script with thousands of signs


def _word(text: str, plain: str, own_words: frozenset[str]) -> float:
    """A known word, as it stands or with digits for letters; capitals in the usual places cost one bit, others more."""
    capitals = sum(character.isupper() for character in text)
    extra = 0.0 if not capitals else 1.0 if capitals in (1, len(text)) else float(capitals)
    for form, price in ((plain, 0.0), (plain.translate(_LEET), 1.5)):
        if form in own_words:
            return OWN_BITS + extra + price
        if form in COMMON_WORDS:
            return WORD_BITS + extra + price
    return 999.0


def _is_walk(plain: str) -> bool:
    """Whether every key lies beside the one before, as in `qwert` and `1qaz`."""
    places = [_PLACES.get(key) for key in plain.translate(_UNSHIFTED)]
    return all(
        a is not None and b is not None and a != b and abs(a[0] - b[0]) <= 1 and abs(a[1] - b[1]) <= 1
        for a, b in itertools.pairwise(places)
    )


def _turns(plain: str) -> float:
    """One and a half bits for every change of direction."""
    places = [_PLACES[key] for key in plain.translate(_UNSHIFTED)]
    steps = [(b[0] - a[0], b[1] - a[1]) for a, b in itertools.pairwise(places)]
    return 1.5 * sum(a != b for a, b in itertools.pairwise(steps))


def _run(plain: str) -> float:
    """`aaaa`, `3456`, `dcba`: equal steps of none or one."""
    steps = {ord(b) - ord(a) for a, b in itertools.pairwise(plain)}
    if steps == {0}:
        return SAME_BITS + log2(len(plain))
    return RUN_BITS + log2(len(plain)) if steps in ({1}, {-1}) and plain.isalnum() else 999.0


def _repeated(text: str, own_words: frozenset[str]) -> float:
    """The same piece over and over: what it costs once, and how often."""
    for size in range(2, len(text) // 2 + 1):
        if len(text) % size == 0 and text == text[:size] * (len(text) // size):
            return _cheapest(text[:size], own_words) + log2(len(text) // size)
    return 999.0
