"""The gate and what all modules share. Doors stand above and know only what is in the registry."""
