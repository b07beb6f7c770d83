"""`drill`: an exercise through the live path to the people on call, and the time until one of them accepted."""

from __future__ import annotations

from datetime import datetime, timedelta
from threading import Event
from typing import Annotated

import typer

from alertd.cli.opening import opened, people, person_named
from alertd.cli.options import As, AsJson, Config
from alertd.cli.publishing import send_one
from alertd.cli.screen import bad, good, say, show_json, when
from alertd.core.on_call import DUTY
from alertd.core.outgoing import reachable
from alertd.daemon.examining import DRILL_NOTE
from alertd.daemon.heartbeat import SILENT_AFTER, last_heartbeat
from alertd.daemon.parts import Parts
from alertd.model.case import Notification
from alertd.model.errors import NotPossible
from alertd.model.ids import PersonId, Token
from alertd.model.message import Message
from alertd.model.values import Channel
from alertd.service.drill import Course, Drill, begin, course
from alertd.service.messages import Properties, decode
from alertd.service.people import Fact
from alertd.service.ports import Rank
from alertd.service.tokens import tokens

_LOOK = 0.5
"""Seconds between two looks at how far the exercise has come."""
_CHANNELS = (Channel.SMS, Channel.EMAIL)


def add_to(app: typer.Typer) -> None:
    """Add the commands of this room."""
    app.command()(drill)


def drill(
    by: As,
    wait: Annotated[int, typer.Option("--wait", min=1, max=240, metavar="MINUTES", help="How long to wait.")] = 60,
    *,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask first.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say who would be told first.")] = False,
    as_json: AsJson = False,
    config: Config = None,
) -> None:
    """Send an exercise to the people on call, and say how long it took until somebody accepted.

    Every text and mail says EXERCISE. Nobody accepting, the ladder climbs as for a real alert; however it ends, the
    case is closed as a false alarm and everybody told is stood down. Exit 1 when nobody accepted in time.
    """
    with opened(config) as parts:
        now = parts.now()
        person = person_named(parts.rules.book(), by, now)
        _announce(parts, now, quiet=as_json)
        if dry_run:
            return
        _check_running(parts, now)
        if not yes:
            typer.confirm("Send the exercise now?", abort=True, err=True)
        exercise = begin(parts.now(), parts.keyring.token, parts.new_id)
        send_one(parts.settings, exercise.body)
        with parts.store.write(Rank.PEOPLE) as writing:
            writing.set_note(DRILL_NOTE, exercise.begun_at.isoformat())
        found = _watched(parts, exercise, timedelta(minutes=wait), quiet=as_json)
        if found is not None:
            people(parts).record(found.facts.row.ref, Fact("false_alarm", parts.now()), person, parts.now())
    _report(exercise, found, as_json=as_json)


def _announce(parts: Parts, now: datetime, *, quiet: bool) -> None:
    told = reachable(DUTY, _CHANNELS, now, parts.desk(now))
    if not told:
        raise NotPossible("nobody on duty can be reached now: `alertd oncall` says why. Nothing was sent")
    if not quiet:
        say(f"On duty, and told first: {', '.join(each.person.id for each in told)}. Every text says EXERCISE.")


def _check_running(parts: Parts, now: datetime) -> None:
    with parts.store.read() as reading:
        heard = last_heartbeat(reading)
    if heard is None or now - heard.at > SILENT_AFTER:
        raise NotPossible("the daemon does not run, so nobody would be told: `alertd doctor`. Nothing was sent")


def _watched(parts: Parts, exercise: Drill, limit: timedelta, *, quiet: bool) -> Course | None:
    """Wait until somebody has accepted, or the time is over; what leaves is shown as it leaves."""
    record, pause = _record(parts, exercise), Event()
    found: Course | None = None
    shown: set[str] = set()
    try:
        while parts.now() - exercise.begun_at < limit:
            with parts.store.read() as reading:
                found = course(reading, record) or found
            if found is not None:
                _show_new(found, shown, quiet=quiet)
                if found.waited(exercise.begun_at) is not None:
                    break
            pause.wait(_LOOK)
    except KeyboardInterrupt:
        bad("Broken off: the exercise is ended, and everybody told is stood down.")
    return found


def _record(parts: Parts, exercise: Drill) -> Token:
    hashed = parts.keyring.token
    message = decode(exercise.body, Properties(), exercise.begun_at, keyed_hash=hashed)
    if not isinstance(message, Message):
        raise NotPossible(f"the exercise's message cannot be read: {message.reason}")
    return tokens(message, hashed, by_system=parts.settings.intake.person_ref == "system").record


def _show_new(found: Course, shown: set[str], *, quiet: bool) -> None:
    for note in found.sent:
        if note.id not in shown:
            shown.add(note.id)
            if not quiet:
                say(f"  {when(note.sent_at)}  {note.channel.value:<5} {note.person}")


def _report(exercise: Drill, found: Course | None, *, as_json: bool) -> None:
    waited = found.waited(exercise.begun_at) if found is not None else None
    by = found.alert.accepted_by if found is not None and found.alert is not None else ""
    if as_json:
        show_json(_data(exercise, found, waited, PersonId(by)))
    elif waited is not None and found is not None:
        good(f"{found.facts.row.ref}: accepted by {by} after {_lasted(waited)}; first text {_first(exercise, found)}")
    elif found is None:
        bad("The daemon never took the exercise in: `alertd doctor`, `alertd quarantine`.")
    else:
        bad(f"{found.facts.row.ref}: nobody accepted. {len(found.sent)} messages left. `alertd case` shows them.")
    if waited is None:
        raise typer.Exit(1)


def _data(exercise: Drill, found: Course | None, waited: timedelta | None, by: PersonId) -> dict[str, object]:
    sent: tuple[Notification, ...] = found.sent if found is not None else ()
    return {
        "begun_at": exercise.begun_at,
        "case": found.facts.row.ref if found is not None else None,
        "accepted_by": by or None,
        "seconds_to_acceptance": waited.total_seconds() if waited is not None else None,
        "sent": [{"at": n.sent_at, "person": n.person, "by": n.channel.value, "state": n.state.value} for n in sent],
    }


def _first(exercise: Drill, found: Course) -> str:
    first = min((note.sent_at for note in found.sent if note.sent_at is not None), default=None)
    return "never left" if first is None else f"left after {_lasted(first - exercise.begun_at)}"


def _lasted(length: timedelta) -> str:
    seconds = max(0, round(length.total_seconds()))
    return f"{seconds} s" if seconds < 120 else f"{seconds // 60} min {seconds % 60} s"
