"""How stock changes: promises, documents of goods, and the costing engine beneath them."""
