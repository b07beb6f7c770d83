"""`handover`: the list of the latest hand-over, and its confirmation."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

import typer

from alertd.cli.list_first import ListFirst
from alertd.cli.opening import opened, people, person_named
from alertd.cli.options import As, AsJson, Config
from alertd.cli.screen import good, say, show_json, show_table, when
from alertd.core.handover import contact_clocks, outstanding
from alertd.model.handover import Handover
from alertd.model.rulebook import RuleBook
from alertd.service.handover import Confirming, named
from alertd.service.ports import Reading

handover = typer.Typer(help="The list that passes accepted cases to the incoming team.", cls=ListFirst)


def add_to(app: typer.Typer) -> None:
    """Add the commands of this room."""
    app.add_typer(handover, name="handover")


@handover.command("list")
def list_handover(*, as_json: AsJson = False, config: Config = None) -> None:
    """The newest list: to whom it went, whether somebody has confirmed it, and its cases."""
    with opened(config) as parts, parts.store.read() as reading:
        now, book = parts.now(), parts.rules.book()
        newest = reading.last_list()
        data = list_data(newest, reading, book, now) if newest is not None else None
    if as_json:
        show_json(data)
    elif data is None:
        say("No hand-over has had anything to list.")
    else:
        _show(data)


@handover.command("confirm")
def confirm(
    by: As,
    code: Annotated[str, typer.Argument(metavar="[CODE]", help="Code of the list; the newest without.")] = "",
    config: Config = None,
) -> None:
    """Confirm, once for all its cases, that your team has taken over the list."""
    with opened(config) as parts:
        now, book = parts.now(), parts.rules.book()
        person = person_named(book, by, now)
        done = Confirming(parts.store, people(parts)).confirm(code, person, now)
    how = "confirmed" if done.changed else "already confirmed"
    good(f"{named(done.list, book)}: {how} by {done.list.confirmed_by}, {when(done.list.confirmed_at)}")


def list_data(made: Handover, reading: Reading, book: RuleBook, now: datetime) -> dict[str, Any]:
    """A list as data, its cases as they stand now."""
    about = contact_clocks(book)
    lines = []
    for listed in made.cases:
        case = reading.case(listed.case)
        if case is not None:
            first = next(iter(outstanding(case.clocks, about, now)), None)
            lines.append(
                {
                    "case": case.row.ref,
                    "new": listed.is_new,
                    "due_in_shift": listed.is_due,
                    "clock": first.clock if first else None,
                    "due_at": first.due_at if first else None,
                }
            )
    return {
        "number": made.number,
        "team": made.shift.team,
        "at": made.shift.at,
        "until": made.shift.until,
        "made_at": made.made_at,
        "code": made.code,
        "confirmed_at": made.confirmed_at,
        "confirmed_by": made.confirmed_by or None,
        "cases": lines,
    }


def _show(data: dict[str, Any]) -> None:
    state = f"confirmed by {data['confirmed_by']}, {when(data['confirmed_at'])}" if data["confirmed_at"] else ""
    state = state or f"nobody has confirmed it: `alertd handover confirm {data['code']} --as PERSON`"
    say(f"To {data['team']} at {when(data['at'])}: {state}")
    rows = [(each["case"], _why(each), each["clock"] or "-", when(each["due_at"])) for each in data["cases"]]
    show_table(("CASE", "WHY", "CLOCK", "DUE"), rows, "Its cases have been erased since.")


def _why(line: dict[str, Any]) -> str:
    words = {"new": line["new"], "due in the shift": line["due_in_shift"]}
    return ", ".join(word for word, holds in words.items() if holds)
