"""`explain`: why an alert fired, or why nothing happened, from what was stored when it was decided."""

from __future__ import annotations

from typing import Annotated

import typer

from alertd.cli.explain_sheet import show_account
from alertd.cli.opening import opened
from alertd.cli.options import AsJson, Config
from alertd.cli.screen import show_json
from alertd.daemon.past_rules import past_rules
from alertd.model.case import Facts
from alertd.model.errors import NotPossible
from alertd.rulebook.moments import typed
from alertd.service.explain.gather import account, asked_about
from alertd.service.finding import code_in, find_case, present
from alertd.service.ports import Reading

Target = Annotated[str, typer.Argument(metavar="ALERT|CASE", help="Code of an alert, or reference of a case.")]
Moment = Annotated[
    str,
    typer.Option(
        "--at",
        metavar="MOMENT",
        help="Why nothing else happened then, local time: 02:14, 'yesterday 23:10', 2026-11-26 02:14.",
    ),
]
EveryCondition = Annotated[bool, typer.Option("--all", help="Also rules that said no, with every condition.")]


def add_to(app: typer.Typer) -> None:
    """Add the commands of this room."""
    app.command()(explain)


def explain(
    target: Target,
    *,
    at: Moment = "",
    everything: EveryCondition = False,
    as_json: AsJson = False,
    config: Config = None,
) -> None:
    """Say why an alert fired, or why nothing happened: messages, conditions, clocks, who was on call, what was sent.

    From the stored trace alone: nothing is judged again.
    """
    with opened(config) as parts:
        now, book = parts.now(), parts.rules.book()
        asked = asked_about(typed(at, now)) if at else None
        with parts.store.read() as reading:
            found = account(_facts(reading, target), reading, past_rules(book, reading.version_text), asked, now)
    show_json(found) if as_json else show_account(found, everything=everything)


def _facts(reading: Reading, target: str) -> Facts:
    code = code_in(target)
    if not code:
        return find_case(reading, target)
    found = reading.alert_by_code(code)
    if found is None:
        raise NotPossible(f"there is no alert {target}: `alertd alerts --all` lists them")
    return present(reading, found[0])
