"""A rule that stops a clock on that clock's own state would undo itself: refused when rules are loaded."""

from __future__ import annotations

from alertd.core.plan import clocks_heard
from alertd.core.strata import label_links, way_between
from alertd.model.ids import ClockId, RuleId
from alertd.model.rulebook import Rule, RuleBook, RuleStatus, StartClock, StopClock
from alertd.model.values import Kind
from alertd.rulebook.reading import Reading

_JUDGED = (RuleStatus.LIVE, RuleStatus.SHADOW)
Links = dict[RuleId | ClockId, list[RuleId | ClockId]]


def check_stops(reading: Reading, book: RuleBook) -> None:
    """Refuse rules that stop a clock which they hear, straight or by way of other rules (E033).

    While the rule matches, its clock is withdrawn; without the clock it does not match, and the clock is back: judging
    would never settle.
    """
    rules = [rule for rule in book.rules.values() if rule.status in _JUDGED]
    links = _links(rules, book)
    for rule in rules:
        for action in rule.then:
            if isinstance(action, StopClock) and (way := way_between(links, action.clock, rule.id)):
                message = f"'{rule.id}' stops the clock by which it matches: {' → '.join([*way, action.clock])}"
                remedy = "stop it on a status or a label instead, or with 'stops_when:' in the clock"
                reading.report.error("E033", reading.places[str(rule.id), "then"], message, remedy)


def _links(rules: list[Rule], book: RuleBook) -> Links:
    """What each clock and rule may make match, or start: a clock the rules that hear it, a rule its labels' readers."""
    links: Links = {rule: list(readers) for rule, readers in label_links(rules, book.definitions).items()}
    for rule in rules:
        for action in rule.then:
            if isinstance(action, StartClock):
                links.setdefault(rule.id, []).append(action.clock)
        for name, _ in clocks_heard(rule, book) if rule.message is Kind.CLOCK else ():
            for clock in book.clocks if name is None else (ClockId(name),):
                links.setdefault(clock, []).append(rule.id)
    return links
