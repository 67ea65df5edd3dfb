"""Pure words every floor may use: errors, money, quantity, dates, ids, lifecycle, page, text. Standard library only."""
