"""What `alertd explain` needs: why a person was told, and messages that came again.

Frozen: a released migration never changes. Migrations only expand, so that the version before runs on the schema after.
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0006"
down_revision: str | None = "0005"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    """Add the column and the table; of messages from before, nothing is known."""
    op.add_column("notifications", sa.Column("why", sa.Text(), nullable=True))
    op.create_table(
        "received_again",
        sa.Column("seq", sa.BigInteger(), primary_key=True, autoincrement=False),
        sa.Column("times", sa.BigInteger(), nullable=False),
        sa.Column("last_at", sa.BigInteger(), nullable=False),
    )
