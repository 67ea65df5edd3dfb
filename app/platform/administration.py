"""The three administrators: who makes users, who grants rights, who looks after the audit log.

Each area has a starter role. Kept apart (GB/T 22239-2019, 8.1.5: system, security and audit management of level
three), no single account can make a user, give it rights and tidy up behind itself.
"""

SYSTEM_ADMINISTRATION = (
    "platform.create_user",
    "platform.update_user",
    "platform.deactivate_user",
    "platform.reactivate_user",
    "platform.invite_user",
    "platform.revoke_user_tokens",
    "platform.read_user",
    "platform.read_role",
    "platform.*_company",
    "platform.*_department",
    "platform.*_position",
    "platform.*_approval_rule",
)
SECURITY_ADMINISTRATION = (
    "platform.read_user",
    "platform.assign_roles",
    "platform.*_role",
    "platform.*_role_grant",
    "platform.*_delegation",
    "platform.*_access_rule",
    "platform.*_duty_conflict",
    "platform.*_duty_exception",
    "platform.*_access_review",
    "platform.*_access_policy",
    "platform.read_duty_report",
    "platform.read_role_report",
    "platform.read_access_report",
)
AUDIT_ADMINISTRATION = (
    "platform.read_user",
    "platform.read_role",
    "platform.read_audit_entry",
    "platform.read_duty_report",
    "platform.read_role_report",
    "platform.read_access_report",
)
