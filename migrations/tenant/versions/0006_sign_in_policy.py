"""The tenant's sign-in policy"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None
guards = True  # applies tenant/guards.sql as it stands at the head


def upgrade() -> None:
    op.create_table(
        "platform_sign_in_policy",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("password_profile", sa.String(length=20), nullable=False),
        sa.Column("second_factor", sa.String(length=20), nullable=False),
        sa.Column("roles", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("platform_sign_in_policy_pk")),
    )
    op.execute("GRANT SELECT, INSERT, UPDATE, DELETE ON platform_sign_in_policy TO {{tenant}}")
    op.execute("GRANT SELECT ON platform_sign_in_policy TO {{sealer}}")
