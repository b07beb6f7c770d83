"""Whether somebody can be reached for every role at every minute to come; where not, from when to when, and why.

Between two moments at which anything changes (an opening, a change-over, a shift, an override, a swap) every answer
stays the same, so looking at those moments alone is looking at every minute.

Source: RULES, "Checking", E034.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import pairwise, takewhile

from alertd.core.addressed import Use, channels_of, uses_of
from alertd.core.calendar import at_local, is_open, local, openings
from alertd.core.on_call import OnCall, backup_of, hours_of, on_call
from alertd.core.outgoing import Desk, reachable
from alertd.model.ids import RoleId
from alertd.model.rulebook import Override, Rota, RuleBook, Turns
from alertd.model.values import Channel

AHEAD = timedelta(weeks=8)
"""How far ahead cover is looked at."""


@dataclass(frozen=True, slots=True)
class Gap:
    """In [from_, to) nobody can be reached for a role; aware UTC.

    Attributes:
        why: Who was looked for on the way, and what was missing; no names and no numbers.
    """

    role: RoleId
    from_: datetime
    to: datetime
    why: tuple[str, ...]


def gaps(desk: Desk, start: datetime, end: datetime) -> tuple[Gap, ...]:
    """Find every gap in cover.

    Args:
        desk: Rules, channels with a provider, swaps, people who take no texts.
        start: Aware UTC; included.
        end: Excluded.

    Returns:
        Gaps by role and time, as long as they can be. A role whose own hours are closed, and that nothing tells then,
        has none.
    """
    moments = changes(desk, start, end)
    found: list[Gap] = []
    for role, uses in sorted(uses_of(desk.book).items()):
        found += _joined([gap for at, until in moments if (gap := _gap(desk, role, uses, at, until)) is not None])
    return tuple(found)


def _gap(desk: Desk, role: RoleId, uses: Sequence[Use], at: datetime, until: datetime) -> Gap | None:
    by = asked(desk.book, role, uses, at)
    if not by or reachable(role, by, at, desk):
        return None
    return Gap(role, at, until, _why(desk, role, by, at))


def asked(book: RuleBook, role: RoleId, uses: Sequence[Use], at: datetime) -> tuple[Channel, ...]:
    """Channels over which a role may be told at an instant: fewer, or none, while its own hours are closed."""
    hours = hours_of(book, role)
    is_closed = hours is not None and not is_open(book.hours[hours], at)
    return channels_of(uses, always=is_closed)


def _joined(gaps_of_role: Sequence[Gap]) -> list[Gap]:
    """Gaps that touch are one, with the reasons of both."""
    found: list[Gap] = []
    for gap in gaps_of_role:
        if found and found[-1].to == gap.from_:
            why = tuple(dict.fromkeys((*found[-1].why, *gap.why)))
            found[-1] = replace(found[-1], to=gap.to, why=why)
        else:
            found.append(gap)
    return found


def _why(desk: Desk, role: RoleId, by: tuple[Channel, ...], at: datetime) -> tuple[str, ...]:
    answers = (on_call(desk.book, role, at, desk.swaps), backup_of(desk.book, role, at, desk.swaps))
    return tuple(line for answer in answers if answer is not None for line in _short_of(answer, by, desk))


def _short_of(answer: OnCall, by: tuple[Channel, ...], desk: Desk) -> Iterator[str]:
    if not answer.people:
        yield answer.why[-1]
    for person in answer.people:
        is_silent = person.id in desk.silent and Channel.SMS in by
        told = ", and has asked for no texts" if is_silent else ""
        yield f"{answer.role}: {person.id} cannot be told by {' or '.join(by)}{told}"


def changes(desk: Desk, start: datetime, end: datetime) -> tuple[tuple[datetime, datetime], ...]:
    """Cut [start, end) where any answer may change; earliest first, and nothing changes within a piece."""
    cuts = {at for at in _moments(desk, start, end) if start < at < end}
    edges = [start, *sorted(cuts), end] if start < end else []
    return tuple(pairwise(edges))


def _moments(desk: Desk, start: datetime, end: datetime) -> Iterator[datetime]:
    for hours in desk.book.hours.values():
        for span in takewhile(lambda span: span[0] < end, openings(hours, start)):
            yield from span
    for rota in desk.book.rotas.values():
        yield from _of_rota(rota, start, end)
    for overrides in desk.swaps.values():
        yield from _of_overrides(overrides)


def _of_rota(rota: Rota, start: datetime, end: datetime) -> Iterator[datetime]:
    yield from _of_overrides(rota.overrides)
    if rota.turns is not None:
        yield from _of_turns(rota.turns, start, end)
    if rota.calendar is not None:
        yield from rota.calendar.changes(start, end)


def _of_overrides(overrides: Sequence[Override]) -> Iterator[datetime]:
    for each in overrides:
        yield from (each.from_, each.to)


def _of_turns(turns: Turns, start: datetime, end: datetime) -> Iterator[datetime]:
    day, last = local(start).date(), local(end).date()
    while day <= last:
        if turns.every == "day" or day.weekday() == turns.weekday:
            yield at_local(day, turns.change_at)
        day += timedelta(days=1)
