"""What a rule set means for judging, worked out once when it is loaded."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import product

from alertd.core.strata import strata
from alertd.model.conditions import (
    Another,
    Condition,
    Count,
    DefinitionCondition,
    FieldCondition,
    Group,
    Heading,
    Op,
)
from alertd.model.ids import ClockId, ExprId, LeafId, RuleId
from alertd.model.rulebook import Classify, Rule, RuleBook, RuleStatus, StopsWhen
from alertd.model.values import Kind

_DERIVED = ("case.labels", "case.labelled_at")


@dataclass(frozen=True, slots=True)
class Plan:
    """Derived facts about a rule book.

    Attributes:
        book: The rule book.
        rules: Live and shadow rules by kind, in file order, each with the name of its condition.
        stratum: Rule → stratum; a rule is judged after all rules of lower strata.
        depth: Number of strata.
        reads_labels: Kinds with an expression that reads labels, so that they are judged again when labels grow.
        cross: Rule → the `count` and `another` leaves it looks through.
        leaf_rules: Leaf → the rules that look through it.
        stops: Status event → clock alternatives that it may satisfy, with their expressions.
        heard: What clock rules listen to: (clock id, state), None for any. A clock in another state is not judged,
            since every clock rule would say no.
        shared: Rules whose keys are global over cases: they look at other cases, and are not once per case.
    """

    book: RuleBook
    rules: Mapping[Kind, tuple[tuple[Rule, ExprId], ...]]
    stratum: Mapping[RuleId, int]
    depth: int
    reads_labels: frozenset[Kind]
    cross: Mapping[RuleId, tuple[LeafId, ...]]
    leaf_rules: Mapping[LeafId, tuple[RuleId, ...]]
    stops: Mapping[str, tuple[tuple[ClockId, ExprId], ...]]
    heard: frozenset[tuple[str | None, str | None]]
    shared: frozenset[RuleId]

    def hears_clock(self, clock: str, state: str) -> bool:
        """Whether some clock rule may say anything but no to a clock in a state."""
        wanted = ((clock, state), (clock, None), (None, state), (None, None))
        return not self.heard.isdisjoint(wanted)


def rule_expr(rule: RuleId) -> ExprId:
    """Name of a rule's compiled condition."""
    return ExprId(f"rule:{rule}")


def where_expr(leaf: LeafId) -> ExprId:
    """Name of the compiled `where` of a cross-case leaf."""
    return ExprId(f"where:{leaf}")


def leaves_of(condition: Condition, book: RuleBook) -> Iterator[FieldCondition | Count | Another]:
    """All leaves of a condition, definitions followed; the `where` of a cross-case leaf is not entered."""
    match condition:
        case Group(items=items):
            for item in items:
                yield from leaves_of(item, book)
        case DefinitionCondition(name=name):
            yield from leaves_of(book.definitions[name].condition, book)
        case _:
            yield condition


def plan(book: RuleBook) -> Plan:
    """Work out what judging needs to know.

    Args:
        book: A loaded, checked rule book.
    """
    active = [rule for rule in book.rules.values() if rule.status in (RuleStatus.LIVE, RuleStatus.SHADOW)]
    level = strata(book)
    cross = {
        rule.id: tuple(leaf.leaf for leaf in leaves_of(rule.when, book) if isinstance(leaf, Count | Another))
        for rule in active
    }
    return Plan(
        book=book,
        rules={kind: tuple((rule, rule_expr(rule.id)) for rule in active if rule.message is kind) for kind in Kind},
        stratum=level,
        depth=max((level.get(rule.id, 0) for rule in active), default=0) + 1,
        reads_labels=frozenset(e.kind for e in book.expressions if _reads_labels(e.condition, book)),
        cross={rule: leaves for rule, leaves in cross.items() if leaves},
        leaf_rules={leaf: tuple(r for r, leaves in cross.items() if leaf in leaves) for leaf in book.leaves},
        stops=_stops(book),
        shared=frozenset(
            rule for rule, leaves in cross.items() if leaves and "case_ref" not in book.rules[rule].once_per
        ),
        heard=frozenset(pair for rule in active if rule.message is Kind.CLOCK for pair in clocks_heard(rule, book)),
    )


def clocks_heard(rule: Rule, book: RuleBook) -> Iterator[tuple[str | None, str | None]]:
    """Clock ids and states that a clock rule needs, as far as its outermost conditions say; None for any."""
    ids, states = _needed_words(rule.when, "clock.id", book), _needed_words(rule.when, "clock.state", book)
    return product(ids or (None,), states or (None,))


def _needed_words(condition: Condition, field: str, book: RuleBook) -> tuple[str, ...]:
    """Words of which the field must hold one for a condition to be anything but no; empty when it may hold any."""
    match condition:
        case FieldCondition(field=name, op=Op.EQUALS, value=str() as word, if_missing=None) if name == field:
            return (word,)
        case FieldCondition(field=name, op=Op.IN, value=tuple() as words, if_missing=None) if name == field:
            return tuple(str(word) for word in words)
        case DefinitionCondition(name=definition):
            return _needed_words(book.definitions[definition].condition, field, book)
        case Group(heading=Heading.ALL, items=items):
            return next((words for item in items if (words := _needed_words(item, field, book))), ())
        case _:
            return ()


def _reads_labels(condition: Condition, book: RuleBook) -> bool:
    return any(isinstance(leaf, FieldCondition) and leaf.field in _DERIVED for leaf in leaves_of(condition, book))


def _stops(book: RuleBook) -> dict[str, tuple[tuple[ClockId, ExprId], ...]]:
    found: dict[str, list[tuple[ClockId, ExprId]]] = {}
    for clock in book.clocks.values():
        for number, alternative in enumerate(clock.stops_when):
            found.setdefault(alternative.status, []).append((clock.id, stop_expr(clock.id, number)))
    return {event: tuple(each) for event, each in found.items()}


def stop_expr(clock: ClockId, number: int) -> ExprId:
    """Name of the compiled condition of a clock's nth `stops_when` alternative."""
    return ExprId(f"stop:{clock}:{number}")


def labels_of(rule: Rule) -> tuple[str, ...]:
    """Labels that a rule gives."""
    return tuple(action.label for action in rule.then if isinstance(action, Classify))


def stop_of(book: RuleBook, clock: ClockId, number: int) -> StopsWhen:
    """A clock's nth alternative."""
    return book.clocks[clock].stops_when[number]
