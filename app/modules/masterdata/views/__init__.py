"""Lists, documents and the overview of master data."""
