"""The screens of access rules."""

from app.platform.access_rules import FIELD, ROW_KINDS, AccessRule
from app.platform.rule_editing import create_access_rule, delete_access_rule, update_access_rule
from app.platform.views import Button, DocumentView, Field, ListView

KIND = Field(AccessRule.kind, required=True, choices=(FIELD, *ROW_KINDS))

ACCESS_RULES = ListView(
    AccessRule,
    columns=[
        Field(AccessRule.model, phone="title"),
        Field(AccessRule.role_id, phone="body"),
        Field(AccessRule.kind, phone="badge", choices=KIND.choices),
        Field(AccessRule.field, phone="meta"),
        AccessRule.readable,
        AccessRule.writable,
    ],
    search=[AccessRule.model, AccessRule.field],
    filters=[AccessRule.role_id, AccessRule.model, AccessRule.kind],
    group_by=[AccessRule.role_id, AccessRule.model],
    sort=[AccessRule.model],
    create=create_access_rule,
    icon="shield",
)
ACCESS_RULE = DocumentView(
    AccessRule,
    fields=[
        Field(AccessRule.role_id, required=True),
        Field(AccessRule.model, required=True),
        KIND,
        AccessRule.field,
        AccessRule.readable,
        AccessRule.writable,
        Field(AccessRule.members, kind="tags", wide=True),
        AccessRule.currency,
        AccessRule.amount,
    ],
    create=create_access_rule,
    update=update_access_rule,
    buttons=[Button(delete_access_rule, danger=True)],
    icon="shield",
)
