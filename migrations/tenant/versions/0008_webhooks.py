"""Webhooks: endpoints, their secrets and health, deliveries and attempts"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None
guards = True  # applies tenant/guards.sql as it stands at the head


def upgrade() -> None:
    op.create_table(
        "webhook",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("url", sa.String(length=2048), nullable=False),
        sa.Column("events", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("installation_id", sa.Uuid(), nullable=True),
        sa.Column("created_by_id", sa.Uuid(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["installation_id"], ["platform_app_installation.id"], name=op.f("webhook_installation_id_fk")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("webhook_pk")),
        sa.UniqueConstraint("installation_id", name=op.f("webhook_installation_id_uq")),
    )
    op.create_table(
        "webhook_delivery",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("webhook_id", sa.Uuid(), nullable=False),
        sa.Column("event_id", sa.Uuid(), nullable=False),
        sa.Column("event", sa.String(length=100), nullable=False),
        sa.Column("lane", sa.String(length=100), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("first_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("problem", sa.Text(), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["webhook_id"], ["webhook.id"], name=op.f("webhook_delivery_webhook_id_fk")),
        sa.PrimaryKeyConstraint("id", name=op.f("webhook_delivery_pk")),
        sa.UniqueConstraint("webhook_id", "event_id", name=op.f("webhook_delivery_webhook_id_event_id_uq")),
    )
    op.create_index("webhook_delivery_at_ix", "webhook_delivery", ["at"], unique=False)
    op.create_index(
        "webhook_delivery_due_ix",
        "webhook_delivery",
        ["webhook_id", "due_at"],
        unique=False,
        postgresql_where=sa.text("state = 'waiting'"),
    )
    op.create_index(
        "webhook_delivery_lane_ix",
        "webhook_delivery",
        ["webhook_id", "lane", "event_id"],
        unique=False,
        postgresql_where=sa.text("state = 'waiting'"),
    )
    op.create_table(
        "webhook_health",
        sa.Column("webhook_id", sa.Uuid(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("failing_since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("rest_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("leased_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("delivered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("problem", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["webhook_id"], ["webhook.id"], name=op.f("webhook_health_webhook_id_fk")),
        sa.PrimaryKeyConstraint("webhook_id", name=op.f("webhook_health_pk")),
    )
    op.create_table(
        "webhook_secret",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("webhook_id", sa.Uuid(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("hint", sa.String(length=8), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["webhook_id"], ["webhook.id"], name=op.f("webhook_secret_webhook_id_fk")),
        sa.PrimaryKeyConstraint("id", name=op.f("webhook_secret_pk")),
    )
    op.create_index(op.f("webhook_secret_webhook_id_ix"), "webhook_secret", ["webhook_id"], unique=False)
    op.create_table(
        "webhook_attempt",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("delivery_id", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("milliseconds", sa.Integer(), nullable=False),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("problem", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("request_head", sa.Text(), nullable=False),
        sa.Column("answer_head", sa.Text(), nullable=False),
        sa.Column("answer_body", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["delivery_id"], ["webhook_delivery.id"], name=op.f("webhook_attempt_delivery_id_fk")),
        sa.PrimaryKeyConstraint("id", name=op.f("webhook_attempt_pk")),
    )
    op.create_index(op.f("webhook_attempt_delivery_id_ix"), "webhook_attempt", ["delivery_id"], unique=False)
    op.execute(
        "GRANT SELECT, INSERT, UPDATE, DELETE ON webhook, webhook_attempt, webhook_delivery, webhook_health, webhook_secret TO {{tenant}}"
    )
    op.execute(
        "GRANT SELECT ON webhook, webhook_attempt, webhook_delivery, webhook_health, webhook_secret TO {{sealer}}"
    )
