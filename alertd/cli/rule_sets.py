"""`rules`, `reload`, `approve`, `rollback`: which rules are in force, since when, and who stands for them."""

from __future__ import annotations

import os
import secrets
import sys
from datetime import datetime, timedelta
from threading import Event
from time import monotonic
from typing import Annotated, Any

import typer

from alertd.cli.list_first import ListFirst
from alertd.cli.opening import opened, person_named
from alertd.cli.options import As, AsJson, Config, Limit
from alertd.cli.screen import bad, good, heading, plural, say, show_facts, show_json, show_table, when
from alertd.daemon.going_back import go_back
from alertd.daemon.heartbeat import SILENT_AFTER, last_heartbeat, last_refusal
from alertd.daemon.parts import Parts
from alertd.daemon.reload import files_version, waits_for
from alertd.daemon.reloading import Asked, ask
from alertd.daemon.rule_trial import account_name
from alertd.model.delivery import Outgoing, Sent
from alertd.model.errors import NotPossible
from alertd.model.ids import PersonId, Version
from alertd.model.rule_loads import LoadState, RuleLoad
from alertd.model.values import Channel
from alertd.service.approving import Approving
from alertd.service.ports import Rank
from alertd.service.rule_loads import last_of, version_in_force

_LOOK = 0.3
_PATIENCE = timedelta(minutes=12)
"""A trial may take ten minutes."""
_SEND_SECONDS = 20.0

VersionWanted = Annotated[
    str, typer.Argument(metavar="[VERSION]", help="The set, as `alertd rules` lists it; its beginning is enough.")
]
rules = typer.Typer(help="Rule sets: what is in force, what waits for whom, what was refused.", cls=ListFirst)


def add_to(app: typer.Typer) -> None:
    """Add the commands of this room."""
    app.add_typer(rules, name="rules")
    app.command("reload")(load_now)
    app.command()(approve)
    app.command()(rollback)


# --- looking


@rules.command("list")
def list_rules(*, limit: Limit = 20, as_json: AsJson = False, config: Config = None) -> None:
    """Sets that were tried, newest first: what became of each, and who stands for it."""
    with opened(config) as parts, parts.store.read() as reading:
        loads = reading.rule_loads(limit)
    if as_json:
        show_json({"rules": [data(load) for load in loads]})
        return
    columns = ("SET", "TRIED", "STATE", "CHANGED BY", "STANDING FOR IT", "WHAT")
    show_table(columns, [_row(load) for load in loads], "No set of rules is on record: the daemon has not run yet.")


@rules.command("show")
def show_rules(version: VersionWanted = "", *, as_json: AsJson = False, config: Config = None) -> None:
    """One set: what it changes, which running clocks it touches, why it was refused; the newest without VERSION."""
    with opened(config) as parts, parts.store.read() as reading:
        found = [load for load in reading.rule_loads(1000) if load.version.startswith(version)]
        waits = waits_for(reading, found[0], parts.settings) if found else ()
    if not found:
        raise NotPossible(f"there is no set {version}: `alertd rules` lists them")
    show_json(data(found[0])) if as_json else _show(found[0], waits)


def data(load: RuleLoad) -> dict[str, Any]:
    """A set as plain data."""
    report = load.report
    return {
        "version": load.version,
        "before": load.before,
        "tried_at": load.at,
        "state": load.state,
        "author": load.author,
        "account": load.account,
        "approvals": [
            {"person": each.person, "proof": each.proof, "account": each.account, "at": each.at}
            for each in load.approvals
        ],
        "errors": report.errors,
        "urgent_rules": report.urgent,
        "running_clocks_touched": dict(report.clocks),
        "messages_replayed": report.messages,
        "alerts_lost": report.lost,
        "changes": report.changes,
        "messages_by_role": {role: {"before": old, "after": new} for role, old, new in report.by_role},
        "because": report.because,
    }


def _row(load: RuleLoad) -> tuple[str, ...]:
    stands = ", ".join(each.person for each in load.approvals) or "-"
    what = load.report.errors[0] if load.report.errors else "; ".join(load.report.urgent) or _in_figures(load)
    return load.version or "-", when(load.at), load.state.replace("_", " "), _author(load), stands, what


def _author(load: RuleLoad) -> str:
    account = f"user {load.account}" if load.account else ""
    return f"{load.author} ({account})" if load.author and account else load.author or account or "-"


def _in_figures(load: RuleLoad) -> str:
    return f"{plural(len(load.report.changes), 'alert')} differ in {plural(load.report.messages, 'message')}"


def _show(load: RuleLoad, waits: tuple[str, ...]) -> None:
    report = load.report
    show_facts(
        [
            ("set", load.version or "could not be read"),
            ("state", load.state.replace("_", " ")),
            ("tried", when(load.at)),
            ("in force then", load.before),
            ("changed by", _author(load)),
            ("live urgent rules", ", ".join(report.urgent)),
            ("running clocks touched", ", ".join(f"{clock} ({number})" for clock, number in report.clocks)),
            ("because", report.because),
        ]
    )
    for each in load.approvals:
        say(f"{each.person} stands for it, by {each.proof}{f', user {each.account}' if each.account else ''}")
    for error in report.errors:
        bad(error)
    if report.messages or report.changes:
        heading(f"In the last day's {plural(report.messages, 'message')}")
        for line in report.changes:
            say(f"  {line}")
        rows = [(role, str(old), str(new)) for role, old, new in report.by_role if old != new]
        show_table(("ROLE", "MESSAGES BEFORE", "AFTER"), rows, "  every role gets as many messages as before")
    for wait in waits if load.state is LoadState.WAITING else ():
        bad(f"Not in force: {wait}")


# --- acting


def load_now(by: As, *, config: Config = None) -> None:
    """Have the changed files tried now, in PERSON's name, and say what came of it; exit 1 unless they are in force."""
    with opened(config) as parts:
        now, book = parts.now(), parts.rules.book()
        version = files_version(parts)
        _check_running(parts, now)
        asked = Asked(version, person_named(book, by, now), account(), now.isoformat())
        with parts.store.write(Rank.PEOPLE) as writing:
            ask(asked, writing)
        outcome = _outcome(parts, version, now)
    if outcome:
        bad(outcome)
        raise typer.Exit(1)
    good(f"{version} is in force")


def _check_running(parts: Parts, now: datetime) -> None:
    with parts.store.read() as reading:
        heard = last_heartbeat(reading)
    if heard is None or now - heard.at > SILENT_AFTER:
        raise NotPossible("the daemon does not run; it tries the files when it starts: alertd run")


def _outcome(parts: Parts, version: Version, since: datetime) -> str:
    """Wait for what becomes of a set: "" once it is in force, else why it is not."""
    end, pause = monotonic() + _PATIENCE.total_seconds(), Event()
    while monotonic() < end:
        with parts.store.read() as reading:
            if version_in_force(reading) == version:
                return ""
            refused, found = last_refusal(reading), last_of(reading, version)
            if found is not None and found.state is LoadState.WAITING and found.at >= since:
                return "Checked, and not in force yet: " + " ".join(waits_for(reading, found, parts.settings))
            if refused is not None and refused[0] >= since:
                return f"Refused: {refused[1]}"
        pause.wait(_LOOK)
    return "the daemon has not answered: `alertd status` says what it does"


def approve(
    version: VersionWanted = "",
    *,
    by: As,
    code: Annotated[str, typer.Option("--code", help="The code that was sent to PERSON's number.")] = "",
    config: Config = None,
) -> None:
    """Stand for a set that touches a live urgent rule: a code goes to PERSON's own number, and proves who it is."""
    with opened(config) as parts:
        now = parts.now()
        person = person_named(parts.rules.book(), by, now)
        approving = Approving(parts.store, parts.keyring.token)
        load = approving.asked(version)
        if not code:
            _send_code(parts, approving, load, person)
            if not sys.stdin.isatty():
                say(f"Then: alertd approve {load.version} --as {person} --code CODE")
                return
            code = typer.prompt("Code")
        load = approving.by_code(load.version, person, code.strip(), account(), parts.now())
        with parts.store.read() as reading:
            waits = waits_for(reading, load, parts.settings)
    good(f"{person} stands for {load.version}")
    for wait in waits:
        say(f"It still waits: {wait}")
    if not waits:
        say("The daemon tries it once more and puts it in force: `alertd rules` says when.")


def _send_code(parts: Parts, approving: Approving, load: RuleLoad, person: PersonId) -> None:
    number = parts.rules.book().people[person].sms
    if number is None:
        raise NotPossible(f"{person} has no mobile in people.yaml to send a code to: sign in and approve by page")
    digits = f"{secrets.randbelow(10**6):06d}"
    approving.send_code(load, person, digits, parts.now())
    service = parts.settings.service
    body = f"{service.name}: {digits} stands for rule set {load.version}, for 10 min. Not you? Ring {service.call_back}"
    outgoing = Outgoing(parts.new_id(), Channel.SMS, number, "", body, deadline=monotonic() + _SEND_SECONDS)
    if not any(isinstance(sender.send(outgoing), Sent) for sender in parts.senders[Channel.SMS]):
        raise NotPossible("the code could not be sent: `alertd doctor` looks at the provider; or approve by page")
    say(f"A code is on its way to {person}'s own number. {load.version} {', '.join(load.report.urgent)}.")


def rollback(
    version: VersionWanted = "",
    *,
    because: Annotated[str, typer.Option("--because", help="Why, in one sentence; it stays on record.")],
    by: As,
    config: Config = None,
) -> None:
    """Go back to the set before this one, or to an earlier one that was in force; the daemon follows in a second."""
    with opened(config) as parts:
        person = person_named(parts.rules.book(), by, parts.now())
        load = go_back(parts, version, because, person, account())
    good(f"{load.version} is in force again, {load.before} is not: {because}")
    say(f"The files still hold other rules. They stay out until they are changed, or: alertd reload --as {person}")
    if load.report.lost:
        bad(f"By its dry run it loses {plural(load.report.lost, 'alert')} of the last day: alertd rules show")


def account() -> str:
    """The operating system's user who runs this command, also behind sudo."""
    return os.environ.get("SUDO_USER") or account_name(os.getuid())
