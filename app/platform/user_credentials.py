"""What happens to a user of the tenant when their credentials, which the control database keeps, are changed."""

from typing import Annotated
from uuid import UUID

from pydantic import Field as Limit

from app.kernel.errors import Conflict
from app.platform.actions import action
from app.platform.users import User, forget_profile
from app.platform.work import Work


@action(fresh=True)
def reset_user_factors(work: Work, user_id: UUID) -> UUID:
    """Take away the second factors of a colleague who has lost them; the door that was asked removes them."""
    user = work.load(User, user_id)
    if user.identity_id is None or not user.active:
        raise Conflict("user.no_sign_in")
    if user_id == work.actor.user_id:
        raise Conflict("user.not_oneself")
    return user.id


@action
def readdress_user(work: Work, user_id: UUID, email: Annotated[str, Limit(max_length=254)]) -> UUID:
    """Take over the e-mail address a person has changed and confirmed for all their companies."""
    user = work.load(User, user_id)
    user.email = email.lower()
    forget_profile(work.actor.schema, user_id)
    return user.id
