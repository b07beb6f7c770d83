"""What commands print: tables and lines in local time for people, JSON for scripts. Colours only on terminals."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

import orjson
import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from alertd.core.calendar import local

_WIDE = 400
"""Columns where there is no terminal: a line of a file or pipe is never cut or wrapped."""

_PLURALS = {"person": "people", "story": "stories"}

Cell = str | Text


def console(*, errors: bool = False) -> Console:
    """The console for answers, or for errors; markup in what it prints means nothing."""
    found = Console(stderr=errors, markup=False, highlight=False, soft_wrap=True)
    if not found.is_terminal:
        found = Console(stderr=errors, markup=False, highlight=False, soft_wrap=True, width=_WIDE)
    return found


def say(line: Cell = "", *, errors: bool = False) -> None:
    """Print one line."""
    console(errors=errors).print(line)


def good(text: str) -> None:
    """Print that something is done or in order."""
    say(Text(text, style="green"))


def bad(text: str) -> None:
    """Print on standard error what went wrong; the first line stands out."""
    first, _, rest = text.partition("\n")
    console(errors=True).print(Text(first, style="bold red"), Text(rest) if rest else "", sep="\n" if rest else "")


def show_json(value: object) -> None:
    """Print plain data as JSON; times are ISO 8601 in UTC."""
    typer.echo(orjson.dumps(value, option=orjson.OPT_INDENT_2 | orjson.OPT_NON_STR_KEYS).decode())


def show_table(columns: Sequence[str], rows: Iterable[Sequence[Cell]], nothing: str) -> None:
    """Print rows under headings, or a line that there are none."""
    table = Table(box=None, header_style="bold", pad_edge=False, padding=(0, 2, 0, 0))
    for column in columns:
        table.add_column(column, no_wrap=column != columns[-1])
    for row in rows:
        table.add_row(*row)
    console().print(table) if table.row_count else say(nothing)


def show_facts(facts: Iterable[tuple[str, Cell]]) -> None:
    """Print names and values, aligned, leaving out what is empty."""
    given = [(name, value) for name, value in facts if value]
    width = max((len(name) for name, _ in given), default=0)
    for name, value in given:
        console().print(Text.assemble((f"{name:<{width}}  ", "dim"), value))


def heading(text: str) -> None:
    """Print an empty line and a heading."""
    say()
    say(Text(text, style="bold"))


def when(at: datetime | None) -> str:
    """A local time with its day, to the minute: `26 Nov 14:40`; "-" for none."""
    return "-" if at is None else f"{local(at):%d %b %H:%M}"


def plural(number: int, noun: str) -> str:
    """A number with its noun: `1 case`, `2 cases`, `3 people`."""
    if number == 1:
        return f"1 {noun}"
    return f"{number:,} {_PLURALS.get(noun, f'{noun}s')}"
