"""How quotations and orders change."""
