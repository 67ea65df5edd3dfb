"""What a user may do on a day: the tab of a user leads to the report that answers it."""

from starlette.responses import Response

from app.web.portal import Visit
from app.web.responses import go
from app.web.shell import report_path


def show_access(visit: Visit) -> Response:
    """GET: the roles held by one user today; the report takes any other day."""
    return go(visit, f"{report_path('platform', 'role_report')}?user_id={visit.id()}")
