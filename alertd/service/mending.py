"""What people mend: unreadable messages taken again or settled, messages to people sent again."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from alertd.model.case import MessageOutcome, Notification, NotificationState
from alertd.model.errors import NotPossible
from alertd.model.ids import PersonId
from alertd.service.intake import Arrival, Intake
from alertd.service.messages import Properties
from alertd.service.ports import QuarantineRow, Rank, Reading, Store

REPLAYED = "replayed"
"""Why a replayed message is settled."""

_RETRIED = (NotificationState.IN_DOUBT, NotificationState.REFUSED, NotificationState.EXPIRED)


@dataclass(frozen=True, slots=True)
class Replayed:
    """What came of taking a message again: an outcome, or the reason why it still cannot be read."""

    id: int
    outcome: MessageOutcome | None
    reason: str = ""


class Mending:
    """Verbs on the quarantine and the outbox."""

    def __init__(self, store: Store, intake: Intake) -> None:
        self._store = store
        self._intake = intake

    def replay(self, id_: int, by: PersonId, now: datetime) -> Replayed:
        """Take an unreadable message again, as received first and by the present rules; settle it when it is read.

        A crash in between leaves it open; taken once more it is a duplicate, and nothing is sent twice.

        Raises:
            NotPossible: there is no such message, or it is settled.
        """
        row, raw = self._open(id_)
        arrival = Arrival(raw, Properties.of(row.beside), row.received_at)
        if (reason := self._intake.why_unreadable(arrival)) is not None:
            return Replayed(id_, None, reason)
        totals = self._intake.take([arrival], now)
        self._settle(id_, by, REPLAYED, now)
        return Replayed(id_, next(outcome for outcome, number in totals.items() if number))

    def settle(self, id_: int, reason: str, by: PersonId, now: datetime) -> None:
        """Settle an unreadable message: somebody has rung the sender, or it is no matter.

        Raises:
            NotPossible: there is no such message, or it is settled.
        """
        self._open(id_)
        self._settle(id_, by, reason, now)

    def _settle(self, id_: int, by: PersonId, why: str, now: datetime) -> None:
        with self._store.write(Rank.PEOPLE) as writing:
            if not writing.quarantine_settle(id_, by, why, now):
                raise NotPossible(f"message {id_} is settled already")

    def _open(self, id_: int) -> tuple[QuarantineRow, bytes]:
        with self._store.read() as reading:
            found = reading.quarantined(id_)
        if found is None:
            raise NotPossible(f"there is no unreadable message {id_}: `alertd quarantine` lists them")
        if found[0].settled_at is not None:
            raise NotPossible(f"message {id_} is settled already, by {found[0].settled_by}")
        return found

    def retry(self, id_: str, now: datetime) -> Notification:
        """Send a message to a person again that was refused, given up or left in doubt.

        One in doubt may have arrived: it goes again marked as a repeat.

        Args:
            id_: Its id, or the beginning of it.
            now: Aware UTC.

        Raises:
            NotPossible: there is no such message, or it needs no second try.
        """
        with self._store.read() as reading:
            note = find_notification(reading, id_)
        if note.state not in _RETRIED:
            raise NotPossible(f"message {note.id} is {note.state}: only what failed or is in doubt can be sent again")
        again = replace(
            note,
            state=NotificationState.PENDING,
            reason="",
            next_at=now,
            deadline_at=now + (note.deadline_at - note.created_at),
            repeat=note.repeat or note.state is NotificationState.IN_DOUBT,
        )
        with self._store.write(Rank.PEOPLE) as writing:
            if not writing.set_notification(again, note.state):
                raise NotPossible(f"message {note.id} has just moved on: look again with `alertd outbox show`")
        return again


_LOOKED_THROUGH = 10_000


def find_notification(reading: Reading, id_: str) -> Notification:
    """A message to a person by its id, or by the beginning of it among the newest ten thousand.

    Raises:
        NotPossible: there is none, or several begin so.
    """
    found = reading.notification(id_)
    if found is not None:
        return found
    alike = [note for note in reading.list_notifications((), _LOOKED_THROUGH) if id_ and note.id.startswith(id_)]
    if len(alike) > 1:
        raise NotPossible(f"{len(alike)} messages begin with {id_}: give more of the id")
    if not alike:
        raise NotPossible(f"there is no message {id_}: `alertd outbox` lists them")
    return alike[0]
