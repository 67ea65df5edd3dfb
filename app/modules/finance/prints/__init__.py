"""How finance's documents look on paper."""
