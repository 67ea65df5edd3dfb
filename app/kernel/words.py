"""Amounts in words, as vouchers, cheques and contracts write them.

Chinese capitals follow the rules for filling in bills and settlement vouchers of the People's
Bank of China (正确填写票据和结算凭证的基本规定): capitals 壹贰叁…, 零 for zeros inside the figure, 整
after 元 or 角 and none after 分, 零 before 分 where there are no 角. English follows cheque usage:
"One thousand two hundred thirty-four and 50/100".
"""

from decimal import Decimal

from app.kernel.money import digits_of, round_half_up

CAPITALS = "零壹贰叁肆伍陆柒捌玖"
PLACES = ("", "拾", "佰", "仟")
SECTIONS = ("", "万", "亿")
LIMIT = Decimal(10) ** 16

ONES = (
    *("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"),
    *("thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"),
)
TENS = ("", "", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
SCALES = ((10**12, "trillion"), (10**9, "billion"), (10**6, "million"), (10**3, "thousand"))


def chinese_capitals(number: int) -> str:
    """A whole number from 0 to 10^16 - 1 in Chinese capitals: 1002 -> 壹仟零贰."""
    if not 0 <= number < LIMIT:
        raise ValueError("the number is out of range")
    if number == 0:
        return CAPITALS[0]
    words, gap = "", False
    for power in (3, 2, 1, 0):
        section = number // 10 ** (4 * power) % 10_000
        if section == 0:
            gap = True
            continue
        if words and (gap or section < 1000):
            words += CAPITALS[0]
        words += _section(section) + _scale(power, number)
        gap = False
    return words


def _scale(power: int, number: int) -> str:
    """万, 亿; the section above 亿 is counted in 万 of 亿, and says 亿 itself only where no 亿 section follows."""
    if power == 3:
        return "万" if number // 10**8 % 10_000 else "万亿"
    return SECTIONS[power]


def _section(section: int) -> str:
    """One group of four digits, zeros inside it said once, zeros at its ends not at all."""
    words, gap = "", False
    for power in (3, 2, 1, 0):
        digit = section // 10**power % 10
        if digit == 0:
            gap = True
            continue
        if words and gap:
            words += CAPITALS[0]
        words += CAPITALS[digit] + PLACES[power]
        gap = False
    return words


def rmb_capitals(amount: Decimal, prefix: str = "人民币") -> str:
    """An amount of yuan in capitals (大写金额): 1002.30 -> 人民币壹仟零贰元叁角整.

    Rounded half up to fen. A negative amount carries 负 after the prefix; zero is 零元整.
    ValueError from 10^16 yuan on.
    """
    fen_total = int(abs(round_half_up(amount, 2)) * 100)
    yuan, jiao, fen = fen_total // 100, fen_total // 10 % 10, fen_total % 10
    words = f"{chinese_capitals(yuan)}元" if yuan or not fen_total else ""
    if jiao:
        # A yuan figure that ends in zero is followed by 零: 壹仟贰佰元零伍角; the regulation allows it, banks expect it.
        words += CAPITALS[0] if yuan and yuan % 10 == 0 else ""
        words += f"{CAPITALS[jiao]}角"
    elif fen and yuan:
        words += CAPITALS[0]
    words += f"{CAPITALS[fen]}分" if fen else "整"
    sign = "负" if amount < 0 and fen_total else ""
    return f"{prefix}{sign}{words}"


def english_number(number: int) -> str:
    """A whole number from 0 to 10^15 - 1 in English, lower case: 1234 -> one thousand two hundred thirty-four."""
    if not 0 <= number < 10**15:
        raise ValueError("the number is out of range")
    parts = []
    for size, name in SCALES:
        if number >= size:
            parts.append(f"{_below_thousand(number // size)} {name}")
            number %= size
    if number or not parts:
        parts.append(_below_thousand(number))
    return " ".join(parts)


def _below_thousand(number: int) -> str:
    parts = []
    if number >= 100:
        parts.append(f"{ONES[number // 100]} hundred")
        number %= 100
        if not number:
            return parts[0]
    if number >= 20:
        tens, ones = divmod(number, 10)
        parts.append(TENS[tens] + (f"-{ONES[ones]}" if ones else ""))
    else:
        parts.append(ONES[number])
    return " ".join(parts)


def english_amount(amount: Decimal, currency: str) -> str:
    """An amount in cheque style with its code: CNY 1234.5 -> CNY one thousand … and 50/100 only.

    The fraction has as many digits as the currency's minor unit; currencies without one have none.
    """
    digits = digits_of(currency)
    rounded = abs(round_half_up(amount, digits))
    whole = int(rounded)
    minor = int((rounded - whole).scaleb(digits))
    fraction = f" and {minor:0{digits}d}/{10**digits}" if digits else ""
    sign = "minus " if amount < 0 and rounded else ""
    return f"{currency} {sign}{english_number(whole)}{fraction} only"
