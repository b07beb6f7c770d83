"""The tables, as this program reads and writes them; the migrations make them.

Times are microseconds since 1970 UTC, so that both databases compare them alike and nothing is rounded. A case's own
state (runs, clocks, alerts, cross rows) is one JSON document in `cases.state`: it is always read and written whole. The
small tables beside it are what is looked up *by*. No column holds a name, a number or a reference in the clear: people
and records appear as keyed hashes, message content sealed.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Sequence,
    SmallInteger,
    Table,
    Text,
    text,
)

metadata = MetaData()

IS_LIVE = "alias_of IS NULL"
CODED = "code <> ''"
WAITING = "state IN ('pending', 'held')"
TO_HANDLE = "state IN ('pending', 'sending', 'in_doubt')"
CONFIRMED = "receipt_due_at IS NOT NULL"  # of a provider that confirms, whether or not it has
TO_CONFIRM = "state = 'sent' AND urgent AND receipt_due_at IS NOT NULL AND reason <> 'no_receipt'"


def _time(name: str, *, optional: bool = False) -> Column[int]:
    return Column(name, BigInteger, nullable=optional)


def _partial(name: str, *columns: str, where: str) -> Index:
    return Index(name, *columns, sqlite_where=text(where), postgresql_where=text(where))


def _text(name: str, *, key: bool = False) -> Column[str]:
    return Column(name, Text, primary_key=key, nullable=False)


meta = Table("meta", metadata, _text("name", key=True), Column("value", LargeBinary, nullable=False))
"""Facts about the database itself: the key's check value, the oldest program that can work with it."""

notes = Table("notes", metadata, _text("name", key=True), _text("value"))

counters = Table("counters", metadata, _text("name", key=True), Column("value", BigInteger, nullable=False))
"""Running totals, kept so that asking for them costs the same however much is stored."""

message_seq = Sequence("message_seq", metadata=metadata)
"""PostgreSQL only; SQLite, with its one writer, counts in `counters`."""

keys = Table("keys", metadata, _text("owner", key=True), Column("wrapped", LargeBinary, nullable=False))
"""Data keys, wrapped. Owner: a case, or `message:SEQ`. Kept out of backups; removing a row erases what it sealed."""

messages = Table(
    "messages",
    metadata,
    Column("seq", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=False),
    Column("pair", LargeBinary, nullable=False),
    _time("received_at"),
    _text("outcome"),
    Column("identity", LargeBinary),
    Column("tokens", LargeBinary, nullable=False),
    _text("key_owner"),
    Column("sealed", LargeBinary, nullable=False),
    Index("messages_by_pair", "pair", unique=True),
    _partial("messages_orphaned", "received_at", where="outcome = 'orphan'"),
)
"""`pair` is the keyed hash of (source, id); `tokens` are packed by `codec.pack_tokens`."""

sought = Table(
    "sought",
    metadata,
    Column("token", LargeBinary, primary_key=True),
    Column("seq", BigInteger, primary_key=True),
    sqlite_with_rowid=False,
)
"""What a status is about (first half of each token), and its record: by it, an incident finds its statuses."""

cases = Table(
    "cases",
    metadata,
    _text("id", key=True),
    _text("ref"),
    _text("ref_key"),
    _time("opened_at"),
    Column("alias_of", Text),
    Column("revision", BigInteger, nullable=False),
    _time("settled_at", optional=True),
    _time("wake_at", optional=True),
    _time("closed_at", optional=True),
    _text("cohort"),
    _text("version"),
    _time("first_due_at", optional=True),
    _time("next_due_at", optional=True),
    _text("state"),
    Index("cases_by_ref", "ref_key", unique=True),
    _partial("cases_live", "opened_at", where=IS_LIVE),
    _partial("cases_to_wake", "wake_at", where="wake_at IS NOT NULL"),
    _partial("cases_due", "next_due_at", where="next_due_at IS NOT NULL"),
    _partial("cases_joined", "alias_of", where="alias_of IS NOT NULL"),
)
"""`alias_of` always names a live case, never another alias. `ref_key` is the reference in one case of letters."""

strong = Table(
    "strong", metadata, Column("token", LargeBinary, primary_key=True), _text("case_id"), sqlite_with_rowid=False
)
"""The case to which a strong token leads: one, which two machines cannot both make. Its id may be that of an alias."""

leads = Table(
    "leads",
    metadata,
    Column("token", LargeBinary, primary_key=True),
    Column("kind", SmallInteger, primary_key=True),
    _text("case_id", key=True),
    sqlite_with_rowid=False,
)
"""What else leads to cases: first half (16 bytes) of a keyed hash, and a `documents.Lead`. Half is enough to find by:
a chance hit only loads a case too many, which the full tokens then tell apart."""

cross = Table(
    "cross_rows",
    metadata,
    Column("channel", LargeBinary, primary_key=True),
    Column("at", BigInteger, primary_key=True),
    _text("case_id", key=True),
    Column("record", LargeBinary, primary_key=True),
    Column("distinct_token", LargeBinary, primary_key=True),
    _time("until", optional=True),
    Column("answer", SmallInteger, nullable=False),
    sqlite_with_rowid=False,
)
"""Cross-case rows by `codec.channel` of their (leaf, side, key)."""

alerts = Table(
    "alerts",
    metadata,
    _text("case_id", key=True),
    Column("episode", Integer, primary_key=True),
    _text("code"),
    _time("opened_at"),
    _time("closed_at", optional=True),
    Index("alerts_by_code", "code"),
    Index("alerts_by_opening", "opened_at"),
)

rechecks = Table("rechecks", metadata, _text("case_id", key=True), _time("at"), Index("rechecks_by_time", "at"))

referrals = Table("referrals", metadata, _text("case_id", key=True), _text("referred_to", key=True), _time("known_at"))

decisions = Table(
    "decisions",
    metadata,
    _text("case_id", key=True),
    Column("revision", BigInteger, primary_key=True),
    _time("decided_at"),
    _text("trace"),
    sqlite_with_rowid=False,
)

obligations = Table(
    "obligations",
    metadata,
    _text("scope", key=True),
    _text("about", key=True),
    _text("key", key=True),
    Column("episode", Integer, primary_key=True),
    _text("step", key=True),
    _text("role", key=True),
    Column("case_id", Text),
    _text("state"),
    _time("due_at"),
    _time("at"),
    Column("urgency", SmallInteger, nullable=False),
    _text("content"),
    _partial("obligations_waiting", "due_at", where=WAITING),
    _partial("obligations_shared", "case_id", where="scope = '*'"),
    _partial("obligations_requested", "about", where="about LIKE 'request:%'"),
)
"""`due_at` is `not_before`, else `at`; `urgency` the severity's rank; `content` what is not asked by."""

notifications = Table(
    "notifications",
    metadata,
    _text("id", key=True),
    Column("case_id", Text),
    _text("role"),
    _text("asked"),
    _text("person"),
    _text("channel"),
    _text("state"),
    _text("reason"),
    _time("next_at"),
    _time("deadline_at"),
    Column("attempts", Integer, nullable=False),
    Column("urgent", Boolean(create_constraint=False), nullable=False),
    Column("repeat", Boolean(create_constraint=False), nullable=False),
    _text("provider_id"),
    _text("provider"),
    _time("created_at"),
    _time("sent_at", optional=True),
    _text("template"),
    _text("code"),
    _time("received_at", optional=True),
    _time("receipt_due_at", optional=True),
    _time("receipt_at", optional=True),
    Column("why", Text),
    _partial("notifications_to_handle", "state", "next_at", where=TO_HANDLE),
    Index("notifications_by_age", "created_at"),
    _partial("notifications_of_case", "case_id", where="case_id IS NOT NULL"),
    _partial("notifications_to_confirm", "receipt_due_at", where=TO_CONFIRM),
    _partial("notifications_confirmed", "sent_at", where=CONFIRMED),
)

lines = Table(
    "lines",
    metadata,
    _text("scope", key=True),
    _text("about", key=True),
    _text("key", key=True),
    Column("episode", Integer, primary_key=True),
    _text("step", key=True),
    _text("role", key=True),
    _text("person", key=True),
    _text("channel", key=True),
    Column("notification", Text, ForeignKey("notifications.id"), nullable=False),
    Column("place", Integer, nullable=False),
    Index("lines_by_notification", "notification"),
    sqlite_with_rowid=False,
)
"""Which notification carries an obligation to a person over a channel: one, for ever."""

attempts = Table(
    "attempts",
    metadata,
    Column("notification", Text, ForeignKey("notifications.id"), primary_key=True),
    Column("number", Integer, primary_key=True),
    _time("begun_at"),
    _text("outcome"),
    Column("detail", LargeBinary, nullable=False),
    _time("settled_at", optional=True),
)
"""`detail` is sealed: providers repeat numbers in their answers."""

quarantine = Table(
    "quarantine",
    metadata,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True),
    Column("sender", LargeBinary, nullable=False),
    _text("reason"),
    _time("received_at"),
    Column("raw", LargeBinary, nullable=False),
    _time("settled_at", optional=True),
    _text("settled_by"),
    Column("settled_why", LargeBinary, nullable=False),
    _partial("quarantine_open", "received_at", where="settled_at IS NULL"),
    sqlite_autoincrement=True,
)

rule_versions = Table(
    "rule_versions",
    metadata,
    _text("version", key=True),
    _time("recorded_at"),
    Column("content", LargeBinary, nullable=False),
)

handovers = Table(
    "handovers",
    metadata,
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    _time("at"),
    _text("team"),
    _time("until", optional=True),
    _time("made_at"),
    _text("code"),
    _time("confirmed_at", optional=True),
    _text("confirmed_by"),
    _partial("handovers_by_code", "code", where=CODED),
)
"""One row a hand-over: two machines that see the same one want the same number."""

handed_over = Table(
    "handed_over",
    metadata,
    Column("number", BigInteger, ForeignKey("handovers.number"), primary_key=True),
    _text("case_id", key=True),
    Column("place", Integer, nullable=False),
    Column("is_new", Boolean(create_constraint=False), nullable=False),
    Column("is_due", Boolean(create_constraint=False), nullable=False),
    Index("handed_over_by_case", "case_id"),
    sqlite_with_rowid=False,
)
"""The cases on each list; an id may be that of an alias."""
