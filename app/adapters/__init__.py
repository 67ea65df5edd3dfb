"""Floor 1: one file, one outside thing. Nothing here knows a business word."""
