"""Finance: what the company owns, owes, earns and spends, provable to the cent.

Subjects, the same file name on each floor (rules, models, actions, queries, views):
`account` the chart and the roles its accounts play; `journal` entries, numbers and the hash chain;
`period` fiscal years and their locks; `balance` sealed balances and the trial balance; `tax` codes and
dated rates; `fx` currencies; `invoice` and `payment` the documents; `payment_terms` due dates and early
discounts; `allocation` open items and how they settle each other.
"""
