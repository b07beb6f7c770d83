"""`audit`: evidence of what people have seen."""

from __future__ import annotations

from typing import Annotated

import typer

from alertd.cli.opening import opened, person_named
from alertd.cli.options import As, AsJson, Config, Limit
from alertd.cli.screen import show_json, show_table, when
from alertd.daemon.pages import accounts_of
from alertd.model.errors import NotPossible
from alertd.service.read_log import ReadLog

audit = typer.Typer(help="Evidence.", no_args_is_help=True)


def add_to(app: typer.Typer) -> None:
    """Add the commands of this room."""
    app.add_typer(audit, name="audit")


@audit.command("reads")
def reads(
    by: As,
    *,
    case: Annotated[str, typer.Option("--case", metavar="CASE", help="Only this case, and those joined to it.")] = "",
    person: Annotated[str, typer.Option("--person", metavar="ID", help="Only what this person saw.")] = "",
    limit: Limit = 50,
    as_json: AsJson = False,
    config: Config = None,
) -> None:
    """Say who saw which case on a page, newest first. Needs --as somebody whose account has the role admin."""
    with opened(config) as parts:
        book, now = parts.rules.book(), parts.now()
        asking = person_named(book, by, now)
        if not accounts_of(parts).is_admin(asking):
            raise NotPossible(
                f"{asking} has no account with the role admin: `alertd user add LOGIN --person {asking} --role admin`"
            )
        reader = person_named(book, person, now) if person else None
        found = ReadLog(parts.store).listed(case, reader, limit)
    if as_json:
        rows = [{"at": read.at, "person": read.person, "case": ref, "page": read.page} for read, ref in found]
        show_json({"reads": rows})
        return
    lines = [(when(read.at), read.person, ref or "(gone)", read.page) for read, ref in found]
    show_table(("AT", "PERSON", "CASE", "PAGE"), lines, "Nobody has looked at a case on a page.")
