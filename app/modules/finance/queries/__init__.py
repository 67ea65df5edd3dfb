"""Reading finance: accounts and roles, taxes, open items, balances and reports, each exact at its snapshot."""
