"""`oncall gaps`: where nobody could be reached in the weeks to come, stored swaps counted in."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

import typer
from rich.text import Text

from alertd.cli.opening import opened
from alertd.cli.options import AsJson, Config
from alertd.cli.screen import bad, good, plural, say, show_json
from alertd.core.coverage import Gap, gaps
from alertd.core.wording import moment, span

Weeks = Annotated[int, typer.Option("--weeks", min=1, max=52, metavar="N", help="How far to look ahead.")]


def add_to(oncall: typer.Typer) -> None:
    """Add the command of this room to `oncall`."""
    oncall.command("gaps")(list_gaps)


def list_gaps(*, weeks: Weeks = 8, as_json: AsJson = False, config: Config = None) -> None:
    """Say where nobody could be reached for a role that is told of something; exit 1 when there is such a time."""
    with opened(config) as parts:
        now = parts.now()
        end = now + timedelta(weeks=weeks)
        with parts.store.read() as reading:
            parts.reach.learn(reading)
        found = gaps(parts.desk(now), now, end)
    if as_json:
        show_json({"from": now, "to": end, "gaps": [_data(gap) for gap in found]})
    elif found:
        _say(found)
    else:
        good(f"Somebody can be reached for every role at every minute until {moment(end)}")
    if found:
        raise typer.Exit(1)


def _say(found: tuple[Gap, ...]) -> None:
    for gap in found:
        say(Text.assemble((f"{gap.role}: ", "bold"), f"nobody from {span(gap.from_, gap.to)}"))
        for line in gap.why:
            say(f"  {line}")
    bad(f"{plural(len(found), 'gap')}: an alert would find nobody then")
    say("Fill it for once with: alertd oncall set ROLE PERSON --from TIME --until TIME --as PERSON")


def _data(gap: Gap) -> dict[str, object]:
    return {"role": gap.role, "from": gap.from_, "to": gap.to, "why": gap.why}
