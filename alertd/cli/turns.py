"""`oncall`: who answers for each role, now or at another time, and why; and where nobody would."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any

import typer
from rich.text import Text

from alertd.cli import gaps, swaps
from alertd.cli.list_first import ListFirst
from alertd.cli.opening import NOT_IN_FORCE, on_record, settings_of
from alertd.cli.options import AsJson, At, Config
from alertd.cli.screen import bad, say, show_json, show_table
from alertd.core.calendar import local
from alertd.core.on_call import OnCall, backup_of, by_role, on_call
from alertd.core.wording import moment
from alertd.daemon.clock import utc_now
from alertd.daemon.rules_in_force import RulesRefused, files_of
from alertd.model.errors import NotPossible
from alertd.model.ids import RoleId
from alertd.model.rulebook import Person, RuleBook
from alertd.model.shifts import Swap
from alertd.model.values import Channel
from alertd.rulebook.files import version_of
from alertd.rulebook.loader import load
from alertd.rulebook.moments import NOW, typed
from alertd.rulebook.settings import Settings
from alertd.rulebook.suggestions import allowed, did_you_mean

oncall = typer.Typer(
    help="Who is on call, now or at another time, and why. Numbers and names are not shown.", cls=ListFirst
)
swaps.add_to(oncall)
gaps.add_to(oncall)


def add_to(app: typer.Typer) -> None:
    """Add the commands of this room."""
    app.add_typer(oncall, name="oncall")


@dataclass(frozen=True, slots=True)
class _Asked:
    """A moment, the rules in force, and swaps that count at that moment."""

    at: datetime
    book: RuleBook
    swaps: Sequence[Swap]

    def answer(self, role: RoleId) -> OnCall:
        """Who answers for a role."""
        return on_call(self.book, role, self.at, by_role(self.swaps))

    def backup(self, role: RoleId) -> OnCall | None:
        """Who stands behind it."""
        return backup_of(self.book, role, self.at, by_role(self.swaps))


@oncall.command("list")
def list_oncall(
    *,
    at: At = NOW,
    role: Annotated[str, typer.Option("--role", metavar="ROLE", help="Only this role, with every step of why.")] = "",
    as_json: AsJson = False,
    config: Config = None,
) -> None:
    """Say who is on call, now or at another time, and why. Numbers and names are not shown."""
    settings, now = settings_of(config), utc_now()
    asked_at = typed(at, now)
    known = on_record(settings, min(asked_at, now))
    book = known.book or _book(settings)
    if known.book is not None and version_of(files_of(settings)) != known.book.version:
        bad(NOT_IN_FORCE)
    if role and RoleId(role) not in book.roles:
        raise NotPossible(f"there is no role '{role}'{did_you_mean(role, book.roles)}\n{allowed(sorted(book.roles))}")
    asked = _Asked(asked_at, book, [swap for swap in known.swaps if swap.from_ <= asked_at < swap.to])
    names = [RoleId(role)] if role else list(book.roles)
    if as_json:
        show_json({"at": asked_at, "roles": [_data(name, asked) for name in names], "swaps_unknown": known.trouble})
        return
    say(f"{local(asked_at):%H:%M %a %d %b %Y}, local time ({local(asked_at):%Z})")
    say()
    show_table(("ROLE", "ANSWERS", "BY", "WHY"), [_row(name, asked) for name in names], "There are no roles.")
    if role:
        _say_why(asked.answer(RoleId(role)), asked.backup(RoleId(role)))
    _say_swaps(asked, names)
    if known.trouble:
        bad(f"swaps could not be looked up, this is the rota alone: {known.trouble}")


def _book(settings: Settings) -> RuleBook:
    """The rules as the files have them: before the daemon ever ran, or where the store cannot be looked into."""
    loaded = load(settings.rules, settings.config, None)
    if loaded.book is None:
        raise RulesRefused(loaded.problems, settings.config)
    return loaded.book


def _row(role: RoleId, asked: _Asked) -> tuple[str | Text, ...]:
    answer = asked.answer(role)
    people = ", ".join(person.id for person in answer.people)
    ways = ", ".join(dict.fromkeys(way for person in answer.people for way in _ways(person)))
    return role, people or Text("nobody", style="bold red"), ways or "-", answer.why[-1] if answer.why else ""


def _say_why(answer: OnCall, backup: OnCall | None) -> None:
    say()
    for step in answer.why:
        say(f"  {step}")
    if backup is not None:
        say(f"  if nobody there can be reached: {', '.join(p.id for p in backup.people) or 'nobody'}")


def _say_swaps(asked: _Asked, names: Sequence[RoleId]) -> None:
    ways = {step.partition(":")[0] for name in names for step in asked.answer(name).why}
    if shown := [swap for swap in asked.swaps if swap.role in ways]:
        say()
    for swap in shown:
        until = f"until {moment(swap.to)}, recorded by {swap.by} at {moment(swap.made_at)}"
        say(f"swap {swap.number}: {swap.person} answers for {swap.role} {until}")


def _ways(person: Person) -> list[str]:
    return [channel.value for channel in Channel if person.address(channel)]


def _data(role: RoleId, asked: _Asked) -> dict[str, Any]:
    answer, backup = asked.answer(role), asked.backup(role)
    return {
        "role": role,
        "reached": answer.role,
        "people": [{"person": person.id, "by": _ways(person)} for person in answer.people],
        "backup": [person.id for person in backup.people] if backup is not None else [],
        "why": answer.why,
        "swaps": [swaps.data(swap) for swap in asked.swaps if swap.role == role],
    }
