"""What records are called, in the reader's language (`__chinese_label__` beside `__label__`)."""

from functools import lru_cache
from typing import Any

from sqlalchemy import ColumnElement, String, Table, cast, func, literal, select

from app.adapters.db import Model, table_of


def is_chinese(locale: str) -> bool:
    """Whether labels of a second language are wanted."""
    return locale == "zh_CN"


def label_in(table: Any, model: type[Model], chinese: bool) -> ColumnElement[Any]:
    """The label column of a table or alias of the model; where a Chinese one is empty, the plain one."""
    plain: ColumnElement[Any] = table.c[_column(model, model.__label__)]
    other = model.__chinese_label__
    if not chinese or other is None:
        return plain
    return func.coalesce(func.nullif(table.c[_column(model, other)], ""), plain)


def full_label_in(table: Any, model: type[Model], chinese: bool) -> ColumnElement[Any]:
    """Code and label, as documents and pickers name a record."""
    label = cast(label_in(table, model, chinese), String)
    code = model.__code_name__
    if not code or not model.__code_in_label__ or code == model.__label__:
        return label
    return cast(table.c[_column(model, code)], String) + literal(" ") + label


def label_of_key(column: ColumnElement[Any], model: type[Model], chinese: bool) -> Any:
    """The full label of the record whose key stands in the column, as a subquery of the SELECT around it."""
    alias = table_of(model).alias()
    return select(full_label_in(alias, model, chinese)).where(alias.c[_column(model, "id")] == column).scalar_subquery()


@lru_cache(maxsize=2000)
def _column(model: type[Model], attribute: str) -> str:
    """The name in the table of an attribute."""
    column = model.__mapper__.columns[attribute]
    assert isinstance(column.table, Table)
    return column.key
