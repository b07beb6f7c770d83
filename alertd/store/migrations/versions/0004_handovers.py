"""Hand-overs, and the cases on their lists.

Frozen: a released migration never changes. Migrations only expand, so that the version before runs on the schema after.
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0004"
down_revision: str | None = "0003"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    """Make both tables."""
    op.create_table(
        "handovers",
        sa.Column("number", sa.BigInteger(), primary_key=True, autoincrement=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("team", sa.Text(), nullable=False),
        sa.Column("until", sa.BigInteger(), nullable=True),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("confirmed_at", sa.BigInteger(), nullable=True),
        sa.Column("confirmed_by", sa.Text(), nullable=False),
    )
    coded = sa.text("code <> ''")
    op.create_index("handovers_by_code", "handovers", ["code"], sqlite_where=coded, postgresql_where=coded)
    op.create_table(
        "handed_over",
        sa.Column("number", sa.BigInteger(), sa.ForeignKey("handovers.number"), primary_key=True),
        sa.Column("case_id", sa.Text(), primary_key=True),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("is_new", sa.Boolean(create_constraint=False), nullable=False),
        sa.Column("is_due", sa.Boolean(create_constraint=False), nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_index("handed_over_by_case", "handed_over", ["case_id"])
