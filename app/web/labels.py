"""What things are called in a language: fields, actions, documents, states. Looked up once, then remembered.

One `Labels` a locale lives as long as the process; every method is a dictionary hit after the first call, so
a list of a thousand cells never asks the catalog.
"""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from app.adapters.db import Model
from app.kernel.errors import Finding, Refusal
from app.platform import i18n
from app.platform.actions import Action
from app.platform.permissions import module_of
from app.platform.views import Field

TAGS = {"en": "en", "zh_CN": "zh-CN"}
"""Locale -> language tag of the page."""
MOST_FILLED = 5000


@lru_cache(maxsize=8)
def labels_for(locale: str) -> "Labels":
    """The labels of a locale."""
    return Labels(locale if locale in i18n.LOCALES else i18n.DEFAULT)


def resource_name(model: type[Model]) -> str:
    """`sales.order`; an inner table is called by its table name."""
    return f"{module_of(model)}.{model.__noun__ or model.__tablename__}"


class Labels:
    """The words of one locale."""

    def __init__(self, locale: str) -> None:
        self.locale = locale
        self.tag = TAGS[locale]
        self._messages = i18n.messages(locale)
        self._found: dict[tuple[str, ...], str] = {}
        self._filled_before: dict[tuple[str, tuple[tuple[str, str], ...]], str] = {}

    def text(self, message_id: str, /, **facts: Any) -> str:
        """A message with its facts filled in."""
        if not facts:  # most words of a page; nothing to fill in
            found = self._messages.get(message_id)
            if found is not None and "{" not in found:
                return found
        elif all(type(fact) is str for fact in facts.values()):
            return self._filled(message_id, tuple(facts.items()))
        return i18n.text(self.locale, message_id, **facts)

    def _filled(self, message_id: str, facts: tuple[tuple[str, str], ...]) -> str:
        """A message with words filled in, remembered: most are names of columns and tabs."""
        found = self._filled_before.get((message_id, facts))
        if found is None:
            if len(self._filled_before) >= MOST_FILLED:
                self._filled_before.clear()
            found = self._filled_before[message_id, facts] = i18n.text(self.locale, message_id, **dict(facts))
        return found

    def _first(self, *ids: str) -> str:
        found = self._found.get(ids)
        if found is None:
            found = self._found[ids] = i18n.first(self.locale, *ids)
        return found

    def _first_or(self, fallback: str, *ids: str) -> str:
        found = self._found.get(ids)
        if found is None:
            found = next((self._messages[key] for key in ids if key in self._messages), fallback)
            self._found[ids] = found
        return found

    def noun(self, name: str) -> str:
        """A document's name in the singular: `sales.order` -> Sales order."""
        return self._first(name)

    def nouns(self, name: str) -> str:
        """A list's title: `sales.order` -> Sales orders."""
        return self._first(f"{name}#plural", name)

    def module(self, name: str) -> str:
        """A module's name."""
        return self._first(f"module.{name}", f"{name}.module")

    def field(self, resource: str, shown: Field) -> str:
        """A field's label: its own id, the resource's, the general one."""
        if shown.label:
            return self._first(shown.label)
        return self._first(f"{resource}.{shown.key}", f"field.{shown.key}")

    def argument(self, act: Action[..., Any], name: str) -> str:
        """An argument's label where no field says it."""
        return self._first(f"{act.name}.{name}", f"{act.module}.{act.noun}.{name}", f"field.{name}")

    def action(self, act: Action[..., Any]) -> str:
        """The words on a button: the action's own, else the bare verb."""
        return self._first(act.name, f"verb.{act.verb}.button", f"verb.{act.verb}")

    def action_name(self, name: str) -> str:
        """What an audit entry's action is called; `?` behind the name marks one that waits for approval."""
        plain = name.rstrip("?")
        verb = plain.partition(".")[2].partition("_")[0]
        label = self._first_or(plain, f"{plain}.done", plain, f"verb.{verb}.button", f"verb.{verb}")
        return f"{label}?" if name.endswith("?") else label

    def done(self, act: Action[..., Any]) -> str:
        """The toast after it, or the general one."""
        return self._first(f"{act.name}.done", f"web.done.{act.verb}", "web.done")

    def state(self, resource: str, value: str, name: str = "state") -> str:
        """A state's word; a document with several (delivery, billing) may name each its own way."""
        return self._first_or(
            value, f"{resource}.{name}.{value}", f"{resource}.state.{value}", f"state.{value}", f"choice.{value}"
        )

    def choice(self, resource: str, name: str, value: str) -> str:
        return self._first_or(
            value, f"{resource}.{name}.{value}", f"choice.{value}", f"state.{value}", f"{name}.{value}"
        )

    def states(self, resource: str) -> list[str]:
        """The states a document can be in, as far as the catalog names them for it."""
        start = f"{resource}.state."
        return [key[len(start) :] for key in self._messages if key.startswith(start)]

    def tab(self, resource: str, name: str) -> str:
        return self._first(f"{resource}.tab.{name}", f"tab.{name}", f"state.{name}", f"choice.{name}")

    def group(self, module: str, name: str) -> str:
        return self._first(f"{module}.menu.{name}", f"menu.{name}", f"module.{name}")

    def optional(self, *ids: str) -> str:
        """The first that exists, or the empty text."""
        return self._first_or("", *ids)

    def report(self, module: str, name: str) -> str:
        return self._first(f"{module}.{name}", f"report.{name}")

    def refusal(self, refusal: Refusal | Finding) -> str:
        """The sentence a refusal code stands for, with its facts; nouns among them translated."""
        return i18n.text(self.locale, refusal.code, **self._facts(refusal.facts))

    def _facts(self, facts: Mapping[str, Any]) -> dict[str, Any]:
        shown = dict(facts)
        for name in ("noun", "document", "action", "permission"):
            value = shown.get(name)
            if isinstance(value, str) and value in self._messages:
                shown[name] = self._messages[value]
        choices = shown.get("choices")
        if isinstance(choices, (list, tuple)):
            shown["choices"] = [self._messages.get(f"choice.{value}", str(value)) for value in choices]
        return shown
