"""The story of a case in the order in which things happened, each in one line."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from alertd.core.wording import clock_word, moment
from alertd.model.ids import ClockId, RuleId
from alertd.service.explain.account import Account, AlertTold, ClockTold, Event, Heard, Message, Owed
from alertd.service.explain.words import in_words

QUIET = "quiet"
_MARKS = ("message", "rules", "clock", "alert", "told", QUIET)
_KEPT_QUIET = ("skipped", "withdrawn", "unreachable", "held")


def timeline(found: Account, now: datetime) -> tuple[Event, ...]:
    """Everything that happened, earliest first; of one moment what came in before what was done about it.

    What was withdrawn before its time came has no moment of its own until then: it is no event yet.
    """
    events = [event for heard in found.messages for event in _heard(heard)]
    events += _decisions(found)
    events += [event for clock in found.clocks for event in _clock(clock)]
    events += [event for alert in found.alerts for event in _alert(alert)]
    events += [_told(note) for note in found.told]
    events += [event for row in found.owed for event in _quiet(row)]
    happened = (event for event in events if event.at <= now)
    return tuple(sorted(happened, key=lambda event: (event.at, _MARKS.index(event.mark))))


def _heard(heard: Heard) -> Iterator[Event]:
    what = f"{heard.event} by {heard.by}" if heard.by else f"{heard.event or heard.kind} from {heard.source}"
    version = f", version {heard.record_version} of its record" if heard.record_version > 1 else ""
    outcome = heard.outcome.replace("_", " ") or "erased since"
    yield Event(heard.received_at, "message", f"message {heard.number}: {what}{version}; {outcome}")
    if heard.again_at is not None:
        times = "once more" if heard.again == 1 else f"{heard.again} times more, now the last time"
        why = "its source and id are known, so nothing is done twice"
        yield Event(heard.again_at, QUIET, f"message {heard.number} was delivered {times}: {why}")


def _decisions(found: Account) -> Iterator[Event]:
    """Decisions by which the rules that match changed, or the rules themselves did."""
    before: dict[RuleId, str] = {}
    version = ""
    for decided in found.decisions:
        rules = dict(decided.rules)
        if rules != before or decided.rules_version != version:
            changed = [(name, how) for name, how in rules.items() if before.get(name) != how]
            new = [f"{name} ({how})" if how != "yes" else name for name, how in changed]
            gone = [name for name in before if name not in rules]
            parts = [f"match: {', '.join(new)}" if new else "", f"no longer: {', '.join(gone)}" if gone else ""]
            what = "; ".join(part for part in parts if part) or "nothing new matches"
            yield Event(decided.at, "rules", f"{what} [rules {decided.rules_version}]")
        before, version = rules, decided.rules_version


def _clock(clock: ClockTold) -> Iterator[Event]:
    name = clock_word(ClockId(clock.clock))
    start = f"{moment(clock.start_at)}{' (estimated)' if clock.estimated else ''}"
    yield Event(clock.known_at, "clock", f"{name} starts at {start}, due {moment(clock.due_at)}, by rule {clock.rule}")
    ends = [at for at in (clock.stop_known_at, clock.withdrawn_at) if at is not None]
    if clock.state in ("breached", "met_late") and all(at > clock.due_at for at in ends):
        yield Event(max(clock.due_at, clock.known_at), "clock", f"{name} is missed, due {moment(clock.due_at)}")
    if clock.stop_known_at is not None and clock.stopped_at is not None:
        yield Event(clock.stop_known_at, "clock", f"{name} is stopped by what happened at {moment(clock.stopped_at)}")
    if clock.withdrawn_at is not None:
        yield Event(clock.withdrawn_at, "clock", f"{name} is withdrawn")


def _alert(alert: AlertTold) -> Iterator[Event]:
    yield Event(alert.opened_at, "alert", f"alert {alert.code} opens: {', '.join(alert.reasons)}")
    if alert.closed_at is not None:
        how = f"accepted by {alert.accepted_by}" if alert.accepted_by else alert.state
        yield Event(alert.closed_at, "alert", f"alert {alert.code} {how}; its ladder ends")


def _told(note: Message) -> Event:
    reached = f" ({note.asked})" if note.asked == note.role else f" ({note.asked}, answered by {note.role})"
    how = f"{note.state}, {in_words(note.reason)}" if note.reason else note.state
    receipt = f" at {moment(note.receipt_at)}" if note.receipt_at is not None else ""
    text = f"{note.by} to {note.person}{reached}, {note.template}: {how}{receipt}"
    return Event(note.sent_at or note.created_at, QUIET if note.state == "suppressed" else "told", text)


def _quiet(row: Owed) -> Iterator[Event]:
    if row.state in _KEPT_QUIET or (row.state == "told" and row.reason):
        at = _when(row)
        state = "held" if row.state == "told" else row.state
        until = f" until {moment(row.until)}" if row.state == "held" and row.until is not None else ""
        yield Event(at, QUIET, f"{row.shown}: {state}{until}, {in_words(row.reason)} [{row.key}]")


def _when(row: Owed) -> datetime:
    return max(row.due_at, row.made_at)
