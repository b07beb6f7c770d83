"""`cases`, `clocks`, `alerts`: what stands, without a personal value. Every one lists, and shows one in full."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any

import typer
from rich.text import Text

from alertd.cli.case_sheet import alert_data, case_data, clock_data, show_case
from alertd.cli.list_first import ListFirst
from alertd.cli.opening import opened
from alertd.cli.options import AsJson, Config, Everything, Limit
from alertd.cli.screen import show_json, show_table, when
from alertd.core.wording import clock_word, time_left
from alertd.model.case import CaseRow
from alertd.model.errors import NotPossible
from alertd.model.ids import ClockId
from alertd.service.finding import code_in, find_case
from alertd.service.ports import Reading

Ref = Annotated[str, typer.Argument(metavar="CASE", help="Reference of the case.")]
Code = Annotated[str, typer.Argument(metavar="ALERT", help="Code of the alert, or reference of its case.")]

cases = typer.Typer(help="Cases: open ones, newest first.", cls=ListFirst)
clocks = typer.Typer(help="Clocks: running ones, by due time.", cls=ListFirst)
alerts = typer.Typer(help="Urgent alerts: those nobody has accepted, newest first.", cls=ListFirst)


def add_to(app: typer.Typer) -> None:
    """Add the commands of this room."""
    app.add_typer(cases, name="cases")
    app.add_typer(clocks, name="clocks")
    app.add_typer(alerts, name="alerts")


@cases.command("list")
def list_cases(
    *, everything: Everything = False, limit: Limit = 50, as_json: AsJson = False, config: Config = None
) -> None:
    """Cases: open ones, newest first."""
    with opened(config) as parts:
        now = parts.now()
        with parts.store.read() as reading:
            rows = reading.list_cases(limit, open_only=not everything)
            found = [_case_line(row, now, reading) for row in rows]
    if as_json:
        show_json(found)
        return
    columns = ("CASE", "COHORT", "STATE", "OPENED", "ALERT", "NEXT DUE")
    show_table(columns, map(_case_row, found), "No open cases." if not everything else "No cases.")


def _case_line(row: CaseRow, now: datetime, reading: Reading) -> dict[str, Any]:
    facts = reading.case(row.id)
    running = [c for c in facts.clocks if c.stopped_at is None and c.withdrawn_at is None] if facts else []
    ahead = min((c for c in running if c.due_at > now), key=lambda c: c.due_at, default=None)
    return {
        "case": row.ref,
        "cohort": row.cohort,
        "state": "closed" if row.closed_at else "open",
        "opened_at": row.opened_at,
        "alert": facts.alerts[-1].state if facts and facts.alerts else None,
        "next_clock": ahead.clock if ahead else None,
        "next_due_at": ahead.due_at if ahead else None,
        "overdue": sorted(c.clock for c in running if c.due_at <= now),
    }


def _case_row(line: Mapping[str, Any]) -> tuple[str | Text, ...]:
    due = f"{when(line['next_due_at'])} {clock_word(line['next_clock'])}" if line["next_clock"] else "-"
    missed = ", ".join(clock_word(ClockId(name)) for name in line["overdue"])
    ahead = Text.assemble(due, (f"; missed: {missed}", "red")) if missed else Text(due)
    alert = Text(line["alert"] or "-", style="bold red" if line["alert"] == "open" else "")
    return line["case"], line["cohort"] or "-", line["state"], when(line["opened_at"]), alert, ahead


@cases.command("show")
def show_one_case(ref: Ref, *, as_json: AsJson = False, config: Config = None) -> None:
    """Show a case in full: alerts, clocks, messages to people, requests, referrals."""
    with opened(config) as parts:
        now, book = parts.now(), parts.rules.book()
        with parts.store.read() as reading:
            data = case_data(find_case(reading, ref), book, now, reading)
    show_json(data) if as_json else show_case(data)


@clocks.command("list")
def list_clocks(
    *, everything: Everything = False, limit: Limit = 50, as_json: AsJson = False, config: Config = None
) -> None:
    """Clocks: running ones, by due time."""
    with opened(config) as parts:
        now, book = parts.now(), parts.rules.book()
        with parts.store.read() as reading:
            rows = reading.list_clocks(running_only=not everything, limit=limit)
        found = [{"case": row.ref, **clock_data(run, book, now)} for row, run in rows]
    if as_json:
        show_json(found)
        return
    columns = ("CASE", "CLOCK", "STATE", "STARTED", "DUE", "LEFT")
    lines = [(*_clock_row(line), _left(line, now)) for line in found]
    show_table(columns, lines, "No clock runs." if not everything else "No clocks.")


def _clock_row(line: Mapping[str, Any]) -> tuple[str | Text, ...]:
    return line["case"], clock_word(line["clock"]), _state(line["state"]), _start(line), when(line["due_at"])


def _state(state: str) -> Text:
    styles = {"breached": "bold red", "warned": "yellow", "met": "green", "met_late": "yellow"}
    return Text(state.replace("_", " "), style=styles.get(state, ""))


def _start(line: Mapping[str, Any]) -> str:
    return f"{when(line['start_at'])}{' estimated' if line['estimated'] else ''}"


def _left(line: Mapping[str, Any], now: datetime) -> str:
    return time_left(line["due_at"], now) if line["state"] in ("running", "warned") else ""


@clocks.command("show")
def show_clocks_of(ref: Ref, *, as_json: AsJson = False, config: Config = None) -> None:
    """Show every clock of a case, those that have ended too."""
    with opened(config) as parts:
        now, book = parts.now(), parts.rules.book()
        with parts.store.read() as reading:
            case = find_case(reading, ref)
        runs = sorted(case.clocks, key=lambda run: run.due_at)
        found = [{"case": case.row.ref, **clock_data(run, book, now)} for run in runs]
    if as_json:
        show_json(found)
        return
    columns = ("CASE", "CLOCK", "STATE", "STARTED", "DUE", "STOPPED", "STARTED BY")
    lines = [(*_clock_row(line), when(line["stopped_at"]), line["rule_title"]) for line in found]
    show_table(columns, lines, "This case has no clocks.")


@alerts.command("list")
def list_alerts(
    *, everything: Everything = False, limit: Limit = 50, as_json: AsJson = False, config: Config = None
) -> None:
    """Urgent alerts: those nobody has accepted, newest first."""
    with opened(config) as parts:
        book = parts.rules.book()
        with parts.store.read() as reading:
            rows = reading.list_alerts(open_only=not everything, limit=limit)
        found = [alert_data(row.ref, alert, book) for row, alert in rows]
    if as_json:
        show_json(found)
        return
    columns = ("CASE", "CODE", "STATE", "OPENED", "ACCEPTED BY", "REASONS")
    lines = map(_alert_row, found)
    show_table(columns, lines, "No alert waits for anybody." if not everything else "No alerts.")


def _alert_row(line: Mapping[str, Any]) -> tuple[str, ...]:
    who, why = line["accepted_by"] or "-", "; ".join(line["reasons"])
    return line["case"], line["code"], line["state"], when(line["opened_at"]), who, why


@alerts.command("show")
def show_one_alert(target: Code, *, as_json: AsJson = False, config: Config = None) -> None:
    """Show the case of an alert."""
    with opened(config) as parts:
        now, book = parts.now(), parts.rules.book()
        with parts.store.read() as reading:
            found = reading.alert_by_code(code_in(target))
            facts = reading.case(found[0]) if found else find_case(reading, target)
            if facts is None or not facts.alerts:
                raise NotPossible(f"there is no alert {target}: `alertd alerts --all` lists them")
            data = case_data(facts, book, now, reading)
    show_json(data) if as_json else show_case(data)
