"""What SQLite and PostgreSQL say differently; everything else is one text for both."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any

from sqlalchemy import (
    BigInteger,
    ClauseElement,
    ColumnElement,
    Connection,
    DateTime,
    Dialect,
    FromClause,
    Integer,
    LargeBinary,
    Text,
    and_,
    bindparam,
    func,
    literal_column,
    select,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.dialects.postgresql import ARRAY, psycopg
from sqlalchemy.dialects.sqlite import pysqlite

from alertd.store.codec import dumps
from alertd.store.tables import counters, message_seq

_STRIPES = 512
"""Advisory locks in use on PostgreSQL. A batch of 200 cases has some 1,600 tokens and keys, and the server's lock table
holds 6,400 locks for everybody: sharing a lock between tokens costs a wait, running out of locks costs the batch."""


@dataclass(frozen=True, slots=True)
class Probe:
    """Tokens to look up as a table, so that a batch of any size is one query with one fixed text.

    Attributes:
        source: To be joined first.
        place: Position of the token in the batch, from 0.
        token: The token.
        since, until: Bounds given with each token.
    """

    source: FromClause
    place: ColumnElement[int]
    token: ColumnElement[bytes]
    since: ColumnElement[int]
    until: ColumnElement[int]


class Speech(ABC):
    """The differences, one subclass a database."""

    insert: Any
    driver: Dialect

    @abstractmethod
    def among(self, column: ColumnElement[Any], name: str) -> ColumnElement[bool]:
        """Whether a text or integer column is among the values of one parameter, given as `many`."""

    @abstractmethod
    def many(self, values: Collection[str] | Collection[int]) -> object:
        """The parameter of `among`."""

    @abstractmethod
    def probe(self, token_bytes: int) -> Probe:
        """A table of tokens of one length; its parameters come from `probing`."""

    @abstractmethod
    def probing(self, tokens: Sequence[bytes], bounds: Sequence[tuple[int, int]] | None = None) -> dict[str, object]:
        """Parameters of a probe, with (since, until) for each token when the query reads them."""

    @abstractmethod
    def listed(self, columns: Sequence[ColumnElement[Any]]) -> tuple[FromClause, ColumnElement[bool]]:
        """A table of keys of several columns, and that a row has one of them; its parameters come from `listing`."""

    @abstractmethod
    def listing(self, keys: Sequence[tuple[str | int, ...]]) -> dict[str, object]:
        """Parameters of `listed`; at least one key."""

    @abstractmethod
    def lock(self, connection: Connection, names: Iterable[bytes]) -> None:
        """Keep other writers off these tokens and keys until the transaction ends; in one order for all."""

    @abstractmethod
    def new_seqs(self, connection: Connection, number: int) -> list[int]:
        """Numbers for new messages, growing."""

    @abstractmethod
    def clock(self) -> ColumnElement[Any] | None:
        """The database's own time now; None where it is this machine's."""

    def driver_text(self, statement: ClauseElement) -> str:
        """A statement as the driver takes it for many rows of plain tuples, in the order of the table's columns."""
        return str(statement.compile(dialect=self.driver))


class SqliteSpeech(Speech):
    """One writer at a time: no locks of rows or names, and a counter for numbers."""

    insert = staticmethod(sqlite.insert)
    driver = pysqlite.dialect(paramstyle="qmark")

    def among(self, column: ColumnElement[Any], name: str) -> ColumnElement[bool]:
        """By `json_each`: one parameter whatever their number."""
        values = func.json_each(bindparam(name, type_=Text)).table_valued("value")
        return column.in_(select(values.c.value))

    def many(self, values: Collection[str] | Collection[int]) -> object:
        """A JSON list."""
        return dumps(list(values)).decode()

    def probe(self, token_bytes: int) -> Probe:
        """`json_each` counts through the batch and carries the bounds; tokens are cut from one long blob."""
        source = func.json_each(bindparam("bounds", type_=Text)).table_valued("key", "value", name="wanted")
        tokens = bindparam("tokens", type_=LargeBinary)
        return Probe(
            source=source,
            place=source.c.key,
            token=func.substr(tokens, source.c.key * token_bytes + 1, token_bytes, type_=LargeBinary),
            since=func.json_extract(source.c.value, literal_column("'$[0]'"), type_=Integer),
            until=func.json_extract(source.c.value, literal_column("'$[1]'"), type_=Integer),
        )

    def probing(self, tokens: Sequence[bytes], bounds: Sequence[tuple[int, int]] | None = None) -> dict[str, object]:
        """One blob and one JSON list."""
        return {"tokens": b"".join(tokens), "bounds": dumps(list(bounds or [(0, 0)] * len(tokens))).decode()}

    def listed(self, columns: Sequence[ColumnElement[Any]]) -> tuple[FromClause, ColumnElement[bool]]:
        """`json_each` over a list of lists."""
        source = func.json_each(bindparam("keys", type_=Text)).table_valued("value", name="listed")
        parts = (func.json_extract(source.c.value, literal_column(f"'$[{n}]'")) for n in range(len(columns)))
        return source, and_(*(column == part for column, part in zip(columns, parts, strict=True)))

    def listing(self, keys: Sequence[tuple[str | int, ...]]) -> dict[str, object]:
        """One JSON list."""
        return {"keys": dumps(list(keys)).decode()}

    def lock(self, connection: Connection, names: Iterable[bytes]) -> None:
        """Nothing to do: the transaction began with the only write lock."""

    def new_seqs(self, connection: Connection, number: int) -> list[int]:
        """From a counter: never given twice, even when messages are removed."""
        statement = self.insert(counters).values(name="message_seq", value=number)
        counted = statement.on_conflict_do_update(
            index_elements=["name"], set_={"value": counters.c.value + statement.excluded.value}
        ).returning(counters.c.value)
        last: int = connection.execute(counted).scalar_one()
        return list(range(last - number + 1, last + 1))

    def clock(self) -> None:
        """It lives in this process."""


class PostgresSpeech(Speech):
    """Several writers at once: advisory locks on names, and a sequence for numbers."""

    insert = staticmethod(postgresql.insert)
    driver = psycopg.dialect(paramstyle="format")  # type: ignore[no-untyped-call]

    def among(self, column: ColumnElement[Any], name: str) -> ColumnElement[bool]:
        """By an array: one parameter whatever their number."""
        return column == func.any(bindparam(name, type_=ARRAY(column.type)))

    def many(self, values: Collection[str] | Collection[int]) -> object:
        """A list."""
        return list(values)

    def probe(self, token_bytes: int) -> Probe:
        """`unnest` of parallel arrays."""
        del token_bytes  # arrays know where an item ends
        arrays = func.unnest(
            bindparam("tokens", type_=ARRAY(LargeBinary)),
            bindparam("since", type_=ARRAY(BigInteger)),
            bindparam("until", type_=ARRAY(BigInteger)),
        )
        source = arrays.table_valued("token", "since", "until", with_ordinality="place", name="wanted").render_derived()
        return Probe(source, source.c.place - 1, source.c.token, source.c.since, source.c.until)

    def probing(self, tokens: Sequence[bytes], bounds: Sequence[tuple[int, int]] | None = None) -> dict[str, object]:
        """Three arrays."""
        pairs = bounds or [(0, 0)] * len(tokens)
        return {"tokens": list(tokens), "since": [pair[0] for pair in pairs], "until": [pair[1] for pair in pairs]}

    def listed(self, columns: Sequence[ColumnElement[Any]]) -> tuple[FromClause, ColumnElement[bool]]:
        """`unnest` of parallel arrays."""
        names = [f"key_{n}" for n in range(len(columns))]
        arrays = (bindparam(name, type_=ARRAY(column.type)) for name, column in zip(names, columns, strict=True))
        source = func.unnest(*arrays).table_valued(*names, name="listed").render_derived()
        return source, and_(*(column == source.c[name] for column, name in zip(columns, names, strict=True)))

    def listing(self, keys: Sequence[tuple[str | int, ...]]) -> dict[str, object]:
        """An array a column."""
        return {f"key_{n}": list(column) for n, column in enumerate(zip(*keys, strict=True))}

    def lock(self, connection: Connection, names: Iterable[bytes]) -> None:
        """Transaction-level advisory locks, in ascending order so that no two writers wait for each other."""
        stripes = sorted({int.from_bytes(blake2b(name, digest_size=4).digest()) % _STRIPES for name in names})
        if stripes:
            wanted = func.unnest(bindparam("stripes", type_=ARRAY(Integer))).column_valued("stripe")
            locking = select(func.pg_advisory_xact_lock(literal_column("1635"), wanted)).order_by(wanted)
            connection.execute(locking, {"stripes": stripes})

    def new_seqs(self, connection: Connection, number: int) -> list[int]:
        """From a sequence: no writer waits for another's commit. A rollback leaves a gap."""
        numbers = select(func.nextval(message_seq.name)).select_from(func.generate_series(1, number))
        return sorted(connection.execute(numbers).scalars())

    def clock(self) -> ColumnElement[Any]:
        """Its own, as it passes within a transaction."""
        return func.clock_timestamp(type_=DateTime(timezone=True))


_SQLITE = SqliteSpeech()
_POSTGRES = PostgresSpeech()


def speech_of(dialect: Dialect) -> Speech:
    """The differences of an engine's database; always the same object, by which queries are cached."""
    return _POSTGRES if dialect.name == "postgresql" else _SQLITE
