"""`check`: settings, rules, templates, people and rotas together; every problem at once, with its remedy."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from alertd.cli.opening import config_path
from alertd.cli.options import AsJson, Config
from alertd.cli.screen import bad, console, good, plural, say, show_json
from alertd.daemon.clock import utc_now
from alertd.daemon.secrets_read import secret_problems
from alertd.daemon.vetting import vet
from alertd.model.rulebook import RuleBook
from alertd.rulebook.problems import Problem, Weight, as_json, format_problem
from alertd.rulebook.settings_file import load_settings

INSTALLATION = (Path("config/alertd.yaml"), Path("alertd.yaml"))
"""Where the settings of an installation's folder lie."""


@dataclass(frozen=True, slots=True)
class Checked:
    """What a check found.

    Attributes:
        problems: By file and line.
        book: The rules, unless an error stopped them.
        secrets: Secrets that cannot be read here; the account that runs alertd may be another.
    """

    problems: tuple[Problem, ...]
    book: RuleBook | None
    secrets: tuple[str, ...] = ()

    def count(self, weight: Weight) -> int:
        """How many problems of a weight."""
        return sum(1 for problem in self.problems if problem.severity is weight)


def add_to(app: typer.Typer) -> None:
    """Add the commands of this room."""
    app.command()(check)


def check(
    places: Annotated[
        list[Path] | None,
        typer.Argument(metavar="[DIR]...", help="An installation, or rules to try in place of the settings' own."),
    ] = None,
    *,
    strict: Annotated[bool, typer.Option("--strict", help="Warnings count as errors.")] = False,
    json: AsJson = False,
    config: Config = None,
) -> None:
    """Check settings, rules, templates, people and rotas together; exit 1 when anything must be mended."""
    found = [checked(path, rules) for path, rules in _asked(places or [], config)]
    errors = sum(each.count(Weight.ERROR) for each in found)
    warnings = sum(each.count(Weight.WARNING) for each in found)
    if json:
        problems = [problem for each in found for problem in as_json(each.problems)]
        versions = [each.book.version for each in found if each.book is not None]
        secrets = [secret for each in found for secret in each.secrets]
        counts = {"errors": errors, "warnings": warnings}
        show_json({**counts, "problems": problems, "versions": versions, "secrets": secrets})
    else:
        _say(found, errors, warnings)
    if errors or (strict and warnings):
        raise typer.Exit(1)


def checked(config: Path, rules: Sequence[Path] = ()) -> Checked:
    """Check an installation, with these rules in place of its own when any are given."""
    settings = load_settings(config)
    if settings.settings is None:
        return Checked(settings.problems, None)
    given = settings.settings
    loaded = vet(given, rules or given.rules, utc_now())
    secrets = tuple(secret_problems(given))
    return Checked((*settings.problems, *loaded.problems), loaded.book, secrets)


def _asked(places: Sequence[Path], config: Path | None) -> list[tuple[Path, tuple[Path, ...]]]:
    """The settings to check, each with the rules that take the place of its own."""
    whole = [(place, settings) for place in places if (settings := settings_in(place)) is not None]
    rules = tuple(place for place in places if place not in {place for place, _ in whole})
    asked: list[tuple[Path, tuple[Path, ...]]] = [(settings, ()) for _, settings in whole]
    if rules or not asked:
        asked.append((config_path(config), rules))
    return asked


def settings_in(place: Path) -> Path | None:
    """The settings of the installation in a folder; None when there is none."""
    return next((place / name for name in INSTALLATION if (place / name).is_file()), None)


def _say(found: Sequence[Checked], errors: int, warnings: int) -> None:
    colour = console().is_terminal
    for problem in (problem for each in found for problem in each.problems):
        typer.echo(format_problem(problem, colour=colour))
    for secret in dict.fromkeys(secret for each in found for secret in each.secrets):
        say(f"note: {secret}")
    if errors:
        loads = all(each.book is not None for each in found)
        would = "it loads, and an alert at those times finds nobody" if loads else "nothing of this would be loaded"
        bad(f"{plural(errors, 'error')}, {plural(warnings, 'warning')}: {would}")
        return
    for each in found:
        if (book := each.book) is not None:
            parts = f"{plural(len(book.rules), 'rule')}, {plural(len(book.clocks), 'clock')}"
            good(f"All in order: {parts}, {plural(len(book.people), 'person')}, version {book.version}")
    if warnings:
        say(f"{plural(warnings, 'warning')}: worth a look, and no hindrance")
