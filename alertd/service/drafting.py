"""What one look at the waiting lines leads to: messages to people, merged, and lines with their new state."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from alertd.core.on_call import PERSON
from alertd.core.outgoing import Recipient
from alertd.model.case import Notification, NotificationState, Obligation
from alertd.model.ids import CaseId, PersonId, RoleId
from alertd.model.values import Channel, Severity

NoteKey = tuple[str, str, str]
"""What keeps messages apart: matter, person, channel."""
URGENT_DEADLINE = timedelta(minutes=15)
DEADLINE = timedelta(hours=6)


@dataclass(slots=True)
class Draft:
    """Messages and line states, collected at one moment and then written together.

    Attributes:
        new_id: Makes names for messages.
        now: The moment, aware UTC.
        notes: Messages by what keeps them apart: case, person, channel.
        rows: Lines with the state they are to have.
        wake: Cases that look at their ladder again at once.
        taken: Lines that go although their time has not come, as they were read.
        clocks: The first line with a clock that each text names.
    """

    new_id: Callable[[], str]
    now: datetime
    notes: dict[NoteKey, Notification] = field(default_factory=dict)
    rows: list[Obligation] = field(default_factory=list)
    wake: set[CaseId] = field(default_factory=set)
    taken: list[Obligation] = field(default_factory=list)
    clocks: dict[NoteKey, Obligation] = field(default_factory=dict)

    def tell(self, row: Obligation, each: Recipient) -> None:
        """Tell somebody of a line over every channel found for them."""
        for channel in each.channels:
            self.add(row, each.role, each.person.id, channel, each.why)

    def add(self, row: Obligation, role: RoleId, person: PersonId, channel: Channel, why: str = "") -> None:
        """Add a line to the message of its case, person and channel: what is pending together goes together.

        A text names one deadline: a line of a clock that falls due at another moment goes in a text of its own.
        """
        key = (_matter(row), person, channel.value)
        if channel is Channel.SMS and row.clock and not _one_deadline(self.clocks.setdefault(key, row), row):
            key = (f"{_matter(row)} {row.clock}", person, channel.value)
        known = self.notes.get(key)
        if known is None:
            self.notes[key] = replace(self.note(row, role, person, channel), why=why)
            return
        if _weight(known) < row.severity.rank:
            known = replace(known, template=row.template, asked=_asked(row))
        self.notes[key] = replace(
            known,
            lines=(*known.lines, row.key),
            urgent=known.urgent or row.severity is Severity.URGENT,
            repeat=known.repeat or row.repeat,
            deadline_at=min(known.deadline_at, self.now + _deadline(row)),
        )

    def add_later(self, row: Obligation, to: Notification, at: datetime) -> None:
        """Tell whoever got an earlier message of a line at a later moment, apart from what goes now."""
        key = (f"{row.case or row.key} at {at.isoformat()}", to.person, to.channel.value)
        note = self.notes.get(key) or replace(self.note(row, to.role, to.person, to.channel), why=to.why)
        lines = tuple(dict.fromkeys((*note.lines, row.key)))
        self.notes[key] = replace(note, lines=lines, next_at=at, deadline_at=at + _deadline(row))

    def note(self, row: Obligation, role: RoleId, person: PersonId, channel: Channel) -> Notification:
        """A message of its own for one line."""
        return Notification(
            id=self.new_id(),
            case=row.case,
            role=role,
            asked=_asked(row),
            person=person,
            channel=channel,
            state=NotificationState.PENDING,
            reason="",
            next_at=self.now,
            deadline_at=self.now + _deadline(row),
            attempts=0,
            urgent=row.severity is Severity.URGENT,
            repeat=row.repeat,
            provider_id="",
            provider="",
            created_at=self.now,
            sent_at=None,
            lines=(row.key,),
            template=row.template,
            received_at=row.at,
        )


def _matter(row: Obligation) -> str:
    """What a line goes together with others by: its case, but an answer to one person always goes alone.

    What is taken back never goes with what is new: the text can say only one of the two.
    """
    if row.case is None or row.key.role.startswith(PERSON):
        return str(row.key)
    return f"{row.case}!" if is_stand_down(row) else row.case


def is_stand_down(row: Obligation) -> bool:
    """Whether a line takes back what an earlier one told."""
    return row.key.step.endswith("!")


def _one_deadline(first: Obligation, row: Obligation) -> bool:
    """Whether one text can name the deadlines of both lines."""
    if is_stand_down(row) or first.clock == row.clock:
        return True
    return first.template == row.template and first.at == row.at


def _asked(row: Obligation) -> RoleId:
    return RoleId(row.key.role)


def _deadline(row: Obligation) -> timedelta:
    return URGENT_DEADLINE if row.severity is Severity.URGENT else DEADLINE


def _weight(note: Notification) -> int:
    return Severity.URGENT.rank if note.urgent else Severity.HIGH.rank
