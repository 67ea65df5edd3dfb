"""Three histories: `control` and `tenant` are Alembic's, the queue's is procrastinate's own.

`run` upgrades all three; `rolling` takes every tenant through the tenant history; `initial` writes the first
revisions from the models while nothing is released yet.
"""
