"""What goes wrong outside is said in plain words, with a remedy, and mends itself where it can."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from alertd.model.errors import ConfigError, SchemaMismatch, StoreUnavailable
from alertd.service.ports import Rank
from alertd.store import Keyring, SqlStore, migrate, open_store
from alertd.store.engines import new_engine
from tests.doubles.postgres import Postgres
from tests.doubles.private import free_port
from tests.store.rows import make_case


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "folder" / "alertd.db"


@pytest.fixture
def store(file: Path, keyring: Keyring) -> Iterator[SqlStore]:
    migrate(f"sqlite:///{file}")
    store = open_store(f"sqlite:///{file}", None, None, keyring)
    yield store
    store.close()


def test_the_folder_of_a_new_database_is_made(store: SqlStore, file: Path) -> None:
    make_case(store, "c1")
    assert file.is_file()


def test_a_folder_that_cannot_be_made_says_so(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("a file")
    with pytest.raises(StoreUnavailable, match="make it by hand"):
        migrate(f"sqlite:///{tmp_path}/taken/alertd.db")


def test_a_full_disk_stores_nothing_and_mends_itself(store: SqlStore) -> None:
    make_case(store, "c1")
    set_page_limit(store, 1)
    with pytest.raises(StoreUnavailable, match="free space"):
        make_cases(store, 400)
    set_page_limit(store, 10**6)
    make_case(store, "after")
    with store.read() as reading:
        assert {row.id for row in reading.list_cases(1000)} >= {"c1", "after"}


def make_cases(store: SqlStore, number: int) -> None:
    for n in range(number):
        make_case(store, f"full{n}")


def set_page_limit(store: SqlStore, pages: int) -> None:
    """To SQLite a database at its page limit is a full disk. The pool gives the same connection to the next writer."""
    with store._engine.connect() as connection:
        connection.exec_driver_sql(f"PRAGMA max_page_count = {pages}")


def test_a_database_that_another_program_holds_is_unavailable(
    file: Path, store: SqlStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("alertd.store.engines._PRAGMAS", ("busy_timeout = 50",))
    store._engine.dispose()
    with closing(sqlite3.connect(file)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreUnavailable, match="another program holds it"):
            make_case(store, "c1")
    make_case(store, "c1")


def test_a_file_that_is_no_database_says_so(file: Path, keyring: Keyring) -> None:
    file.parent.mkdir()
    file.write_bytes(b"not a database " * 1000)
    with pytest.raises(StoreUnavailable, match=r"correct store\.url"):
        open_store(f"sqlite:///{file}", None, None, keyring)


def test_a_database_that_was_never_migrated_says_how(file: Path, keyring: Keyring) -> None:
    with pytest.raises(SchemaMismatch, match="alertd migrate"):
        open_store(f"sqlite:///{file}", None, None, keyring)


def test_a_server_that_is_not_there_is_unavailable(keyring: Keyring) -> None:
    url = f"postgresql+psycopg://127.0.0.1:{free_port()}/alertd"
    with pytest.raises(StoreUnavailable) as said:
        open_store(url, "duty", "hunter2", keyring)
    assert "hunter2" not in str(said.value)
    assert "duty" not in str(said.value)


@pytest.fixture
def own_server() -> Iterator[Postgres]:
    """A server of this test alone, which it may stop."""
    server = Postgres()
    try:
        server.start()
        yield server
    finally:
        server.close()


def test_a_server_that_comes_back_is_used_again(own_server: Postgres, keyring: Keyring) -> None:
    url = own_server.new_database()
    migrate(url)
    store = open_store(url, None, None, keyring)
    make_case(store, "c1")
    own_server.stop()
    with pytest.raises(StoreUnavailable):
        make_case(store, "c2")
    with pytest.raises(StoreUnavailable), store.read():
        pass
    own_server.start()
    make_case(store, "c2")
    with store.read() as reading:
        assert {row.id for row in reading.list_cases(9)} == {"c1", "c2"}
    store.close()


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("postgresql+psycopg://duty:hunter2@127.0.0.1/alertd", "store.password"),
        ("mysql://127.0.0.1/alertd", "sqlite:///PATH"),
        ("postgresql://127.0.0.1/alertd", r"postgresql\+psycopg"),
        ("sqlite://", "names no file"),
        ("sqlite:///:memory:", "names no file"),
        ("nonsense", "cannot be read"),
    ],
)
def test_a_url_that_cannot_be_used_says_what_to_write(url: str, words: str) -> None:
    with pytest.raises(ConfigError, match=words) as said:
        new_engine(url)
    assert "hunter2" not in str(said.value)


def test_a_password_is_never_shown() -> None:
    engine = new_engine("postgresql+psycopg://127.0.0.1/alertd", "duty", "hunter2")
    assert "hunter2" not in repr(engine)
    assert "hunter2" not in str(engine.url)


def test_commits_survive_a_power_cut_and_readers_never_wait(store: SqlStore) -> None:
    with store._engine.connect() as connection:
        found = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in ("journal_mode", "synchronous", "foreign_keys")
        }
    full = 2
    assert found == {"journal_mode": "wal", "synchronous": full, "foreign_keys": 1}
    with store.write(Rank.INTAKE) as writing, store.read() as reading:
        writing.set_note("k", "v")
        assert reading.note("k") is None
