"""Who a person is: credentials, sessions, tickets and tokens in the control database, one identity for all tenants.

`accounts` signing up, in, reset and invitation; `sessions` signed-in browsers; `tickets` the hand-over between
hosts; `tokens` keys for programs; `passwords` and `throttle` what keeps guessing slow. Roles are the tenant's.
"""
