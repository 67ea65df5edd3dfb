"""Bank account numbers are sealed: text becomes bytes, sealed by the worker; a blind index finds equal ones"""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None
guards = True  # applies tenant/guards.sql as it stands at the head


def upgrade() -> None:
    op.add_column("finance_bank_account", sa.Column("account_number_index", sa.LargeBinary(), nullable=True))
    op.alter_column(
        "finance_bank_account",
        "account_number",
        existing_type=sa.VARCHAR(length=60),
        type_=sa.LargeBinary(),
        existing_nullable=False,
        postgresql_using="convert_to(account_number, 'UTF8')",
    )
    op.create_index(
        op.f("finance_bank_account_account_number_index_ix"),
        "finance_bank_account",
        ["account_number_index"],
        unique=False,
    )
    op.alter_column(
        "platform_company",
        "bank_account",
        existing_type=sa.VARCHAR(length=60),
        type_=sa.LargeBinary(),
        existing_nullable=False,
        postgresql_using="convert_to(bank_account, 'UTF8')",
    )
