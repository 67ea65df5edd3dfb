"""Deputies, duties to be kept apart, access reviews, and how strictly"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None
guards = True  # applies tenant/guards.sql as it stands at the head


def upgrade() -> None:
    op.create_table(
        "platform_access_policy",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("duty_conflicts", sa.String(length=30), nullable=False),
        sa.Column("three_administrators", sa.Boolean(), nullable=False),
        sa.Column("joining_asked_by_id", sa.Uuid(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "duty_conflicts IN ('warn', 'refuse')", name=op.f("platform_access_policy_duty_conflicts_ck")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("platform_access_policy_pk")),
    )
    op.create_table(
        "platform_duty_conflict",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("name_zh", sa.String(length=200), nullable=False),
        sa.Column("first", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("second", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("from_on", sa.Date(), nullable=False),
        sa.Column("until_on", sa.Date(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("until_on IS NULL OR until_on >= from_on", name=op.f("platform_duty_conflict_days_ck")),
        sa.PrimaryKeyConstraint("id", name=op.f("platform_duty_conflict_pk")),
        sa.UniqueConstraint("code", name=op.f("platform_duty_conflict_code_uq")),
    )
    op.create_table(
        "platform_access_review",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("reviewer_id", sa.Uuid(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("begun_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["reviewer_id"], ["platform_user.id"], name=op.f("platform_access_review_reviewer_id_fk")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("platform_access_review_pk")),
    )
    op.create_table(
        "platform_delegation",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("principal_id", sa.Uuid(), nullable=False),
        sa.Column("deputy_id", sa.Uuid(), nullable=False),
        sa.Column("from_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("until_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("made_by_name", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("principal_id <> deputy_id", name=op.f("platform_delegation_two_ck")),
        sa.CheckConstraint("until_at >= from_at", name=op.f("platform_delegation_span_ck")),
        sa.ForeignKeyConstraint(["deputy_id"], ["platform_user.id"], name=op.f("platform_delegation_deputy_id_fk")),
        sa.ForeignKeyConstraint(
            ["principal_id"], ["platform_user.id"], name=op.f("platform_delegation_principal_id_fk")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("platform_delegation_pk")),
    )
    op.create_index("platform_delegation_deputy_ix", "platform_delegation", ["deputy_id", "until_at"], unique=False)
    op.create_table(
        "platform_duty_exception",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("duty_conflict_id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.Column("until_on", sa.Date(), nullable=False),
        sa.Column("approved_by_name", sa.String(length=200), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["duty_conflict_id"],
            ["platform_duty_conflict.id"],
            name=op.f("platform_duty_exception_duty_conflict_id_fk"),
        ),
        sa.ForeignKeyConstraint(["user_id"], ["platform_user.id"], name=op.f("platform_duty_exception_user_id_fk")),
        sa.PrimaryKeyConstraint("id", name=op.f("platform_duty_exception_pk")),
    )
    op.create_index("platform_duty_exception_user_ix", "platform_duty_exception", ["user_id"], unique=False)
    op.create_table(
        "platform_access_decision",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("access_review_id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("role_id", sa.Uuid(), nullable=False),
        sa.Column("role_grant_id", sa.Uuid(), nullable=False),
        sa.Column("granted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decision", sa.String(length=30), nullable=False),
        sa.Column("note", sa.String(length=500), nullable=False),
        sa.Column("decided_by_name", sa.String(length=200), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "decision IN ('open', 'keep', 'withdraw')", name=op.f("platform_access_decision_decision_ck")
        ),
        sa.ForeignKeyConstraint(
            ["access_review_id"],
            ["platform_access_review.id"],
            name=op.f("platform_access_decision_access_review_id_fk"),
        ),
        sa.ForeignKeyConstraint(
            ["role_grant_id"], ["platform_user_role.id"], name=op.f("platform_access_decision_role_grant_id_fk")
        ),
        sa.ForeignKeyConstraint(["role_id"], ["platform_role.id"], name=op.f("platform_access_decision_role_id_fk")),
        sa.ForeignKeyConstraint(["user_id"], ["platform_user.id"], name=op.f("platform_access_decision_user_id_fk")),
        sa.PrimaryKeyConstraint("id", name=op.f("platform_access_decision_pk")),
    )
    op.create_index(
        "platform_access_decision_review_ix", "platform_access_decision", ["access_review_id"], unique=False
    )
    op.execute(
        "GRANT SELECT, INSERT, UPDATE, DELETE ON platform_access_decision, platform_access_policy, platform_access_review, platform_delegation, platform_duty_conflict, platform_duty_exception TO {{tenant}}"
    )
    op.execute(
        "GRANT SELECT ON platform_access_decision, platform_access_policy, platform_access_review, platform_delegation, platform_duty_conflict, platform_duty_exception TO {{sealer}}"
    )
