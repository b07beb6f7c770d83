"""Receipts: when one is due, and when it came.

Frozen: a released migration never changes. Migrations only expand, so that the version before runs on the schema after.
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0005"
down_revision: str | None = "0004"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

_TO_CONFIRM = "state = 'sent' AND urgent AND receipt_due_at IS NOT NULL AND reason <> 'no_receipt'"
_CONFIRMED = "receipt_due_at IS NOT NULL"


def upgrade() -> None:
    """Add what a message's receipt needs; messages sent before are not waited for."""
    op.add_column("notifications", sa.Column("receipt_due_at", sa.BigInteger(), nullable=True))
    op.add_column("notifications", sa.Column("receipt_at", sa.BigInteger(), nullable=True))
    _partial("notifications_to_confirm", "receipt_due_at", where=_TO_CONFIRM)
    _partial("notifications_confirmed", "sent_at", where=_CONFIRMED)


def _partial(name: str, column: str, where: str) -> None:
    op.create_index(name, "notifications", [column], sqlite_where=sa.text(where), postgresql_where=sa.text(where))
