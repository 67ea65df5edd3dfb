"""Tables of master data. Foreign keys point to reference lists and to the platform's companies only."""
