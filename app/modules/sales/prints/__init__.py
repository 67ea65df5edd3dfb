"""Paper of sales: quotation and order confirmation."""
