"""One open transaction: the connection and what every reader and writer asks of it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import TypeVar

from sqlalchemy import Connection, Executable, Select, update

from alertd.store.dialect import Speech
from alertd.store.keys import Keyring
from alertd.store.rows import Stored
from alertd.store.tables import cases

T = TypeVar("T")
Parameters = Mapping[str, object]


class Session:
    """Base of the readers and writers, which are composed into one object a transaction.

    Args:
        connection: In a transaction.
        keyring: Opens and seals content.
        speech: The database's own way of saying things.
    """

    def __init__(self, connection: Connection, keyring: Keyring, speech: Speech) -> None:
        self._connection = connection
        self._keyring = keyring
        self._speech = speech

    def _settle(self) -> None:
        """Write out what is still held back; a reader holds nothing back."""

    def _rows(self, statement: Executable, parameters: Parameters | None = None) -> Sequence[Stored]:
        """Rows of a query, by column name, with everything that this transaction has written so far."""
        self._settle()
        return self._stored(statement, parameters)

    def _stored(self, statement: Executable, parameters: Parameters | None = None) -> Sequence[Stored]:
        """Rows of a query, without what is still held back."""
        return self._connection.execute(statement, parameters).mappings().all()

    def _scalar(self, statement: Select[T]) -> T | None:
        """First column of the first row, or None."""
        self._settle()
        return self._connection.execute(statement).scalar()

    def _touch(self, ids: Iterable[str]) -> None:
        """Make stale whatever is being decided on these cases as they stood: their lines have changed meanwhile."""
        touched = sorted(set(ids))
        if touched:
            among = self._speech.among(cases.c.id, "ids")
            growing = update(cases).where(among).values(revision=cases.c.revision + 1)
            self._connection.execute(growing, {"ids": self._many(touched)})

    def _many(self, values: Collection[str] | Collection[int]) -> object:
        return self._speech.many(values)
