"""JSON bodies into the checked arguments of an action, with every mistake under the name of its field.

Strict: a number is not a text, `"5"` is not a whole number, unknown and repeated names are refused. Decimals come
as strings or whole numbers; a number with a fraction or exponent has been a float somewhere and is refused.
"""

import json
import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import orjson
from pydantic import ValidationError
from pydantic_core import ErrorDetails

from app.api.call import Call
from app.api.errors import Problem
from app.kernel.errors import Finding, Invalid
from app.platform.actions import Action

MAX_DEPTH = 12
MAX_FINDINGS = 100
WHOLE_DIGITS, DECIMALS = 15, 10
"""What a decimal may have before and after the point; columns and rules are narrower."""
INTEGER_LIMIT = 2**31 - 1
_BIG = 10**WHOLE_DIGITS
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")


def read_object(call: Call) -> dict[str, Any]:
    """The body as an object of plain values; an absent body is an empty object."""
    if not call.body:
        return {}
    media_type = call.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type != "application/json":
        raise Problem(415, "api.media_type", headers={"Accept": "application/json"})
    try:
        value = json.loads(
            call.body.decode(), parse_float=_no_float, parse_constant=_no_float, object_pairs_hook=_unique
        )
    except (ValueError, RecursionError):
        raise Problem(400, "input.not_json") from None
    if not isinstance(value, dict):
        raise Invalid("input.not_an_object")
    _check(value, "", 1)
    return value


class _Float(str):
    """A JSON number that is not a whole one, kept as written until its field can be named."""

    __slots__ = ()


def _no_float(text: str) -> str:
    return _Float(text)


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name is repeated")
    return found


def _check(value: Any, name: str, depth: int) -> None:
    """Refuse what no field may hold, whatever its type."""
    if isinstance(value, str):
        if isinstance(value, _Float):
            raise Invalid("api.float", field=name, value=value)
        if not value.isprintable() and _CONTROL.search(value):
            raise Invalid("input.control_character", field=name)
    elif isinstance(value, (dict, list)):
        if depth > MAX_DEPTH:
            raise Problem(400, "api.too_deep", most=MAX_DEPTH)
        parts = value.items() if isinstance(value, dict) else enumerate(value)
        for key, part in parts:
            if isinstance(key, str) and not key.isprintable():
                raise Invalid("input.control_character", field=name or "body")
            _check(part, f"{name}.{key}" if name else str(key), depth + 1)
    elif isinstance(value, int) and not -_BIG < value < _BIG:
        raise Invalid("input.too_large" if value > 0 else "input.too_small", field=name, most=_BIG - 1, least=1 - _BIG)


def arguments_of(act: Action[..., Any], given: Mapping[str, Any], fixed: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments a body and the address give; Invalid with every finding. Only what was given is passed on."""
    findings = [_unknown(name) for name in given if name in fixed]
    try:
        model = act.input.model_validate_json(orjson.dumps({**given, **fixed}), strict=True)
    except ValidationError as error:
        raise Invalid.of([*findings, *findings_of(error)]) from None
    arguments = {name: getattr(model, name) for name in model.model_fields_set}
    for name, value in arguments.items():
        _bound(value, name, findings)
    if findings:
        raise Invalid.of(findings)
    return arguments


def _unknown(name: str) -> Finding:
    return Finding("input.unknown_field", name, {"name": name})


def _bound(value: Any, name: str, findings: list[Finding]) -> None:
    """Numbers no column can hold, anywhere among the arguments."""
    if isinstance(value, Decimal):
        findings.extend(_unfit(value, name))
    elif isinstance(value, int):
        if not -INTEGER_LIMIT <= value <= INTEGER_LIMIT:
            findings.append(Finding("input.too_large", name, {"most": INTEGER_LIMIT}))
    elif isinstance(value, (list, tuple)):
        for index, part in enumerate(value):
            _bound(part, f"{name}.{index}", findings)
    elif hasattr(value, "__dataclass_fields__"):
        for part in value.__dataclass_fields__:
            _bound(getattr(value, part), f"{name}.{part}", findings)


def _unfit(value: Decimal, name: str) -> list[Finding]:
    """What is wrong with the size of a decimal: nothing, or one finding."""
    exponent = value.as_tuple().exponent
    if not isinstance(exponent, int) or exponent > 0:
        return [Finding("input.not_a_number", name)]
    if exponent < -DECIMALS:
        return [Finding("input.too_many_digits", name, {"digits": DECIMALS})]
    if abs(value) >= _BIG:
        return [Finding("input.too_large", name, {"most": _BIG - 1})]
    return []


_CODES = {
    "missing": "input.required",
    "missing_argument": "input.required",
    "missing_keyword_only_argument": "input.required",
    "extra_forbidden": "input.unknown_field",
    "unexpected_keyword_argument": "input.unknown_field",
    "string_too_short": "input.too_short",
    "string_too_long": "input.too_long",
    "string_pattern_mismatch": "input.pattern",
    "literal_error": "input.choice",
    "enum": "input.choice",
    "too_short": "input.too_few",
    "too_long": "input.too_many",
    "greater_than": "input.too_small",
    "greater_than_equal": "input.too_small",
    "less_than": "input.too_large",
    "less_than_equal": "input.too_large",
    "decimal_max_digits": "input.too_many_digits",
    "decimal_max_places": "input.too_many_digits",
    "decimal_whole_digits": "input.too_large",
}
_FAMILIES = (
    ("string", "input.not_a_text"),
    ("datetime", "input.not_an_instant"),
    ("date", "input.not_a_date"),
    ("uuid", "input.not_an_id"),
    ("int", "input.not_an_integer"),
    ("decimal", "input.not_a_number"),
    ("finite", "input.not_a_number"),
    ("bool", "input.not_a_boolean"),
    ("list", "input.not_a_list"),
    ("tuple", "input.not_a_list"),
    ("set", "input.not_a_list"),
    ("dict", "input.not_an_object"),
    ("dataclass", "input.not_an_object"),
    ("model", "input.not_an_object"),
)
_LIMITS = {
    "min_length": "least",
    "max_length": "most",
    "ge": "least",
    "gt": "least",
    "le": "most",
    "lt": "most",
    "max_digits": "digits",
    "decimal_places": "digits",
}


def findings_of(error: ValidationError) -> list[Finding]:
    """Pydantic's complaints in our own codes, with dotted field names."""
    return [_finding(item) for item in error.errors(include_url=False, include_input=False)[:MAX_FINDINGS]]


def _finding(item: ErrorDetails) -> Finding:
    kind, context = item["type"], item.get("ctx", {})
    name = ".".join(str(part) for part in item["loc"])
    facts: dict[str, Any] = {_LIMITS[key]: value for key, value in context.items() if key in _LIMITS}
    if kind == "greater_than" and context.get("gt") == 0:
        code = "input.not_positive"
    elif kind == "greater_than_equal" and context.get("ge") == 0:
        code = "input.negative"
    elif kind == "string_too_short" and context.get("min_length") == 1:
        code = "input.required"
    elif kind == "decimal_whole_digits":
        code, facts = "input.too_large", {"most": 10 ** int(context["whole_digits"]) - 1}
    else:
        code = _CODES.get(kind) or next(
            (code for start, code in _FAMILIES if kind.startswith(start)), "input.malformed"
        )
    if code == "input.unknown_field":
        facts["name"] = name
    if code == "input.choice":
        facts["choices"] = re.findall(r"'([^']*)'", str(context.get("expected", "")))
    return Finding(code, name, facts)


def no_body(call: Call) -> None:
    """For operations that take none."""
    for name in read_object(call):
        raise Invalid("input.unknown_field", field=name, name=name)
