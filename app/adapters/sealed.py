"""The column type of sensitive texts: plain in the application, sealed in the database, with its tenant's data key.

Which tenant's keys apply follows from the connection a statement runs on (`tenant_engine` sets them before each), so
no caller names a tenant and none can take another's. The place (`table.column`) and the tenant are bound to the value:
moved elsewhere it does not open. A sealed column can be neither searched nor sorted; where equality is needed, a
second column holds the `blind_index` of the text.

Form of a value: 0x02, version of the data key (4 bytes), nonce (12 bytes), ciphertext and tag. An empty text stays
empty. What does not start with 0x02 was written before the column was sealed, and is read as it is.
"""

from __future__ import annotations

from contextvars import ContextVar
from typing import Any, Final, Protocol

from sqlalchemy import Dialect, LargeBinary, TypeDecorator

from app.adapters.sealing import SealingError

FORM: Final = b"\x02"
VERSION_BYTES: Final = 4


class ColumnKeys(Protocol):
    """One tenant's data keys."""

    def seal(self, text: str, place: str) -> bytes:
        """The text under the newest key."""

    def unseal(self, sealed: bytes, place: str) -> str:
        """The text; SealingError where key or place are others."""

    def index(self, text: str, place: str) -> bytes:
        """The same bytes for the same text and place, telling nothing else; not changed by a new key."""


column_keys: ContextVar[ColumnKeys | None] = ContextVar("column_keys", default=None)
"""Of the tenant whose statement runs."""


class Sealed(TypeDecorator[str]):
    """`mapped_column(Sealed("finance_bank_account.account_number"))`"""

    impl = LargeBinary
    cache_ok = True
    sealed = True
    """Read by the audit log, which masks the values, and by lists, which neither search nor sort by them."""

    def __init__(self, place: str) -> None:
        super().__init__()
        self.place = place

    @property
    def python_type(self) -> type[str]:
        return str

    def process_bind_param(self, value: str | None, dialect: Dialect) -> bytes | None:  # noqa: ARG002
        if not value:
            return None if value is None else b""
        return _keys().seal(value, self.place)

    def process_result_value(self, value: Any, dialect: Dialect) -> str | None:  # noqa: ARG002
        if value is None:
            return None
        content = bytes(value)
        return _keys().unseal(content, self.place) if content.startswith(FORM) else content.decode()


def blind_index(text: str, place: str) -> bytes | None:
    """What stands in the index column for a text; None for an empty one."""
    return _keys().index(text, place) if text else None


def _keys() -> ColumnKeys:
    keys = column_keys.get()
    if keys is None:
        raise SealingError("sealed columns are read and written on a tenant's own connection only")
    return keys
