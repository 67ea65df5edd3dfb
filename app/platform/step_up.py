"""A fresh proof before what is sensitive: bank accounts, sign-in rules, other people's factors.

Declared on the action, `@action(fresh=True)`, or asked for inside one where it hangs on what is changed; held by the
gate, so at every door. Programs cannot give one: with a token such an action is always refused.
"""

from datetime import timedelta
from typing import Final

from app.kernel.dates import now
from app.kernel.errors import Forbidden
from app.platform.work import Actor

FRESH: Final = timedelta(minutes=10)
CODE: Final = "identity.stepup_required"
DOORS: Final = frozenset(("web", "api"))


def require_fresh(actor: Actor) -> None:
    """Forbidden `identity.stepup_required` for a person or app at a door without a proof of the last FRESH."""
    if actor.door not in DOORS or (actor.user_id is None and actor.app is None):
        return  # the system itself, the operator's command line, jobs
    if actor.proved_at is None or now() - actor.proved_at > FRESH:
        raise Forbidden("identity.stepup_required")
