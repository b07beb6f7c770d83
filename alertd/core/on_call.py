"""Who answers for a role at an instant: hours, routing, turns, overrides, backup."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from alertd.core.calendar import at_local, is_open, local, next_change
from alertd.model.ids import HoursId, PersonId, RoleId, RotaId
from alertd.model.rulebook import Override, Person, Role, Rota, RuleBook, Turns
from alertd.model.shifts import Swap

DUTY = RoleId("safeguarding_duty")
"""The routing role to which everything urgent goes first."""
MANAGER = RoleId("duty_manager")
"""The manager on duty for the borough."""
RULES_ADMIN = RoleId("rules_admin")
"""Who is told of trouble in the system itself."""
MANAGER = RoleId("duty_manager")
"""Told of what a manager on duty must know, such as a phone that takes no texts any more."""
PERSON = "person:"
"""A line may be addressed to one person: its role is this and the person's id, and resolves to nobody else."""


@dataclass(frozen=True, slots=True)
class OnCall:
    """Who answers.

    Attributes:
        role: The role reached after hours and routing.
        people: Who is on call there, in order.
        why: One line per step of the way, for `alertd oncall`.
    """

    role: RoleId
    people: tuple[Person, ...]
    why: tuple[str, ...]


Swaps = Mapping[RoleId, tuple[Override, ...]]
"""Stored overrides (`alertd oncall set`) by role, strongest first."""
NO_SWAPS: Swaps = {}


def by_role(swaps: Iterable[Swap]) -> dict[RoleId, tuple[Override, ...]]:
    """Swaps as `on_call` asks for them.

    Args:
        swaps: Those that stand, the newest first: it goes before the others.
    """
    found: dict[RoleId, list[Override]] = {}
    for swap in swaps:
        found.setdefault(swap.role, []).append(Override(swap.from_, swap.to, (swap.person,)))
    return {role: tuple(overrides) for role, overrides in found.items()}


def on_call(book: RuleBook, role: RoleId, at: datetime, swaps: Swaps = NO_SWAPS) -> OnCall:
    """Resolve a role at an instant.

    Args:
        book: The loaded rules; unknown names resolve to nobody.
        role: The role asked, or `to_person` for one person.
        at: Aware UTC.
        swaps: Those of the role asked count, and of every role on the way to the one reached.

    Returns:
        The role reached and its people; empty when closed without another role, or nobody stands there.
    """
    if role.startswith(PERSON):
        return OnCall(role, _people(book, (PersonId(role.removeprefix(PERSON)),)), (f"{role}: addressed by name",))
    return _resolve(book, role, at, swaps, ())


def backup_of(book: RuleBook, role: RoleId, at: datetime, swaps: Swaps = NO_SWAPS) -> OnCall | None:
    """Resolve the backup of the role reached, or of the role asked; None when neither has one."""
    reached = on_call(book, role, at, swaps).role
    for candidate in (reached, role):
        backup = book.roles[candidate].backup if candidate in book.roles else None
        if backup:
            return _target(book, candidate, backup, at, swaps, (f"{candidate}: backup {backup}",))
    return None


def call_back(book: RuleBook, at: datetime, otherwise: str) -> str:
    """The number to ring: that of the team on duty at an instant, by its hours, whoever has swapped there.

    Args:
        book: For the roles.
        at: Aware UTC.
        otherwise: The service's own number, where the team names none.

    Source: protocol notes, "Privacy": "call-back number of the role that is open at that hour".
    """
    team = on_call(book, DUTY, at).role
    found = (book.roles[name].call_back for name in (team, DUTY) if name in book.roles)
    return next((number for number in found if number), otherwise)


def to_person(person: PersonId) -> RoleId:
    """The role by which a line is addressed to one person."""
    return RoleId(f"{PERSON}{person}")


def _resolve(book: RuleBook, role: RoleId, at: datetime, swaps: Swaps, why: tuple[str, ...]) -> OnCall:
    if role not in book.roles or len(why) > 2 * len(book.roles) + 2:
        trouble = "roles in a circle" if role in book.roles else "no such role"
        return OnCall(role, (), (*why, f"{role}: {trouble}"))
    block = book.roles[role]
    if who := _override(swaps.get(role, ()), at):
        return OnCall(role, _people(book, who), (*why, f"{role}: swapped to {', '.join(who)}"))
    if block.during is None:
        return _target(book, role, block.rota, at, swaps, why)
    if is_open(book.hours[block.during], at):
        return _target(book, role, block.rota, at, swaps, (*why, f"{role}: open by {block.during}"))
    closed = f"{role}: closed by {block.during}"
    if block.otherwise is not None:
        return _resolve(book, block.otherwise, at, swaps, (*why, f"{closed}, {block.otherwise}"))
    return OnCall(role, (), (*why, closed))


def _target(book: RuleBook, role: RoleId, name: str, at: datetime, swaps: Swaps, why: tuple[str, ...]) -> OnCall:
    if name in book.rotas:
        who = people_of(book.rotas[RotaId(name)], at)
        return OnCall(role, _people(book, who), (*why, f"{role}: rota {name}: {', '.join(who) or 'nobody'}"))
    return _resolve(book, RoleId(name), at, swaps, (*why, f"{role}: by role {name}"))


def _people(book: RuleBook, who: tuple[PersonId, ...]) -> tuple[Person, ...]:
    return tuple(book.people[person] for person in who if person in book.people)


def _override(overrides: tuple[Override, ...], at: datetime) -> tuple[PersonId, ...]:
    return next((each.who for each in overrides if each.from_ <= at < each.to), ())


def people_of(rota: Rota, at: datetime) -> tuple[PersonId, ...]:
    """Who is on call by a rota at an instant: override, else turn, else calendar, else always."""
    if who := _override(rota.overrides, at):
        return who
    if rota.turns is not None:
        return _turn(rota.turns, at)
    if rota.calendar is not None:
        return rota.calendar.people_at(at)
    return rota.always


def _turn(turns: Turns, at: datetime) -> tuple[PersonId, ...]:
    """Whose turn it is; turns are counted in local days, and a day changes over once, however often its hour comes."""
    if not turns.people:
        return ()
    day = local(at).date()
    if at < at_local(day, turns.change_at):
        day -= timedelta(days=1)
    start = turns.starting
    if turns.every == "day":
        return (turns.people[(day - start).days % len(turns.people)],)
    start -= timedelta(days=(start.weekday() - turns.weekday) % 7)
    return (turns.people[((day - start).days // 7) % len(turns.people)],)


def hours_of(book: RuleBook, role: RoleId) -> HoursId | None:
    """The hours of a role that closes with nobody in its place, else None."""
    block: Role | None = book.roles.get(role)
    return block.during if block is not None and block.otherwise is None else None


def handovers(book: RuleBook, start: datetime, until: datetime, role: RoleId = DUTY) -> tuple[datetime, ...]:
    """Moments after `start` at which a routing role passes from one team to the other, earliest first.

    All up to `until`, and the first one after it.
    """
    block = book.roles.get(role)
    if block is None or block.during is None or block.otherwise is None:
        return ()
    found: list[datetime] = []
    change = next_change(book.hours[block.during], start)
    while change is not None:
        found.append(change)
        if change > until:
            break
        change = next_change(book.hours[block.during], change)
    return tuple(found)
