"""Days have roots, sealed periods signed manifests; series never go back"""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None
guards = True  # applies tenant/guards.sql as it stands at the head


def upgrade() -> None:
    op.create_table(
        "finance_day_root",
        sa.Column("day_on", sa.Date(), nullable=False),
        sa.Column("first_no", sa.BigInteger(), nullable=False),
        sa.Column("last_no", sa.BigInteger(), nullable=False),
        sa.Column("root", sa.LargeBinary(), nullable=False),
        sa.Column("previous", sa.LargeBinary(), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("day_on", name=op.f("finance_day_root_pk")),
    )
    op.create_table(
        "finance_signing_key",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("public", sa.LargeBinary(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("finance_signing_key_pk")),
    )
    op.create_table(
        "finance_period_seal",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("company_id", sa.Uuid(), nullable=False),
        sa.Column("period_id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("sealed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sealed_by", sa.String(length=200), nullable=False),
        sa.Column("entries", sa.Integer(), nullable=False),
        sa.Column("root", sa.String(length=64), nullable=False),
        sa.Column("manifest", sa.Text(), nullable=False),
        sa.Column("public_key", sa.String(length=64), nullable=False),
        sa.Column("signature", sa.String(length=128), nullable=False),
        sa.ForeignKeyConstraint(
            ["company_id"], ["platform_company.id"], name=op.f("finance_period_seal_company_id_fk")
        ),
        sa.ForeignKeyConstraint(["period_id"], ["finance_period.id"], name=op.f("finance_period_seal_period_id_fk")),
        sa.PrimaryKeyConstraint("id", name=op.f("finance_period_seal_pk")),
        sa.UniqueConstraint("period_id", name=op.f("finance_period_seal_period_id_uq")),
    )
    op.execute("GRANT SELECT ON finance_day_root TO {{tenant}}")
    op.execute("GRANT SELECT, INSERT ON finance_period_seal, finance_signing_key TO {{tenant}}")
    op.execute("GRANT SELECT ON finance_period_seal, finance_signing_key TO {{sealer}}")
    op.execute("GRANT SELECT, INSERT, UPDATE, DELETE ON finance_day_root TO {{sealer}}")
