"""Pure rules of master data: formats, check digits, conversions, names. No database, no framework."""
