"""The floorplans as values: one dataclass a template, made of the parts in `app.web.widgets`.

    template          screen           used for
    list.html         ListScreen       a list report: views, filters, groups, totals, bulk actions
    document.html     DocumentScreen   an object page, read or edit; master.html takes the same with tabs and KPIs
    report.html       ReportScreen     a tree of figures, each a link to what it is made of
    overview.html     OverviewScreen   home and module homes
    wizard.html       WizardScreen     steps with server state
    settings.html     SettingsScreen   sections, each saved for itself
    auth.html         AuthScreen       sign-in, sign-up, reset, invite, choose a company (no shell around it)
    error.html        ErrorScreen      403 404 409 422 429 5xx, as a page or inside the shell
    conflict.html     ConflictScreen   somebody else saved first: field by field, mine or theirs
    dialog.html       DialogScreen     a dialog served on demand: confirm with reason, quick create
    mail/letter.html  Letter           confirm an address, reset a password, invitation

Every template is given `shell: Shell` (auth.html `auth: AuthScreen`) and `screen`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from app.web.widgets import (
    ActionButton,
    ActivityItem,
    Card,
    Cell,
    Choice,
    ColumnHead,
    Empty,
    FieldBox,
    FileItem,
    FilterChip,
    FilterField,
    GroupRow,
    Kpi,
    LineGrid,
    ListRow,
    Notice,
    Pager,
    Posting,
    RelatedChip,
    ReportHead,
    ReportRow,
    StepMark,
    Tab,
    TotalsRow,
    Upload,
)


@dataclass(slots=True)
class ListScreen:
    """A list report. All state is in the query string; `hidden` are the parts of it a filter form must keep."""

    title: str
    url: str
    """Path of the list without query; the filter form goes there by GET."""
    columns: Sequence[ColumnHead] = ()
    rows: Sequence[ListRow] = ()
    groups: Sequence[GroupRow] = ()
    """Given instead of `rows` when the list is grouped."""
    totals: Mapping[str, str] = field(default_factory=dict)
    """Column name -> formatted sum over the whole filter."""
    totals_label: str = ""
    phone_total: str = ""
    views: Sequence[Tab] = ()
    save_view_url: str = ""
    """Serves the dialog that saves the present query under a name."""
    search: str = ""
    search_hint: str = ""
    searchable: bool = True
    chips: Sequence[FilterChip] = ()
    filters: Sequence[FilterField] = ()
    filter_menu: str = ""
    """The same as markup, where it has been rendered before."""
    clear_href: str = ""
    hidden: Sequence[tuple[str, str]] = ()
    """Query parameters the filter form repeats: view, sort, group, columns, limit."""
    group_by: Sequence[Choice] = ()
    """Choice.value is the href of the list grouped that way; the first means "no grouping"."""
    column_choices: Sequence[Choice] = ()
    """Choice.value is the column name; posted as `columns` to the list by GET, in the chosen order."""
    columns_hidden: Sequence[tuple[str, str]] = ()
    """Query parameters the column form repeats."""
    actions: Sequence[ActionButton] = ()
    """Top right; the create button is the primary one."""
    exports: Sequence[ActionButton] = ()
    bulk: Sequence[ActionButton] = ()
    """`href` is where ids are posted: `id` repeated, or `all=1` with `query` when all matching are meant."""
    query: str = ""
    """The query string that selects what is shown, for "all N matching"."""
    matching: str = ""
    """How many match, as text; "" hides "select all matching"."""
    pager: Pager | None = None
    empty: Empty | None = None
    selectable: bool = True


@dataclass(slots=True)
class EditForm:
    """The form of a document or master in edit mode."""

    action: str
    version: str = ""
    """The row version loaded; posted as `version`, answered by conflict.html when it is stale."""
    preview_url: str = ""
    cancel_href: str = ""
    errors: Sequence[tuple[str, str]] = ()
    """(field name, message) for the summary; the field may be "" for a message about the whole."""
    draft_url: str = ""
    """Autosave of drafts goes here; "" for none."""
    hidden: Sequence[tuple[str, str]] = ()
    files: bool = False
    """Whether it sends files."""


@dataclass(slots=True)
class FieldSection:
    """A card of fields under an optional heading."""

    fields: Sequence[FieldBox]
    title: str = ""
    note: str = ""


@dataclass(slots=True)
class SidePanel:
    """Activity, files and audit beside a document. `tab` is the open one; each is a link (URL = state)."""

    tabs: Sequence[Tab] = ()
    tab: Literal["activity", "files", "audit"] = "activity"
    cards: Sequence[tuple[str, Cell | None, int, str]] = ()
    """Small gauges above the feed: (label, badge, percent used or -1, note), e.g. credit check."""
    activity: Sequence[ActivityItem] = ()
    comment_url: str = ""
    files: Sequence[FileItem] = ()
    upload: Upload | None = None
    audit: Sequence[ActivityItem] = ()


@dataclass(slots=True)
class TableCard:
    """A small table in a card: sub-records of a master, balances, prices."""

    title: str
    columns: Sequence[ColumnHead]
    rows: Sequence[ListRow]
    actions: Sequence[ActionButton] = ()
    empty: str = ""
    totals: Mapping[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class DocumentScreen:
    """An object page. The same values in read and edit mode; `form` makes it a form.

    Actions: one with look "primary" (the state's next verb), at most two plain ones beside it, the rest in `more`
    (destructive ones last).
    """

    title: str
    badge: Cell | None = None
    subtitle: str = ""
    actions: Sequence[ActionButton] = ()
    more: Sequence[ActionButton] = ()
    steps: Sequence[StepMark] = ()
    related: Sequence[RelatedChip] = ()
    sections: Sequence[FieldSection] = ()
    grids: Sequence[LineGrid] = ()
    tables: Sequence[TableCard] = ()
    postings: Sequence[Posting] = ()
    postings_note: str = ""
    balanced: Cell | None = None
    side: SidePanel | None = None
    form: EditForm | None = None
    notices: Sequence[Notice] = ()
    version: str = ""
    """Posted with the page's actions, so that nobody confirms what they have not seen."""
    kpis: Sequence[Kpi] = ()
    tabs: Sequence[Tab] = ()
    id: str = ""
    empty: Empty | None = None


@dataclass(slots=True)
class ReportScreen:
    """A report: parameters as chips, rows as a tree, every number a link, and the moment it speaks of."""

    title: str
    url: str
    columns: Sequence[ColumnHead] = ()
    heads: Sequence[ReportHead] = ()
    """A second head row above the columns; spans must add up to the columns."""
    rows: Sequence[ReportRow] = ()
    totals: Sequence[Cell] = ()
    """In column order; empty cells for text columns."""
    badge: Cell | None = None
    chips: Sequence[FilterChip] = ()
    filters: Sequence[FilterField] = ()
    hidden: Sequence[tuple[str, str]] = ()
    actions: Sequence[ActionButton] = ()
    exports: Sequence[ActionButton] = ()
    as_of: str = ""
    subtitle: str = ""
    """For print: company, parameters."""
    notices: Sequence[Notice] = ()
    empty: Empty | None = None
    pager: Pager | None = None
    drill: "DrillPanel | None" = None
    chart: str = ""


@dataclass(slots=True)
class DrillPanel:
    """What one figure of a report is made of, shown beside it."""

    title: str
    note: str = ""
    close_href: str = ""
    rows: Sequence[tuple[Cell, str, str]] = ()
    """(document link with date as sub, text, amount)"""
    open_href: str = ""
    open_label: str = ""


@dataclass(slots=True)
class OverviewScreen:
    title: str
    cards: Sequence[Card] = ()
    periods: Sequence[Tab] = ()
    actions: Sequence[ActionButton] = ()
    notices: Sequence[Notice] = ()
    empty: Empty | None = None


@dataclass(slots=True)
class WizardChoice:
    """A choice big enough to explain itself."""

    value: str
    label: str
    text: str = ""
    icon: str = ""
    selected: bool = False
    badge: str = ""


@dataclass(slots=True)
class WizardScreen:
    """One step of a wizard; state is kept by the server, so it can be left and resumed."""

    title: str
    step_title: str
    text: str = ""
    steps: Sequence[StepMark] = ()
    sections: Sequence[FieldSection] = ()
    choice_name: str = ""
    choice_multiple: bool = False
    choices: Sequence[WizardChoice] = ()
    form: EditForm | None = None
    back_href: str = ""
    skip: ActionButton | None = None
    next_label: str = ""
    notices: Sequence[Notice] = ()
    summary: Sequence[TotalsRow] = ()


@dataclass(slots=True)
class SettingsSection:
    """One card of settings, with its own form and its own save button."""

    title: str
    text: str = ""
    id: str = ""
    fields: Sequence[FieldBox] = ()
    form: EditForm | None = None
    table: TableCard | None = None
    actions: Sequence[ActionButton] = ()
    secret: str = ""
    """Something shown once, such as a new API token."""
    secret_label: str = ""
    copies: Sequence[tuple[str, str]] = ()
    """(label, text) of things to be copied elsewhere, such as addresses to register."""
    matrix: "PermissionMatrix | None" = None


@dataclass(slots=True)
class PermissionMatrix:
    """Checkboxes of a role: actions grouped by module. Field name `actions`, value the action's name."""

    groups: Sequence[tuple[str, Sequence[Choice]]]
    name: str = "actions"
    readonly: bool = False


@dataclass(slots=True)
class SettingsScreen:
    title: str
    nav: Sequence[Tab] = ()
    sections: Sequence[SettingsSection] = ()
    actions: Sequence[ActionButton] = ()
    notices: Sequence[Notice] = ()


@dataclass(slots=True)
class AuthScreen:
    """A page outside the shell: the form on the left, the gables on the right.

    kind "login", "signup", "check_mail", "forgot", "reset", "invite", "choose", "message" picks the fixed words;
    the fields come from the door.
    """

    kind: Literal["login", "signup", "check_mail", "forgot", "reset", "invite", "choose", "message"]
    title: str
    text: str = ""
    locale: str = "en"
    theme: Literal["", "light", "dark"] = ""
    csrf: str = ""
    fields: Sequence[FieldBox] = ()
    form: EditForm | None = None
    submit: str = ""
    links: Sequence[tuple[str, str, str]] = ()
    """Under the form: (words before, link words, href)."""
    other_locale_href: str = ""
    other_locale: str = ""
    notices: Sequence[Notice] = ()
    company: str = ""
    choices: Sequence[ActionButton] = ()
    """For "choose": one link a workspace (label, note, href)."""
    icon: str = ""
    forgot_href: str = ""
    """For "login": the link beside the password's label."""
    check_url: str = ""
    """For "signup": answers `?slug=` with the availability hint."""
    passkey: "PasskeyAsk | None" = None
    figure: str = ""
    """Markup of a QR code, made by us."""
    codes: Sequence[str] = ()
    """Shown once, to be kept: recovery codes, or the secret beside a QR code."""


@dataclass(slots=True)
class PasskeyAsk:
    """A form the browser answers with a passkey; hidden where it knows none (`passkey.js`)."""

    purpose: Literal["make", "login", "second", "verify"]
    action: str
    label: str
    fields: Sequence[FieldBox] = ()
    hidden: Sequence[tuple[str, str]] = ()
    lead: bool = False
    """Whether it is the page's first way on."""
    error: str = ""


@dataclass(slots=True)
class ConsentScreen:
    """What a partner app asks for, in plain words, with the two answers; outside the shell, never in a frame."""

    title: str
    text: str
    locale: str = "en"
    csrf: str = ""
    other_locale_href: str = ""
    company: str = ""
    app_name: str = ""
    logo_href: str = ""
    facts: Sequence[tuple[str, str]] = ()
    """(label, text): who offers the app, where it leads back to, for whom it acts."""
    scopes: Sequence[tuple[str, str]] = ()
    """(what it may do, to what)"""
    scopes_title: str = ""
    fields: Sequence[FieldBox] = ()
    action: str = ""
    allow: str = ""
    """Empty: this person cannot allow it; `deny` alone leads back."""
    deny: str = ""
    notices: Sequence[Notice] = ()
    errors: Sequence[tuple[str, str]] = ()


@dataclass(slots=True)
class ErrorScreen:
    """Something was refused or broke. `status` picks picture and words; `code` is the stable code."""

    status: int
    title: str = ""
    text: str = ""
    code: str = ""
    request_id: str = ""
    actions: Sequence[ActionButton] = ()
    findings: Sequence[tuple[str, str]] = ()
    retry_after: str = ""


@dataclass(slots=True)
class ConflictField:
    """One field two people changed. `name` is the form name, values are raw, texts are readable."""

    name: str
    label: str
    base_text: str
    mine_text: str
    theirs_text: str
    mine_value: str = ""
    theirs_value: str = ""
    clash: bool = True
    """False: only one side changed it, so it merges by itself."""


@dataclass(slots=True)
class ConflictScreen:
    """Posts to `action` with every field of the user's form; clashing ones by radio, mine or theirs."""

    title: str
    who: str
    when: str
    action: str
    version: str
    """The version now stored: saving again is against this one."""
    fields: Sequence[ConflictField] = ()
    keep: Sequence[tuple[str, str]] = ()
    """All other (name, value) pairs of the user's form, repeated as hidden inputs."""
    reload_href: str = ""
    person: str = ""


@dataclass(slots=True)
class Letter:
    """A message by mail (`mail/letter.html`, `mail/letter.txt`): words, one button, why it came."""

    subject: str
    paragraphs: Sequence[str]
    link: str = ""
    button: str = ""
    foot: str = ""
    locale: str = "en"


@dataclass(slots=True)
class DialogScreen:
    """A dialog served on demand and shown at once.

    kind "confirm" asks before an action (with a reason if `fields` holds one); "create" makes a record in place and
    hands it to the picker that opened it; "form" is any other short form.
    """

    kind: Literal["confirm", "create", "form"]
    title: str
    action: str
    text: str = ""
    fields: Sequence[FieldBox] = ()
    submit: str = ""
    danger: bool = False
    hidden: Sequence[tuple[str, str]] = ()
    errors: Sequence[tuple[str, str]] = ()
    facts: Sequence[TotalsRow] = ()
    version: str = ""
    wide: bool = False
