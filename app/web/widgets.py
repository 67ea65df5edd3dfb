"""The parts every screen is made of: plain values the doors fill and the templates print.

A template never sees a model, a query or a session. It reads these dataclasses and nothing
else, so a floorplan can be changed without touching a module and a module without touching
a template. Three conventions hold everywhere:

* `text` is final: already translated, already formatted for the reader (`app.web.formats`).
  Templates add only their own fixed words through `t('ui.…')`.
* `href` is final: URL = state, so every link (sort, page, remove a filter, tab) comes whole.
* an empty string means "absent"; None is kept for "there is no such part".

Screens (the arrangement of these parts) are in `app.web.screens`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

Kind = Literal[
    "text", "long_text", "code", "money", "quantity", "price", "percent", "number", "date", "instant", "state", "ref",
    "flag", "progress", "file", "email", "phone", "url", "choice", "person", "month", "time", "password",
]  # fmt: skip
"""What a value is; it alone decides alignment, input control, filter operators and export format."""

NUMERIC_KINDS = frozenset({"money", "quantity", "price", "percent", "number"})
"""Kinds shown right-aligned in tabular figures."""

Tone = Literal["", "draft", "active", "waiting", "done", "problem", "progress"]
"""What a state means to the reader. Draft grey and hollow, active teal, waiting amber, done green, problem red,
in progress blue; the word always stands beside the colour."""

Slot = Literal["", "title", "body", "meta", "badge", "value"]
"""Where a column goes on the card a phone shows instead of a table row; "" is hidden there."""


@dataclass(slots=True)
class Cell:
    """One shown value. `text` is what is read; the rest says how it looks.

    `href` makes it a link. `sub` is dim text after it (a name after a code, a unit after a quantity).
    `tone` colours states and overdue dates ("problem"). `value` is needed for three kinds only:
    progress (0 to 100), flag (bool), person (initials).
    """

    kind: Kind = "text"
    text: str = ""
    href: str = ""
    sub: str = ""
    tone: Tone = ""
    value: str | int | bool | None = None
    hint: str = ""
    """Read to screen readers and shown on hover, where colour says something words do not ("late")."""


@dataclass(slots=True)
class Choice:
    """One option of a select, radio group, filter or menu."""

    value: str
    label: str
    selected: bool = False
    note: str = ""
    count: str = ""
    code: str = ""
    """What a person may paste or scan instead of choosing, e.g. an item's code."""


@dataclass(slots=True)
class FieldBox:
    """One labelled field: read (`cell`) or edit (`value`, `choices`, `lookup`). The same box serves both modes.

    `name` is the form name (`customer_id`, `lines.0.quantity`, `address.city`) and the key errors refer to.
    `value` is the raw input value as a string: ISO date, plain decimal with a point, "1" for a set flag, the id
    for a ref; after a 422 it is what the user typed.
    """

    name: str
    label: str
    kind: Kind = "text"
    cell: Cell | None = None
    value: str = ""
    shown: str = ""
    """The readable text of a ref's value, e.g. "C-0012 Haichuan Fluid"."""
    required: bool = False
    readonly: bool = False
    help: str = ""
    error: str = ""
    placeholder: str = ""
    choices: Sequence[Choice] = ()
    multiple: bool = False
    lookup: str = ""
    """For a ref: the address that answers `?q=` with the listbox options (`partials/options.html`)."""
    create: str = ""
    """For a ref: the address of the quick-create dialog, opened with `?text=` when nothing fits."""
    unit: str = ""
    """Shown after the input: a currency code, a unit of measure, "%"; or before it for a prefix such as "https://"."""
    suffix: str = ""
    minimum: str = ""
    maximum: str = ""
    step: str = ""
    max_length: int = 0
    autocomplete: str = ""
    span: int = 1
    """Columns taken in the 4-column field grid (1 to 4)."""
    rows: int = 3
    depends: str = ""
    """Non-empty: changing this field re-asks the server (the form is posted to `EditForm.preview`)."""
    accept: str = ""
    """For a file: accepted types."""


@dataclass(slots=True)
class ActionButton:
    """Something a person can do here. The server decides which are shown, and which one is primary.

    how: "link" goes to `href`; "post" posts the page's action form to it (CSRF, version and idempotency key are
    added); "submit" submits the edit form, with `name=value` if given; "dialog" opens the dialog served at `href`
    (confirmation with a reason, further fields).
    """

    label: str
    href: str = ""
    how: Literal["link", "post", "submit", "dialog"] = "link"
    icon: str = ""
    look: Literal["plain", "primary", "ghost", "danger"] = "plain"
    name: str = ""
    value: str = ""
    key: str = ""
    """Keyboard letter after `n` (create) or shown as a hint; see `Shell.shortcuts`."""
    disabled: str = ""
    """The reason it cannot be done now; shown as a hint, the button stays visible but is refused."""
    note: str = ""


@dataclass(slots=True)
class MenuItem:
    """An entry of the side menu, the create menu or the palette."""

    label: str
    href: str = ""
    icon: str = ""
    current: bool = False
    count: str = ""
    hot: bool = False
    """The count wants attention (brick, not grey)."""
    key: str = ""
    children: Sequence["MenuItem"] = ()
    note: str = ""


@dataclass(slots=True)
class MenuGroup:
    """A captioned part of the side menu ("Commerce", "Company"); no caption for the first."""

    label: str
    items: Sequence[MenuItem]


@dataclass(slots=True)
class Crumb:
    label: str
    href: str = ""


@dataclass(slots=True)
class Person:
    """A colleague as an avatar: one or two initials, and a colour 0 to 4 derived from the id by the door."""

    name: str
    initials: str = ""
    hue: int = 0
    note: str = ""
    email: str = ""


@dataclass(slots=True)
class CompanyChoice:
    """A company of this tenant in the switcher."""

    id: str
    name: str
    note: str = ""
    current: bool = False


@dataclass(slots=True)
class Notice:
    """A band above the content: over budget, read-only period, unconfirmed e-mail, stale version."""

    text: str
    tone: Literal["info", "warn", "bad", "ok"] = "info"
    title: str = ""
    action: ActionButton | None = None


@dataclass(slots=True)
class Notification:
    """One line of the bell."""

    title: str
    text: str = ""
    icon: str = "bell"
    when: str = ""
    href: str = ""
    unread: bool = False


@dataclass(slots=True)
class Shortcut:
    """`g`+letter or `n`+letter. `keys` is "g s"."""

    keys: str
    label: str
    href: str


@dataclass(slots=True)
class Shell:
    """Everything around the content of a signed-in page.

    Preferences are rendered by the server on `<html>` from the user's cookie, so nothing flickers; the toggles post
    to `preferences_url` with theme | density | locale | shortcuts, and the answer is a redirect to `here`.
    """

    title: str
    locale: str = "en"
    """Language tag of the page: "en" or "zh-CN"."""
    theme: Literal["", "light", "dark"] = ""
    """"" follows the system."""
    density: Literal["compact", "normal", "roomy"] = "normal"
    csrf: str = ""
    here: str = ""
    """Path and query of this page, for redirects back."""
    company: str = ""
    company_note: str = ""
    companies: Sequence[CompanyChoice] = ()
    switch_company_url: str = ""
    menu: Sequence[MenuGroup] = ()
    tabbar: Sequence[MenuItem] = ()
    """Phone: at most four entries; search is added between them."""
    crumbs: Sequence[Crumb] = ()
    create: Sequence[MenuItem] = ()
    notifications: Sequence[Notification] = ()
    unread: int = 0
    notifications_url: str = ""
    read_all_url: str = ""
    person: Person | None = None
    account: Sequence[MenuItem] = ()
    """Entries of the user menu (profile, security, sessions)."""
    preferences_url: str = ""
    logout_url: str = ""
    search_url: str = ""
    """Answers `?q=` with `partials/palette.html`."""
    shortcuts: Sequence[Shortcut] = ()
    shortcuts_on: bool = True
    notices: Sequence[Notice] = ()
    toast: str = ""
    """Shown once after a redirect (flash)."""
    events_url: str = ""
    """Server-sent events for the bell; "" when off."""
    home_url: str = "/"
    zone: str = ""
    fragment: bool = False
    """True for a boosted request (`HX-Request`): only the title and `#page` are sent, the frame stays in the browser."""
    nav_html: str = ""
    frame_html: str = ""
    """The side menu and what stands after the page as markup, where they have been rendered before."""
    counts: Mapping[str, str] = field(default_factory=dict)
    """Address -> count of the side menu's entries that have one; a fragment carries them to the kept frame."""


# ---- lists ----------------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class ColumnHead:
    """A column of a list or report: its kind decides alignment, `slot` its place on a phone card."""

    name: str
    label: str
    kind: Kind = "text"
    sort_href: str = ""
    """Where clicking the head goes; "" when it cannot be sorted."""
    sorted: Literal["", "ascending", "descending"] = ""
    slot: Slot = ""
    frozen: bool = False


@dataclass(slots=True)
class ListRow:
    """One record. `group` rows carry a sum line instead of a record."""

    id: str
    cells: Sequence[Cell]
    href: str = ""
    label: str = ""
    """What the checkbox selects, e.g. the number; for screen readers."""
    amount: str = ""
    """Plain decimal that the bulk bar adds up over the selected rows; "" for none."""
    dim: bool = False


@dataclass(slots=True)
class GroupRow:
    """Head of a group in a grouped list, with the sums of the whole group (not of the page)."""

    label: str
    count: str = ""
    totals: Mapping[str, str] = field(default_factory=dict)
    """Column name -> formatted sum."""
    rows: Sequence[ListRow] = ()
    href: str = ""
    """Shows only this group."""


@dataclass(slots=True)
class Tab:
    """A saved view, a section of a master, a phase of a worklist."""

    label: str
    href: str
    current: bool = False
    count: str = ""
    id: str = ""
    """The view's own id where it can be renamed or deleted."""
    removable: bool = False


@dataclass(slots=True)
class FilterChip:
    """A filter in force: "Status **Confirmed, To ship**" with a link that takes it away."""

    name: str
    label: str
    text: str
    remove_href: str
    fields: Sequence[FieldBox] = ()
    """The inputs that edit it, named and filled as the query string wants them."""


@dataclass(slots=True)
class FilterField:
    """A field that can be filtered by but is not yet; `fields` are its inputs (from/to, choices, text)."""

    name: str
    label: str
    kind: Kind
    fields: Sequence[FieldBox]


@dataclass(slots=True)
class Pager:
    """Keyset paging. `span` is ready text such as "1–50 of 10 000+"."""

    span: str
    previous_href: str = ""
    next_href: str = ""
    sizes: Sequence[Choice] = ()
    """Choice.value is the href."""


@dataclass(slots=True)
class Empty:
    """Why there is nothing: never used here yet, nothing matches, or not allowed."""

    why: Literal["first", "match", "permission"] = "first"
    title: str = ""
    text: str = ""
    icon: str = ""
    actions: Sequence[ActionButton] = ()


# ---- documents ------------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class StepMark:
    """One step of the life line."""

    label: str
    note: str = ""
    state: Literal["done", "now", "todo", "stopped"] = "todo"


@dataclass(slots=True)
class RelatedChip:
    """A document this one came from or led to."""

    label: str
    href: str
    note: str = ""
    icon: str = "file-text"


@dataclass(slots=True)
class LineColumn:
    """A column of the line grid. Computed columns have no input; the server fills them on every preview."""

    name: str
    label: str
    kind: Kind = "text"
    computed: bool = False
    required: bool = False
    lookup: str = ""
    create: str = ""
    choices: Sequence[Choice] = ()
    wide: bool = False
    """Takes the room that is left (the item)."""
    slot: Slot = ""
    step: str = ""


@dataclass(slots=True)
class LineCell:
    """A cell of a line: `cell` when read-only or computed, else the raw `value` (and `shown` for a ref)."""

    value: str = ""
    shown: str = ""
    cell: Cell | None = None
    error: str = ""
    choices: Sequence[Choice] = ()
    """Overrides the column's choices for this line (units of this item)."""
    readonly: bool = False


@dataclass(slots=True)
class Line:
    """A line of a document; `cells` in the order of the grid's columns. `id` is "" for one not stored yet."""

    cells: Sequence[LineCell]
    id: str = ""
    error: str = ""
    href: str = ""


@dataclass(slots=True)
class TotalsRow:
    label: str
    text: str
    note: str = ""
    strong: bool = False


@dataclass(slots=True)
class LineGrid:
    """The lines of a document. Editable: inputs are named `<name>.<index>.<column>`, plus `<name>.<index>.id`.

    The island posts the whole form to `preview_url` after a change and swaps totals and computed cells from the
    answer (`partials/preview.html`).
    """

    name: str
    label: str
    columns: Sequence[LineColumn]
    lines: Sequence[Line] = ()
    blank: Line | None = None
    """The empty line the island clones; None when lines cannot be added."""
    preview_url: str = ""
    totals: Sequence[TotalsRow] = ()
    memo: str = ""
    memo_label: str = ""
    memo_field: FieldBox | None = None
    removable: bool = True
    orderable: bool = True
    error: str = ""
    spare: int = 1
    """Empty lines shown after the last one, so that the form works without JavaScript."""
    scan: bool = False
    balance: str = ""
    """Two columns whose sums must agree, for the keys that fill in what is missing."""


@dataclass(slots=True)
class Posting:
    """One line of "explain postings": what is or will be posted, by which rule."""

    when: str
    account: str
    name: str
    rule: str = ""
    debit: str = ""
    credit: str = ""
    href: str = ""


@dataclass(slots=True)
class Change:
    label: str
    before: str
    after: str


@dataclass(slots=True)
class ActivityItem:
    """An event in the side panel: a comment (with `quote`) or what somebody or something did."""

    title: str
    when: str
    text: str = ""
    when_iso: str = ""
    person: Person | None = None
    icon: str = "point"
    quote: str = ""
    changes: Sequence[Change] = ()
    href: str = ""
    delete_url: str = ""


@dataclass(slots=True)
class FileItem:
    name: str
    href: str
    size: str = ""
    when: str = ""
    who: str = ""
    extension: str = ""
    delete_url: str = ""
    state: str = ""
    """A short word while a file is being checked; "" when it is clean."""


@dataclass(slots=True)
class Upload:
    """How the browser hands in a file. `sign_url` answers `{url, method, fields|headers, done_url}` for a direct
    upload to the object store; without it the file is posted to `post_url` as multipart.
    """

    post_url: str
    sign_url: str = ""
    limit: str = ""
    limit_bytes: int = 0


# ---- overview, reports ----------------------------------------------------------------------------------------------


@dataclass(slots=True)
class Kpi:
    label: str
    text: str
    unit: str = ""
    href: str = ""
    delta: str = ""
    good: bool | None = None
    """Whether the delta is good news; None for neutral."""
    rising: bool | None = None
    note: str = ""
    spark: str = ""
    """Markup from `app.web.charts.sparkline`."""
    alarm: bool = False


@dataclass(slots=True)
class TodoItem:
    title: str
    href: str
    note: str = ""
    icon: str = "checklist"
    amount: str = ""
    badge: Cell | None = None
    actions: Sequence[ActionButton] = ()


@dataclass(slots=True)
class Card:
    """A tile of an overview, `span` columns of twelve. Exactly one of the contents is given."""

    title: str = ""
    span: int = 12
    href: str = ""
    link: str = ""
    """The words of the link, e.g. "Open report"."""
    badge: Cell | None = None
    count: str = ""
    kpi: Kpi | None = None
    chart: str = ""
    """Markup from `app.web.charts`."""
    todo: Sequence[TodoItem] | None = None
    columns: Sequence[ColumnHead] = ()
    rows: Sequence[ListRow] | None = None
    links: Sequence[MenuItem] | None = None
    empty: str = ""


@dataclass(slots=True)
class ReportHead:
    """A top head over several report columns ("Opening" over debit and credit)."""

    label: str
    span: int


@dataclass(slots=True)
class ReportRow:
    """A row of a report tree. `cells` in column order; level 0 is a section, deeper ones are indented.

    `state` says whether children are shown; `toggle_href` opens or closes them (URL = state). With
    `children_inline` the children are in the page already and are folded by the browser.
    """

    cells: Sequence[Cell]
    level: int = 1
    strong: bool = False
    state: Literal["", "open", "closed"] = ""
    toggle_href: str = ""
    label: str = ""
    current: bool = False
    rule: bool = False
    """A line above: subtotals."""
