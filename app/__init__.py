"""Hanse: one package, one floor plan, several processes. `docs/architecture.md` is the map."""
