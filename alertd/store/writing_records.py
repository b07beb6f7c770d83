"""Re-checks, quarantine, notes and rule versions into the store."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import delete, insert, update

from alertd.model.case import MessageOutcome
from alertd.model.ids import CaseId, Version
from alertd.model.message import Unreadable
from alertd.store.codec import dumps, micros
from alertd.store.reading_cases import CaseReading
from alertd.store.tables import notes, quarantine, rechecks, rule_versions


class RecordWriting(CaseReading):
    """What belongs to no decision."""

    _tally: Counter[str]

    def enqueue_rechecks(self, cases: Iterable[CaseId], at: datetime) -> None:
        """Ask for these cases to be judged again.

        One that waits already keeps its place; an alias means its survivor. A decision that is under way becomes
        stale: it would clear the re-check without having seen what asked for it.
        """
        live = {row.id for row, _ in self._live(cases).values()}
        self._touch(live)
        rows = [{"case_id": id_, "at": micros(at)} for id_ in sorted(live)]
        if rows:
            self._connection.execute(self._speech.insert(rechecks).on_conflict_do_nothing(), rows)

    def clear_rechecks(self, cases: Iterable[CaseId]) -> None:
        """They have been judged again."""
        self._settle()
        ids = sorted(set(cases))
        if ids:
            among = self._speech.among(rechecks.c.case_id, "ids")
            self._connection.execute(delete(rechecks).where(among), {"ids": self._many(ids)})

    def quarantine_add(self, unreadable: Unreadable) -> int:
        """Keep an unreadable message, encrypted, and count it; returns its id."""
        adding = insert(quarantine).values(
            sender=self._keyring.seal_own(dumps([unreadable.source, unreadable.id, unreadable.beside]), "sender"),
            reason=unreadable.reason,
            received_at=micros(unreadable.received_at),
            raw=self._keyring.seal_own(unreadable.raw, "quarantine"),
            settled_by="",
            settled_why=self._keyring.seal_own(dumps([""]), "settled why"),
        )
        self._tally["messages.received"] += 1
        self._tally[f"messages.{MessageOutcome.QUARANTINED}"] += 1
        id_: int = self._connection.execute(adding.returning(quarantine.c.id)).scalar_one()
        return id_

    def quarantine_settle(self, id_: int, by: str, why: str, at: datetime) -> bool:
        """Mark it settled; False when it was already, or is not there."""
        settled = {
            "settled_at": micros(at),
            "settled_by": by,
            "settled_why": self._keyring.seal_own(dumps([why]), "settled why"),
        }
        is_open = (quarantine.c.id == id_, quarantine.c.settled_at.is_(None))
        return bool(self._connection.execute(update(quarantine).where(*is_open).values(settled)).rowcount)

    def record_version(self, version: Version, text: str, at: datetime) -> None:
        """Keep a loaded rule set under its hash; again changes nothing. Sealed: it may name people."""
        content = self._keyring.seal_own(dumps([text]), "rules")
        adding = self._speech.insert(rule_versions).values(version=version, recorded_at=micros(at), content=content)
        self._connection.execute(adding.on_conflict_do_nothing())

    def set_note(self, key: str, value: str) -> None:
        """Store a small fact."""
        setting = self._speech.insert(notes).values(name=key, value=value)
        self._connection.execute(setting.on_conflict_do_update(index_elements=["name"], set_={"value": value}))
