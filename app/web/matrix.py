"""The matrix floorplan: rows by columns of yes and no, searched in the page, reviewed before it is saved.

template       screen          used for
matrix.html    MatrixScreen    what a role allows; read only where there is no form
review.html    ReviewScreen    what a change comes to, in words, with a way back that loses nothing
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

from app.web.screens import EditForm
from app.web.widgets import Cell, Choice, FieldBox, Notice, Tab


@dataclass(slots=True)
class MatrixCell:
    """One yes or no. `label` is what a screen reader says; in the row's further cells it is shown."""

    value: str
    label: str
    checked: bool = False


@dataclass(slots=True)
class MatrixRow:
    """What the row is about, a cell for each column (None where there is no such thing), and further ones."""

    label: str
    cells: Sequence[MatrixCell | None]
    more: Sequence[MatrixCell] = ()
    words: str = ""
    """Lower-case text the search looks in."""


@dataclass(slots=True)
class MatrixGroup:
    """A card of rows."""

    label: str
    rows: Sequence[MatrixRow]
    note: str = ""


@dataclass(slots=True)
class MatrixScreen:
    """`field` is the name the ticked cells are posted under; `wide` are choices above the matrix that stand for many
    cells at once.
    """

    title: str
    columns: Sequence[str]
    groups: Sequence[MatrixGroup]
    field: str
    more_label: str
    subtitle: str = ""
    badge: Cell | None = None
    tabs: Sequence[Tab] = ()
    form: EditForm | None = None
    wide: "WideCells | None" = None
    notices: Sequence[Notice] = ()
    search_hint: str = ""
    submit: str = ""


@dataclass(slots=True)
class WideCells:
    """A card of choices and an input that adds one."""

    label: str
    note: str
    name: str
    choices: Sequence[Choice]
    box: FieldBox | None = None


@dataclass(slots=True)
class ReviewList:
    """One kind of change: `tone` ok is given, bad is taken away, warn wants care."""

    title: str
    lines: Sequence[str]
    tone: Literal["ok", "bad", "warn", "info"] = "info"


@dataclass(slots=True)
class ReviewScreen:
    """Posted again with everything typed: `step` save does it, `step` back shows the form as it was typed."""

    title: str
    text: str
    lists: Sequence[ReviewList]
    form: EditForm
    submit: str
    notices: Sequence[Notice] = field(default_factory=list)
    blocked: bool = False
    """Whether it may not be saved like this."""
