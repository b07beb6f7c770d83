"""Checks of what rules and clocks mean together: what can start, what is silent, who hears an urgent alert."""

from __future__ import annotations

from collections.abc import Iterator

from alertd.model.conditions import Condition, DefinitionCondition, FieldCondition, Group, Heading
from alertd.model.contract import FIELDS
from alertd.model.ids import LadderId
from alertd.model.rulebook import Clock, Escalate, IfMissing, Notify, Rule, RuleBook, RuleStatus, StartClock
from alertd.model.values import Answer, Channel, Severity
from alertd.rulebook.leaves import Definitions
from alertd.rulebook.problems import Place
from alertd.rulebook.reading import Reading
from alertd.rulebook.references import Index

DEFAULT_LADDER = LadderId("default_urgent")
"""What an urgent rule climbs that names no other ladder."""

JUDGED = (RuleStatus.LIVE, RuleStatus.SHADOW)


def check_rules(reading: Reading, book: RuleBook, index: Index) -> None:
    """Check every rule: clocks it can start (E030), `ask` (E036), a ladder (E035), unknowns dropped (W107)."""
    for rule in book.rules.values():
        _check_starts(reading, rule, book)
        if rule.severity is Severity.URGENT and rule.status in JUDGED:
            _check_ladder(reading, rule, index)
            _check_ladder_is_heard(reading, rule, book)
        if rule.severity is Severity.URGENT and rule.status is RuleStatus.LIVE:
            _check_ask(reading, rule)
            _check_unknowns(reading, rule, book.definitions)


def _check_starts(reading: Reading, rule: Rule, book: RuleBook) -> None:
    """A clock that a rule starts needs a time which the rule's records carry."""
    for action in rule.then:
        clock = book.clocks.get(action.clock) if isinstance(action, StartClock) else None
        if clock and not any(rule.message in FIELDS[name].kinds for name in _times(clock)):
            message = f"a rule of 'message: {rule.message}' cannot start '{clock.id}': it never carries its start"
            remedy = f"'{clock.id}' starts at {', '.join(_times(clock))}: start it from another rule, or add 'or_else'"
            reading.report.error("E030", _place(reading, rule, "then"), message, remedy)


def _times(clock: Clock) -> tuple[str, ...]:
    return (*clock.starts_at, *clock.or_else)


def _check_ladder(reading: Reading, rule: Rule, index: Index) -> None:
    """An urgent rule must reach a human: by a notify that climbs a ladder, or by escalating at once."""
    climbs = any(isinstance(action, Escalate | Notify) for action in rule.then)
    needs_default = any(notify.ladder is None for notify in rule.notifies)
    if not climbs:
        message = f"'{rule.id}' is urgent and tells nobody"
        reading.report.error("E035", _place(reading, rule, "severity"), message, "add 'notify:', or make it 'high'")
    elif needs_default and DEFAULT_LADDER not in index.get("ladder", {}):
        message = f"'{rule.id}' is urgent and there is no ladder '{DEFAULT_LADDER}' for it to climb"
        remedy = f"add the ladder '{DEFAULT_LADDER}', or name one with 'ladder:'"
        reading.report.error("E035", _place(reading, rule, "then"), message, remedy)


def _check_ladder_is_heard(reading: Reading, rule: Rule, book: RuleBook) -> None:
    """A ladder of mails alone reaches a mailbox, not a human."""
    named = {notify.ladder or DEFAULT_LADDER for notify in rule.notifies}
    named |= {action.ladder for action in rule.then if isinstance(action, Escalate)}
    for ladder in (book.ladders[name] for name in sorted(named) if name in book.ladders):
        if not any({Channel.SMS, Channel.CALL} & set(step.by) for step in ladder.steps):
            message = f"'{rule.id}' is urgent, and the ladder '{ladder.id}' sends only mail"
            remedy = "give a step of the ladder 'by: [call]' or 'by: [sms]'"
            reading.report.error("E035", _place(reading, rule, "then"), message, remedy)


def _check_ask(reading: Reading, rule: Rule) -> None:
    if rule.if_missing is IfMissing.ASK:
        message = "a live urgent rule cannot wait for an answer"
        reading.report.error("E036", _place(reading, rule, "if_missing"), message, "write 'if_missing: match'")


def _check_unknowns(reading: Reading, rule: Rule, definitions: Definitions) -> None:
    """A live urgent rule that an unknown silences stops the load unless its owner gives a reason."""
    if "W107" in rule.allow:
        return
    remedy = "write 'match', or 'allow: {W107: the reason}'"
    if rule.if_missing is IfMissing.NO_MATCH:
        message = f"'{rule.id}' is live and urgent, and an unknown silences it"
        reading.report.error("W107", _place(reading, rule, "if_missing"), message, remedy)
    for name in dict.fromkeys(dropping(rule.when, definitions)):
        message = f"'{rule.id}' is live and urgent, and is silent when '{name}' is unknown"
        reading.report.error("W107", _place(reading, rule, "when"), message, remedy)


def dropping(condition: Condition, definitions: Definitions, turned: bool = False) -> Iterator[str]:
    """List the fields whose being unknown makes a condition say no by their own `if_missing`.

    A leaf beside another that stays open does not count where one of them is enough: under `any`, or under `all` when a
    `none` turns it round.

    Args:
        condition: What to look through.
        definitions: For definitions it names.
        turned: Whether the condition stands under an odd number of `none`.
    """
    match condition:
        case FieldCondition() if condition.if_missing is (Answer.YES if turned else Answer.NO):
            yield condition.field
        case DefinitionCondition() if condition.name in definitions:
            yield from dropping(definitions[condition.name].condition, definitions, turned)
        case Group():
            yield from _dropping_group(condition, definitions, turned)
        case _:
            return


def _dropping_group(group: Group, definitions: Definitions, turned: bool) -> Iterator[str]:
    inner = turned ^ (group.heading is Heading.NONE)
    one_is_enough = (group.heading is Heading.ALL) is inner
    found = [list(dropping(item, definitions, inner)) for item in group.items]
    if not one_is_enough or all(found):
        for names in found:
            yield from names


def _place(reading: Reading, rule: Rule, key: str) -> Place:
    return reading.places[str(rule.id), key]
