"""The sales manual: life cycles, prices, and what of an order is still to be delivered or billed."""
