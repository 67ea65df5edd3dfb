"""Paper of inventory: the delivery note."""
