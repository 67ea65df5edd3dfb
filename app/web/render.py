"""Templates to responses: one Jinja environment a language, compiled once, and which part of a page is wanted."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache, partial
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from app.web import charts, markup
from app.web.labels import labels_for

TEMPLATES = Path(__file__).with_name("templates")
STATIC = Path(__file__).with_name("static")


@dataclass(frozen=True)
class Assets:
    """Plain names of built files to their hashed addresses."""

    names: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def load(cls, folder: Path = STATIC / "dist") -> "Assets":
        """From the bundler's manifest; empty while nothing has been built."""
        manifest = folder / "manifest.json"
        return cls(json.loads(manifest.read_text(encoding="utf-8")) if manifest.exists() else {})

    @property
    def styles(self) -> tuple[str, ...]:
        """Addresses of the stylesheets, for pages that are not ours to lay out."""
        return (self.href("app.css"),)

    def href(self, name: str) -> str:
        """`/static/dist/app-1A2B3C4D.js`"""
        return f"/static/dist/{self.names.get(name, name)}"


@lru_cache(maxsize=1)
def assets() -> Assets:
    """The built assets of this process."""
    return Assets.load()


@lru_cache(maxsize=8)
def environment(locale: str) -> Environment:
    """The templates in one language: `t`, `asset` and `chart` are globals, so macros need no context."""
    labels = labels_for(locale)
    env = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=select_autoescape(default=True, default_for_string=True),
        undefined=StrictUndefined,
        auto_reload=False,
        trim_blocks=True,
        lstrip_blocks=True,
        cache_size=-1,
    )
    sprite = assets().href("icons.svg")
    env.globals.update(t=labels.text, asset=assets().href, locale=locale, tag=labels.tag, charts=charts, markup=markup)
    env.globals["sprite_icon"] = partial(markup.icon_of, sprite)
    return env


def render(template: str, locale: str, /, **values: Any) -> str:
    """One template with its values."""
    return environment(locale).get_template(template).render(values)
