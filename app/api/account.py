"""Who the token acts for, their preferences, and the long work they asked for."""

from typing import Any

from app.api.call import Answer, Call
from app.api.conditions import only_parameters
from app.api.inputs import arguments_of, no_body, read_object
from app.api.performing import carry_out, outcome
from app.kernel.errors import Missing
from app.platform.jobs import cancel_job, job_of
from app.platform.organisation import Company, companies
from app.platform.users import update_preferences
from app.platform.work import Work


def read_me(call: Call) -> Answer:
    """GET `/me`: the user, the company at work and the others, and what the token may do."""
    only_parameters(call)
    actor = call.actor
    shown = call.read(lambda work: [_company(company) for company in companies(work)])
    return Answer(
        {
            "user": {"id": actor.user_id, "name": actor.name, "locale": actor.locale},
            "tenant_id": actor.tenant_id,
            "company": next((company for company in shown if company["id"] == actor.company_id), None),
            "companies": shown,
            "permissions": [name for name in call.context.registry.permissions if actor.may(name)],
        }
    )


def _company(company: Company) -> dict[str, Any]:
    return {
        "id": company.id,
        "code": company.code,
        "name": company.name,
        "country": company.country,
        "currency": company.currency,
        "zone": company.zone,
    }


def change_me(call: Call) -> Answer:
    """PATCH `/me`: language, theme, density, company."""
    only_parameters(call, "dry_run")
    arguments = arguments_of(update_preferences, read_object(call), {})
    return outcome(call, update_preferences, carry_out(call, update_preferences, arguments))


def read_job(call: Call) -> Answer:
    """GET `/jobs/{id}`: how far a job of one's own is."""
    only_parameters(call)
    return Answer(call.read(lambda work: _job(call, work)))


def _job(call: Call, work: Work) -> dict[str, Any]:
    job = job_of(work, call.ids[0])
    if job is None:
        raise Missing("record.missing", noun="platform.job", id=str(call.ids[0]))
    return {
        "id": job.id,
        "name": job.name,
        "state": job.state,
        "progress": job.progress,
        "result": job.result,
        "problem": job.problem,
        "created_at": job.created_at,
        "ended_at": job.ended_at,
    }


def stop_job(call: Call) -> Answer:
    """POST `/jobs/{id}/cancel`."""
    only_parameters(call, "dry_run")
    no_body(call)
    call.read(lambda work: _job(call, work))
    return outcome(call, cancel_job, carry_out(call, cancel_job, {"job_id": call.ids[0]}))
