"""`incident new`: an incident entered by hand, field by field."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Annotated

import typer

from alertd.cli.opening import opened, people, person_named
from alertd.cli.options import As, Config
from alertd.cli.screen import good, say, show_facts
from alertd.core.typed_text import typed_value
from alertd.core.wording import moment
from alertd.model.case import AlertState
from alertd.model.contract import FIELDS, FieldSpec
from alertd.model.errors import NotPossible
from alertd.model.values import FieldType, Value
from alertd.rulebook.moments import past
from alertd.rulebook.suggestions import allowed, did_you_mean
from alertd.service.messages import SENT_INCIDENT

incident = typer.Typer(help="Incidents entered by hand.", no_args_is_help=True)


def add_to(app: typer.Typer) -> None:
    """Add the commands of this room."""
    incident.command("new")(new)
    app.add_typer(incident, name="incident")


def new(
    given: Annotated[
        list[str], typer.Argument(metavar="FIELD=VALUE...", help="Such as setting=custody age=15 booked_in_at=21:40.")
    ],
    by: As,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only show what was understood.")] = False,
    config: Config = None,
) -> None:
    """Enter an incident. A field may be named without its block when no other is called so; times are local."""
    with opened(config) as parts:
        now = parts.now()
        person = person_named(parts.rules.book(), by, now)
        fields = understood(given, now)
        show_facts((name, _shown(value)) for name, value in fields.items())
        if dry_run:
            say("Nothing was recorded (--dry-run).")
            return
        facts = people(parts).incident(fields, person, now)
    good(f"{facts.row.ref}: recorded by {person}, {moment(now)}")
    for alert in facts.alerts:
        if alert.state is AlertState.OPEN:
            say(f"  Alert {alert.code}: the team on duty is told; `alertd accept {alert.code} --as PERSON` ends that.")


def understood(given: Iterable[str], now: datetime) -> dict[str, Value]:
    """Type fields as a person writes them.

    Raises:
        NotPossible: a name or value that does not fit; every one of them is told.
    """
    fields: dict[str, Value] = {}
    problems: list[str] = []
    for each in given:
        name, _, text = each.partition("=")
        try:
            spec = _spec(name.strip())
            fields[spec.name] = _value(spec, text.strip(), now)
        except NotPossible as problem:
            problems.append(str(problem))
    if problems:
        raise NotPossible("\n".join(problems))
    return fields


_SHORT: Mapping[str, list[str]] = {
    short: [name for name in SENT_INCIDENT if name.rpartition(".")[2] == short]
    for short in {name.rpartition(".")[2] for name in SENT_INCIDENT}
}


def _spec(name: str) -> FieldSpec:
    if name in SENT_INCIDENT:
        return SENT_INCIDENT[name]
    meant = _SHORT.get(name, [])
    if len(meant) == 1:
        return FIELDS[meant[0]]
    if meant:
        raise NotPossible(f"'{name}' could be {' or '.join(meant)}: write it in full")
    raise NotPossible(f"'{name}' is no field of an incident{did_you_mean(name, [*SENT_INCIDENT, *_SHORT])}")


def _value(spec: FieldSpec, text: str, now: datetime) -> Value:
    if spec.type is FieldType.TIME:
        return past(text, now)
    if spec.type is FieldType.DATE:
        return _day(spec, text)
    value = typed_value(spec.name, text)
    if value is None:
        hint = did_you_mean(text, spec.words) if spec.words else ""
        remedy = allowed(spec.words) if spec.words else f"a {spec.type} is expected"
        raise NotPossible(f"{spec.name}: '{text}' does not fit{hint}\n  {remedy}")
    if isinstance(value, tuple) and spec.words and len(value) != text.count(",") + 1:
        raise NotPossible(f"{spec.name}: '{text}' holds a word that is not known\n  {allowed(spec.words)}")
    return value


def _day(spec: FieldSpec, text: str) -> str:
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError:
        raise NotPossible(f"{spec.name}: '{text}' is not a date: write it like 2026-11-26") from None


def _shown(value: Value) -> str:
    if isinstance(value, datetime):
        return moment(value)
    if isinstance(value, bool):
        return "yes" if value else "no"
    return ", ".join(value) if isinstance(value, tuple) else str(value)
