"""`doctor`: everything that alertd needs, looked at one after another, each with what to do."""

from __future__ import annotations

from dataclasses import asdict

import typer
from rich.text import Text

from alertd.cli.opening import settings_of
from alertd.cli.options import AsJson, Config
from alertd.cli.screen import console, plural, say, show_json
from alertd.daemon.examining import examine
from alertd.daemon.findings import Finding, Health

_MARKS = {Health.GOOD: ("ok", "green"), Health.WORTH_A_LOOK: ("look", "yellow"), Health.BAD: ("bad", "bold red")}


def add_to(app: typer.Typer) -> None:
    """Add the commands of this room."""
    app.command()(doctor)


def doctor(*, as_json: AsJson = False, config: Config = None) -> None:
    """Reach broker, store and providers, look at rules, people and clocks; exit 1 when something must be mended."""
    found: list[Finding] = []
    for each in examine(settings_of(config)):
        found.append(each)
        if not as_json:
            _show(each)
    wrong = [each for each in found if each.health is Health.BAD]
    if as_json:
        show_json({"well": not wrong, "findings": [asdict(each) for each in found]})
    else:
        looks = sum(1 for each in found if each.health is Health.WORTH_A_LOOK)
        say()
        say(f"{plural(len(found), 'thing')} looked at: {len(wrong)} must be mended, {looks} worth a look.")
    if wrong:
        raise typer.Exit(1)


def _show(found: Finding) -> None:
    mark, style = _MARKS[found.health]
    screen = console()
    screen.print(Text.assemble((f"{mark:<5}", style), (f"{found.what:<16} ", "bold"), found.found))
    if found.remedy:
        screen.print(Text(f"{'':<22} {found.remedy}", style="dim"))
