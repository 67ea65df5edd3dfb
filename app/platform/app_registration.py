"""What a partner does with its own apps, as actions: they ask for the right and leave the trail in the audit log.

Registrations stand beside the tenants, because they must be found before a tenant is known; the door writes them there
(`app.platform.oauth.apps`) once the action has been performed. No secret ever comes through here.
"""

from typing import Any, Literal
from uuid import UUID

from app.platform.actions import action
from app.platform.work import Work

NOUN = "platform.app"


@action
def create_app(work: Work, app_id: UUID, app: dict[str, Any]) -> UUID:
    """Register a partner app of this tenant."""
    work.note(NOUN, app_id, "create", {name: [None, value] for name, value in app.items() if value not in (None, "")})
    return app_id


@action
def update_app(work: Work, app_id: UUID, changes: dict[str, list[Any]]) -> UUID:
    """Change an app's registration; `changes` maps what changed to [before, after]."""
    work.note(NOUN, app_id, "update", changes)
    return app_id


@action
def rotate_app_secret(work: Work, app_id: UUID, kind: Literal["client", "webhook"]) -> UUID:
    """Give an app a new secret; the one before it counts for some days more."""
    work.note(NOUN, app_id, "update", {f"{kind}_secret": [None, "rotated"]})
    return app_id


@action
def end_app_secret(work: Work, app_id: UUID, secret_id: UUID) -> UUID:
    """End one of two secrets of an app at once."""
    work.note(NOUN, app_id, "update", {"secret": [str(secret_id), None]})
    return app_id


@action
def disable_app(work: Work, app_id: UUID) -> UUID:
    """Switch an app off everywhere: every token it holds, in whichever tenant, is dead."""
    work.note(NOUN, app_id, "update", {"disabled": [False, True]})
    return app_id


@action
def enable_app(work: Work, app_id: UUID) -> UUID:
    """Switch a disabled app on again."""
    work.note(NOUN, app_id, "update", {"disabled": [True, False]})
    return app_id
