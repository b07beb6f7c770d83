"""`alertd`: every command, and what becomes of their errors."""

from __future__ import annotations

import errno
from importlib.metadata import version
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from alertd.cli import (
    acting,
    audit,
    checking,
    demo,
    doctor,
    drill,
    entering,
    explaining,
    handovers,
    installing,
    listing,
    outbox,
    publishing,
    quarantine,
    replaying,
    rule_sets,
    running,
    schemas,
    standing,
    stories,
    turns,
    user,
)
from alertd.cli.screen import bad, say
from alertd.model.errors import AlertdError


class _Commands(TyperGroup):
    """Turns errors that a person can mend into their text and exit 1; a programming error keeps its traceback."""

    def invoke(self, ctx: typer.Context) -> Any:  # type: ignore[override]  # noqa: ANN401  # the signature is Typer's
        try:
            return super().invoke(ctx)
        except AlertdError as error:
            bad(str(error))
        except OSError as error:
            if error.errno == errno.EPIPE:
                raise  # whoever read our output has gone: Typer ends quietly
            where = f" '{error.filename}'" if error.filename else ""
            text = f"the system refused{where}: {error.strerror or error}"
            bad(f"{text}\nRemedy: check the path, its owner and the space left")
        raise typer.Exit(1)


app = typer.Typer(
    cls=_Commands,
    help="From a message about a child at risk of serious violence to a person who has accepted it.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
_ROOMS = (
    *(demo, running, installing, checking, stories, replaying, publishing, schemas),
    *(acting, entering, handovers, listing, explaining, outbox, quarantine, turns, standing, rule_sets),
    *(doctor, drill, user, audit),
)
for _room in _ROOMS:
    _room.add_to(app)


def _say_version(asked: bool) -> None:
    if asked:
        say(f"alertd {version('alertd')}")
        raise typer.Exit


@app.callback()
def alertd(
    *,
    _: Annotated[
        bool, typer.Option("--version", help="Print the version.", is_eager=True, callback=_say_version)
    ] = False,
) -> None:
    """From a message about a child at risk of serious violence to a person who has accepted it."""


def main() -> None:
    """Run the command line; exits 0 done, 1 no or mendable, 2 wrong usage."""
    app()
