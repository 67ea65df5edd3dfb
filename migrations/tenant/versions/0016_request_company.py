"""An approval request belongs to a company"""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None
guards = True  # applies tenant/guards.sql as it stands at the head


def upgrade() -> None:
    op.add_column("platform_approval_request", sa.Column("company_id", sa.Uuid(), nullable=True))
    op.create_foreign_key(
        op.f("platform_approval_request_company_id_fk"),
        "platform_approval_request",
        "platform_company",
        ["company_id"],
        ["id"],
    )
    # What waits already belongs to the first company: most tenants have one.
    op.execute(
        "UPDATE platform_approval_request SET company_id ="
        " (SELECT id FROM platform_company ORDER BY code LIMIT 1) WHERE state = 'open'"
    )
