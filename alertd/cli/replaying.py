"""`replay`: what other rules would have done with the messages on record; nothing is sent."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

from alertd.cli.checking import settings_in
from alertd.cli.opening import opened, person_named
from alertd.cli.options import AsJson, Config
from alertd.cli.replay_shown import data, show
from alertd.cli.screen import bad, console, good, plural, say, show_json, when
from alertd.core.calendar import local
from alertd.daemon.clock import utc_now
from alertd.daemon.parts import Parts, read_settings
from alertd.daemon.replay_rules import RulesWithFiles, set_in_force, set_to_try
from alertd.daemon.replaying import OnProgress, compare
from alertd.daemon.rules_in_force import RulesRefused
from alertd.model.differences import Differences
from alertd.model.errors import NotPossible
from alertd.model.ids import PersonId, Version
from alertd.rulebook.moments import beginning, ending
from alertd.rulebook.problems import Weight, format_problem
from alertd.service.losses import Answer, answer, answered
from alertd.service.ports import Rank


def add_to(app: typer.Typer) -> None:
    """Add the commands of this room."""
    app.command()(replay)


def replay(
    *,
    from_: Annotated[
        str, typer.Option("--from", metavar="TIME", help="Messages received since then: 2026-11-01, '7 days ago'.")
    ],
    against: Annotated[
        Path, typer.Option("--against", metavar="DIR", help="Rules to try, or an installation with such rules.")
    ],
    to: Annotated[str, typer.Option("--to", metavar="TIME", help="Up to then; a day counts whole.")] = "now",
    because: Annotated[str, typer.Option("--because", metavar="WHY", help="Why what is lost may be lost.")] = "",
    by: Annotated[
        str, typer.Option("--as", metavar="PERSON", envvar="ALERTD_AS", help="Who answers for what is lost.")
    ] = "",
    as_json: AsJson = False,
    config: Config = None,
) -> None:
    """Say what other rules would have done with stored messages; exit 1 when they lose alerts nobody answered for."""
    since, until = _span(from_, to, utc_now())
    if not against.exists():
        raise NotPossible(f"there is no {against}\nRemedy: name a folder with rule files, or an installation")
    with opened(config) as parts:
        person = person_named(parts.rules.book(), by, parts.now()) if because else None
        before, after = set_in_force(parts), _to_try(parts, against)
        found = _compared(parts, before, after, since, until)
        version = after.rules.book.version
        if person is not None and found.lost:
            _answer(parts, version, because, person, len(found.lost))
        with parts.store.read() as reading:
            why = answered(reading, version)
    if as_json:
        show_json({"version": version, "from": since, "to": until, "answered": why} | data(found))
    else:
        read = f"{plural(found.messages, 'message')} of {plural(found.cases, 'case')}"
        say(f"{read}, {when(since)} to {when(until)}; nothing was sent.")
        show(found)
        say()
        _show_end(found, why, f"alertd replay --from '{from_}' --against {against}")
    if found.lost and why is None:
        raise typer.Exit(1)


def _span(from_: str, to: str, now: datetime) -> tuple[datetime, datetime]:
    since, until = beginning(from_, now), ending(to, now)
    if since >= until:
        raise NotPossible(f"--from {when(since)} is not before --to {when(until)}")
    return since, until


def _to_try(parts: Parts, against: Path) -> RulesWithFiles:
    """The other rules.

    Raises:
        Exit: they hold errors, which are printed; nothing else is done.
    """
    whole = settings_in(against)
    settings = read_settings(whole) if whole else parts.settings.model_copy(update={"rules": (against,)})
    try:
        return set_to_try(settings, parts.keyring.token, local(parts.now()).date())
    except RulesRefused as refused:
        errors = [each for each in refused.problems if each.severity is Weight.ERROR]
        for problem in errors:
            typer.echo(format_problem(problem, colour=console().is_terminal))
        bad(f"{plural(len(errors), 'error')}: nothing was replayed\nRemedy: mend these, then replay again")
        raise typer.Exit(1) from None


def _compared(
    parts: Parts, before: RulesWithFiles, after: RulesWithFiles, since: datetime, until: datetime
) -> Differences:
    with _progress() as progress:
        return compare(
            parts.store,
            before.rules,
            after.rules,
            since,
            until,
            on_progress=progress,
            texts=(before.files, after.files),
            processes=os.cpu_count() or 1,
        )


@contextmanager
def _progress() -> Iterator[OnProgress]:
    """A bar on terminals, on standard error, so that what is printed stays clean."""
    columns = (TextColumn("replaying"), BarColumn(), TaskProgressColumn(), TimeRemainingColumn())
    errors = console(errors=True)
    with Progress(*columns, console=errors, transient=True, disable=not errors.is_terminal) as progress:
        task = progress.add_task("replaying", total=None)
        yield lambda done, total: progress.update(task, completed=done, total=total)


def _answer(parts: Parts, version: Version, because: str, by: PersonId, lost: int) -> None:
    with parts.store.write(Rank.PEOPLE) as writing:
        answer(Answer(version, because, by, parts.now(), lost), writing)


def _show_end(found: Differences, why: str | None, again: str) -> None:
    lost = f"{plural(len(found.lost), 'alert')} would have been lost"
    if not found.changes:
        good("The other rules would have done the same.")
    elif not found.lost:
        good("Nothing would have been lost.")
    elif why is not None:
        good(f"{lost}, answered for: {why}")
    else:
        bad(
            f"{lost}: these rules are not loaded before somebody says why that is right\n"
            f'Remedy: mend the rules, or answer: {again} --because "…" --as PERSON'
        )
