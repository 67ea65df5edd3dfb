"""What all updates and line edits of master data do alike."""

from collections.abc import Callable, Mapping, Sequence
from typing import Annotated, Any, TypeVar
from uuid import UUID

from pydantic import MISSING
from pydantic import Field as Limit
from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from app.adapters.db import Model
from app.kernel.errors import Conflict, Finding, Invalid
from app.modules.masterdata.models.code_series import CodeSeries
from app.modules.masterdata.rules.line import paired
from app.platform.work import Work

CodeText = Annotated[str, Limit(min_length=1, max_length=40, pattern=r"^\S+$")]
NameText = Annotated[str, Limit(min_length=1, max_length=200)]
CurrencyText = Annotated[str, Limit(pattern="^[A-Z]{3}$")]
OptionalCurrency = Annotated[str, Limit(pattern="^(?:[A-Z]{3})?$")]
"""A form sends an empty text for none."""
CountryText = Annotated[str, Limit(pattern="^[A-Z]{2}$")]
CODE_DIGITS = 5

L = TypeVar("L", bound=Model)


def apply(record: Model, **values: Any) -> set[str]:
    """Set the given values; MISSING leaves one as it is, and so does None where the column must hold something.

    An empty text becomes None where the column may be. Returns the names of those that changed.
    """
    columns = record.__mapper__.columns
    changed = set()
    for name, given in values.items():
        value = None if given == "" and columns[name].nullable else given
        if value is MISSING or (value is None and not columns[name].nullable):
            continue
        if getattr(record, name) != value:
            setattr(record, name, value)
            changed.add(name)
    return changed


def refuse(findings: Sequence[Finding]) -> None:
    """Raise all findings as one refusal; nothing where there are none."""
    if findings:
        raise Invalid.of(findings)


def free_code(work: Work, model: type[Model], code: str | None, prefix: str) -> str:
    """The code given, if no other record has it (Conflict `code.taken`); else the next of its series."""
    column = model.__mapper__.columns["code"]
    if code:
        if work.session.execute(select(column).where(column == code)).first():
            raise Conflict("code.taken", field="code", code=code)
        return code
    series = CodeSeries.__table__
    take = (
        insert(CodeSeries)
        .values(prefix=prefix, last=1)
        .on_conflict_do_update(index_elements=[series.c.prefix], set_={"last": series.c.last + 1})
        .returning(series.c.last)
    )
    while True:
        last: int = work.session.execute(take).scalar_one()
        free = f"{prefix}{last:0{CODE_DIGITS}d}"
        if work.session.execute(select(column).where(column == free)).first() is None:
            return free


def change_code(work: Work, record: Any, code: str | MISSING | None) -> None:
    """Give a record another code if no other has it; None, MISSING and its own code change nothing."""
    if isinstance(code, str) and code != record.code:
        record.code = free_code(work, type(record), code, "")


def replace_lines(
    work: Work,
    model: type[L],
    owner: Mapping[str, UUID],
    wanted: Sequence[tuple[UUID | None, dict[str, Any]]],
    *,
    natural: str = "",
    fresh: bool = False,
) -> None:
    """Make the rows of `owner` (`{"party_id": …}`) the wanted ones, in order, keeping the ids of those that stay.

    `fresh` says that there are none yet. A row that others refer to cannot go: the database refuses (`data.in_use`).
    """
    stored: Sequence[L] = []
    if not fresh:
        columns = model.__mapper__.columns
        stored = work.session.scalars(select(model).where(*(columns[name] == key for name, key in owner.items()))).all()
    pairing = paired(stored, wanted, natural)  # type: ignore[type-var]
    for gone in pairing.removed:
        work.session.delete(gone)
    if pairing.removed:
        work.session.flush()
    for position, ((_, values), row) in enumerate(zip(wanted, pairing.kept, strict=True), start=1):
        if row is None:
            work.add(model(**owner, position=position, **values))
        else:
            apply(row, position=position, **values)


def delete_with_lines(work: Work, record: Model, lines: Sequence[tuple[type[Model], str]]) -> None:
    """Delete a record nobody refers to and its own rows; `data.in_use` from the database otherwise."""
    key: UUID = record.__dict__["id"]
    for model, owner in lines:
        replace_lines(work, model, {owner: key}, [])
    work.session.delete(record)
    work.session.flush()


def switch(record: Any, active: bool, tell: Callable[[], None] | None = None) -> UUID:
    """Retire or bring back a record; `tell` emits the event if that changed something."""
    key: UUID = record.id
    if record.active != active:
        record.active = active
        if tell is not None:
            tell()
    return key
