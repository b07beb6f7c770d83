"""One case in full as plain data, and as a page of text: references, roles, times and rules, nothing personal."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from alertd.cli.screen import heading, show_facts, show_table, when
from alertd.core.clocks import state_now
from alertd.core.wording import clock_word
from alertd.model.case import Alert, ClockRun, Facts, Notification, Run
from alertd.model.rulebook import RuleBook, RuleStatus
from alertd.service.ports import Reading
from alertd.service.texts import title

Data = dict[str, Any]
"""Plain data, ready to be printed as JSON."""


def case_data(facts: Facts, book: RuleBook, now: datetime, reading: Reading) -> Data:
    """Everything about a case that may be shown without a sign-in."""
    row = facts.row
    return {
        "case": row.ref,
        "cohort": row.cohort,
        "state": "closed" if row.closed_at else "open",
        "opened_at": row.opened_at,
        "closed_at": row.closed_at,
        "wake_at": row.wake_at,
        "rules_version": row.version,
        "messages": len(facts.messages),
        "rules": [
            {"rule": run.rule, "title": title(run.rule, book), "known_at": run.known_at, "ended_at": run.ended_at,
             "how": _how_it_runs(run, book), "check": run.check}
            for run in facts.runs
        ],
        "alerts": [alert_data(row.ref, alert, book) for alert in facts.alerts],
        "clocks": [clock_data(run, book, now) for run in sorted(facts.clocks, key=lambda run: run.due_at)],
        "told": [note_data(note, row.ref) for note in reading.notifications(row.id)],
        "requests": [
            {"request": o.key.about.removeprefix("request:"), "of": o.key.role, "state": o.state, "due_at": o.at}
            for o in reading.requests(row.id)
        ],
        "referrals": [{"to": to, "at": at} for to, at in reading.referrals(row.id)],
    }  # fmt: skip


def _how_it_runs(run: Run, book: RuleBook) -> str:
    rule = book.rules.get(run.rule)
    if rule is not None and rule.status is RuleStatus.SHADOW:
        return "shadow"
    return "asks" if run.asks else "presumed" if run.presumed else "matches"


def alert_data(ref: str, alert: Alert, book: RuleBook) -> Data:
    """One alert."""
    return {
        "case": ref,
        "code": alert.code,
        "episode": alert.episode,
        "state": alert.state,
        "opened_at": alert.opened_at,
        "closed_at": alert.closed_at,
        "accepted_by": alert.accepted_by,
        "ladder": alert.ladder,
        "duty": alert.duty,
        "reasons": [title(rule, book) for rule in alert.reasons],
    }


def clock_data(run: ClockRun, book: RuleBook, now: datetime) -> Data:
    """One run of a clock, and how it stands."""
    return {
        "clock": run.clock,
        "state": state_now(run, book, now),
        "start_at": run.start_at,
        "due_at": run.due_at,
        "estimated": run.estimated,
        "stopped_at": run.stopped_at,
        "rule": run.rule,
        "rule_title": title(run.rule, book),
    }


def note_data(note: Notification, ref: str | None) -> Data:
    """One message to a person; addresses are never shown."""
    return {
        "id": note.id,
        "case": ref,
        "role": note.role,
        "asked": note.asked,
        "person": note.person,
        "by": note.channel,
        "template": note.template,
        "state": note.state,
        "reason": note.reason,
        "attempts": note.attempts,
        "created_at": note.created_at,
        "sent_at": note.sent_at,
        "urgent": note.urgent,
        "repeat": note.repeat,
        "provider": note.provider,
        "lines": [str(key) for key in note.lines],
    }


def show_case(data: Mapping[str, Any]) -> None:
    """Print a case for a person."""
    show_facts(
        (name, str(value))
        for name, value in (
            ("case", data["case"]),
            ("cohort", data["cohort"] or "not known"),
            ("state", data["state"]),
            ("opened", when(data["opened_at"])),
            ("messages", data["messages"]),
            ("rules version", data["rules_version"]),
        )
    )
    heading("Rules that match")
    rules = [r for r in data["rules"] if r["ended_at"] is None]
    show_table(
        ("SINCE", "HOW", "RULE"), [(when(r["known_at"]), r["how"], _rule(r)) for r in rules], "None matches now."
    )
    heading("Alerts")
    show_table(
        ("CODE", "STATE", "OPENED", "ENDED", "ACCEPTED BY", "REASONS"),
        map(_alert_row, data["alerts"]),
        "None.",
    )
    heading("Clocks")
    show_table(
        ("CLOCK", "STATE", "STARTED", "DUE", "STOPPED"),
        map(_clock_row, data["clocks"]),
        "None.",
    )
    _show_told(data)


def _show_told(data: Mapping[str, Any]) -> None:
    heading("Told")
    show_table(
        ("AT", "ROLE", "PERSON", "BY", "STATE", "TEXT"),
        [
            (when(n["sent_at"] or n["created_at"]), n["role"], n["person"], n["by"], _how(n), n["template"])
            for n in data["told"]
        ],
        "Nobody.",
    )
    if data["requests"] or data["referrals"]:
        heading("Asked for")
        requests = [(when(r["due_at"]), r["request"], r["of"], r["state"]) for r in data["requests"]]
        referrals = [(when(r["at"]), "referral", r["to"], "recorded") for r in data["referrals"]]
        show_table(("AT", "WHAT", "OF", "STATE"), [*requests, *referrals], "Nothing.")


def _alert_row(a: Mapping[str, Any]) -> tuple[str, ...]:
    times = when(a["opened_at"]), when(a["closed_at"])
    return a["code"], a["state"], *times, a["accepted_by"] or "-", "; ".join(a["reasons"])


def _clock_row(c: Mapping[str, Any]) -> tuple[str, ...]:
    times = when(c["start_at"]), when(c["due_at"]), when(c["stopped_at"])
    return clock_word(c["clock"]), c["state"].replace("_", " "), *times


def _rule(run: Mapping[str, Any]) -> str:
    check = f" (check: {', '.join(run['check'])})" if run["check"] else ""
    return f"{run['title']}{check}"


def _how(note: Mapping[str, Any]) -> str:
    reason = f" ({note['reason']})" if note["reason"] else ""
    return f"{note['state']}{reason}"
