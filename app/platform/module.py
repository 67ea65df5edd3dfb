"""The platform as a module of its own: users, roles, companies, departments, approvals, the audit log."""

import app.platform.administrators
import app.platform.app_installations
import app.platform.app_registration  # noqa: F401  all three declare actions of pages that are no declared screens
from app.platform import access_views, positions
from app.platform.administration import AUDIT_ADMINISTRATION, SECURITY_ADMINISTRATION, SYSTEM_ADMINISTRATION
from app.platform.audit_log import AUDIT, AUDIT_ENTRY
from app.platform.audit_retention import drop_audit
from app.platform.audit_seal import seal_audit
from app.platform.duties import duty_rows, warn_of_conflicts
from app.platform.explaining import ACCESS
from app.platform.organisation import (
    Company,
    Department,
    create_company,
    create_department,
    update_company,
    update_department,
)
from app.platform.positions import (
    Position,
    PositionHolder,
    create_position,
    manager_names,
    member_names,
    update_position,
)
from app.platform.registry import Module
from app.platform.roles import copy_role, create_role, delete_role, holder_names, update_role
from app.platform.rule_editing import create_access_rule
from app.platform.rule_views import ACCESS_RULE, ACCESS_RULES
from app.platform.user_credentials import reset_user_factors
from app.platform.users import (
    OWNER,
    Role,
    User,
    create_user,
    deactivate_user,
    invite_user,
    reactivate_user,
    revoke_user_tokens,
    role_names,
    update_user,
)
from app.platform.views import Button, DocumentView, Field, Lines, ListView, Menu, RecordPage, Tab
from app.platform.webhooks.views import DELIVERIES, DELIVERY, WEBHOOK, WEBHOOKS
from app.platform.workflow import (
    ApprovalRequest,
    ApprovalRule,
    approve_approval_request,
    create_approval_rule,
    delete_approval_rule,
    reject_approval_request,
)

USERS = ListView(
    User,
    columns=[
        Field(User.name, phone="title"),
        Field(User.email, phone="body"),
        Field(User.locale, choices=("zh_CN", "en")),
        Field(User.active, phone="badge"),
    ],
    search=[User.name, User.email],
    tabs=[
        Tab("active", lambda work: User.active.is_(True), default=True),
        Tab("inactive", lambda work: User.active.is_(False)),
        Tab("all"),
    ],
    sort=[User.name],
    create=create_user,
    icon="users",
)
USER = DocumentView(
    User,
    fields=[
        Field(User.name, required=True),
        Field(User.email, required=True),
        Field(User.locale, choices=("zh_CN", "en")),
        Field(name="roles", kind="tags", ref=Role, compute=role_names),
        User.active,
    ],
    create=create_user,
    update=update_user,
    buttons=[
        Button(invite_user, when=lambda user: bool(user.active) and user.identity_id is None, icon="mail"),
        Button(revoke_user_tokens, danger=True, when=lambda user: user.identity_id is not None),
        Button(reset_user_factors, danger=True, when=lambda user: bool(user.active) and user.identity_id is not None),
        Button(deactivate_user, danger=True, when=lambda user: bool(user.active)),
        Button(reactivate_user, when=lambda user: not user.active),
    ],
    pages=[RecordPage("access", update_user)],
    preview=warn_of_conflicts,
    icon="user",
)
ROLES = ListView(
    Role,
    columns=[
        Field(Role.name, phone="title"),
        Field(Role.name_zh, phone="body"),
        Field(Role.code, phone="meta"),
        Field(name="holders", kind="tags", compute=holder_names),
        Role.starter,
    ],
    search=[Role.name, Role.name_zh, Role.code],
    sort=[Role.name],
    create=create_role,
    icon="shield",
)
ROLE = DocumentView(
    Role,
    fields=[
        Field(Role.code, required=True, help="platform.role.code.help"),
        Field(Role.name, required=True),
        Role.name_zh,
        Field(name="holders", kind="tags", compute=holder_names, wide=True),
    ],
    create=create_role,
    update=update_role,
    unasked=["patterns"],
    buttons=[
        Button(
            copy_role,
            when=lambda role: role.code != OWNER,
            fields=[Field(Role.code, required=True), Field(Role.name, required=True), Role.name_zh],
            icon="copy",
        ),
        Button(delete_role, danger=True, when=lambda role: role.code != OWNER),
    ],
    pages=[RecordPage("rights", update_role), RecordPage("limits", create_access_rule)],
    icon="shield",
)
COMPANIES = ListView(
    Company,
    columns=[
        Field(Company.name, phone="title"),
        Field(Company.code, phone="meta"),
        Company.country,
        Company.currency,
        Company.chart,
        Company.ready,
    ],
    search=[Company.name, Company.code],
    sort=[Company.code],
    create=create_company,
    icon="building",
)
COMPANY = DocumentView(
    Company,
    fields=[
        Field(Company.code, required=True),
        Field(Company.name, required=True),
        Field(Company.country, required=True),
        Company.currency,
        Company.zone,
        Field(Company.chart, choices=("cn_cas", "cn_small", "ifrs")),
        Field(Company.cost_recognition, choices=("invoice", "delivery")),
        Field(Company.costing_method, choices=("average", "fifo")),
        Company.tax_number,
        Company.phone,
        Company.email,
        Company.bank_name,
        Company.bank_account,
        Field(Company.address, wide=True),
    ],
    create=create_company,
    update=update_company,
    icon="building",
)
DEPARTMENTS = ListView(
    Department,
    columns=[
        Field(Department.code, phone="meta"),
        Field(Department.name, phone="title"),
        Department.parent_id,
        Department.active,
    ],
    search=[Department.code, Department.name],
    sort=[Department.code],
    create=create_department,
    icon="sitemap",
)
DEPARTMENT = DocumentView(
    Department,
    fields=[
        Field(Department.code, required=True),
        Field(Department.name, required=True),
        Department.parent_id,
        Department.active,
        Field(name="managers", kind="tags", compute=manager_names),
        Field(name="members", kind="tags", compute=member_names, wide=True),
    ],
    create=create_department,
    update=update_department,
    icon="sitemap",
)
POSITIONS = ListView(
    Position,
    columns=[
        Field(Position.name, phone="title"),
        Field(Position.department_id, phone="body"),
        Field(name="holders", kind="tags", compute=positions.holder_names, phone="meta"),
        Position.manages,
        Position.reports_to_id,
        Field(Position.active, phone="badge"),
    ],
    search=[Position.name],
    tabs=[
        Tab("active", lambda work: Position.active.is_(True), default=True),
        Tab("inactive", lambda work: Position.active.is_(False)),
        Tab("all"),
    ],
    group_by=[Position.department_id],
    sort=[Position.name],
    create=create_position,
    icon="sitemap",
)
POSITION = DocumentView(
    Position,
    fields=[
        Field(Position.name, required=True),
        Field(Position.department_id, required=True),
        Field(Position.manages, help="platform.position.manages.help"),
        Field(Position.reports_to_id, help="platform.position.reports_to.help"),
        Position.active,
    ],
    create=create_position,
    update=update_position,
    lines=[
        Lines(
            PositionHolder,
            PositionHolder.position_id,
            PositionHolder.from_on,
            [Field(PositionHolder.user_id, required=True, wide=True), PositionHolder.from_on, PositionHolder.until_on],
            editable=["user_id", "from_on", "until_on"],
            argument="holders",
        )
    ],
    icon="sitemap",
)
APPROVALS = ListView(
    ApprovalRequest,
    columns=[
        Field(ApprovalRequest.action, phone="title"),
        Field(ApprovalRequest.state, phone="badge"),
        Field(ApprovalRequest.asked_by_name, phone="body"),
        Field(ApprovalRequest.asked_at, phone="meta"),
        ApprovalRequest.decided_by_name,
        ApprovalRequest.decided_at,
    ],
    tabs=[Tab("open", lambda work: ApprovalRequest.state == "open", default=True), Tab("all")],
    sort=[ApprovalRequest.asked_at.desc()],
    icon="checklist",
)
APPROVAL = DocumentView(
    ApprovalRequest,
    fields=[
        ApprovalRequest.action,
        ApprovalRequest.asked_by_name,
        ApprovalRequest.asked_at,
        ApprovalRequest.decided_by_name,
        ApprovalRequest.decided_at,
        ApprovalRequest.reason,
    ],
    state=ApprovalRequest.state,
    buttons=[
        Button(approve_approval_request, states=("open",), primary=("open",)),
        Button(reject_approval_request, states=("open",), danger=True, fields=[Field(name="reason", kind="memo")]),
    ],
    icon="checklist",
)
APPROVAL_RULES = ListView(
    ApprovalRule,
    columns=[Field(ApprovalRule.action, phone="title"), Field(ApprovalRule.active, phone="badge")],
    create=create_approval_rule,
    icon="checklist",
)
APPROVAL_RULE = DocumentView(
    ApprovalRule,
    fields=[Field(ApprovalRule.action, required=True), ApprovalRule.active],
    create=create_approval_rule,
    buttons=[Button(delete_approval_rule, danger=True)],
    icon="checklist",
)
MODULE = Module(
    name="platform",
    icon="settings",
    views=[
        USERS,
        USER,
        ROLES,
        ROLE,
        ACCESS_RULES,
        ACCESS_RULE,
        ACCESS,
        COMPANIES,
        COMPANY,
        DEPARTMENTS,
        DEPARTMENT,
        POSITIONS,
        POSITION,
        APPROVALS,
        APPROVAL,
        APPROVAL_RULES,
        APPROVAL_RULE,
        WEBHOOKS,
        WEBHOOK,
        DELIVERIES,
        DELIVERY,
        *access_views.VIEWS,
        AUDIT,
        AUDIT_ENTRY,
    ],
    menu=[
        Menu("platform.company"),
        Menu("platform.department"),
        Menu("platform.position"),
        Menu("platform.user", group="access"),
        Menu("platform.role", group="access"),
        Menu("platform.access_rule", group="access"),
        Menu("platform.access", group="access"),
        Menu("platform.approval_request"),
        Menu("platform.approval_rule"),
        Menu("platform.webhook", group="integration"),
        Menu("platform.webhook_delivery", group="integration"),
        *access_views.MENU,
        Menu("platform.audit_entry"),
    ],
    upkeep=[seal_audit, drop_audit],
    roles={
        "owner": ["*"],
        "accountant": ["platform.read_company", "platform.read_department", "platform.*_approval_request"],
        "sales": ["platform.read_company", "platform.read_department"],
        "warehouse": ["platform.read_company"],
        "buyer": ["platform.read_company", "platform.read_department"],
        "hr": ["platform.read_company", "platform.read_user", "platform.*_department", "platform.*_position"],
        "executive": ["*.read_*", "platform.*_approval_request"],
        "auditor": ["*.read_*"],
        "system_admin": list(SYSTEM_ADMINISTRATION),
        "security_admin": list(SECURITY_ADMINISTRATION),
        "audit_admin": list(AUDIT_ADMINISTRATION),
    },
    seeds=[duty_rows],
)
