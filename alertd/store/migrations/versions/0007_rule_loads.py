"""Tries to bring a rule set into force, and who stands for it.

Frozen: a released migration never changes. Migrations only expand, so that the version before runs on the schema after.
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0007"
down_revision: str | None = "0006"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

_NUMBER = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "rule_loads",
        sa.Column("number", _NUMBER, primary_key=True),
        sa.Column("version", sa.Text(), nullable=False),
        sa.Column("before", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("author", sa.Text(), nullable=True),
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("report", sa.Text(), nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_index("rule_loads_by_version", "rule_loads", ["version"])
    op.create_table(
        "rule_approvals",
        sa.Column("load", _NUMBER, sa.ForeignKey("rule_loads.number"), primary_key=True),
        sa.Column("person", sa.Text(), primary_key=True),
        sa.Column("proof", sa.Text(), nullable=False),
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
    )
