"""The three administrators: who makes users, who grants rights, who looks after the audit log.

Each area has a starter role. Kept apart (GB/T 22239-2019, 8.1.5: system, security and audit management of level
three), no single account can make a user, give it rights and tidy up behind itself.
"""

from collections.abc import Iterable

from app.platform.permissions import Grants

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
    "platform.*_access_decision",
    "platform.read_duty_report",
    "platform.read_role_report",
    "platform.update_access_policy",
    "platform.separate_administrators",
    "platform.propose_joint_administration",
)
AUDIT_ADMINISTRATION = (
    "platform.read_user",
    "platform.read_role",
    "platform.read_role_grant",
    "platform.read_delegation",
    "platform.read_access_review",
    "platform.read_access_decision",
    "platform.read_audit_entry",
    "platform.*_audit_retention",
    "platform.read_duty_report",
    "platform.read_role_report",
    "platform.confirm_joint_administration",
)

AREAS: dict[str, frozenset[str]] = {
    "system": frozenset(
        f"platform.{name}"
        for name in ("create_user", "update_user", "invite_user", "deactivate_user", "reactivate_user")
    ),
    "security": frozenset(
        f"platform.{name}"
        for name in (
            "assign_roles", "create_role", "update_role", "copy_role", "create_role_grant", "update_role_grant",
            "create_delegation", "create_access_rule", "update_access_rule", "delete_access_rule",
            "create_duty_exception", "update_access_policy", "separate_administrators",
            "propose_joint_administration",
        )
    ),
    "audit": frozenset(f"platform.{name}" for name in ("read_audit_entry", "confirm_joint_administration")),
}  # fmt: skip
"""What makes an account an administrator of an area: any one of these."""
ROLES = {"system": "system_admin", "security": "security_admin", "audit": "audit_admin"}
"""Area -> code of its starter role."""
ADMINISTRATION: frozenset[str] = frozenset().union(*AREAS.values())


def areas_of(patterns: Iterable[str]) -> frozenset[str]:
    """The areas that permissions reach into."""
    grants = Grants(frozenset(patterns))
    return frozenset(area for area, rights in AREAS.items() if any(right in grants for right in rights))


def kept_apart(patterns: Iterable[str]) -> frozenset[str]:
    """What is taken from a user while administrators are kept apart: every area but the one their roles name.

    Roles that name two are refused where they are granted; should they come together all the same, by old data or
    a chance of time, none is left.
    """
    areas = areas_of(patterns)
    return ADMINISTRATION - AREAS[next(iter(areas))] if len(areas) == 1 else ADMINISTRATION
