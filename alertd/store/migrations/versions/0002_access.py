"""Accounts, sessions, wrong tries and the read log of the pages.

Frozen: a released migration never changes. Only tables more: the version before runs on this schema.
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0002"
down_revision: str | None = "0001"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

_NUMBER = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    """Make the tables."""
    _who_comes_in()
    op.create_table(
        "case_reads",
        sa.Column("id", _NUMBER, primary_key=True),
        sa.Column("person", sa.Text(), nullable=False),
        sa.Column("case_id", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("page", sa.Text(), nullable=False),
    )
    op.create_index("case_reads_by_case", "case_reads", ["case_id", "at"])
    op.create_index("case_reads_by_time", "case_reads", ["at"])


def _who_comes_in() -> None:
    op.create_table(
        "accounts",
        sa.Column("key", sa.LargeBinary(), primary_key=True),
        sa.Column("person", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("disabled_at", sa.BigInteger(), nullable=True),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "web_sessions",
        sa.Column("token", sa.LargeBinary(), primary_key=True),
        sa.Column("person", sa.Text(), nullable=False),
        sa.Column("account", sa.LargeBinary(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("began_at", sa.BigInteger(), nullable=False),
        sa.Column("seen_at", sa.BigInteger(), nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_index("web_sessions_by_account", "web_sessions", ["account"])
    op.create_table(
        "wrong_tries",
        sa.Column("key", sa.LargeBinary(), primary_key=True),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("last_at", sa.BigInteger(), nullable=False),
        sqlite_with_rowid=False,
    )
