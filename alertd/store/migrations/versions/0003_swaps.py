"""Swaps: who answers for a role instead, for a while.

Frozen: a released migration never changes. Migrations only expand, so that the version before runs on the schema after.
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0003"
down_revision: str | None = "0002"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

_NUMBER = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "swaps",
        sa.Column("number", _NUMBER, primary_key=True),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("person", sa.Text(), nullable=False),
        sa.Column("from_at", sa.BigInteger(), nullable=False),
        sa.Column("to_at", sa.BigInteger(), nullable=False),
        sa.Column("made_by", sa.Text(), nullable=False),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.Column("undone_by", sa.Text(), nullable=False),
        sa.Column("undone_at", sa.BigInteger(), nullable=True),
        sqlite_autoincrement=True,
    )
    stands = sa.text("undone_at IS NULL")
    op.create_index("swaps_standing", "swaps", ["to_at"], sqlite_where=stands, postgresql_where=stands)
