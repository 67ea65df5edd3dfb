"""Tables of inventory: stock on hand, promises, documents of goods, and the costing engine's facts."""
