"""The data keys of tenants: one ring each, wrapped by the master key, kept in the control database.

Apart from the tenants' schemas, so that a stolen cell holds no key, and so that deleting a tenant's keys makes its
sealed values unreadable in every backup. A new key is made without downtime: values name the version they are sealed
with, older versions stay readable, processes learn a new one when they meet it or after RING_SECONDS.
"""

import hmac
import os
import time
from collections.abc import Callable
from functools import cached_property
from threading import Lock

from sqlalchemy import Engine, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.adapters.sealed import FORM, VERSION_BYTES
from app.adapters.sealing import KEY_BYTES, Master, SealingError, decrypt, derive, encrypt
from app.kernel.dates import now
from tenants.models import DataKey, Tenant

RING_SECONDS = 60.0


class DataKeys:
    """All tenants' keys as one process knows them. Engine and master key are made when first needed."""

    def __init__(self, control: Callable[[], Engine], master: Callable[[], Master]) -> None:
        self._make_control = control
        self._make_master = master
        self._tenants: dict[str, TenantKeys] = {}

    @cached_property
    def control(self) -> Engine:
        return self._make_control()

    @cached_property
    def master(self) -> Master:
        return self._make_master()

    def of(self, schema: str) -> "TenantKeys":
        """A tenant's keys; nothing is read before they are used."""
        found = self._tenants.get(schema)
        if found is None:
            found = self._tenants.setdefault(schema, TenantKeys(self, schema))
        return found

    def rotate(self, schema: str) -> int:
        """Make a new data key, under which everything is sealed from now on; returns its version."""
        with Session(self.control) as session, session.begin():
            tenant_id = session.scalars(select(Tenant.id).where(Tenant.schema == schema).with_for_update()).one()
            last = session.scalar(select(func.max(DataKey.version)).where(DataKey.tenant_id == tenant_id)) or 0
            self._prove_master(session)
            wrapped = self.master.wrap(os.urandom(KEY_BYTES), _context(schema, last + 1))
            made = insert(DataKey).values(tenant_id=tenant_id, version=last + 1, wrapped=wrapped, made_at=now())
            session.execute(made)
        self.of(schema).forget()
        return last + 1

    def rewrap(self) -> int:
        """Wrap by the master key in use what an older one wrapped; the content of columns does not change. How many."""
        done = 0
        with Session(self.control) as session:
            rows = session.execute(
                select(DataKey.tenant_id, DataKey.version, DataKey.wrapped, Tenant.schema).join(
                    Tenant, Tenant.id == DataKey.tenant_id
                )
            ).all()
            for tenant_id, version, wrapped, schema in rows:
                if self.master.current(wrapped):
                    continue
                context = _context(schema, version)
                again = self.master.wrap(self.master.unwrap(wrapped, context), context)
                mine = (DataKey.tenant_id == tenant_id, DataKey.version == version)
                session.execute(update(DataKey).where(*mine).values(wrapped=again))
                session.commit()
                done += 1
        return done

    def ring(self, schema: str) -> dict[int, bytes]:
        """Version -> key, as they stand in the control database."""
        statement = (
            select(DataKey.version, DataKey.wrapped)
            .join(Tenant, Tenant.id == DataKey.tenant_id)
            .where(Tenant.schema == schema)
        )
        with Session(self.control) as session:
            rows = session.execute(statement).all()
        return {version: self.master.unwrap(wrapped, _context(schema, version)) for version, wrapped in rows}

    def dispose(self) -> None:
        """Close the connection, where one was opened."""
        if "control" in self.__dict__:
            self.control.dispose()

    def _prove_master(self, session: Session) -> None:
        """Make no key under a master key that cannot open the others: it was most likely lost and made anew."""
        latest = (
            select(DataKey.wrapped, DataKey.version, Tenant.schema)
            .join(Tenant, Tenant.id == DataKey.tenant_id)
            .order_by(DataKey.made_at.desc())
            .limit(1)
        )
        row = session.execute(latest).one_or_none()
        if row is not None:
            self.master.unwrap(row.wrapped, _context(row.schema, row.version))


class TenantKeys:
    """One tenant's ring in this process."""

    def __init__(self, keys: DataKeys, schema: str) -> None:
        self._keys = keys
        self._schema = schema
        self._ring: dict[int, bytes] = {}
        self._read_at = 0.0
        self._lock = Lock()

    def seal(self, text: str, place: str) -> bytes:
        """The text under the newest key; the first key of a tenant is made when it is first needed."""
        ring = self._known()
        version = max(ring)
        header = self.prefix(version)
        return header + encrypt(ring[version], text.encode(), self._bound(header, place))

    def unseal(self, sealed: bytes, place: str) -> str:
        """The text, by the key its header names."""
        end = len(FORM) + VERSION_BYTES
        header = sealed[:end]
        version = int.from_bytes(header[len(FORM) :], "big")
        key = self._ring.get(version) or self._read().get(version)
        if key is None:
            raise SealingError(f"data key {version} of {self._schema} is not in the control database")
        return decrypt(key, sealed[end:], self._bound(header, place)).decode()

    def index(self, text: str, place: str) -> bytes:
        """HMAC-SHA256 of the text under a key derived from the first version, which no rotation takes away."""
        key = derive(self._known()[1], f"hanse blind index:{place}")
        return hmac.digest(key, text.encode(), "sha256")

    def newest(self) -> bytes:
        """The same without making a key; empty where there is none."""
        ring = self._read()
        return self.prefix(max(ring)) if ring else b""

    def current(self) -> bytes:
        """What values begin with that are sealed with the newest key."""
        return self.prefix(max(self._known()))

    def forget(self) -> None:
        """Read the ring anew when it is next needed."""
        self._read_at = 0.0

    @staticmethod
    def prefix(version: int) -> bytes:
        return FORM + version.to_bytes(VERSION_BYTES, "big")

    def _bound(self, header: bytes, place: str) -> bytes:
        return header + f"{self._schema}/{place}".encode()

    def _known(self) -> dict[int, bytes]:
        if time.monotonic() - self._read_at > RING_SECONDS or not self._ring:
            self._read()
        if not self._ring:
            with self._lock:
                if not self._read():
                    self._keys.rotate(self._schema)
                    self._read()
        return self._ring

    def _read(self) -> dict[int, bytes]:
        self._ring = self._keys.ring(self._schema)
        self._read_at = time.monotonic()
        return self._ring


def _context(schema: str, version: int) -> str:
    return f"data key {version} of {schema}"
