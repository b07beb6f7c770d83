"""Which roles are told of something, over what; and whether a person can be told so."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from alertd.core.on_call import DUTY, RULES_ADMIN
from alertd.model.ids import PersonId, RoleId, RotaId
from alertd.model.rulebook import Clock, Ladder, Notify, Person, Rota, Rule, RuleBook, RuleStatus
from alertd.model.values import Channel, Rest, Severity

NUMBERS = frozenset({Channel.SMS, Channel.CALL})
"""Channels that go to a telephone: the ones that wake somebody."""
_REPEATED_BY = (Channel.SMS, Channel.CALL)
_MAIL = (Channel.EMAIL,)
_TEXT_AND_MAIL = (Channel.SMS, Channel.EMAIL)


@dataclass(frozen=True, slots=True)
class Use:
    """One way in which a role is told of something.

    Attributes:
        by: Channels; one of them is enough.
        always: Also by night and while the role's own hours are closed; otherwise it waits for the morning.
    """

    role: RoleId
    by: tuple[Channel, ...]
    always: bool


def uses_of(book: RuleBook) -> Mapping[RoleId, tuple[Use, ...]]:
    """Every way in which live rules, clocks, ladders and alertd itself tell a role of something, each once."""
    found: dict[RoleId, dict[Use, None]] = {}
    for use in _all(book):
        found.setdefault(use.role, {})[use] = None
    return {role: tuple(uses) for role, uses in found.items()}


def _all(book: RuleBook) -> Iterator[Use]:
    yield from _by_the_program(book)
    for rule in book.rules.values():
        if rule.status is RuleStatus.LIVE:
            yield from _by_rule(rule)
    for clock in book.clocks.values():
        yield from _by_clock(clock)
    for ladder in book.ladders.values():
        yield from _by_ladder(ladder)


def _by_the_program(book: RuleBook) -> Iterator[Use]:
    """Unreadable messages, repeats and hand-overs; system troubles; phones that take no texts; breaches in the list."""
    for role, by, always in (
        (DUTY, _TEXT_AND_MAIL, True),
        (DUTY, _REPEATED_BY, True),
        (RULES_ADMIN, _MAIL, False),
        (RoleId("duty_manager"), _TEXT_AND_MAIL, False),
        (RoleId("head_of_service"), _MAIL, False),
    ):
        if role in book.roles:
            yield Use(role, by, always)


def _by_rule(rule: Rule) -> Iterator[Use]:
    urgent = rule.severity is Severity.URGENT
    for notify in rule.notifies:
        duty = DUTY if DUTY in notify.roles else notify.roles[0]
        for role in notify.roles:
            default = Rest.WAKE if urgent and role == duty else Rest.HOLD
            yield Use(role, notify.by, (notify.rest or default) is Rest.WAKE)


def _by_clock(clock: Clock) -> Iterator[Use]:
    default = Rest.HOLD if clock.breach_ladder is None else Rest.WAKE
    for warn in clock.warn:
        yield from _each(warn.roles, warn.by, warn.rest or default)
    if isinstance(clock.breach, Notify):
        yield from _each(clock.breach.roles, clock.breach.by, clock.breach.rest or Rest.HOLD)


def _by_ladder(ladder: Ladder) -> Iterator[Use]:
    for step in ladder.steps:
        yield from _each(step.roles, step.by, step.rest or Rest.WAKE)
    yield Use(ladder.exhausted, _REPEATED_BY, always=True)


def _each(roles: Sequence[RoleId], by: tuple[Channel, ...], rest: Rest) -> Iterator[Use]:
    yield from (Use(role, by, rest is Rest.WAKE) for role in roles)


def channels_of(uses: Sequence[Use], *, always: bool = False) -> tuple[Channel, ...]:
    """All channels of these uses, in order; with `always`, of those that wait for nothing."""
    return tuple(dict.fromkeys(channel for use in uses if use.always or not always for channel in use.by))


def members_of(book: RuleBook, role: RoleId) -> tuple[PersonId, ...]:
    """Everybody who may ever be reached by asking for a role: in its rotas, behind its routing, behind its backups."""
    found: dict[PersonId, None] = {}
    seen: set[RoleId] = set()
    waiting = [role]
    while waiting:
        block = book.roles.get(waiting.pop(0))
        if block is None or block.id in seen:
            continue
        seen.add(block.id)
        waiting += [block.otherwise] if block.otherwise is not None else []
        for name in (block.rota, block.backup):
            if name is not None and RotaId(name) in book.rotas:
                found.update(dict.fromkeys(_in_rota(book.rotas[RotaId(name)])))
            elif name is not None:
                waiting.append(RoleId(name))
    return tuple(person for person in found if person in book.people)


def _in_rota(rota: Rota) -> Iterator[PersonId]:
    yield from rota.always
    yield from rota.turns.people if rota.turns is not None else ()
    yield from rota.calendar.members if rota.calendar is not None else ()
    for override in rota.overrides:
        yield from override.who


def lacking(person: Person, uses: Sequence[Use]) -> tuple[Channel, ...]:
    """Channels of which a person needs one to be of use in a role, and has none; empty when all is well.

    A role that is ever told by telephone needs people with a telephone: a mail wakes nobody.
    """
    asked = channels_of(uses)
    numbers = tuple(channel for channel in asked if channel in NUMBERS)
    needed = numbers or asked
    return () if any(person.address(channel) for channel in needed) else needed


def passed_over(person: Person, uses: Sequence[Use]) -> tuple[Use, ...]:
    """Uses that do not reach a person, who is reached by others."""
    return tuple(use for use in uses if not any(person.address(channel) for channel in use.by))
