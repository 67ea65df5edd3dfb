"""What documents tell costing: goods that moved, and costs that became known later."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from uuid import UUID

from app.modules.inventory.actions.valuation import Origin
from app.modules.inventory.rules.costing import Kind


@dataclass(frozen=True, kw_only=True)
class Movement:
    """One line of a stock document, in base units; `area` is a valuation area's id or `dispatched`.

    `account_role` names the other side: of IN the credit, of OUT the debit, of a MOVE into a batch the account that
    takes true-ups of goods no longer in it. BACK and SEND take it from their original. `cost` is the total value of an
    IN in company currency; None values it at the last unit cost.
    """

    item_id: UUID
    kind: Kind
    on: date
    area: str
    quantity: Decimal
    line_kind: str
    line_id: UUID
    account_role: str = ""
    key: str = ""
    to_area: str = ""
    to_key: str = ""
    ref_line: tuple[str, UUID] | None = None
    cost: Decimal | None = None
    origin_kind: str = ""
    origin_id: UUID | None = None
    memo: str = ""

    @property
    def origin(self) -> Origin:
        """Stock accounts take entries of inventory alone, so other documents' entries carry the line's kind."""
        kind = self.origin_kind if self.origin_kind.startswith("inventory.") else self.line_kind
        red = self.kind == Kind.REVERSAL
        return Origin(kind, self.origin_id or self.line_id, self.line_kind, self.line_id, self.memo, red)


@dataclass(frozen=True, kw_only=True)
class LateCost:
    """A cost of goods received earlier, known only now: invoice difference, freight, retro price. May be negative.

    `ref_line` is the line that received them, `account_role` the credit side. It is true on the day of the receipt.
    """

    item_id: UUID
    ref_line: tuple[str, UUID]
    amount: Decimal
    account_role: str
    origin_kind: str
    origin_id: UUID
    memo: str = ""
