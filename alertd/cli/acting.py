"""`accept`, `release`, `handon`, `record`, `same`: what a reply or a page does, too."""

from __future__ import annotations

from collections.abc import Callable, Collection
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated

import typer

from alertd.cli.opening import opened, people, person_named
from alertd.cli.options import As, At, Config
from alertd.cli.screen import good, say
from alertd.core.calendar import local
from alertd.core.clocks import is_over, state_now
from alertd.core.wording import clock_word, moment, time_left
from alertd.model.case import AlertState, Facts
from alertd.model.contract import CONTACT_WITH, FIELDS, OUTCOMES
from alertd.model.errors import NotPossible, StoreUnavailable
from alertd.model.ids import PersonId
from alertd.model.rulebook import RuleBook
from alertd.model.values import FieldType
from alertd.rulebook.moments import NOW, past
from alertd.rulebook.suggestions import allowed, did_you_mean
from alertd.service.people import RECORDABLE, Fact, People, Standing
from alertd.service.ports import Reading
from alertd.service.reply_orders import Acceptance
from alertd.service.teams import role_of
from alertd.service.uncounted import leave

Alert = Annotated[str, typer.Argument(metavar="ALERT", help="Code of the alert, or reference of its case.")]
Case = Annotated[str, typer.Argument(metavar="CASE", help="Reference of the case, or code of an alert of it.")]
Text = Annotated[str, typer.Option(show_default=False)]
Act = Callable[[People, PersonId, datetime], Standing]


def add_to(app: typer.Typer) -> None:
    """Add the commands of this room."""
    app.command()(accept)
    app.command()(release)
    app.command()(handon)
    app.command()(record)
    app.command()(same)


def accept(alert: Alert, by: As, config: Config = None) -> None:
    """Accept an alert: its ladder ends for everyone, and no clock stops."""
    _act(config, by, "accepted", lambda verbs, person, now: verbs.accept(alert, person, now))


def release(alert: Alert, by: As, config: Config = None) -> None:
    """Give an accepted alert back: its ladder begins anew at the team now on duty."""
    _act(config, by, "released", lambda verbs, person, now: verbs.release(alert, person, now))


def handon(alert: Alert, by: As, config: Config = None) -> None:
    """Hand an alert on: the ladder's next step is told at once."""
    _act(config, by, "handed on", lambda verbs, person, now: verbs.hand_on(alert, person, now))


def _act(config: Path | None, by: str, done: str, act: Act) -> None:
    with opened(config) as parts:
        now = parts.now()
        person = person_named(parts.rules.book(), by, now)
        standing = act(people(parts), person, now)
        book = parts.rules.book()
        with parts.store.read() as reading:
            id_ = reading.case_by_ref(standing.ref)
            facts = reading.case(id_) if id_ is not None else None
            acceptance = _acceptance(standing, facts, person, book, reading, now)
        if acceptance is not None:
            with suppress(StoreUnavailable):  # accepted all the same: only a figure is missing
                leave(acceptance, parts.store)
    already = "" if standing.changed else " already"
    good(f"{standing.ref}: alert {standing.alert.code} {done} by {person}{already}, {moment(now)}")
    if standing.alert.state is AlertState.ACCEPTED and facts is not None:
        _say_open_clocks(facts, book, now)


def _acceptance(
    standing: Standing, facts: Facts | None, person: PersonId, book: RuleBook, reading: Reading, now: datetime
) -> Acceptance | None:
    """What the daemon is to count of an act; None when it accepted nothing."""
    alert = standing.alert
    if facts is None or not standing.changed or (alert.state, alert.accepted_by) != (AlertState.ACCEPTED, person):
        return None
    role = role_of(reading, book, facts.row.id, person, now) or alert.duty
    return Acceptance(role, max(timedelta(0), now - alert.opened_at))


def record(
    case: Case,
    event: Annotated[str, typer.Argument(metavar="EVENT", help=f"One of: {', '.join(RECORDABLE)}.")],
    by: As,
    *,
    contact_with: Annotated[str, typer.Option("--with", help=f"Contact: {', '.join(CONTACT_WITH)}.")] = "",
    outcome: Annotated[str, typer.Option("--outcome", help=f"Contact: {', '.join(OUTCOMES)}.")] = "",
    at: At = NOW,
    field: Annotated[str, typer.Option("--field", help="field_answered: the field, such as person.age.")] = "",
    value: Annotated[str, typer.Option("--value", help="The word, number, time or answer.")] = "",
    reference: Annotated[str, typer.Option("--reference", help="Of a referral, listing or decision.")] = "",
    config: Config = None,
) -> None:
    """Record what was done or decided about a case; a clock stops on what was done, not on an acceptance."""
    _check_word("event", event, RECORDABLE)
    _check_word("--with", contact_with, CONTACT_WITH)
    _check_word("--outcome", outcome, OUTCOMES)
    if field:
        _check_word("--field", field, FIELDS)
    with opened(config) as parts:
        now = parts.now()
        person = person_named(parts.rules.book(), by, now)
        happened = past(at, now)
        answer = _written(field, value, now)
        fact = Fact(event, happened, contact_with, outcome, field, answer, reference)
        facts = people(parts).record(case, fact, person, now)
        book = parts.rules.book()
    good(f"{facts.row.ref}: {event.replace('_', ' ')} at {moment(happened)}, recorded by {person}")
    _say_open_clocks(facts, book, now)


def same(
    case: Case,
    other: Annotated[str, typer.Argument(metavar="CASE", help="The other case.")],
    by: As,
    *,
    different: Annotated[bool, typer.Option("--not", help="They are different children.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask; joining two cases cannot be undone.")] = False,
    config: Config = None,
) -> None:
    """Say that two cases are about the same child, or with --not that they are not."""
    with opened(config) as parts:
        now = parts.now()
        person = person_named(parts.rules.book(), by, now)
        if not different and not yes:
            typer.confirm(f"Join {case} and {other} to one case? This cannot be undone", abort=True)
        facts = people(parts).same(case, other, person, now, different=different)
    if different:
        good(f"{case} and {other}: recorded as different children by {person}")
    else:
        good(f"{case} and {other} are one case now: {facts.row.ref}")


def _check_word(name: str, word: str, known: Collection[str]) -> None:
    if word and word not in known:
        raise NotPossible(f"{name}: '{word}' is not one of the words{did_you_mean(word, known)}\n{allowed(known)}")


def _written(field: str, value: str, now: datetime) -> str:
    """A value as a status carries it; a time typed by a person becomes one with its offset."""
    if field in FIELDS and FIELDS[field].type is FieldType.TIME and value:
        return local(past(value, now)).isoformat()
    return value


def _say_open_clocks(facts: Facts, book: RuleBook, now: datetime) -> None:
    """Say what still runs: nobody should take an acceptance or an attempt for more than it is."""
    for clock in sorted(facts.clocks, key=lambda each: each.due_at):
        if is_over(clock, now):
            continue
        left = time_left(clock.due_at, now)
        state = f"{left} left" if left else f"{state_now(clock, book, now)}"
        say(f"  {clock_word(clock.clock)}: due {moment(clock.due_at)}, {state}")
