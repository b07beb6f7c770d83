"""`alertd doctor`: everything that alertd needs, reached and looked at; what is wrong comes with its remedy."""

from __future__ import annotations

import shutil
import stat
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path

from alertd.core.coverage import AHEAD
from alertd.core.wording import moment, span
from alertd.daemon.clock import utc_now
from alertd.daemon.cover import gaps_ahead
from alertd.daemon.findings import Finding, bad, good, look
from alertd.daemon.heartbeat import SILENT_AFTER, last_heartbeat, last_refusal
from alertd.daemon.parts import Parts, open_parts
from alertd.daemon.probing import probe_broker, probe_call, probe_directory, probe_email, probe_sms, trial_mode
from alertd.daemon.secrets_read import secret_problems
from alertd.daemon.watches import LATE, OFFSET
from alertd.model.errors import AlertdError
from alertd.rulebook.loader import load
from alertd.rulebook.problems import Weight
from alertd.rulebook.settings import Settings
from alertd.service import silence
from alertd.service.ports import Reading
from alertd.transport.heartbeat_url import ask

DRILL_NOTE = "drill.last"
_DRILL_EVERY = timedelta(days=90)
_ROOM = 500 * 1024 * 1024


def examine(settings: Settings) -> Iterator[Finding]:
    """Look at everything, one after another; each finding as soon as it is known.

    Args:
        settings: Checked settings.
    """
    yield from _secrets(settings)
    yield from _rules(settings)
    yield from _files(settings)
    yield probe_broker(settings)
    yield from probe_sms(settings)
    yield probe_email(settings)
    yield probe_call(settings)
    yield from probe_directory(settings)
    if settings.service.heartbeat is not None:
        yield _heartbeat_url(settings.service.heartbeat.url.resolve)
    try:
        with open_parts(settings) as parts:
            yield good("store", f"reached, and of this program's schema: {settings.store.url.partition('://')[0]}")
            yield from _inside(parts)
    except AlertdError as trouble:
        yield bad("store", _first_line(trouble), "`alertd migrate` for a new or older one; else check store.url")


def _first_line(trouble: AlertdError) -> str:
    return str(trouble).partition("\n")[0]


def _secrets(settings: Settings) -> Iterator[Finding]:
    problems = secret_problems(settings)
    if not problems:
        yield good("secrets", "each can be read")
    for problem in problems:
        yield bad("secrets", problem, "run this as alertd's own user, or mend who may read it")


def _rules(settings: Settings) -> Iterator[Finding]:
    loaded = load(settings.rules, settings.config, settings.templates)
    errors = sum(1 for each in loaded.problems if each.severity is Weight.ERROR)
    warnings = len(loaded.problems) - errors
    if errors:
        yield bad("rules", f"{errors} errors: these files would be refused", "`alertd check` shows each with its line")
    elif warnings:
        yield look("rules", f"{warnings} warnings", "`alertd check` shows each with its line")
    else:
        yield good("rules", "rules, people, rotas and templates are in order")


def _files(settings: Settings) -> Iterator[Finding]:
    """Who else may read what holds names, numbers and secrets; whether there is room."""
    mode = settings.people.stat().st_mode if settings.people.exists() else 0
    if mode & stat.S_IROTH:
        yield look("people.yaml", "everybody on this machine can read it", "chmod o= on it: it holds names and numbers")
    place = _place(settings)
    free = shutil.disk_usage(place).free
    if free < _ROOM:
        yield bad("disk", f"{free // 2**20} MiB free where alertd writes", "make room: a full disk stops intake")
    else:
        yield good("disk", f"{free // 2**30} GiB free where alertd writes")


def _place(settings: Settings) -> Path:
    """The folder in which alertd writes, or the nearest one above it that is there."""
    _, _, file = settings.store.url.partition("sqlite:///")
    place = Path(file).parent if file else Path.cwd()
    return next(each for each in (place, *place.resolve().parents) if each.is_dir())


def _heartbeat_url(url: Callable[[], str]) -> Finding:
    if why := ask(url):
        return bad("heartbeat", f"the address cannot be reached: {why}", "check service.heartbeat")
    return good("heartbeat", "the address answers")


# --- what the store tells


def _inside(parts: Parts) -> Iterator[Finding]:
    now = utc_now()
    with parts.store.read() as reading:
        yield _clock(reading, now)
        yield _daemon(reading, now)
        if (refused := last_refusal(reading)) is not None:
            yield bad("rules in force", f"changed files were refused at {moment(refused[0])}", "`alertd check`")
        yield _undone(reading, now)
        yield from _senders(parts, reading, now)
        yield from _people(parts)
        yield from _cover(parts, now)
        yield _contingency(parts, now)
        yield from trial_mode(parts.settings, reading, now)
        yield _drill(reading, now)


def _clock(reading: Reading, now: datetime) -> Finding:
    theirs = reading.database_now()
    off = abs(theirs - now) if theirs is not None else timedelta(0)
    if off > OFFSET:
        words = f"this machine's clock and the database's differ by {off.total_seconds():.1f} s"
        return bad("clock", words, "let both take the time from one server (NTP)")
    return good("clock", "one machine, one clock" if theirs is None else "in step with the database's")


def _daemon(reading: Reading, now: datetime) -> Finding:
    heard = last_heartbeat(reading)
    if heard is None:
        return bad("daemon", "it never ran on this store", "`systemctl start alertd`, or `alertd run`")
    if now - heard.at > SILENT_AFTER:
        return bad("daemon", f"not heard since {moment(heard.at)}", "`systemctl status alertd` says why")
    return good("daemon", heard.status)


def _undone(reading: Reading, now: datetime) -> Finding:
    found = reading.overdue(now - LATE)
    if found.oldest is not None:
        words = f"{found.cases} cases, {found.lines} lines and {found.messages} messages since {moment(found.oldest)}"
        return bad("work", f"overdue: {words}", "`alertd status`, `alertd outbox`; ring the team on duty")
    return good("work", "nothing is overdue")


def _senders(parts: Parts, reading: Reading, now: datetime) -> Iterator[Finding]:
    """Whether messages of the senders that are listened for come in."""
    limits = parts.settings.intake.silent_after
    for each in silence.silences(limits, reading, now):
        words = f"silent since {moment(each.since)}, longer than it may be"
        yield bad(f"sender {each.source}", words, "ring whoever runs it")
    if not limits:
        yield look("senders", "nobody is listened for", "name them under intake.silent_after: a dead feed looks quiet")


def _people(parts: Parts) -> Iterator[Finding]:
    book = parts.rules.book()
    mute = sorted(person.id for person in book.people.values() if not (person.sms or person.call or person.email))
    for person in mute:
        yield bad(f"person {person}", "has no number and no address", "give one in people.yaml")
    with parts.store.read() as reading:
        parts.reach.learn(reading)
    silent = sorted(parts.reach.opt_outs.people(book))
    wrong = sorted(parts.reach.bad_numbers.marked(book))
    for id_, channel in wrong:
        yield bad(f"person {id_}", f"has a number that is refused for good ({channel})", "correct it in people.yaml")
    for person in silent:
        yield bad(f"person {person}", "has asked for no more texts", "they text START, or get another number")
    if not mute and not silent and not wrong:
        yield good("people", f"{len(book.people)}, each can be told")


def _cover(parts: Parts, now: datetime) -> Iterator[Finding]:
    found = gaps_ahead(parts, now, AHEAD)
    for gap in found:
        yield bad(f"cover {gap.role}", f"nobody from {span(gap.from_, gap.to)}", "`alertd oncall gaps` says why")
    if not found:
        yield good("cover", f"somebody can be reached for every role until {moment(now + AHEAD)}")


def _contingency(parts: Parts, now: datetime) -> Finding:
    file = parts.settings.service.contingency
    if file is None:
        return look("contingency", "no page is written for when alertd is down", "name a file: service.contingency")
    if not file.exists():
        return look("contingency", "the page is not there yet", "the daemon writes it when it starts; else see its log")
    written = datetime.fromtimestamp(file.stat().st_mtime, tz=now.tzinfo)
    if now - written > timedelta(hours=2):
        return bad("contingency", f"the page is of {moment(written)}", "the daemon writes it hourly; see its log")
    return good("contingency", f"written at {moment(written)}")


def _drill(reading: Reading, now: datetime) -> Finding:
    text = reading.note(DRILL_NOTE)
    if text is None:
        return look("drill", "nobody has ever tried the whole way to a phone", "`alertd drill --as PERSON`")
    at = datetime.fromisoformat(text)
    if now - at > _DRILL_EVERY:
        return look("drill", f"the last one was at {moment(at)} ({(now - at).days} days ago)", "`alertd drill`")
    return good("drill", f"the last one was at {moment(at)}")
