"""Webhooks: what happened in a tenant, told to an address of its choice, signed, in order, at least once.

catalogue     every event there is, its name, payload and schema, from the event dataclasses
subscription  an endpoint: its address, the events it wants, its secrets
delivery      one event for one endpoint, and each attempt to hand it over
feeding       the relay's consumer: committed facts become deliveries, in the relay's own transaction
retrying      when to try again, when to let an endpoint rest, when to give up: pure rules
signature     what a receiver checks
sending       the worker's part: one endpoint at a time, no transaction open while it waits for an answer
letters       the mail that tells of an endpoint switched off
views         the pages
"""
