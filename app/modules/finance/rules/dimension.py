"""Dimensions (辅助核算): what a line is about beside its account. Each kind has one fixed id in every tenant."""

from collections.abc import Mapping
from uuid import UUID, uuid5

NAMESPACE = UUID("8a1b9c4e-52d7-5b43-9d0e-6f3c2a7b1e90")
KINDS = ("party", "item", "warehouse", "department", "cost_centre", "employee", "project", "item_group", "document")
LISTS = ("project", "employee", "item_group")
"""Kinds whose values a company lists itself until a module of their own keeps them."""


def dimension_id(code: str) -> UUID:
    """The id of a dimension, ours or a tenant's own, follows from its code: nobody has to look it up."""
    return uuid5(NAMESPACE, code)


DIMENSIONS: Mapping[str, UUID] = {kind: dimension_id(kind) for kind in KINDS}
BY_ID: Mapping[UUID, str] = {key: kind for kind, key in DIMENSIONS.items()}


def dimensions(**values: UUID | None) -> dict[UUID, UUID]:
    """`dimensions(party=customer_id)` as an entry line takes them; None is left out."""
    return {DIMENSIONS[kind]: value for kind, value in values.items() if value is not None}
