"""Tables of quotations and orders."""
