"""`status`: whether all is well, in figures that add up."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import typer
from rich.text import Text

from alertd.cli.case_sheet import clock_data
from alertd.cli.opening import opened
from alertd.cli.options import AsJson, Config
from alertd.cli.outbox import STUCK
from alertd.cli.screen import bad, good, heading, plural, say, show_facts, show_json, show_table, when
from alertd.cli.waking import Days, show_waking, waking_data
from alertd.core.wording import clock_word, time_left
from alertd.daemon.heartbeat import SILENT_AFTER, last_heartbeat, last_refusal
from alertd.daemon.parts import Parts
from alertd.daemon.reload import waits_for
from alertd.model.case import MessageOutcome, NotificationState
from alertd.service.handover import waiting_list
from alertd.service.ports import Reading
from alertd.service.rule_loads import waiting
from alertd.service.slowness import slow_since
from alertd.store.database import SqlReading

_DUE_SOON = 5
RECEIVED = "received"


def add_to(app: typer.Typer) -> None:
    """Add the commands of this room."""
    app.command()(status)


def status(*, days: Days = 7, as_json: AsJson = False, config: Config = None) -> None:
    """Say how alertd stands: messages by outcome, what waits, what is due. Exit 1 when a person must look."""
    with opened(config) as parts:
        now, book = parts.now(), parts.rules.book()
        with parts.store.read() as reading:
            data = _data(reading, now) | {"numbers": _numbers(parts, reading)}
            data["messages_out"] = waking_data(reading, parts.rules.ruling().terms.rest, days, now)
            data |= _rule_sets(parts, reading)
            rows = reading.list_clocks(running_only=True, limit=1000)
        ahead = [{"case": row.ref, **clock_data(run, book, now)} for row, run in rows if run.due_at > now]
    data["rules"] = book.version
    data["due_soon"] = ahead[:_DUE_SOON]
    data["look_at"] = _look_at(data)
    show_json(data) if as_json else _show(data, now)
    if data["look_at"]:
        raise typer.Exit(1)


def _data(reading: Reading, now: datetime) -> dict[str, Any]:
    totals = dict(reading.message_totals())
    received = totals.pop(RECEIVED)
    return {
        "at": now,
        "messages": {RECEIVED: received, **totals, "adds_up": sum(totals.values()) == received},
        "counts": dict(reading.statistics(now)),
        "next_at": reading.next_wake(now),
        "daemon": _daemon(reading, now),
        "refused": _refusal(reading),
        "handover": _handover(reading),
    }


def _daemon(reading: Reading, now: datetime) -> dict[str, Any]:
    heard = last_heartbeat(reading)
    if heard is None:
        return {"running": False, "heard_at": None, "status": "", "loops": {}, "queue": None}
    running = now - heard.at <= SILENT_AFTER
    return {
        "running": running,
        "heard_at": heard.at,
        "status": heard.status,
        "loops": heard.loops,
        "queue": heard.queue,
    }


def _numbers(parts: Parts, reading: Reading) -> dict[str, Any]:
    """Whose numbers are not used now, and since when texts have been slow."""
    book, reach = parts.rules.book(), parts.reach
    reach.learn(reading)
    return {
        "bad": sorted(f"{person} ({channel})" for person, channel in reach.bad_numbers.marked(book)),
        "opted_out": sorted(reach.opt_outs.people(book)),
        "slow_texts_since": slow_since(reading) or None,
    }


def _refusal(reading: Reading) -> dict[str, Any] | None:
    found = last_refusal(reading)
    return {"at": found[0], "why": found[1]} if found is not None else None


def _rule_sets(parts: Parts, reading: SqlReading) -> dict[str, Any]:
    """What waits for whom, and whether the files hold other rules than those in force."""
    found = waiting(reading)
    return {
        "rules_waiting": None
        if found is None
        else {"version": found.version, "for": waits_for(reading, found, parts.settings)},
        "rules_in_files": parts.rules.present.awaited,
    }


def _handover(reading: Reading) -> dict[str, Any] | None:
    made = waiting_list(reading)
    return {"at": made.shift.at, "team": made.shift.team, "cases": len(made.cases)} if made is not None else None


def _look_at(data: Mapping[str, Any]) -> list[str]:
    """What a person should look at, each with the command that shows it."""
    counts, found = data["counts"], []
    if not data["daemon"]["running"]:
        heard = data["daemon"]["heard_at"]
        found.append(f"the daemon does not run{f', last heard of at {when(heard)}' if heard else ''}: `alertd run`")
    if data["refused"]:
        found.append(f"changed rules are refused: {data['refused']['why']} `alertd check`")
    found += _about_rule_sets(data)
    if not data["messages"]["adds_up"]:
        found.append("the outcomes of messages do not add up to what was received: tell the developers")
    if waiting := counts["open_quarantine"]:
        found.append(f"{waiting} unreadable, nobody has settled: `alertd quarantine`")
    if stuck := sum(counts[f"notifications.{state}"] for state in STUCK):
        found.append(f"{stuck} messages to people failed or in doubt: `alertd outbox`")
    if made := data["handover"]:
        what = f"hand-over list for {made['team']} of {when(made['at'])}, {plural(made['cases'], 'case')}"
        found.append(f"{what}, nobody has confirmed: `alertd handover`")
    found += _about_numbers(data["numbers"])
    if alerts := counts["open_alerts"]:
        found.append(f"{alerts} alerts nobody has accepted: `alertd alerts`")
    return found


def _about_rule_sets(data: Mapping[str, Any]) -> list[str]:
    waits, version = data["rules_waiting"], data["rules_in_files"]
    if waits is not None:
        said = " ".join(waits["for"]) or "the daemon is about to try them once more."
        return [f"changed rules ({waits['version']}) are not in force: {said}"]
    if version is not None and not data["refused"]:
        return [f"the files hold {version}, which is not in force: `alertd rules show {version}`, `alertd reload`"]
    return []


def _about_numbers(numbers: Mapping[str, Any]) -> list[str]:
    found = [f"the number of {who} was refused for good: correct it in people.yaml" for who in numbers["bad"]]
    found += [f"{who} has asked for no texts: reply START from that phone" for who in numbers["opted_out"]]
    if since := numbers["slow_texts_since"]:
        found.append(f"texts have been slow since {since}: look at your provider's status page")
    return found


def _show(data: Mapping[str, Any], now: datetime) -> None:
    counts, messages, daemon = data["counts"], data["messages"], data["daemon"]
    show_facts(
        [
            ("daemon", daemon["status"] if daemon["running"] else "not running"),
            ("loops", ", ".join(f"{name} {age:.0f} s ago" for name, age in daemon["loops"].items()) or "-"),
            ("messages in queue", "-" if daemon["queue"] is None else str(daemon["queue"])),
            ("rules version", data["rules"]),
            ("open cases", str(counts["open_cases"])),
            ("running clocks", str(counts["running_clocks"])),
            ("alerts not accepted", str(counts["open_alerts"])),
            ("lines waiting", str(counts["waiting_lines"])),
            ("cases to judge again", str(counts["rechecks"])),
            ("next thing due", when(data["next_at"])),
        ]
    )
    heading("Messages in")
    for outcome in MessageOutcome:
        say(f"  {outcome.replace('_', ' '):<12} {messages[outcome.value]:>8,}")
    sums = "" if messages["adds_up"] else "  does not add up"
    say(Text(f"  {'received':<12} {messages[RECEIVED]:>8,}{sums}", style="bold" if messages["adds_up"] else "bold red"))
    heading("Messages out")
    for state in NotificationState:
        say(f"  {state.replace('_', ' '):<12} {counts[f'notifications.{state}']:>8,}")
    show_waking(data["messages_out"])
    heading("Due next")
    soon = [(c["case"], clock_word(c["clock"]), c["due_at"]) for c in data["due_soon"]]
    rows = [(case, clock, when(due), time_left(due, now)) for case, clock, due in soon]
    show_table(("CASE", "CLOCK", "DUE", "LEFT"), rows, "No clock runs.")
    say()
    for each in data["look_at"]:
        bad(f"Look at this: {each}")
    if not data["look_at"]:
        good("Nothing waits for a person.")
