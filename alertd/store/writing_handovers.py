"""Hand-overs into the store."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import insert, update

from alertd.model.handover import Handover
from alertd.model.ids import PersonId
from alertd.store.codec import micros, optional_micros
from alertd.store.reading_cases import CaseReading
from alertd.store.tables import handed_over, handovers


class HandoverWriting(CaseReading):
    """Each hand-over once, each confirmation once."""

    def add_handover(self, row: Handover) -> bool:
        """Put a hand-over with its cases on record; False, and nothing written, when its number is taken."""
        adding = (
            self._speech.insert(handovers)
            .values(
                number=row.number,
                at=micros(row.shift.at),
                team=row.shift.team,
                until=optional_micros(row.shift.until),
                made_at=micros(row.made_at),
                code=row.code,
                confirmed_at=optional_micros(row.confirmed_at),
                confirmed_by=row.confirmed_by,
            )
            .on_conflict_do_nothing()
            .returning(handovers.c.number)
        )
        if self._connection.execute(adding).first() is None:
            return False
        listed = [
            {"number": row.number, "case_id": each.case, "place": n, "is_new": each.is_new, "is_due": each.is_due}
            for n, each in enumerate(row.cases)
        ]
        if listed:
            self._connection.execute(insert(handed_over), listed)
        return True

    def confirm_handover(self, number: int, by: PersonId, at: datetime) -> bool:
        """Mark a list confirmed; False when it was already, or is not there."""
        waits = (handovers.c.number == number, handovers.c.confirmed_at.is_(None))
        marking = update(handovers).where(*waits).values(confirmed_at=micros(at), confirmed_by=by)
        return bool(self._connection.execute(marking).rowcount)
