"""Inventory: what is in stock, where, and what it is worth.

Subjects, by the same file name on every floor: `costing` (values of stock movements, no repost: the rules in
`rules/costing.py`, `rules/pool.py`, `rules/returns.py`, `rules/replay.py`; posting in `actions/costing.py`, settling what
was booked provisionally in `actions/settlement.py`, the rows and ledger entries in `actions/valuation.py`).
"""
