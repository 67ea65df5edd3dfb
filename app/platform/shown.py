"""Views as one reader may see them: without the fields hidden from them. The one place field rules meet screens.

Listing, reading, exports, forms and REST all ask here, so a hidden field can neither be shown nor sorted, filtered,
searched, grouped or totalled by: to every door it is a field that does not exist. Figures that modules work out
beside a document (totals, postings, panels, previews) are left out where one of its figures is hidden, for they
would tell it; papers where anything of it is.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, TypeVar

from sqlalchemy.sql.visitors import iterate

from app.adapters.db import Model
from app.platform.permissions import fixed_fields, hidden_fields
from app.platform.views import DocumentView, Field, Lines, ListView, as_field
from app.platform.work import Actor, Work
from tenants.resolve import Remembered

V = TypeVar("V", ListView, DocumentView)
FIGURES = frozenset(("money", "price", "quantity", "number", "percent", "progress"))

NO_INPUT = ("",)
"""Of a grid without a single input; an empty list would mean all."""

_reduced = Remembered(3600.0, 1_000)
"""(address of the view, names) -> (the view, what is left of it). The view is kept, so that its address stays its own."""


def list_for(work: Work, view: ListView) -> ListView:
    """The list without hidden fields; the view itself where there are none."""
    hidden = hidden_fields(work.actor, view.model)
    return view if not hidden else _once(view, hidden, lambda: _list_without(work, view, hidden))


def document_for(actor: Actor, view: DocumentView) -> DocumentView:
    """The document without hidden fields, knowing which others may not be written; else the view itself."""
    fixed = fixed_fields(actor, view.model)
    if not fixed:
        return view
    hidden = hidden_fields(actor, view.model)
    return _once(view, (hidden, fixed), lambda: _document_without(view, hidden, fixed))


def fields_for(actor: Actor, model: type[Model], fields: Mapping[str, Field]) -> Mapping[str, Field]:
    """Of a model's fields by dotted name, those the actor may read."""
    hidden = hidden_fields(actor, model)
    if not hidden:
        return fields
    return {name: shown for name, shown in fields.items() if name not in hidden and not _tells(shown, model, hidden)}


def words_for(actor: Actor, model: type[Model]) -> list[str]:
    """The further words a picker or the palette searches."""
    hidden = hidden_fields(actor, model)
    return [name for name in model.__search__ if name not in hidden]


def _once(view: V, names: object, reduce: Callable[[], V]) -> V:
    """One reduced view for a set of names; asked again with that one, it is the answer itself."""
    kept: tuple[V, V] = _reduced.get((id(view), names), lambda: (view, reduce()))
    left = kept[1]
    _reduced.get((id(left), names), lambda: (left, left))
    return left


def _tells(shown: Field, model: type[Model], hidden: frozenset[str]) -> bool:
    return shown.source is not None and shown.source.class_ is model and shown.source.key in hidden


def _is_hidden(shown: Field, model: type[Model], hidden: frozenset[str]) -> bool:
    return shown.key in hidden or _tells(shown, model, hidden)


def _list_without(work: Work, view: ListView, hidden: frozenset[str]) -> ListView:
    def may(attribute: Any) -> bool:
        return attribute.key not in hidden_fields(work.actor, attribute.class_)

    columns = [shown for shown in view.fields if not _is_hidden(shown, view.model, hidden)]
    shown_sources = [shown.source for shown in columns if shown.source is not None and shown.compute is None]
    filters = [attribute for attribute in view.filters or shown_sources if may(attribute)]
    tabs = [tab for tab in view.tabs if not _speaks_of(tab.where(work), view.model, hidden)]
    return replace(
        view,
        columns=columns,
        search=[attribute for attribute in view.search if may(attribute)],
        filters=filters,
        group_by=[attribute for attribute in view.group_by if may(attribute)],
        tabs=tabs,
        sort=[given for given in view.sort if not _speaks_of(given, view.model, hidden)],
    )


def _speaks_of(expression: Any, model: type[Model], hidden: frozenset[str]) -> bool:
    """Whether a condition or an order uses a hidden column."""
    if expression is None:
        return False
    columns = [model.__mapper__.columns[name] for name in hidden if name in model.__mapper__.columns]
    element = getattr(expression, "__clause_element__", lambda: expression)()
    return any(
        part.shares_lineage(column)
        for part in iterate(element)
        if hasattr(part, "shares_lineage")
        for column in columns
    )


def _document_without(view: DocumentView, hidden: frozenset[str], fixed: frozenset[str]) -> DocumentView:
    every: Sequence[Field] = [as_field(given) for given in view.fields]
    gone = [shown for shown in every if _is_hidden(shown, view.model, hidden)]
    grids = [_lines_without(lines, hidden, fixed) for lines in view.lines]
    left_out = [
        shown
        for lines in view.lines
        for shown in map(as_field, lines.fields)
        if f"{lines.argument}.{shown.key}" in hidden
    ]
    bare = any(shown.shown_as in FIGURES for shown in (*gone, *left_out))
    return replace(
        view,
        fields=[shown for shown in every if shown not in gone],
        lines=grids,
        memo=None if view.memo is not None and view.memo.key in hidden else view.memo,
        totals=None if bare else view.totals,
        postings=None if bare else view.postings,
        preview=None if bare else view.preview,
        panels=() if bare else view.panels,
        prints=() if hidden else view.prints,
        withheld=fixed,
        bare=bare,
    )


def _lines_without(lines: Lines, hidden: frozenset[str], fixed: frozenset[str]) -> Lines:
    every = [as_field(given) for given in lines.fields]
    inputs = lines.editable or [shown.key for shown in every]
    return replace(
        lines,
        fields=[shown for shown in every if f"{lines.argument}.{shown.key}" not in hidden],
        editable=[name for name in inputs if f"{lines.argument}.{name}" not in fixed] or NO_INPUT,
    )
