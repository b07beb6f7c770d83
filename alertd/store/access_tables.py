"""The tables of who may come in to the pages, who is in, and who has seen what; as `tables`, and on its metadata."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Index, Integer, LargeBinary, Table, Text

from alertd.store.tables import metadata

accounts = Table(
    "accounts",
    metadata,
    Column("key", LargeBinary, primary_key=True),
    Column("person", Text, nullable=False),
    Column("role", Text, nullable=False),
    Column("sealed", LargeBinary, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("disabled_at", BigInteger),
    sqlite_with_rowid=False,
)
"""`key` is the keyed hash of a login; `sealed` holds the login and the password's hash."""

web_sessions = Table(
    "web_sessions",
    metadata,
    Column("token", LargeBinary, primary_key=True),
    Column("person", Text, nullable=False),
    Column("account", LargeBinary, nullable=False),
    Column("code", Text, nullable=False),
    Column("began_at", BigInteger, nullable=False),
    Column("seen_at", BigInteger, nullable=False),
    Index("web_sessions_by_account", "account"),
    sqlite_with_rowid=False,
)
"""`token` is the keyed hash of what the cookie holds."""

wrong_tries = Table(
    "wrong_tries",
    metadata,
    Column("key", LargeBinary, primary_key=True),
    Column("number", Integer, nullable=False),
    Column("last_at", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)
"""Tries to come in that failed or are under way, by keyed hash of a network, a typed number or a login."""

case_reads = Table(
    "case_reads",
    metadata,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True),
    Column("person", Text, nullable=False),
    Column("case_id", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("page", Text, nullable=False),
    Index("case_reads_by_case", "case_id", "at"),
    Index("case_reads_by_time", "at"),
)
"""Who saw which case."""
