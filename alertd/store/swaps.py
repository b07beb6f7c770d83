"""Swaps: recorded, read, taken back, never deleted."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, Column, Index, Integer, Table, Text, insert, select, text, update

from alertd.model.ids import PersonId, RoleId
from alertd.model.shifts import Swap
from alertd.store.codec import micros, moment, optional_moment
from alertd.store.rows import Stored
from alertd.store.session import Session
from alertd.store.tables import metadata

_STANDS = "undone_at IS NULL"

swaps = Table(
    "swaps",
    metadata,
    Column("number", BigInteger().with_variant(Integer, "sqlite"), primary_key=True),
    Column("role", Text, nullable=False),
    Column("person", Text, nullable=False),
    Column("from_at", BigInteger, nullable=False),
    Column("to_at", BigInteger, nullable=False),
    Column("made_by", Text, nullable=False),
    Column("made_at", BigInteger, nullable=False),
    Column("undone_by", Text, nullable=False),
    Column("undone_at", BigInteger),
    Index("swaps_standing", "to_at", sqlite_where=text(_STANDS), postgresql_where=text(_STANDS)),
    sqlite_autoincrement=True,
)


class SwapReading(Session):
    """Swaps on record."""

    def swaps(self, after: datetime | None = None) -> tuple[Swap, ...]:
        """Swaps that stand and end after a moment, or all there ever were; the newest first."""
        newest = select(swaps).order_by(swaps.c.number.desc())
        if after is not None:
            newest = newest.where(text(_STANDS), swaps.c.to_at > micros(after))
        return tuple(map(_swap, self._rows(newest)))


class SwapWriting(SwapReading):
    """Swaps in a transaction."""

    def add_swap(self, swap: Swap) -> Swap:
        """Record a swap; returns it with its number, whatever number it came with."""
        adding = insert(swaps).values(
            role=swap.role,
            person=swap.person,
            from_at=micros(swap.from_),
            to_at=micros(swap.to),
            made_by=swap.by,
            made_at=micros(swap.made_at),
            undone_by="",
        )
        return _swap(self._connection.execute(adding.returning(*swaps.c)).mappings().one())

    def undo_swap(self, number: int, by: str, at: datetime) -> bool:
        """Mark a swap as taken back; False when it was already, or is not there. Nothing is ever deleted."""
        undoing = update(swaps).where(swaps.c.number == number, text(_STANDS))
        return bool(self._connection.execute(undoing.values(undone_by=by, undone_at=micros(at))).rowcount)


def _swap(row: Stored) -> Swap:
    return Swap(
        number=row["number"],
        role=RoleId(row["role"]),
        person=PersonId(row["person"]),
        from_=moment(row["from_at"]),
        to=moment(row["to_at"]),
        by=PersonId(row["made_by"]),
        made_at=moment(row["made_at"]),
        undone_by=row["undone_by"],
        undone_at=optional_moment(row["undone_at"]),
    )
