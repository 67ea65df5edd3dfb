"""How a company begins: with nothing but its books, or filled with a year of invented trade to look around in."""

from typing import Literal

from sqlalchemy import func, select

from app.kernel.errors import Conflict
from app.modules.finance.models.journal import Entry
from app.platform.actions import action
from app.platform.jobs import Job, request_job
from app.platform.organisation import company_at_work
from app.platform.work import Work

Content = Literal["clean", "sample"]
SAMPLE_JOB = "demo.build"
"""The job that invents the trade; it stands above all modules and is known here by name alone."""
SAMPLE_ORDERS = 300


@action
def begin_company(work: Work, content: Content) -> str:
    """Leave the company empty, or ask for a year of sample data; refused once something has been posted."""
    if content == "sample":
        company = company_at_work(work)
        if company_has_begun(work):
            raise Conflict("company.has_begun", company=company.name)
        request_job(work, SAMPLE_JOB, orders=SAMPLE_ORDERS)
    return content


def company_has_begun(work: Work) -> bool:
    """Whether the company at work has entries, or is being filled with sample data."""
    asked = select(Job.id).where(
        Job.name == SAMPLE_JOB, Job.company_id == work.company_id, Job.state.in_(("waiting", "running", "done"))
    )
    posted = select(func.count()).select_from(Entry).where(Entry.company_id == work.company_id)
    return work.session.execute(asked.limit(1)).first() is not None or bool(work.session.scalar(posted))
