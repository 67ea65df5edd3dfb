"""The REST door, derived from the registry: `/api/v1`.

A map of subjects:

    context      what the wire gives this door (`ApiContext`)
    door         the ASGI application: body, identity, one hop into a thread, the answer
    call         one request as its handler sees it; one operation as the route table knows it
    routes       the registry as a table of operations
    tokens       bearer tokens, their cache, rate limits
    inputs       JSON bodies into checked arguments
    performing   create, update and the verbs: everything that goes through the gate
    conditions   ETag, If-Match, If-None-Match, Idempotency-Key, dry_run
    reading      lists and items     expanding   the records they refer to     reports
    attachments  comments  account (me, jobs)
    output       values into JSON    errors      refusals into problem+json
    openapi      schemas             the description at `/api/v1/openapi.json`
    reference    the page for people at `/api/v1/reference`

Decimals travel as JSON strings, both ways; a JSON number with a fraction or exponent is refused, so that no
amount ever passes through a binary float. Integers are accepted for decimals.
"""
