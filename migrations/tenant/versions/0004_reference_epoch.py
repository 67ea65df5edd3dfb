"""How often the reference data of a tenant have changed"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None
guards = True  # applies tenant/guards.sql as it stands at the head


def upgrade() -> None:
    op.create_table(
        "platform_reference_epoch",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("platform_reference_epoch_pk")),
    )
    op.execute("GRANT SELECT, INSERT, UPDATE, DELETE ON platform_reference_epoch TO {{tenant}}")
    op.execute("GRANT SELECT ON platform_reference_epoch TO {{sealer}}")
