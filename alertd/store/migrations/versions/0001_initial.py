"""The first schema.

Frozen: a released migration never changes. Migrations only expand, so that the version before runs on the schema after.
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0001"
down_revision: str | None = None
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

_NUMBER = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    """Make every table, and say which programs can work with them."""
    if op.get_bind().dialect.name == "postgresql":
        op.execute(sa.schema.CreateSequence(sa.Sequence("message_seq")))
    _messages()
    _cases()
    _decided()
    _sent()
    _carried()
    _beside()
    served = sa.table("meta", sa.column("name", sa.Text), sa.column("value", sa.LargeBinary))
    op.bulk_insert(served, [{"name": "serves_from", "value": revision.encode()}])


def _partial(name: str, table: str, *columns: str, where: str) -> None:
    op.create_index(name, table, columns, sqlite_where=sa.text(where), postgresql_where=sa.text(where))


def _messages() -> None:
    op.create_table(
        "keys",
        sa.Column("owner", sa.Text(), primary_key=True),
        sa.Column("wrapped", sa.LargeBinary(), nullable=False),
    )
    op.create_table(
        "messages",
        sa.Column("seq", _NUMBER, primary_key=True, autoincrement=False),
        sa.Column("pair", sa.LargeBinary(), nullable=False),
        sa.Column("received_at", sa.BigInteger(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("identity", sa.LargeBinary(), nullable=True),
        sa.Column("tokens", sa.LargeBinary(), nullable=False),
        sa.Column("key_owner", sa.Text(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
    )
    op.create_index("messages_by_pair", "messages", ["pair"], unique=True)
    _partial("messages_orphaned", "messages", "received_at", where="outcome = 'orphan'")
    op.create_table(
        "sought",
        sa.Column("token", sa.LargeBinary(), primary_key=True),
        sa.Column("seq", sa.BigInteger(), primary_key=True),
        sqlite_with_rowid=False,
    )


def _cases() -> None:
    op.create_table(
        "cases",
        sa.Column("id", sa.Text(), primary_key=True),
        sa.Column("ref", sa.Text(), nullable=False),
        sa.Column("ref_key", sa.Text(), nullable=False),
        sa.Column("opened_at", sa.BigInteger(), nullable=False),
        sa.Column("alias_of", sa.Text(), nullable=True),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.Column("settled_at", sa.BigInteger(), nullable=True),
        sa.Column("wake_at", sa.BigInteger(), nullable=True),
        sa.Column("closed_at", sa.BigInteger(), nullable=True),
        sa.Column("cohort", sa.Text(), nullable=False),
        sa.Column("version", sa.Text(), nullable=False),
        sa.Column("first_due_at", sa.BigInteger(), nullable=True),
        sa.Column("next_due_at", sa.BigInteger(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
    )
    op.create_index("cases_by_ref", "cases", ["ref_key"], unique=True)
    _partial("cases_due", "cases", "next_due_at", where="next_due_at IS NOT NULL")
    _partial("cases_joined", "cases", "alias_of", where="alias_of IS NOT NULL")
    _partial("cases_live", "cases", "opened_at", where="alias_of IS NULL")
    _partial("cases_to_wake", "cases", "wake_at", where="wake_at IS NOT NULL")
    op.create_table(
        "strong",
        sa.Column("token", sa.LargeBinary(), primary_key=True),
        sa.Column("case_id", sa.Text(), nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "leads",
        sa.Column("token", sa.LargeBinary(), primary_key=True),
        sa.Column("kind", sa.SmallInteger(), primary_key=True),
        sa.Column("case_id", sa.Text(), primary_key=True),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "cross_rows",
        sa.Column("channel", sa.LargeBinary(), primary_key=True),
        sa.Column("at", sa.BigInteger(), primary_key=True),
        sa.Column("case_id", sa.Text(), primary_key=True),
        sa.Column("record", sa.LargeBinary(), primary_key=True),
        sa.Column("distinct_token", sa.LargeBinary(), primary_key=True),
        sa.Column("until", sa.BigInteger(), nullable=True),
        sa.Column("answer", sa.SmallInteger(), nullable=False),
        sqlite_with_rowid=False,
    )


def _decided() -> None:
    op.create_table(
        "alerts",
        sa.Column("case_id", sa.Text(), primary_key=True),
        sa.Column("episode", sa.Integer(), primary_key=True),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("opened_at", sa.BigInteger(), nullable=False),
        sa.Column("closed_at", sa.BigInteger(), nullable=True),
    )
    op.create_index("alerts_by_code", "alerts", ["code"])
    op.create_index("alerts_by_opening", "alerts", ["opened_at"])
    op.create_table(
        "rechecks",
        sa.Column("case_id", sa.Text(), primary_key=True),
        sa.Column("at", sa.BigInteger(), nullable=False),
    )
    op.create_index("rechecks_by_time", "rechecks", ["at"])
    op.create_table(
        "referrals",
        sa.Column("case_id", sa.Text(), primary_key=True),
        sa.Column("referred_to", sa.Text(), primary_key=True),
        sa.Column("known_at", sa.BigInteger(), nullable=False),
    )
    op.create_table(
        "decisions",
        sa.Column("case_id", sa.Text(), primary_key=True),
        sa.Column("revision", sa.BigInteger(), primary_key=True),
        sa.Column("decided_at", sa.BigInteger(), nullable=False),
        sa.Column("trace", sa.Text(), nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "obligations",
        sa.Column("scope", sa.Text(), primary_key=True),
        sa.Column("about", sa.Text(), primary_key=True),
        sa.Column("key", sa.Text(), primary_key=True),
        sa.Column("episode", sa.Integer(), primary_key=True),
        sa.Column("step", sa.Text(), primary_key=True),
        sa.Column("role", sa.Text(), primary_key=True),
        sa.Column("case_id", sa.Text(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("due_at", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("urgency", sa.SmallInteger(), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
    )
    _partial("obligations_requested", "obligations", "about", where="about LIKE 'request:%'")
    _partial("obligations_shared", "obligations", "case_id", where="scope = '*'")
    _partial("obligations_waiting", "obligations", "due_at", where="state IN ('pending', 'held')")


def _sent() -> None:
    op.create_table(
        "notifications",
        sa.Column("id", sa.Text(), primary_key=True),
        sa.Column("case_id", sa.Text(), nullable=True),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("asked", sa.Text(), nullable=False),
        sa.Column("person", sa.Text(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("next_at", sa.BigInteger(), nullable=False),
        sa.Column("deadline_at", sa.BigInteger(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("urgent", sa.Boolean(create_constraint=False), nullable=False),
        sa.Column("repeat", sa.Boolean(create_constraint=False), nullable=False),
        sa.Column("provider_id", sa.Text(), nullable=False),
        sa.Column("provider", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("sent_at", sa.BigInteger(), nullable=True),
        sa.Column("template", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("received_at", sa.BigInteger(), nullable=True),
    )
    op.create_index("notifications_by_age", "notifications", ["created_at"])
    _partial("notifications_of_case", "notifications", "case_id", where="case_id IS NOT NULL")
    _partial(
        "notifications_to_handle",
        "notifications",
        "state",
        "next_at",
        where="state IN ('pending', 'sending', 'in_doubt')",
    )


def _carried() -> None:
    op.create_table(
        "lines",
        sa.Column("scope", sa.Text(), primary_key=True),
        sa.Column("about", sa.Text(), primary_key=True),
        sa.Column("key", sa.Text(), primary_key=True),
        sa.Column("episode", sa.Integer(), primary_key=True),
        sa.Column("step", sa.Text(), primary_key=True),
        sa.Column("role", sa.Text(), primary_key=True),
        sa.Column("person", sa.Text(), primary_key=True),
        sa.Column("channel", sa.Text(), primary_key=True),
        sa.Column("notification", sa.Text(), sa.ForeignKey("notifications.id"), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_index("lines_by_notification", "lines", ["notification"])
    op.create_table(
        "attempts",
        sa.Column("notification", sa.Text(), sa.ForeignKey("notifications.id"), primary_key=True),
        sa.Column("number", sa.Integer(), primary_key=True),
        sa.Column("begun_at", sa.BigInteger(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("detail", sa.LargeBinary(), nullable=False),
        sa.Column("settled_at", sa.BigInteger(), nullable=True),
    )


def _beside() -> None:
    op.create_table(
        "meta",
        sa.Column("name", sa.Text(), primary_key=True),
        sa.Column("value", sa.LargeBinary(), nullable=False),
    )
    op.create_table(
        "notes",
        sa.Column("name", sa.Text(), primary_key=True),
        sa.Column("value", sa.Text(), nullable=False),
    )
    op.create_table(
        "counters",
        sa.Column("name", sa.Text(), primary_key=True),
        sa.Column("value", sa.BigInteger(), nullable=False),
    )
    op.create_table(
        "quarantine",
        sa.Column("id", _NUMBER, primary_key=True),
        sa.Column("sender", sa.LargeBinary(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("received_at", sa.BigInteger(), nullable=False),
        sa.Column("raw", sa.LargeBinary(), nullable=False),
        sa.Column("settled_at", sa.BigInteger(), nullable=True),
        sa.Column("settled_by", sa.Text(), nullable=False),
        sa.Column("settled_why", sa.LargeBinary(), nullable=False),
        sqlite_autoincrement=True,
    )
    _partial("quarantine_open", "quarantine", "received_at", where="settled_at IS NULL")
    op.create_table(
        "rule_versions",
        sa.Column("version", sa.Text(), primary_key=True),
        sa.Column("recorded_at", sa.BigInteger(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
    )
