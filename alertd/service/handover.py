"""Hand-over: at each one a list for the incoming team, made once; and its confirmation, which ends it.

Source: DOMAIN, "Who is woken", "Hand-over".
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from alertd.core.handover import begun, contact_clocks, hand_over_list, next_hand_over
from alertd.core.on_call import DUTY, MANAGER
from alertd.core.schedule import OUTAGE
from alertd.core.wording import counted, moment, team_word
from alertd.model.case import LineState, Obligation, ObligationKey
from alertd.model.errors import NotPossible
from alertd.model.handover import Handover
from alertd.model.ids import PersonId, RoleId
from alertd.model.rulebook import RuleBook
from alertd.model.values import Channel, Rest, Severity
from alertd.service.finding import code_in
from alertd.service.people import People
from alertd.service.ports import Rank, Reading, Store, Writing
from alertd.service.system_lines import SYSTEM

HANDOVER = "handover"
"""Template, and what the lines of a list are about."""
REMIND_AFTER = timedelta(minutes=30)
"""A list that nobody has confirmed is sent once more after this, and stands in the duty manager's next digest."""
_LIST, _REMINDER, _UNCONFIRMED = "0", "remind", "unconfirmed"
_WAITING = (LineState.PENDING, LineState.HELD)


class Handovers:
    """Makes the list of each hand-over.

    Args:
        store: For cases, and the hand-overs on record.
        book: Rules, hours and roles as the files say now.
    """

    def __init__(self, store: Store, book: Callable[[], RuleBook]) -> None:
        self._store = store
        self._book = book

    def next(self, now: datetime) -> datetime | None:
        """When the duty next passes on; None when it never does."""
        return next_hand_over(self._book(), now)

    def due(self, now: datetime) -> tuple[RoleId, ...]:
        """The team whose shift has begun and is not on record yet, if any."""
        with self._store.read() as reading:
            shift = begun(self._book(), reading.last_handover(), now)
        return () if shift is None else (shift.team,)

    def run(self, now: datetime, only: Collection[RoleId] | None = None) -> int:
        """Put a hand-over on record, once on however many machines, with the list for the incoming team.

        The first shift that a store ever sees is put on record without one: nobody hands over yet.

        Args:
            now: Aware UTC; after an outage only the latest hand-over is made, marked late.
            only: Leave out every other team; None for all.

        Returns:
            How many hand-overs were looked at.
        """
        book = self._book()
        with self._store.read() as reading:
            last = reading.last_handover()
            shift = begun(book, last, now)
            if shift is None or (only is not None and shift.team not in only):
                return 0
            made = Handover(1 if last is None else last.number + 1, shift, now)
            if last is not None:
                cases = hand_over_list(reading.open_cases(), shift, contact_clocks(book), now)
                made = replace(made, cases=cases)
        with self._store.write(Rank.TICK) as writing:
            if made.cases:
                made = replace(made, code=writing.allocate_code(now))
            if writing.add_handover(made):
                self._tell(made, last, writing)
        return 1

    def _tell(self, made: Handover, last: Handover | None, writing: Writing) -> None:
        if last is not None:
            _end_waiting(last, (_REMINDER,), "replaced", writing)
        if made.cases:
            writing.add_obligations(_lines(made, self._book()))


def _lines(made: Handover, book: RuleBook) -> list[Obligation]:
    """The list itself, one reminder, and a line for the manager while nobody confirms."""
    told = Obligation(
        key=ObligationKey(SYSTEM, HANDOVER, str(made.number), 1, _LIST, DUTY),
        case=None,
        at=made.shift.at,
        made_at=made.made_at,
        state=LineState.PENDING,
        reason="",
        template=HANDOVER,
        by=(Channel.SMS, Channel.EMAIL),
        rest=Rest.WAKE,
        severity=Severity.HIGH,
        reasons=(HANDOVER,),
        late=made.made_at - made.shift.at > OUTAGE,
        note=(("source", f"{named(made, book)}: nobody has confirmed it"),),
    )
    later = replace(told, at=made.made_at + REMIND_AFTER, rest=Rest.HOLD, late=False)
    remind = replace(told.key, step=_REMINDER)
    manager = replace(told.key, step=_UNCONFIRMED, role=MANAGER)
    return [
        told,
        replace(later, key=remind, by=(Channel.SMS,), repeat=True),
        replace(later, key=manager, by=(Channel.EMAIL,), digest=True),
    ]


def named(made: Handover, book: RuleBook) -> str:
    """A list as people speak of it, by team and time."""
    team = team_word(book, made.shift.team)
    return f"hand-over list for {team} of {moment(made.shift.at)}, {counted(len(made.cases), 'case')}"


def _end_waiting(made: Handover, steps: Collection[str], why: str, writing: Writing) -> None:
    """Take back those lines of a list that have not been told."""
    roles = {_REMINDER: DUTY, _UNCONFIRMED: MANAGER}
    keys = [ObligationKey(SYSTEM, HANDOVER, str(made.number), 1, step, roles[step]) for step in steps]
    waiting = [row for row in writing.obligations(keys) if row.state in _WAITING]
    writing.set_obligations([replace(row, state=LineState.WITHDRAWN, reason=why, not_before=None) for row in waiting])


def list_of(row: Obligation, reading: Reading) -> Handover | None:
    """The hand-over whose list a line tells of; None for every other line."""
    return reading.handover(int(row.key.key)) if row.key.about == HANDOVER else None


@dataclass(frozen=True, slots=True)
class Confirmed:
    """A list as it stands after somebody confirmed it; `changed` is False when it was confirmed before."""

    list: Handover
    changed: bool


class Confirming:
    """Shows the list that waits, and takes its confirmation.

    Args:
        store: For the lists on record.
        people: The verbs of people, by which each case records who has taken it over.
    """

    def __init__(self, store: Store, people: People) -> None:
        self._store = store
        self._people = people

    def waiting(self) -> Handover | None:
        """The list of the latest hand-over, while nobody has confirmed it."""
        with self._store.read() as reading:
            return waiting_list(reading)

    def confirm(self, target: str, by: PersonId, now: datetime) -> Confirmed:
        """Confirm a whole list in one act; the same act again changes nothing.

        Each case records it first, and the list after: whatever a crash cuts off is completed by doing it again.

        Args:
            target: Code of the list, with or without its Y; "" for the newest one.
            by: Who confirms; whoever calls has made sure of that.
            now: Aware UTC.

        Raises:
            NotPossible: there is no such list.
        """
        with self._store.read() as reading:
            found = _found(target, reading)
            if found.confirmed_at is not None:
                return Confirmed(found, changed=False)
            facts = [reading.case(each.case) for each in found.cases]
        refs = dict.fromkeys(each.row.ref for each in facts if each is not None)
        self._people.confirm_handover(tuple(refs), by, now, message_id=f"{HANDOVER}/{found.number}")
        with self._store.write(Rank.PEOPLE) as writing:
            changed = writing.confirm_handover(found.number, by, now)
            _end_waiting(found, (_REMINDER, _UNCONFIRMED), "confirmed", writing)
            return Confirmed(writing.handover(found.number) or found, changed)


def waiting_list(reading: Reading) -> Handover | None:
    """The list of the latest hand-over, while nobody has confirmed it.

    What nobody confirmed before that stands on this one again, or waits for nobody's contact any more.
    """
    newest = reading.last_handover()
    return newest if newest is not None and newest.waits else None


def _found(target: str, reading: Reading) -> Handover:
    code = code_in(target)
    if target and not code:
        raise NotPossible(f"'{target}' is no code of six digits: `alertd handover list` shows the list")
    found = reading.handover_by_code(code) if code else reading.last_list()
    if found is None:
        raise NotPossible(f"no hand-over list has the code {code}" if code else "there is no hand-over list yet")
    return found
