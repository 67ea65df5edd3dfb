"""The screens of grants, deputies, conflicts of duties and access reviews."""

from sqlalchemy import ColumnElement, and_, select

from app.kernel import dates
from app.platform.access_reports import DUTY_REPORT, ROLE_REPORT
from app.platform.access_review import (
    AccessDecision,
    AccessReview,
    close_access_review,
    create_access_review,
    decided_of,
    keep_access_decision,
    withdraw_access_decision,
)
from app.platform.delegations import Delegation, create_delegation, end_delegation
from app.platform.duties import (
    DutyConflict,
    DutyException,
    create_duty_conflict,
    create_duty_exception,
    end_duty_exception,
    update_duty_conflict,
)
from app.platform.role_grants import create_role_grant, end_role_grant, update_role_grant
from app.platform.users import UserRole, in_force
from app.platform.views import Button, DocumentView, Field, Lines, ListView, Menu, Tab, View
from app.platform.work import Work

ROLE_GRANTS = ListView(
    UserRole,
    columns=[
        Field(UserRole.user_id, phone="title"),
        Field(UserRole.role_id, phone="body"),
        UserRole.from_at,
        Field(UserRole.until_at, phone="meta"),
        UserRole.reason,
        UserRole.granted_by_name,
    ],
    search=[UserRole.reason],
    tabs=[
        Tab("current", lambda work: in_force(work.now), default=True),
        Tab("temporary", lambda work: and_(UserRole.until_at.is_not(None), UserRole.until_at > work.now)),
        Tab("ended", lambda work: UserRole.until_at <= work.now),
        Tab("all"),
    ],
    group_by=[UserRole.role_id, UserRole.user_id],
    sort=[UserRole.from_at.desc()],
    create=create_role_grant,
    bulk=[end_role_grant],
    icon="key",
)
ROLE_GRANT = DocumentView(
    UserRole,
    fields=[
        Field(UserRole.user_id, required=True),
        Field(UserRole.role_id, required=True),
        Field(UserRole.from_at, help="platform.role_grant.from_at.help"),
        Field(UserRole.until_at, required=True),
        Field(UserRole.reason, required=True, wide=True),
        UserRole.granted_by_name,
    ],
    create=create_role_grant,
    update=update_role_grant,
    buttons=[
        Button(end_role_grant, danger=True, when=lambda grant: grant.until_at is None or grant.until_at > dates.now())
    ],
    icon="key",
)
DELEGATIONS = ListView(
    Delegation,
    columns=[
        Field(Delegation.principal_id, phone="title"),
        Field(Delegation.deputy_id, phone="body"),
        Delegation.from_at,
        Field(Delegation.until_at, phone="meta"),
        Delegation.reason,
        Delegation.made_by_name,
    ],
    search=[Delegation.reason],
    tabs=[
        Tab("current", lambda work: Delegation.until_at > work.now, default=True),
        Tab("ended", lambda work: Delegation.until_at <= work.now),
        Tab("all"),
    ],
    sort=[Delegation.from_at.desc()],
    create=create_delegation,
    bulk=[end_delegation],
    icon="users",
)
DELEGATION = DocumentView(
    Delegation,
    fields=[
        Field(Delegation.principal_id, required=True),
        Field(Delegation.deputy_id, required=True),
        Field(Delegation.from_at, help="platform.role_grant.from_at.help"),
        Field(Delegation.until_at, required=True),
        Field(Delegation.reason, wide=True),
        Delegation.made_by_name,
    ],
    create=create_delegation,
    buttons=[Button(end_delegation, danger=True, when=lambda lent: lent.until_at > dates.now())],
    icon="users",
)
DUTY_CONFLICTS = ListView(
    DutyConflict,
    columns=[
        Field(DutyConflict.name, phone="title"),
        Field(DutyConflict.name_zh, phone="body"),
        DutyConflict.from_on,
        Field(DutyConflict.until_on, phone="meta"),
    ],
    search=[DutyConflict.name, DutyConflict.name_zh, DutyConflict.code],
    sort=[DutyConflict.name],
    create=create_duty_conflict,
    icon="shield",
)
DUTY_CONFLICT = DocumentView(
    DutyConflict,
    fields=[
        Field(DutyConflict.code, required=True, help="platform.role.code.help"),
        Field(DutyConflict.name, required=True),
        DutyConflict.name_zh,
        DutyConflict.from_on,
        DutyConflict.until_on,
        Field(DutyConflict.first, kind="tags", wide=True),
        Field(DutyConflict.second, kind="tags", wide=True),
    ],
    create=create_duty_conflict,
    update=update_duty_conflict,
    icon="shield",
)
DUTY_EXCEPTIONS = ListView(
    DutyException,
    columns=[
        Field(DutyException.user_id, phone="title"),
        Field(DutyException.duty_conflict_id, phone="body"),
        DutyException.reason,
        Field(DutyException.until_on, phone="meta"),
        DutyException.approved_by_name,
    ],
    tabs=[
        Tab("current", lambda work: DutyException.until_on >= work.today(), default=True),
        Tab("ended", lambda work: DutyException.until_on < work.today()),
        Tab("all"),
    ],
    sort=[DutyException.until_on],
    create=create_duty_exception,
    icon="shield",
)
DUTY_EXCEPTION = DocumentView(
    DutyException,
    fields=[
        Field(DutyException.duty_conflict_id, required=True),
        Field(DutyException.user_id, required=True),
        Field(DutyException.until_on, required=True),
        Field(DutyException.reason, required=True, wide=True),
        DutyException.approved_by_name,
    ],
    create=create_duty_exception,
    buttons=[Button(end_duty_exception, danger=True)],
    icon="shield",
)
ACCESS_REVIEWS = ListView(
    AccessReview,
    columns=[
        Field(AccessReview.name, phone="title"),
        Field(AccessReview.reviewer_id, phone="body"),
        Field(AccessReview.due_on, phone="meta"),
        Field(AccessReview.state, phone="badge"),
        Field(name="decided", compute=decided_of, kind="text"),
    ],
    search=[AccessReview.name],
    tabs=[Tab("open", lambda work: AccessReview.state == "open", default=True), Tab("all")],
    sort=[AccessReview.due_on],
    create=create_access_review,
    icon="checklist",
)
ACCESS_REVIEW = DocumentView(
    AccessReview,
    fields=[
        Field(AccessReview.name, required=True),
        Field(AccessReview.reviewer_id, required=True),
        Field(AccessReview.due_on, required=True),
        Field(name="decided", compute=decided_of, kind="text"),
        AccessReview.begun_at,
        AccessReview.closed_at,
    ],
    create=create_access_review,
    state=AccessReview.state,
    lines=[
        Lines(
            AccessDecision,
            AccessDecision.access_review_id,
            AccessDecision.id,
            [
                Field(AccessDecision.user_id, wide=True),
                AccessDecision.role_id,
                AccessDecision.used_at,
                AccessDecision.decision,
                AccessDecision.note,
            ],
            argument="decisions",
        )
    ],
    buttons=[Button(close_access_review, states=("open",), danger=True)],
    icon="checklist",
)


def _mine(work: Work) -> ColumnElement[bool]:
    """Undecided, and for this reader to decide."""
    reviews = select(AccessReview.id).where(
        AccessReview.reviewer_id == work.actor.user_id, AccessReview.state == "open"
    )
    return and_(AccessDecision.decision == "open", AccessDecision.access_review_id.in_(reviews))


ACCESS_DECISIONS = ListView(
    AccessDecision,
    columns=[
        Field(AccessDecision.user_id, phone="title"),
        Field(AccessDecision.role_id, phone="body"),
        AccessDecision.granted_at,
        Field(AccessDecision.used_at, phone="meta"),
        Field(AccessDecision.decision, phone="badge", choices=("open", "keep", "withdraw")),
        AccessDecision.note,
        AccessDecision.decided_by_name,
        AccessDecision.access_review_id,
    ],
    tabs=[Tab("mine", _mine, default=True), Tab("all")],
    group_by=[AccessDecision.user_id, AccessDecision.role_id, AccessDecision.access_review_id],
    sort=[AccessDecision.id],
    bulk=[keep_access_decision, withdraw_access_decision],
    icon="checklist",
)
ACCESS_DECISION = DocumentView(
    AccessDecision,
    fields=[
        AccessDecision.user_id,
        AccessDecision.role_id,
        AccessDecision.granted_at,
        AccessDecision.used_at,
        Field(AccessDecision.decision, choices=("open", "keep", "withdraw")),
        Field(AccessDecision.note, wide=True),
        AccessDecision.decided_by_name,
        AccessDecision.decided_at,
        AccessDecision.access_review_id,
    ],
    buttons=[
        Button(keep_access_decision, icon="check"),
        Button(withdraw_access_decision, fields=[Field(name="note", kind="memo")], icon="x"),
    ],
    icon="checklist",
)

VIEWS: list[View] = [
    ROLE_GRANTS,
    ROLE_GRANT,
    DELEGATIONS,
    DELEGATION,
    DUTY_CONFLICTS,
    DUTY_CONFLICT,
    DUTY_EXCEPTIONS,
    DUTY_EXCEPTION,
    ACCESS_REVIEWS,
    ACCESS_REVIEW,
    ACCESS_DECISIONS,
    ACCESS_DECISION,
    ROLE_REPORT,
    DUTY_REPORT,
]
MENU = [
    Menu("platform.role_grant", group="access"),
    Menu("platform.delegation", group="access"),
    Menu("platform.role_report", group="access"),
    Menu("platform.duty_report", group="access"),
    Menu("platform.duty_conflict", group="access"),
    Menu("platform.duty_exception", group="access"),
    Menu("platform.access_review", group="access"),
    Menu("platform.access_decision", group="access"),
]
