"""`oncall`: who answers for each role, now or at another time, and why."""

from __future__ import annotations

from typing import Annotated, Any

import typer
from rich.text import Text

from alertd.cli.opening import settings_of
from alertd.cli.options import AsJson, At, Config
from alertd.cli.screen import say, show_json, show_table
from alertd.core.on_call import OnCall, backup_of, on_call
from alertd.core.wording import moment
from alertd.daemon.clock import utc_now
from alertd.daemon.rules_in_force import RulesRefused
from alertd.model.errors import NotPossible
from alertd.model.ids import RoleId
from alertd.model.rulebook import Person, RuleBook
from alertd.model.values import Channel
from alertd.rulebook.loader import load
from alertd.rulebook.moments import NOW, typed
from alertd.rulebook.suggestions import allowed, did_you_mean


def add_to(app: typer.Typer) -> None:
    """Add the commands of this room."""
    app.command()(oncall)


def oncall(
    *,
    at: At = NOW,
    role: Annotated[str, typer.Option("--role", metavar="ROLE", help="Only this role, with every step of why.")] = "",
    as_json: AsJson = False,
    config: Config = None,
) -> None:
    """Say who is on call, now or at another time, and why. Numbers and names are not shown."""
    book, asked_at = _book(config), typed(at, utc_now())
    if role and RoleId(role) not in book.roles:
        raise NotPossible(f"there is no role '{role}'{did_you_mean(role, book.roles)}\n{allowed(sorted(book.roles))}")
    names = [RoleId(role)] if role else list(book.roles)
    answers = {name: on_call(book, name, asked_at) for name in names}
    if as_json:
        backups = {name: backup_of(book, name, asked_at) for name in names}
        show_json({"at": asked_at, "roles": [_data(name, answers[name], backups[name]) for name in names]})
        return
    say(f"{moment(asked_at)}, local time")
    say()
    show_table(("ROLE", "ANSWERS", "BY", "WHY"), [_row(name, answers[name]) for name in names], "There are no roles.")
    if role:
        _say_why(answers[RoleId(role)], backup_of(book, RoleId(role), asked_at))


def _book(config: Config) -> RuleBook:
    settings = settings_of(config)
    loaded = load(settings.rules, settings.config, None)
    if loaded.book is None:
        raise RulesRefused(loaded.problems, settings.config)
    return loaded.book


def _row(role: RoleId, answer: OnCall) -> tuple[str | Text, ...]:
    people = ", ".join(person.id for person in answer.people)
    ways = ", ".join(dict.fromkeys(way for person in answer.people for way in _ways(person)))
    return role, people or Text("nobody", style="bold red"), ways or "-", answer.why[-1] if answer.why else ""


def _say_why(answer: OnCall, backup: OnCall | None) -> None:
    say()
    for step in answer.why:
        say(f"  {step}")
    if backup is not None:
        say(f"  if nobody there can be reached: {', '.join(p.id for p in backup.people) or 'nobody'}")


def _ways(person: Person) -> list[str]:
    return [channel.value for channel in Channel if person.address(channel)]


def _data(role: RoleId, answer: OnCall, backup: OnCall | None) -> dict[str, Any]:
    return {
        "role": role,
        "reached": answer.role,
        "people": [{"person": person.id, "by": _ways(person)} for person in answer.people],
        "backup": [person.id for person in backup.people] if backup is not None else [],
        "why": answer.why,
    }
