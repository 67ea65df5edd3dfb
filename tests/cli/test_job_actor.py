"""A job acts with the rights its person holds when it runs."""

from app.worker import actor_of_job
from tests.factories.person import colleague, role
from tests.factories.tenant import Tenant


def test_a_dismissed_person_s_job_may_nothing(tenant: Tenant) -> None:
    user = colleague(tenant, role(tenant, "sales.*"))
    with tenant.wiring.router.session(tenant.ref.schema) as session:
        assert actor_of_job(session, tenant.ref, user).may("sales.confirm_order")
        assert actor_of_job(session, tenant.ref, None).may("sales.confirm_order")
        session.rollback()
    tenant.perform("platform.deactivate_user", user_id=user)
    with tenant.wiring.router.session(tenant.ref.schema) as session:
        assert not actor_of_job(session, tenant.ref, user).may("sales.confirm_order")
        session.rollback()
