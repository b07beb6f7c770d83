"""Warnings: what loads and works, and is probably not meant."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from alertd.core.normal_form import normal_form
from alertd.model.conditions import ALWAYS
from alertd.model.rulebook import Clock, Definition, Rule, RuleBook, StartClock
from alertd.rulebook.checks import DEFAULT_LADDER, JUDGED
from alertd.rulebook.contradictions import can_never_hold
from alertd.rulebook.leaves import canonical
from alertd.rulebook.reading import Reading
from alertd.rulebook.references import Index
from alertd.rulebook.suggestions import nearest

_MAY_STAND_ALONE = ("rule", "list", "person", "role", "clock")
"""Rules are the purpose, lists also translate incoming words, people may accept, roles are told by the program, and a
clock that no rule starts has a warning of its own."""

_LAST_LINE = 10**9


def advise(reading: Reading, book: RuleBook, index: Index, today: date | None) -> None:
    """Warn of what deserves a look; meant for a book without errors.

    Args:
        reading: Takes the warnings.
        book: What was loaded.
        index: Where each block stands.
        today: For review dates; None leaves them unchecked.
    """
    for rule in book.rules.values():
        _no_condition(reading, rule, index)
        _never_matches(reading, rule, book, _lines(index, rule))
        if today and rule.effective_until and rule.effective_until < today and rule.status in JUDGED:
            message = f"'{rule.id}' ended on {rule.effective_until}: it can never match again"
            reading.report.warn("W101", index["rule"][rule.id], message, "write 'status: retired', or a later day")
    _same_conditions(reading, book, index)
    _never_started(reading, book, index)
    _unused(reading, index)
    _misspelt_labels(reading)
    if today:
        _past_review(reading, book, today)
    for rule in book.rules.values():
        reading.report.silence(rule.allow, index["rule"][rule.id].file, _lines(index, rule))


def _lines(index: Index, rule: Rule) -> range:
    """Lines of a rule's block: up to the next block of its file."""
    start = index["rule"][rule.id]
    later = [each.line for blocks in index.values() for each in blocks.values() if each.file == start.file]
    return range(start.line, min((line for line in later if line > start.line), default=_LAST_LINE))


def _never_matches(reading: Reading, rule: Rule, book: RuleBook, lines: range) -> None:
    """A contradiction that shows only once definitions are written out."""
    place = reading.places[str(rule.id), "when"]
    if reading.report.has("W101", place.file, lines) or not can_never_hold(normal_form(rule.when, book.definitions)):
        return
    message = f"'{rule.id}' can never match: its conditions, with the definitions they name, rule each other out"
    reading.report.warn("W101", place, message, "check the definitions, or use 'any:'")


def _no_condition(reading: Reading, rule: Rule, index: Index) -> None:
    if rule.when == ALWAYS and rule.status in JUDGED:
        message = f"'{rule.id}' has no condition: it matches every {rule.message}"
        place = reading.places.get((rule.id, "when"), index["rule"][rule.id])
        reading.report.warn("W106", place, message, _remedy("W106"))


def _same_conditions(reading: Reading, book: RuleBook, index: Index) -> None:
    seen: dict[tuple[str, str], Rule] = {}
    for rule in book.rules.values():
        if rule.status not in JUDGED or rule.when == ALWAYS:
            continue
        first = seen.setdefault((rule.message, canonical(rule.when, book.definitions)), rule)
        if first is not rule:
            message = f"'{rule.id}' has the same conditions as '{first.id}' ({first.header.where})"
            reading.report.warn("W102", index["rule"][rule.id], message, _remedy("W102"))


def _remedy(code: str) -> str:
    return f"change it, or write 'allow: {{{code}: the reason}}'"


def _never_started(reading: Reading, book: RuleBook, index: Index) -> None:
    started = {
        action.clock
        for rule in book.rules.values()
        if rule.status in JUDGED
        for action in rule.then
        if isinstance(action, StartClock)
    }
    for clock in book.clocks.values():
        if clock.id not in started:
            message = f"no live or shadow rule starts the clock '{clock.id}'"
            reading.report.warn("W103", index["clock"][clock.id], message, "add 'start_clock' to a rule")


def _unused(reading: Reading, index: Index) -> None:
    named = {(kind, reference.id) for reference in reading.references for kind in reference.kinds}
    for kind, blocks in index.items():
        for name, place in blocks.items():
            used = (kind, name) in named or kind in _MAY_STAND_ALONE or name == DEFAULT_LADDER
            if not used:
                reading.report.warn("W104", place, f"nothing uses the {kind} '{name}'", "take it out, or use it")


def _misspelt_labels(reading: Reading) -> None:
    """A label that nothing reads may well be for people; one that looks like a label that is read is a slip."""
    read = {label for label, _ in reading.labels}
    for label, place in reading.given.items():
        if label not in read and (meant := nearest(label, read)):
            message = f"nothing reads the label '{label}': did you mean '{meant}'?"
            reading.report.warn("W104", place, message, "correct it, or choose a name that is less alike")


def _past_review(reading: Reading, book: RuleBook, today: date) -> None:
    for block in _with_headers(book):
        place = reading.places[block.header.where, "review_by"]
        if block.header.review_by < today:
            message = f"'{block.id}' was to be looked at again by {block.header.review_by}"
            reading.report.warn("W110", place, message, f"{block.header.owner} reviews it and sets a new day")


def _with_headers(book: RuleBook) -> Iterator[Rule | Clock | Definition]:
    yield from book.rules.values()
    yield from book.clocks.values()
    yield from book.definitions.values()
