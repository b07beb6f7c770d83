"""Which schema a database holds, and how it gets the one that this program knows.

Migrations only expand (a column, a table, an index more): a program knows the schemas after its own as long as
`meta.serves_from` names its revision or an earlier one, so machines can be upgraded one after the other.
"""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, select

from alertd.model.errors import SchemaMismatch
from alertd.store.engines import new_engine, shown
from alertd.store.faults import MIGRATE, in_plain_words
from alertd.store.tables import meta

_MIGRATIONS = Path(__file__).with_name("migrations")
SERVES_FROM = "serves_from"


def migrate(url: str, username: str | None = None, password: str | None = None, *, to: str = "head") -> None:
    """Bring a database to this program's schema, keeping what it holds; a new one is made.

    Args:
        url: SQLAlchemy URL without a password.
        username: For PostgreSQL.
        password: For PostgreSQL.
        to: Revision; the newest unless a test wants an earlier one.

    Raises:
        StoreUnavailable: the database cannot be reached or written.
        ConfigError: the URL cannot be used.
    """
    engine = new_engine(url, username, password)
    try:
        with in_plain_words(shown(engine)), engine.begin() as connection:
            config = _config()
            config.attributes["connection"] = connection
            command.upgrade(config, to)
    finally:
        engine.dispose()


def check_schema(engine: Engine) -> None:
    """Make sure that a database holds a schema that this program can work with.

    Raises:
        SchemaMismatch: it holds none, an older one, or one that has left this program behind.
        StoreUnavailable: it cannot be reached.
    """
    script = ScriptDirectory.from_config(_config())
    newest = str(script.get_current_head())
    with in_plain_words(shown(engine)), engine.connect() as connection:
        current = MigrationContext.configure(connection).get_current_revision()
        if current == newest:
            return
        where = shown(engine)
        if current is None:
            raise SchemaMismatch(f"{where} does not hold alertd's tables: {MIGRATE}")
        if current in {each.revision for each in script.walk_revisions()}:
            raise SchemaMismatch(f"{where} holds schema {current} and this program needs {newest}: {MIGRATE}")
        serves_from = connection.scalar(select(meta.c.value).where(meta.c.name == SERVES_FROM))
        if serves_from is None or serves_from.decode() > newest:
            raise SchemaMismatch(
                f"{where} holds schema {current}, newer than this program's {newest}: "
                f"install the version of alertd that made it, or a later one"
            )


def _config() -> Config:
    """Alembic's settings, without a file on disk; a percent sign in a path is not an interpolation."""
    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return config
