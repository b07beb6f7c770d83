"""`test`: the stories of the rules, played on a pretend clock; what failed at which line, and what nobody tried."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from alertd.cli.coverage import Coverage, Witness, coverage, untried
from alertd.cli.opening import settings_of
from alertd.cli.options import AsJson, Config
from alertd.cli.screen import bad, console, good, plural, say, show_json
from alertd.core.calendar import local
from alertd.daemon.clock import utc_now
from alertd.daemon.rules_in_force import RuleSet, load_rules
from alertd.daemon.story_play import known_names, play
from alertd.daemon.story_run import Result
from alertd.model.rulebook import RuleBook
from alertd.rulebook.problems import Problem, as_json, format_problem
from alertd.rulebook.reference import Reference
from alertd.rulebook.settings import Settings
from alertd.rulebook.stories import LoadedStories, load_stories
from alertd.rulebook.story import Story
from alertd.store import Keyring
from alertd.store.keys import KEY_BYTES

_MOST_SHOWN = 12
"""Untried conditions listed on a screen."""


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """Rules and settings to play stories by.

    Attributes:
        witness: Sees which conditions are tried.
        keyring: Of a key made for this run.
    """

    settings: Settings
    rules: RuleSet
    witness: Witness
    keyring: Keyring


def add_to(app: typer.Typer) -> None:
    """Add the commands of this room."""
    app.command("test")(play_stories)


def play_stories(
    paths: Annotated[
        list[Path] | None,
        typer.Argument(metavar="[PATH]...", help="Stories, or folders of them; else those among the rules."),
    ] = None,
    *,
    rules: Annotated[
        Path | None, typer.Option("--rules", metavar="DIR", help="Play them by these rules.", show_default=False)
    ] = None,
    as_json: AsJson = False,
    config: Config = None,
) -> None:
    """Play rule stories on a pretend clock; exit 1 when one fails or none is found. Nothing is sent or stored."""
    settings = settings_of(config)
    if rules is not None:
        settings = settings.model_copy(update={"rules": (rules,)})
    rehearsal = _rehearsal(settings)
    book = rehearsal.rules.book
    loaded = load_stories(paths or settings.rules, known_names(rehearsal.rules))
    results = list(_played(loaded.stories, rehearsal))
    tried = coverage(book, rehearsal.witness)
    # Of single stories nobody expects that they try every rule.
    warnings = () if paths or not results else untried(book, rehearsal.witness)
    if as_json:
        show_json(_data(loaded, results, tried, warnings))
    else:
        _show(loaded, results, warnings, None if paths else tried)
    if loaded.problems or not results or any(not result.passed for result in results):
        raise typer.Exit(1)


def _rehearsal(settings: Settings) -> Rehearsal:
    keyring = Keyring(os.urandom(KEY_BYTES))
    witnesses: list[Witness] = []

    def judge(book: RuleBook) -> Witness:
        witnesses.append(Witness(Reference(book)))
        return witnesses[-1]

    rules = load_rules(settings, keyring.token, judge, local(utc_now()).date())
    return Rehearsal(settings, rules, witnesses[-1], keyring)


def _played(stories: Sequence[Story], rehearsal: Rehearsal) -> Iterator[Result]:
    """Play each story on an empty store of its own."""
    shown = console(errors=True)
    columns = (TextColumn("playing"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, console=shown, transient=True, disable=not shown.is_terminal) as progress:
        tracked = progress.track(stories, description="playing")
        yield from play(tracked, rehearsal.rules, rehearsal.settings, rehearsal.keyring)


def _show(
    loaded: LoadedStories, results: Sequence[Result], warnings: Sequence[Problem], tried: Coverage | None
) -> None:
    colour = console().is_terminal
    for problem in (*loaded.problems, *warnings):
        typer.echo(format_problem(problem, colour=colour))
    failed = [result for result in results if not result.passed]
    for result in failed:
        bad(f"FAILED {result.story.name}")
        for failure in result.failures:
            say(f"  {failure.where}: expected {failure.expected}", errors=True)
            say(f"  {' ' * len(failure.where)}  came     {failure.came}", errors=True)
            if failure.nearest:
                say(f"  {' ' * len(failure.where)}  nearest  {failure.nearest}", errors=True)
    if not results:
        remedy = "name files or folders that hold *.test.yaml; rules/README.md says how to write one"
        bad(f"no story was found\nRemedy: {remedy}")
        return
    if tried is not None:
        _show_coverage(tried)
    if failed or loaded.problems:
        bad(f"{plural(len(results), 'story')}: {len(results) - len(failed)} passed, {len(failed)} failed")
    else:
        good(f"{plural(len(results), 'story')}: all passed")


def _show_coverage(tried: Coverage) -> None:
    matched, one_sided = tried.rules - len(tried.unmatched), tried.one_sided
    say(f"{matched} of {plural(tried.rules, 'rule')} matched in some story")
    if tried.unmatched:
        say(f"  never: {', '.join(tried.unmatched)}")
    total = len(tried.conditions)
    say(f"{total - len(one_sided)} of {plural(total, 'condition')} came out both yes and no, {tried.unknown} unknown")
    for one in one_sided[:_MOST_SHOWN]:
        say(f"  {one.where}: {one.condition}: {one.missing}")
    if len(one_sided) > _MOST_SHOWN:
        say(f"  and {len(one_sided) - _MOST_SHOWN} more: --json lists them all")


def _data(
    loaded: LoadedStories, results: Sequence[Result], tried: Coverage, warnings: Sequence[Problem]
) -> dict[str, Any]:
    return {
        "passed": sum(result.passed for result in results),
        "failed": sum(not result.passed for result in results),
        "problems": as_json(loaded.problems),
        "warnings": as_json(warnings),
        "stories": [
            {"name": r.story.name, "where": r.story.where, "passed": r.passed, "failures": r.failures} for r in results
        ],
        "coverage": tried,
    }
