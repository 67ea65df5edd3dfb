"""Dimensions (辅助核算): what a line is about beside its account. Each kind has one fixed id in every tenant."""

from collections.abc import Mapping
from uuid import UUID, uuid5

NAMESPACE = UUID("8a1b9c4e-52d7-5b43-9d0e-6f3c2a7b1e90")
KINDS = ("party", "item", "warehouse", "department", "employee", "project", "document")
DIMENSIONS: Mapping[str, UUID] = {kind: uuid5(NAMESPACE, kind) for kind in KINDS}
BY_ID: Mapping[UUID, str] = {key: kind for kind, key in DIMENSIONS.items()}


def dimensions(**values: UUID | None) -> dict[UUID, UUID]:
    """`dimensions(party=customer_id)` as an entry line takes them; None is left out."""
    return {DIMENSIONS[kind]: value for kind, value in values.items() if value is not None}
