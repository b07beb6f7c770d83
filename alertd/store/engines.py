"""Connections to either database, set so that what is committed stays."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError

from alertd.model.errors import ConfigError, StoreUnavailable

BEGIN = "alertd_begin"
"""Execution option: how a SQLite transaction begins."""

_PRAGMAS = (
    "journal_mode = WAL",  # readers never wait for the writer
    "synchronous = FULL",  # a commit survives a power cut
    "foreign_keys = ON",
    "busy_timeout = 5000",  # milliseconds, for other processes: commands beside the daemon
    "wal_autocheckpoint = 8000",  # pages: a batch of intake fills some 1,500, and copying them back costs a flush
    "temp_store = MEMORY",
    "cache_size = -16000",  # KiB a connection; the pool gives out the one used last, so few fill theirs
)
_CONNECTIONS = 12
_WAIT_FOR_LOCK = "10s"
_CONNECT_SECONDS = 5


def new_engine(url: str, username: str | None = None, password: str | None = None) -> Engine:
    """An engine for a store's URL; the folder of a SQLite file is made.

    Args:
        url: `sqlite:///PATH` or `postgresql+psycopg://HOST/DB`, without a password.
        username: For PostgreSQL.
        password: For PostgreSQL; never shown in a message, a log or a repr.

    Raises:
        ConfigError: another database, a password in the URL, or no URL at all.
        StoreUnavailable: the folder cannot be made.
    """
    parsed = _checked(url)
    if parsed.get_backend_name() == "sqlite":
        return _sqlite(parsed)
    return _postgres(parsed.set(username=username or parsed.username, password=password))


def _checked(url: str) -> URL:
    try:
        parsed = make_url(url)
    except ArgumentError:
        raise ConfigError("store.url cannot be read: write sqlite:///PATH or postgresql+psycopg://HOST/DB") from None
    if parsed.password is not None:
        raise ConfigError("store.url holds a password: move it to store.password: {file: PATH}")
    if parsed.drivername not in ("sqlite", "sqlite+pysqlite", "postgresql+psycopg"):
        raise ConfigError(f"store.url names {parsed.drivername}: write sqlite:///PATH or postgresql+psycopg://HOST/DB")
    if parsed.get_backend_name() == "sqlite" and parsed.database in (None, "", ":memory:"):
        raise ConfigError("store.url names no file, and what is only in memory is lost: write sqlite:///PATH")
    return parsed


def shown(engine: Engine) -> str:
    """The database for people: its URL without user name and password."""
    url = engine.url
    bare = URL.create(url.drivername, host=url.host, port=url.port, database=url.database)
    return f"the database {bare.render_as_string()}"


def _sqlite(url: URL) -> Engine:
    folder = Path(str(url.database)).parent
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as cause:
        raise StoreUnavailable(f"the folder {folder} cannot be made: {cause.strerror}; make it by hand") from cause
    engine = create_engine(url, hide_parameters=True, pool_size=_CONNECTIONS, max_overflow=0, pool_use_lifo=True)
    event.listen(engine, "connect", _prepare)
    event.listen(engine, "begin", _begin)
    return engine


def _prepare(connection: sqlite3.Connection, _record: object) -> None:
    """Take transactions away from the driver, which begins them late and only before it thinks that it writes."""
    connection.isolation_level = None
    for pragma in _PRAGMAS:
        connection.execute(f"PRAGMA {pragma}")


def _begin(connection: Connection) -> None:
    connection.exec_driver_sql(connection.get_execution_options().get(BEGIN, "BEGIN"))


def _postgres(url: URL) -> Engine:
    return create_engine(
        url,
        hide_parameters=True,
        pool_size=_CONNECTIONS,
        max_overflow=0,
        pool_pre_ping=True,  # a restarted server costs one question, not one failed transaction a connection
        connect_args={"connect_timeout": _CONNECT_SECONDS, "options": f"-c lock_timeout={_WAIT_FOR_LOCK}"},
    )
