"""The store itself: one object for both databases."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext

from sqlalchemy import Connection, Engine, select

from alertd.model.case import Facts, Obligation, ObligationKey
from alertd.model.errors import AlertdError
from alertd.model.ids import CaseId
from alertd.service.ports import Rank
from alertd.store.closure import ClosureReading
from alertd.store.codec import HALF
from alertd.store.dialect import Speech, speech_of
from alertd.store.documents import Lead
from alertd.store.engines import BEGIN, new_engine, shown
from alertd.store.explained import ExplainReading, ExplainWriting
from alertd.store.faults import in_plain_words
from alertd.store.keys import Keyring
from alertd.store.lock import RankedLock
from alertd.store.reading_access import AccessReading
from alertd.store.reading_cross import CrossReading
from alertd.store.reading_handovers import HandoverReading
from alertd.store.reading_lists import ListReading
from alertd.store.reading_past import PastReading
from alertd.store.reading_waking import WakingReading
from alertd.store.reading_watch import WatchReading
from alertd.store.rule_loads import RuleLoadReading, RuleLoadWriting
from alertd.store.schema import check_schema
from alertd.store.swaps import SwapReading, SwapWriting
from alertd.store.tables import meta
from alertd.store.writing_access import AccessWriting
from alertd.store.writing_cases import CaseWriting
from alertd.store.writing_handovers import HandoverWriting
from alertd.store.writing_records import RecordWriting

_KEY_CHECK = "key_check"


class SqlReading(
    ClosureReading,
    WakingReading,
    CrossReading,
    ListReading,
    WatchReading,
    HandoverReading,
    SwapReading,
    AccessReading,
    ExplainReading,
    RuleLoadReading,
):
    """A consistent view (`alertd.service.ports.Reading`)."""


class SqlSnapshot(SqlReading):
    """A consistent view that loads each case and line once: nothing changes while it is open."""

    def __init__(self, connection: Connection, keyring: Keyring, speech: Speech) -> None:
        super().__init__(connection, keyring, speech)
        self._loaded: dict[str, Facts] = {}
        self._leading: dict[tuple[Lead, bytes], list[CaseId]] = {}
        self._owing: dict[ObligationKey, Obligation | None] = {}
        self._without_lines = False

    def load_without_lines(self, cases: Collection[CaseId]) -> None:
        """Load these cases at the price of one: asking for them, and for their incidents, costs nothing more."""
        self._without_lines = True
        loaded = self._facts(cases)
        self._without_lines = False
        tokens = {token[:HALF] for facts in loaded.values() for token in self._incidents(facts)}
        self._led(Lead.INCIDENT, sorted(tokens))

    def _led(self, kind: Lead, tokens: Sequence[bytes]) -> dict[bytes, list[CaseId]]:
        if new := [token for token in tokens if (kind, token) not in self._leading]:
            self._leading |= {(kind, token): led for token, led in super()._led(kind, new).items()}
        return {token: self._leading[kind, token] for token in tokens}

    def _facts(self, ids: Iterable[str]) -> dict[str, Facts]:
        wanted = set(ids)
        self._loaded |= super()._facts(wanted - self._loaded.keys()) if wanted - self._loaded.keys() else {}
        return {id_: self._loaded[id_] for id_ in sorted(wanted) if id_ in self._loaded}

    def _owed(self, scopes: Sequence[str]) -> dict[str, list[Obligation]]:
        return {} if self._without_lines else super()._owed(scopes)

    def _stored_obligations(self, keys: Collection[ObligationKey]) -> list[Obligation]:
        wanted = dict.fromkeys(keys)
        if new := [key for key in wanted if key not in self._owing]:
            self._owing |= dict.fromkeys(new)
            self._owing |= {each.key: each for each in super()._stored_obligations(new)}
        return [each for key in wanted if (each := self._owing[key]) is not None]


class SqlWriting(
    CaseWriting,
    RecordWriting,
    HandoverWriting,
    SwapWriting,
    AccessWriting,
    ExplainWriting,
    RuleLoadWriting,
    SqlReading,
):
    """A transaction (`alertd.service.ports.Writing`)."""

    def finish(self) -> None:
        """Write what is held back; the last thing before the commit."""
        self._settle()
        self._write_tally()


class SqlStore:
    """Where everything lives (`alertd.service.ports.Store`).

    SQLite: one writer at a time, by rank, and readers that never wait. PostgreSQL: READ COMMITTED with locks taken in
    one order, and REPEATABLE READ for readers.

    Args:
        engine: From `new_engine`, on a migrated database.
        keyring: Of the key that the database was made with.

    Raises:
        SchemaMismatch: the database must be migrated, or this program is too old for it.
        ConfigError: the database was made with another key.
        StoreUnavailable: it cannot be reached.
    """

    def __init__(self, engine: Engine, keyring: Keyring) -> None:
        self._engine = engine
        self._keyring = keyring
        self._speech = speech_of(engine.dialect)
        self._name = shown(engine)
        self._is_sqlite = engine.dialect.name == "sqlite"
        self._lock = RankedLock()
        check_schema(engine)
        self._check_key()

    def __repr__(self) -> str:
        return f"SqlStore({self._name})"

    @contextmanager
    def read(self) -> Iterator[SqlReading]:
        """Open a consistent view.

        Raises:
            StoreUnavailable: it cannot be reached.
        """
        with self._view() as connection:
            yield SqlSnapshot(connection, self._keyring, self._speech)

    @contextmanager
    def read_past(self) -> Iterator[PastReading]:
        """Open a consistent view of messages and cases, for a replay.

        Raises:
            StoreUnavailable: it cannot be reached.
        """
        with self._view() as connection:
            yield PastReading(connection, self._keyring, self._speech)

    @contextmanager
    def _view(self) -> Iterator[Connection]:
        options = {} if self._is_sqlite else {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
        with (
            in_plain_words(self._name),
            self._engine.connect().execution_options(**options) as connection,
            connection.begin(),
        ):
            yield connection

    @contextmanager
    def write(self, rank: Rank) -> Iterator[SqlWriting]:
        """Begin a transaction; commits on leaving, rolls back on an exception.

        Raises:
            StaleWrite: on leaving, when a decision was made on what has changed since.
            StoreUnavailable: it cannot be reached or written.
        """
        with (
            self._turn(rank),
            in_plain_words(self._name),
            self._engine.connect().execution_options(**{BEGIN: "BEGIN IMMEDIATE"}) as connection,
            connection.begin(),
        ):
            writing = SqlWriting(connection, self._keyring, self._speech)
            yield writing
            writing.finish()

    def close(self) -> None:
        """Give back connections."""
        self._engine.dispose()

    def _turn(self, rank: Rank) -> AbstractContextManager[None]:
        return self._lock.held(rank) if self._is_sqlite else nullcontext()

    def _check_key(self) -> None:
        with in_plain_words(self._name), self._engine.begin() as connection:
            check = _stored_check(connection)
            if check is None:
                value = self._keyring.check_value()
                adding = self._speech.insert(meta).values(name=_KEY_CHECK, value=value).on_conflict_do_nothing()
                connection.execute(adding)
                check = _stored_check(connection) or value
        self._keyring.prove(check)


def _stored_check(connection: Connection) -> bytes | None:
    check: bytes | None = connection.scalar(select(meta.c.value).where(meta.c.name == _KEY_CHECK))
    return check


def open_store(url: str, username: str | None, password: str | None, keyring: Keyring) -> SqlStore:
    """Open the store at a URL, as the settings give it.

    Args:
        url: `sqlite:///PATH` or `postgresql+psycopg://HOST/DB`, without a password.
        username: For PostgreSQL.
        password: For PostgreSQL; never shown in a message, a log or a repr.
        keyring: Of the key that the database was made with; a new database takes this one.

    Raises:
        ConfigError: the URL cannot be used, or the key is another one.
        SchemaMismatch: run `alertd migrate` first.
        StoreUnavailable: it cannot be reached.
    """
    engine = new_engine(url, username, password)
    try:
        return SqlStore(engine, keyring)
    except AlertdError:
        engine.dispose()
        raise
