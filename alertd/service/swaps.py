"""Swaps: somebody answers for a role instead, for a while, without a file being edited.

Source: CONTRACT, `alertd oncall set`: "a swap at 22:00 without editing a file (stored override, shown and audited)".
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from alertd.core.addressed import channels_of, lacking, uses_of
from alertd.core.on_call import by_role, on_call, to_person
from alertd.core.outgoing import Desk
from alertd.core.wording import moment, team_word
from alertd.model.case import LineState, Obligation, ObligationKey
from alertd.model.errors import NotPossible
from alertd.model.ids import PersonId, RoleId
from alertd.model.rulebook import Override, RuleBook
from alertd.model.shifts import Swap
from alertd.model.values import Channel, Rest, Severity
from alertd.service.ports import Rank, Reading, Store
from alertd.service.system_lines import SYSTEM

TEMPLATE = "swap_note"
LONGEST = timedelta(weeks=8)
"""What lasts longer is no swap but another rota."""
_JUST_NOW = timedelta(minutes=1)
"""A time typed to the minute has passed by less than this when it is read."""


class StoredSwaps:
    """Swaps that stand, as far as they were learned: who plans a message asks memory, not the store."""

    def __init__(self) -> None:
        self._learned: dict[RoleId, tuple[Override, ...]] = {}

    def learn(self, reading: Reading, now: datetime) -> None:
        """Take over what is on record, by whichever machine or command; aware UTC."""
        self._learned = by_role(reading.swaps(now))

    def by_role(self) -> dict[RoleId, tuple[Override, ...]]:
        """Overrides as `Desk` asks for them."""
        return self._learned


@dataclass(frozen=True, slots=True)
class Wanted:
    """A swap that somebody asks for: in [from_, to), aware UTC."""

    role: RoleId
    person: PersonId
    from_: datetime
    to: datetime


class Swapping:
    """The verbs of swaps; who somebody is, the caller has made sure of.

    Anybody in people.yaml may record or undo one, for whoever is awake at 22:00 must be able to: it is on record under
    their name, and the people whom it concerns are told at once.

    Args:
        store: For swaps, and for telling people.
        desk: Rules and channels in force.
    """

    def __init__(self, store: Store, desk: Callable[[datetime], Desk]) -> None:
        self._store = store
        self._desk = desk

    def set(self, wanted: Wanted, by: PersonId, now: datetime) -> Swap:
        """Record a swap, and tell the person who comes in and those who go out.

        Args:
            wanted: Who answers for which role, from when to when.
            by: Who records it.
            now: Aware UTC.

        Raises:
            NotPossible: no such role or person, nobody who can be told, or times that make no sense.
        """
        desk = self._desk(now)
        _check_times(wanted, now)
        _check_person(wanted, desk)
        begins = max(wanted.from_, now)
        with self._store.write(Rank.PEOPLE) as writing:
            before = _answers(desk.book, wanted.role, begins, writing.swaps(now))
            swap = writing.add_swap(Swap(0, wanted.role, wanted.person, begins, wanted.to, by, now))
            after = _answers(desk.book, wanted.role, begins, writing.swaps(now))
            writing.add_obligations(_lines(swap, _Change(before, after, "set"), desk, now))
        return swap

    def undo(self, number: int, by: PersonId, now: datetime) -> Swap:
        """Take a swap back from now on, and tell the same people; arguments and errors as `set`."""
        desk = self._desk(now)
        with self._store.write(Rank.PEOPLE) as writing:
            swap = next((each for each in writing.swaps() if each.number == number), None)
            if swap is None:
                raise NotPossible(f"there is no swap {number}: `alertd oncall swaps` lists them")
            _check_undo(swap, now)
            begins = max(swap.from_, now)
            before = _answers(desk.book, swap.role, begins, writing.swaps(now))
            writing.undo_swap(number, by, now)
            after = _answers(desk.book, swap.role, begins, writing.swaps(now))
            rest = replace(swap, from_=begins)
            writing.add_obligations(_lines(rest, _Change(before, after, "undone"), desk, now))
        return replace(swap, undone_by=by, undone_at=now)


def _check_times(wanted: Wanted, now: datetime) -> None:
    if wanted.from_ < now - _JUST_NOW:
        raise NotPossible(
            f"{moment(wanted.from_)} has passed: a swap cannot begin in the past; leave --from out to begin now"
        )
    if wanted.to <= max(wanted.from_, now):
        raise NotPossible(f"the swap would end at {moment(wanted.to)}, before it begins: give a later --until")
    if wanted.to - wanted.from_ > LONGEST:
        weeks = LONGEST // timedelta(weeks=1)
        raise NotPossible(f"a swap lasts {weeks} weeks at most: change the rota in rotas.yaml for longer")


def _check_person(wanted: Wanted, desk: Desk) -> None:
    """Refuse whom an alert could not reach: the swap would silence the role."""
    if wanted.role not in desk.book.roles:
        raise NotPossible(f"there is no role '{wanted.role}'")
    person = desk.book.people.get(wanted.person)
    if person is None:
        raise NotPossible(f"there is no person '{wanted.person}'")
    uses = uses_of(desk.book).get(wanted.role, ())
    if needed := lacking(person, uses):
        raise NotPossible(
            f"{person.id} has no {' and no '.join(needed)}, and '{wanted.role}' is told so: add a number to people.yaml"
        )
    ways = channels_of(uses) or tuple(Channel)
    if not any(desk.can_tell(person, channel) for channel in ways):
        raise NotPossible(
            f"{person.id} cannot be told by {' or '.join(ways)} now: no such channel works, or the phone has asked "
            "for no texts (it answers START to have them again)"
        )


def _check_undo(swap: Swap, now: datetime) -> None:
    if swap.undone_at is not None:
        raise NotPossible(f"swap {swap.number} was undone by {swap.undone_by} at {moment(swap.undone_at)} already")
    if swap.to <= now:
        raise NotPossible(f"swap {swap.number} ended at {moment(swap.to)}: there is nothing to undo")


def _answers(book: RuleBook, role: RoleId, at: datetime, swaps: Iterable[Swap]) -> tuple[PersonId, ...]:
    return tuple(person.id for person in on_call(book, role, at, by_role(swaps)).people)


@dataclass(frozen=True, slots=True)
class _Change:
    """Who answers for a role when a swap begins, before and after it was recorded or undone (`what`)."""

    before: tuple[PersonId, ...]
    after: tuple[PersonId, ...]
    what: str

    @property
    def parties(self) -> dict[PersonId, bool]:
        """Whom it concerns, and whether they are on call now."""
        gone = dict.fromkeys((person for person in self.before if person not in self.after), False)
        return dict.fromkeys((person for person in self.after if person not in self.before), True) | gone


def _lines(swap: Swap, change: _Change, desk: Desk, now: datetime) -> list[Obligation]:
    """Tell those whom it concerns: by night only when it begins before the morning's list would come."""
    wakes = swap.from_ < desk.rest.end_after(now)
    span = f"from {'now' if swap.from_ <= now else moment(swap.from_)} to {moment(swap.to)}"
    why = "by a swap" if change.what == "set" else "a swap was undone"
    team = team_word(desk.book, swap.role)
    return [
        Obligation(
            key=ObligationKey(SYSTEM, "swap", str(swap.number), 1, change.what, to_person(person)),
            case=None,
            at=now,
            made_at=now,
            state=LineState.PENDING,
            reason="",
            template=TEMPLATE,
            by=(Channel.SMS, Channel.EMAIL),
            rest=Rest.WAKE if wakes else Rest.HOLD,
            severity=Severity.HIGH,
            reasons=("swap",),
            note=(("source", f"{team}: you are {'on' if comes else 'not on'} call {span}, {why}."),),
        )
        for person, comes in change.parties.items()
    ]
