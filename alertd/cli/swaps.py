"""`oncall set`, `oncall swaps`, `oncall undo`: who answers instead, without a file being edited."""

from __future__ import annotations

from typing import Annotated, Any

import typer
from rich.text import Text

from alertd.cli.opening import opened, person_named
from alertd.cli.options import As, AsJson, Config, Everything
from alertd.cli.screen import good, say, show_json, show_table, when
from alertd.core.wording import moment
from alertd.model.errors import NotPossible
from alertd.model.ids import PersonId, RoleId
from alertd.model.rulebook import RuleBook
from alertd.model.shifts import Swap
from alertd.rulebook.moments import NOW, coming
from alertd.rulebook.suggestions import allowed, did_you_mean
from alertd.service.swaps import Swapping, Wanted

_COLUMNS = ("SWAP", "ROLE", "PERSON", "FROM", "UNTIL", "RECORDED", "BY", "UNDONE")

Role = Annotated[str, typer.Argument(metavar="ROLE", help="Whose alerts are meant, as `alertd oncall` lists them.")]
Person = Annotated[str, typer.Argument(metavar="PERSON", help="Who answers for it: an id of people.yaml.")]
Number = Annotated[int, typer.Argument(metavar="SWAP", help="Number of the swap, as `alertd oncall swaps` lists it.")]
From = Annotated[str, typer.Option("--from", metavar="TIME", help="When it begins: now, unless said; as --until.")]
Until = Annotated[
    str,
    typer.Option(
        "--until",
        metavar="TIME",
        help="When it ends, local: 07:30 (the next one), 'tomorrow 09:00', 'in 8 hours', '2026-12-28 09:00'.",
        show_default=False,
    ),
]


def add_to(oncall: typer.Typer) -> None:
    """Add the commands of this room to `oncall`."""
    oncall.command("set")(set_swap)
    oncall.command("swaps")(list_swaps)
    oncall.command("undo")(undo)


def set_swap(role: Role, person: Person, *, until: Until, by: As, start: From = NOW, config: Config = None) -> None:
    """Record a swap: PERSON answers for ROLE until TIME. It counts at once, and both people are told."""
    with opened(config) as parts:
        now, book = parts.now(), parts.rules.book()
        _check_names(book, role, person)
        wanted = Wanted(RoleId(role), PersonId(person), coming(start, now), coming(until, now))
        swap = Swapping(parts.store, parts.desk).set(wanted, person_named(book, by, now), now)
    good(f"Swap {swap.number}: {swap.person} answers for {swap.role} from {moment(swap.from_)} to {moment(swap.to)}")
    say(f"Recorded by {swap.by}. To take it back: alertd oncall undo {swap.number} --as PERSON")


def _check_names(book: RuleBook, role: str, person: str) -> None:
    if RoleId(role) not in book.roles:
        raise NotPossible(f"there is no role '{role}'{did_you_mean(role, book.roles)}\n{allowed(sorted(book.roles))}")
    if PersonId(person) not in book.people:
        remedy = "give an id of people.yaml; somebody who is not there is added there first"
        raise NotPossible(f"there is no person '{person}'{did_you_mean(person, book.people)}\nRemedy: {remedy}")


def list_swaps(*, everything: Everything = False, as_json: AsJson = False, config: Config = None) -> None:
    """Swaps that count now or will; with --all also what is over or undone."""
    with opened(config) as parts, parts.store.read() as reading:
        swaps = reading.swaps(None if everything else parts.now())
    if as_json:
        show_json({"swaps": [data(swap) for swap in swaps]})
        return
    show_table(_COLUMNS, [_row(swap) for swap in swaps], "There are no swaps: the rota answers.")


def undo(number: Number, by: As, config: Config = None) -> None:
    """Take a swap back: the rota answers again from now on, and both people are told."""
    with opened(config) as parts:
        now = parts.now()
        swap = Swapping(parts.store, parts.desk).undo(number, person_named(parts.rules.book(), by, now), now)
    good(f"Swap {swap.number} undone by {by}: the rota answers for {swap.role} again")


def _row(swap: Swap) -> tuple[str | Text, ...]:
    undone = f"{when(swap.undone_at)} by {swap.undone_by}" if swap.undone_at is not None else ""
    times = (when(swap.from_), when(swap.to), when(swap.made_at))
    return str(swap.number), swap.role, swap.person, *times, swap.by, undone


def data(swap: Swap) -> dict[str, Any]:
    """A swap as plain data."""
    return {
        "swap": swap.number,
        "role": swap.role,
        "person": swap.person,
        "from": swap.from_,
        "until": swap.to,
        "by": swap.by,
        "recorded_at": swap.made_at,
        "undone_by": swap.undone_by,
        "undone_at": swap.undone_at,
    }
