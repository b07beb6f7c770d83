"""Whether what decisions were made on is still so: one query a question, for all of a transaction's decisions."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from functools import cache
from typing import Any

from sqlalchemy import Connection, Select, select

from alertd.model.case import CrossRow, CrossSide
from alertd.model.errors import StaleWrite
from alertd.model.ids import CaseId
from alertd.service.ports import CaseChange
from alertd.store.case_steps import Before, Step, step
from alertd.store.codec import channel
from alertd.store.dialect import Speech
from alertd.store.documents import unpack_state
from alertd.store.keys import Keyring
from alertd.store.reading_cross import CrossReading
from alertd.store.rows import case_row
from alertd.store.tables import cases, strong


class CaseChecking(CrossReading):
    """Checks before writing; everything checked is locked until the transaction ends."""

    def __init__(self, connection: Connection, keyring: Keyring, speech: Speech) -> None:
        super().__init__(connection, keyring, speech)
        self._written: dict[CaseId, Collection[CrossRow]] = {}

    def _checked(self, changes: Sequence[CaseChange]) -> list[Step]:
        """The changes beside what is stored.

        Raises:
            StaleWrite: something is not as it was when a change was decided.
        """
        self._speech.lock(self._connection, (name for change in changes for name in _names(change)))
        read = [row for change in changes for row in (change.row, *change.joined) if row.revision]
        known = self._held({row.id for row in read})
        for row in read:
            before = known.get(row.id)
            if before is None or before.row.revision != row.revision or before.row.alias_of is not None:
                raise StaleWrite(f"case {row.id} has changed since it was read")
        steps = [step(change, known) for change in changes]
        self._check_strong(steps)
        self._check_cross(changes)
        return steps

    def _held(self, ids: Collection[str]) -> dict[str, Before]:
        rows = self._stored(_locked_cases(self._speech), {"ids": self._many(ids)}) if ids else ()
        return {row["id"]: Before(case_row(row), unpack_state(row["state"])) for row in rows}

    def _check_strong(self, steps: Sequence[Step]) -> None:
        new = [token for one in steps for token in one.change.strong - one.strong_before]
        if new and self._stored(_owned(self._speech), self._speech.probing(new)):
            raise StaleWrite("an identifier of this case leads to another case since it was read")

    def _check_cross(self, changes: Sequence[CaseChange]) -> None:
        """Compare look-ups with now; what this transaction itself wrote is for the re-checks that it enqueues."""
        asked = [each for change in changes for each in change.verify]
        now = self._stored_crosses([query for query, _ in asked], self._written.keys())
        for (_, seen), found in zip(asked, now, strict=True):
            gone = set(seen) - set(found)
            own = {row for rows in self._written.values() for row in rows} if gone else set()
            if set(found) - set(seen) or gone - own:
                raise StaleWrite("what other cases show has changed since it was read")


def _names(change: CaseChange) -> Iterator[bytes]:
    """What no other writer may take or change meanwhile: identifiers, and what is seen between cases."""
    yield from change.strong
    yield from (channel(row.leaf, row.side, row.key) for row in change.cross)
    yield from (channel(query.leaf, CrossSide.TARGET, query.key) for query, _ in change.verify)


@cache
def _locked_cases(speech: Speech) -> Select[Any]:
    """In one order for all writers."""
    return select(cases).where(speech.among(cases.c.id, "ids")).order_by(cases.c.id).with_for_update()


@cache
def _owned(speech: Speech) -> Select[Any]:
    probe = speech.probe(32)
    return select(probe.place.label("place")).select_from(probe.source).join(strong, strong.c.token == probe.token)
