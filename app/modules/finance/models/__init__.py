"""Tables of finance. Ledger rows (`journal`) are append-only by grants; balances and seals belong to the sealer."""
