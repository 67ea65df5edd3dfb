"""The audit log gets its proof: a chain of links, marks of what waits for it, anchors and retention"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None
guards = True  # applies tenant/guards.sql as it stands at the head


def upgrade() -> None:
    op.create_table(
        "audit_anchor",
        sa.Column("no", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_no", sa.BigInteger(), nullable=False),
        sa.Column("head", sa.LargeBinary(), nullable=False),
        sa.Column("object_key", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("no", name=op.f("audit_anchor_pk")),
    )
    op.create_table(
        "audit_chain",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("last_no", sa.BigInteger(), nullable=False),
        sa.Column("last_hash", sa.LargeBinary(), nullable=False),
        sa.Column("anchors", sa.Integer(), nullable=False),
        sa.Column("anchored_no", sa.BigInteger(), nullable=False),
        sa.Column("anchored_on", sa.Date(), nullable=True),
        sa.Column("dropped_no", sa.BigInteger(), nullable=False),
        sa.Column("dropped_hash", sa.LargeBinary(), nullable=False),
        sa.Column("dropped_before", sa.Date(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("audit_chain_pk")),
    )
    op.create_table(
        "audit_link",
        sa.Column("no", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("entry_id", sa.Uuid(), nullable=False),
        sa.Column("leaf", sa.LargeBinary(), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("no", name=op.f("audit_link_pk")),
        sa.UniqueConstraint("entry_id", name=op.f("audit_link_entry_id_uq")),
    )
    op.create_table(
        "audit_retention",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("months", sa.Integer(), nullable=False),
        sa.Column("drop_before", sa.Date(), nullable=True),
        sa.CheckConstraint("months >= 6", name=op.f("audit_retention_months_ck")),
        sa.PrimaryKeyConstraint("id", name=op.f("audit_retention_pk")),
    )
    op.create_table(
        "audit_unsealed",
        sa.Column("entry_id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("entry_id", name=op.f("audit_unsealed_pk")),
    )
    op.execute("GRANT SELECT ON audit_anchor, audit_chain, audit_link TO {{tenant}}")
    op.execute("GRANT SELECT, INSERT ON audit_unsealed TO {{tenant}}")
    op.execute("GRANT SELECT, INSERT, UPDATE, DELETE ON audit_retention TO {{tenant}}")
    op.execute("GRANT SELECT ON audit_retention TO {{sealer}}")
    op.execute("GRANT SELECT, INSERT, UPDATE, DELETE ON audit_anchor, audit_chain, audit_link TO {{sealer}}")
    op.execute("GRANT SELECT, UPDATE, DELETE, INSERT ON audit_unsealed TO {{sealer}}")
    op.execute("GRANT DELETE ON audit_entry, audit_change TO {{sealer}}")
    op.execute("INSERT INTO audit_unsealed (entry_id) SELECT id FROM audit_entry")
