"""An account of a case as a page of text: the moment asked about first, then what happened, then why."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from rich.text import Text

from alertd.cli.screen import heading, plural, say, show_facts, show_table, when
from alertd.core.calendar import local
from alertd.core.wording import clock_word, moment
from alertd.model.ids import ClockId
from alertd.service.explain.account import Account, AtMoment, Event, Judged, Message, RecordJudged, RuleSaid

_STYLES = {"message": "cyan", "rules": "magenta", "clock": "yellow", "alert": "bold", "told": "green", "quiet": "dim"}
_DID = {"acted": "acts", "asked": "asks", "recorded": "records only, for it is a shadow rule"}
_WHY_NOT = {
    "unknown": ": unknown, and if_missing says no_match",
    "not_in_force": ": not in force on that day",
    "replaced": ": replaced by {}",
}
_ANSWERS = {"yes": "green", "no": "red", "unknown": "yellow"}


def show_account(found: Account, *, everything: bool) -> None:
    """Print an account.

    Args:
        found: What to print.
        everything: Also the rules that said no, each with every condition.
    """
    state = f"closed {moment(found.closed_at)}" if found.closed_at else "open"
    opened = f"{state}, first heard of {moment(found.opened_at)}"
    show_facts((("case", found.case), ("cohort", found.cohort or "not known"), ("state", opened)))
    if found.at is not None:
        _show_moment(found.at)
    heading("What happened")
    _show_events(found.timeline)
    _show_clocks(found)
    _show_on_call(found.told)
    if found.judged is not None:
        _show_judged(found.judged, everything=everything)


def _show_moment(at: AtMoment) -> None:
    heading(f"At {moment(at.since)}")
    if at.happened:
        _show_events(at.happened)
    else:
        say("Nothing was received, decided or sent.")
    for word, event in (("last before: ", at.before), ("next after:  ", at.after)):
        if event is not None:
            say(Text.assemble((word, "dim"), _line(event)))
    for sentence in at.because:
        say(f"- {sentence}")
    for answer in at.on_call:
        say(Text.assemble(("on call  ", "dim"), answer))


def _show_events(events: Iterable[Event]) -> None:
    for event in events:
        say(_line(event))


def _line(event: Event) -> Text:
    return Text.assemble((f"{_second(event.at)}  ", "dim"), (f"{event.mark:<8}", _STYLES[event.mark]), event.text)


def _second(at: datetime) -> str:
    return f"{local(at):%d %b %H:%M:%S}"


def _show_clocks(found: Account) -> None:
    heading("Clocks" if found.at is None else "Clocks as they stood")
    runs = [each for each in found.clocks if found.at is None or each.known_at < found.at.until]
    rows = [
        (clock_word(ClockId(c.clock)), c.state.replace("_", " "), when(c.start_at), when(c.due_at), when(c.stopped_at))
        for c in runs
    ]
    show_table(("CLOCK", "STATE", "STARTED", "DUE", "STOPPED"), rows, "None.")


def _show_on_call(told: Iterable[Message]) -> None:
    """Why each person answered for the role asked, once a way."""
    ways = dict.fromkeys((note.asked, note.person, note.why) for note in told if note.why)
    heading("Who was told, and why they")
    show_table(("ROLE", "PERSON", "WHY"), ways, "Nobody, or it was not kept.")


def _show_judged(judged: Judged, *, everything: bool) -> None:
    heading(f"Rules and conditions, decided {_second(judged.at)} by rules {judged.rules_version}")
    if judged.unreadable:
        say(Text(f"Conditions cannot be shown: {judged.unreadable}.", style="yellow"))
    for record in judged.records:
        _show_record(record, everything=everything)


def _show_record(record: RecordJudged, *, everything: bool) -> None:
    if not record.rules:
        return
    shown = [rule for rule in record.rules if everything or rule.why_not != "no"]
    say(Text(record.what, style="bold"))
    for rule in shown:
        _show_rule(rule, everything=everything)
    if left := len(record.rules) - len(shown):
        say(Text(f"  {plural(left, 'rule')} said no (--all shows them)", style="dim"))


def _show_rule(rule: RuleSaid, *, everything: bool) -> None:
    did = _DID.get(rule.did, "does nothing") + _WHY_NOT.get(rule.why_not, "").format(rule.by)
    key = f", key {rule.key}" if rule.key else ""
    line = f", line made {moment(rule.line_at)}" if rule.line_at else ""
    answer = Text(f"{rule.answer:<8}", style=_ANSWERS[rule.answer])
    say(Text.assemble("  ", answer, (rule.rule, "bold"), f"  {rule.title}: {did}{key}{line}"))
    for each in rule.conditions:
        if everything or each.decided:
            say(Text.assemble("    ", (f"{each.answer:<8}", _ANSWERS[each.answer]), each.text))
