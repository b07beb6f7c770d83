"""Schemas: every released one is upgraded, and only one that fits is worked with."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection, Engine, text

from alertd.model.case import MessageOutcome
from alertd.model.errors import ConfigError, SchemaMismatch
from alertd.model.ids import CaseId
from alertd.service.ports import CaseChange, Rank
from alertd.store import Keyring, SqlStore, check_schema, migrate, open_store, schema
from alertd.store.engines import new_engine
from alertd.store.tables import metadata
from tests.store.rows import case_row, incident, incident_tokens

SCHEMAS = Path(__file__).with_name("schemas")
MIGRATIONS = Path(schema.__file__).with_name("migrations") / "versions"
RELEASED = sorted({path.name.partition(".")[0] for path in SCHEMAS.glob("*.sql")})


@pytest.fixture
def engine(url: str) -> Iterator[Engine]:
    engine = new_engine(url)
    yield engine
    engine.dispose()


def build(engine: Engine, revision: str) -> None:
    """Make a database as a released version of alertd made it."""
    dump = (SCHEMAS / f"{revision}.{engine.dialect.name}.sql").read_text(encoding="utf-8")
    with engine.begin() as connection:
        cursor = connection.connection.cursor()  # the driver's own: to SQLAlchemy a percent sign is a parameter
        for statement in filter(str.strip, dump.split(";\n")):
            cursor.execute(statement)
        cursor.close()


def differences(connection: Connection) -> list[object]:
    options = {"compare_type": True, "compare_server_default": True}
    return list(compare_metadata(MigrationContext.configure(connection, opts=options), metadata))


def test_the_migrations_make_the_tables_that_the_program_works_with(url: str, engine: Engine) -> None:
    migrate(url)
    with engine.connect() as connection:
        assert differences(connection) == []


def test_every_migration_has_its_released_schema_on_file(url: str, engine: Engine) -> None:
    migrate(url)
    with engine.connect() as connection:
        assert MigrationContext.configure(connection).get_current_revision() in RELEASED
    assert sorted(path.name.partition("_")[0] for path in MIGRATIONS.glob("[0-9]*.py")) == RELEASED


@pytest.mark.parametrize("revision", RELEASED)
def test_a_released_schema_is_upgraded(url: str, engine: Engine, keyring: Keyring, revision: str) -> None:
    build(engine, revision)
    migrate(url)
    with engine.connect() as connection:
        assert differences(connection) == []
    store = open_store(url, None, None, keyring)
    own = incident_tokens("record")
    with store.write(Rank.INTAKE) as writing:
        seqs = writing.add_messages([(incident("m1"), own, MessageOutcome.ACTED)])
        writing.put_case(CaseChange(case_row("c1"), strong=own.strong, messages=seqs))
    with store.read() as reading:
        assert reading.case(CaseId("c1")) is not None
    store.close()


def test_migrating_again_changes_nothing_and_keeps_what_is_there(url: str, keyring: Keyring) -> None:
    migrate(url)
    store = open_store(url, None, None, keyring)
    with store.write(Rank.PEOPLE) as writing:
        writing.set_note("kept", "yes")
    migrate(url)
    with store.read() as reading:
        assert reading.note("kept") == "yes"
    store.close()


def test_an_empty_database_is_refused_with_the_remedy(url: str, keyring: Keyring) -> None:
    with pytest.raises(SchemaMismatch, match="run `alertd migrate`"):
        open_store(url, None, None, keyring)


def set_revision(engine: Engine, revision: str) -> None:
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = :revision"), {"revision": revision})


def set_serves_from(engine: Engine, revision: str) -> None:
    with engine.begin() as connection:
        value = {"value": revision.encode()}
        connection.execute(text("UPDATE meta SET value = :value WHERE name = 'serves_from'"), value)


def test_a_newer_schema_that_still_serves_this_program_is_worked_with(url: str, engine: Engine) -> None:
    migrate(url)
    set_revision(engine, "9999")
    check_schema(engine)


def test_a_newer_schema_that_has_left_this_program_behind_is_refused(url: str, engine: Engine) -> None:
    migrate(url)
    set_revision(engine, "9999")
    set_serves_from(engine, "9998")
    with pytest.raises(SchemaMismatch, match="install the version"):
        check_schema(engine)


def test_tables_that_vanish_are_a_schema_mismatch(store: SqlStore, engine: Engine) -> None:
    with engine.begin() as connection:
        connection.exec_driver_sql("DROP TABLE notes")
    with pytest.raises(SchemaMismatch, match="alertd migrate"), store.read() as reading:
        reading.note("any")


def test_another_key_is_refused_at_the_start(url: str, keyring: Keyring) -> None:
    migrate(url)
    open_store(url, None, None, keyring).close()
    with pytest.raises(ConfigError, match="another encryption key"):
        open_store(url, None, None, Keyring(bytes(32)))
