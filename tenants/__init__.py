"""Who the customers are, and which schema in which cell holds their data.

`models` is the control schema; `resolve` finds a tenant by host; `cells` and `routing` reach its schema;
`provision` makes schemas in advance, `claim` hands one out; `lifecycle` creates, suspends and deletes tenants.
"""
