"""What others ask of inventory: what is there, what was shipped, what it is worth."""
