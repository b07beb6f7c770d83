"""What stood at a moment, and why nothing else happened then: each sentence from something on record."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from alertd.core.on_call import DUTY, Swaps, on_call
from alertd.core.wording import clock_word, moment
from alertd.model.ids import ClockId, RoleId
from alertd.model.rulebook import RuleBook
from alertd.service.explain.account import Account, AtMoment, Heard, Owed, RuleSaid
from alertd.service.explain.words import in_words


@dataclass(frozen=True, slots=True)
class Then:
    """The stretch asked about, [since, until), and what stood at its end: the rules, and who had swapped with whom."""

    since: datetime
    until: datetime
    book: RuleBook | None
    swaps: Swaps


def at_moment(found: Account, then: Then) -> AtMoment:
    """Answer for a moment.

    Args:
        found: The account, with its timeline.
        then: What is asked about.
    """
    events = found.timeline
    return AtMoment(
        since=then.since,
        until=then.until,
        happened=tuple(event for event in events if then.since <= event.at < then.until),
        before=next((event for event in reversed(events) if event.at < then.since), None),
        after=next((event for event in events if event.at >= then.until), None),
        because=tuple(_because(found, then)),
        on_call=tuple(_on_call(found, then)),
    )


def _because(found: Account, then: Then) -> Iterator[str]:
    if not any(heard.received_at < then.until for heard in found.messages):
        yield f"nothing about this case had been received: its first message came at {moment(found.opened_at)}"
        return
    yield from _alerts(found, then.until)
    yield from _clocks(found, then.until)
    yield from _waiting(found, then.until)
    for record in found.judged.records if found.judged is not None else ():
        for rule in record.rules:
            yield from _kept_back(rule, record.what, then)
    if found.closed_at is not None and found.closed_at < then.until:
        yield f"the case had been closed at {moment(found.closed_at)}"


def _alerts(found: Account, until: datetime) -> Iterator[str]:
    opened = [alert for alert in found.alerts if alert.opened_at < until]
    if not opened:
        yield "no urgent rule had matched: there was no alert to climb a ladder"
    for alert in opened:
        act = _last_act(found, alert.code, until)
        if act is not None and act.event == "alert_accepted":
            who = f"{act.by or act.source} had accepted it at {moment(act.received_at)}"
            yield f"alert {alert.code}: {who}, so its ladder had ended"
        elif alert.state == "withdrawn" and alert.closed_at is not None and alert.closed_at < until:
            yield f"alert {alert.code} had been withdrawn at {moment(alert.closed_at)}: its rules matched no longer"
        else:
            yield f"alert {alert.code} was open, nobody had accepted it: its ladder '{alert.ladder}' ran"


def _last_act(found: Account, code: str, until: datetime) -> Heard | None:
    """The last acceptance, release or hand-on of an alert by a moment."""
    acts = [each for each in found.messages if each.alert == code and each.received_at < until]
    return acts[-1] if acts else None


def _clocks(found: Account, until: datetime) -> Iterator[str]:
    for clock in found.clocks:
        if clock.known_at < until and clock.state in ("running", "warned", "breached"):
            missed = " and had been missed" if clock.state == "breached" else ""
            name = clock_word(ClockId(clock.clock))
            yield f"{name} ran from {moment(clock.start_at)}, was due {moment(clock.due_at)}{missed}"


def _waiting(found: Account, until: datetime) -> Iterator[str]:
    """Lines whose time had come and that were not told, or not yet."""
    told_at = {line: note.created_at for note in reversed(found.told) for line in note.lines}
    for row in found.owed:
        if max(row.due_at, row.made_at) >= until or not row.reason or row.state in ("open", "done"):
            continue
        if row.state == "told" and told_at.get(row.key, until) < until:
            continue
        yield f"{row.shown}: {in_words(row.reason)}{_told_later(row, told_at)} [{row.key}]"


def _told_later(row: Owed, told_at: dict[str, datetime]) -> str:
    at = told_at.get(row.key) if row.state == "told" else row.until if row.state == "held" else None
    return f"; told at {moment(at)}" if at is not None else ""


def _kept_back(rule: RuleSaid, what: str, then: Then) -> Iterator[str]:
    """Why a rule that did not say no did nothing, or nothing again."""
    about = f"rule {rule.rule} on {what}"
    match rule.why_not:
        case "unknown":
            fields = ", ".join(each.text for each in rule.conditions if each.answer == "unknown" and each.decided)
            yield f"{about} could not be decided and says if_missing: no_match; unknown: {fields}"
        case "not_in_force":
            yield f"{about} would have matched, but is not in force on that day (effective_from, effective_until)"
        case "replaced":
            yield f"{about} matched, but {rule.by} says instead_of: [{rule.rule}]"
    if rule.did == "recorded":
        yield f"{about} matched, but is a shadow rule: it decides and records, and sends nothing"
    elif rule.did == "acted" and rule.line_at is not None and rule.line_at < then.since:
        made = f"whose line was made at {moment(rule.line_at)}"
        yield f"{about} still matched under key {rule.key}, {made}: one line a key"


def _on_call(found: Account, then: Then) -> Iterator[str]:
    """Who answered for the roles that this case concerns; by the rules that had decided it last."""
    if then.book is None:
        return
    roles = dict.fromkeys((RoleId(DUTY), *(RoleId(alert.duty) for alert in found.alerts)))
    for role in roles:
        answer = on_call(then.book, role, then.since, then.swaps)
        yield f"{role}: {', '.join(p.id for p in answer.people) or 'nobody'} ({'; '.join(answer.why)})"
