"""An HTML form read into the arguments of an action, with every mistake beside its field.

Names are dotted: `customer_id`, `lines.0.quantity`, `address.city`. Nothing a person typed is ever lost:
`Form.raw` holds the texts for the form that is shown again. Unknown names are refused (no mass assignment).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from app.kernel.errors import Finding, Invalid, Refusal
from app.platform.actions import Action
from app.web.inputs import Slot, read_text, slots_of

RESERVED = frozenset(("csrf", "key", "version", "return_to", "text", "dialog"))
"""Names of the form's own machinery; an action's argument of the same name takes precedence."""
LINE_RESERVED = frozenset(("id", "version"))
WITHHELD = frozenset(("identity_id",))
"""Arguments no form may give: they bind a credential that only the sign-in pages have checked."""
MAX_LINES = 2000


class Given(dict[str, Any]):
    """An incomplete line for previews: `line["quantity"]` and `line.quantity`, None where nothing stands yet."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return self.get(name)

    def __missing__(self, key: str) -> Any:
        return None


@dataclass
class Form:
    """What was posted: texts as typed, values as read, and what was wrong with them."""

    raw: dict[str, str] = field(default_factory=dict)
    many: dict[str, list[str]] = field(default_factory=dict)
    """Texts of repeated fields (multiple choice)."""
    lines: dict[str, list[dict[str, str]]] = field(default_factory=dict)
    """Argument -> its lines' texts, empty ones left out; index in this list = index in error names."""
    values: dict[str, Any] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)

    def refuse(self, code: str, at: str | None, /, **facts: Any) -> None:
        self.findings.append(Finding(code, at, facts))


class Reader:
    """Reads one posted form against an action's slots."""

    def __init__(
        self,
        act: Action[..., Any],
        *,
        locale: str,
        zone: str = "UTC",
        shown: Iterable[str] = (),
        updating: bool = False,
    ) -> None:
        """`shown`: names the form offers, so that an unticked flag is read as no; `updating`: empty text empties."""
        self.slots = {name: slot for name, slot in slots_of(act).items() if name not in WITHHELD}
        self.act, self.locale, self.zone = act, locale, zone
        self.shown = frozenset(shown)
        self.updating = updating

    def read(self, pairs: Iterable[tuple[str, str]]) -> Form:
        """Texts and values of the form; mistakes of reading in `findings`."""
        form = Form()
        numbered: dict[str, dict[int, dict[str, str]]] = {}
        for name, text in pairs:
            self._sort_in(form, numbered, name, text)
        for name, rows in numbered.items():
            kept = [rows[index] for index in sorted(rows)]
            form.lines[name] = [row for row in kept if any(row[part] for part in row if part not in LINE_RESERVED)]
        for slot in self.slots.values():
            self._fill(form, slot)
        return form

    def _sort_in(self, form: Form, numbered: dict[str, dict[int, dict[str, str]]], name: str, text: str) -> None:
        head, _, rest = name.partition(".")
        slot = self.slots.get(head)
        if slot is None:
            if name not in RESERVED and not name.startswith("_"):
                form.refuse("input.unknown_field", None, name=name)
            return
        if slot.shape == "lines" and rest:
            index, _, part = rest.partition(".")
            known = part in LINE_RESERVED or any(inner.name == part for inner in slot.parts)
            if not index.isascii() or not index.isdigit() or int(index) > MAX_LINES or not known:
                form.refuse("input.unknown_field", None, name=name)
                return
            numbered.setdefault(head, {}).setdefault(int(index), {})[part] = text.strip()
        elif slot.shape == "list":
            form.many.setdefault(head, []).append(text.strip())
        elif slot.shape == "group":
            if not any(inner.name == rest for inner in slot.parts):
                form.refuse("input.unknown_field", None, name=name)
                return
            form.raw[name] = text.strip()
        elif rest:
            form.refuse("input.unknown_field", None, name=name)
        else:
            form.raw[name] = text.strip()

    def _fill(self, form: Form, slot: Slot) -> None:
        name = slot.name
        if slot.shape == "lines":
            self._fill_lines(form, slot)
        elif slot.shape == "list":
            if name in form.many or name in self.shown:
                texts = [text for text in form.many.get(name, []) if text]
                form.values[name] = [self._one(form, slot.parts[0], name, text) for text in texts]
        elif slot.shape == "group":
            self._fill_group(form, slot)
        elif slot.shape == "flag":
            if name in form.raw or name in self.shown:
                text = form.raw.get(name, "")
                form.values[name] = bool(text) and self._one(form, slot, name, text)
        elif name in form.raw:
            self._scalar(form, form.values, slot, name, form.raw[name])

    def _fill_lines(self, form: Form, slot: Slot) -> None:
        name = slot.name
        if name in form.lines or name in self.shown:
            texts = form.lines.setdefault(name, [])
            form.values[name] = [self._line(form, slot, f"{name}.{index}.", row) for index, row in enumerate(texts)]

    def _fill_group(self, form: Form, slot: Slot) -> None:
        row = {part.name: form.raw.get(f"{slot.name}.{part.name}", "") for part in slot.parts}
        if any(row.values()):
            form.values[slot.name] = self._line(form, slot, f"{slot.name}.", row)
        elif slot.optional:
            form.values[slot.name] = None

    def _line(self, form: Form, slot: Slot, prefix: str, row: Mapping[str, str]) -> Given:
        line = Given()
        for part in slot.parts:
            if part.shape == "flag":
                line[part.name] = bool(row.get(part.name)) and self._one(form, part, prefix + part.name, row[part.name])
            elif part.name in row:
                self._scalar(form, line, part, prefix + part.name, row[part.name])
        return line

    def _scalar(self, form: Form, target: dict[str, Any], slot: Slot, name: str, text: str) -> None:
        if text:
            target[slot.name] = self._one(form, slot, name, text)
        elif slot.shape == "text" and (not slot.optional or self.updating) and not slot.required:
            target[slot.name] = ""
        elif slot.optional:
            target[slot.name] = None
        elif slot.required:
            form.refuse("input.required", name)

    def _one(self, form: Form, slot: Slot, name: str, text: str) -> Any:
        try:
            return read_text(slot, text, self.locale, self.zone)
        except ValueError as error:
            form.refuse(str(error), name, value=text[:80], choices=slot.choices)
            return None

    def arguments(self, form: Form, **fixed: Any) -> dict[str, Any]:
        """The checked arguments of the call; Invalid with every finding where anything is wrong.

        `fixed` are arguments the address or the door gives (the record's id, the row version).
        """
        found = list(form.findings)
        given = {name: value for name, value in form.values.items() if name in self.slots} | fixed
        try:
            model = self.act.input.model_validate(given)
        except ValidationError as error:
            known = {finding.field for finding in found}
            found += [finding for finding in findings_of(error) if finding.field not in known]
        if found:
            raise Invalid.of(found)
        return {name: getattr(model, name) for name in model.model_fields_set}

    def incomplete(self, form: Form) -> dict[str, Any]:
        """Every argument for a preview: None where nothing or nonsense stands."""
        return Given({name: form.values.get(name) for name in self.slots})


_CODES = {
    "missing": "input.required",
    "missing_argument": "input.required",
    "none_required": "input.required",
    "extra_forbidden": "input.unknown_field",
    "unexpected_keyword_argument": "input.unknown_field",
    "string_type": "input.not_a_text",
    "string_too_short": "input.too_short",
    "string_too_long": "input.too_long",
    "string_pattern_mismatch": "input.pattern",
    "literal_error": "input.choice",
    "enum": "input.choice",
    "value_error": "input.malformed",
    "too_short": "input.too_few",
    "too_long": "input.too_many",
    "greater_than_equal": "input.too_small",
    "less_than_equal": "input.too_large",
    "less_than": "input.too_large",
    "decimal_max_digits": "input.too_many_digits",
    "decimal_max_places": "input.too_many_digits",
    "decimal_whole_digits": "input.too_many_digits",
    "bool_type": "input.not_a_boolean",
    "bool_parsing": "input.not_a_boolean",
    "list_type": "input.not_a_list",
}
_FAMILIES = (
    ("date_from", "input.not_a_date"),
    ("datetime", "input.not_an_instant"),
    ("date", "input.not_a_date"),
    ("uuid", "input.not_an_id"),
    ("int", "input.not_an_integer"),
    ("decimal", "input.not_a_number"),
    ("float", "input.not_a_number"),
    ("finite", "input.not_a_number"),
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
    "whole_digits": "digits",
    "expected": "choices",
}


def findings_of(error: ValidationError) -> list[Finding]:
    """Pydantic's complaints in our own codes, with dotted field names."""
    return [_finding(item) for item in error.errors(include_url=False, include_input=False)]


def _finding(item: ErrorDetails) -> Finding:
    kind, context = item["type"], item.get("ctx", {})
    name = ".".join(str(part) for part in item["loc"])
    if kind == "greater_than":
        code = "input.not_positive" if context.get("gt") == 0 else "input.too_small"
    elif kind == "greater_than_equal" and context.get("ge") == 0:
        code = "input.negative"
    elif kind == "string_too_short" and context.get("min_length") == 1:
        code = "input.required"
    else:
        code = _CODES.get(kind) or next(
            (code for start, code in _FAMILIES if kind.startswith(start)), "input.malformed"
        )
    facts = {_LIMITS[key]: value for key, value in context.items() if key in _LIMITS}
    facts["name"] = name
    return Finding(code, None if code == "input.unknown_field" else name, facts)


def findings_by_field(refusal: Refusal, known: Sequence[str] | frozenset[str]) -> list[Finding]:
    """The refusal's findings; those that name a field the form does not show speak of the whole form."""
    return [
        finding if finding.field in known or finding.field is None else Finding(finding.code, None, finding.facts)
        for finding in refusal.findings
    ]
