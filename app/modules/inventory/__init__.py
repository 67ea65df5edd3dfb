"""Inventory: what is in stock, where, and what it is worth.

Subjects, by the same file name on every floor: `costing` (values of stock movements, no repost: the rules in
`rules/costing.py`, `rules/pool.py`, `rules/returns.py`).
"""
