"""Master data: whom we trade with, what we trade, how it is measured, and the reference lists behind it.

The lowest business module: every other one points here, it knows none of them.

Subjects, by the same file name on every floor:

- `party`          customers and suppliers (one record may be both), contacts, addresses, duplicates
- `tax_number`     formats and check digits of tax numbers by country (rules only)
- `item`           goods and services, their units and barcodes;  `item_category`
- `barcode`        GS1 numbers and their check digit (rules only)
- `unit`           units of measure of UN/ECE Recommendation 20 and their conversion
- `currency`, `exchange_rate`, `country`   ISO lists, dated rates, when a rate is too old to be used
- `payment_term`   instalment rows; due dates are computed from them by finance
- `warehouse`      where stock lies, and the valuation area its value is kept in
"""
