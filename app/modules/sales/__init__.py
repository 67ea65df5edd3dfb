"""Sales: what is offered, promised, delivered and billed.

`quotation` an offer with revisions, ordered in part; `order` the promise and its fulfilment;
`fulfilment` deliveries, invoices and returns made from an order. Stock is inventory's, money finance's.
"""
