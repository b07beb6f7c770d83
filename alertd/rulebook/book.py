"""The finished book: cross-case leaves named, and every condition that is judged in a fixed order."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from alertd.model.conditions import ALWAYS, Another, Condition, Count, conjunction
from alertd.model.ids import ExprId, LeafId, Version
from alertd.model.rulebook import Clock, Expression, RuleBook, RuleStatus
from alertd.model.values import Kind
from alertd.rulebook.condition_blocks import event_is
from alertd.rulebook.leaves import Definitions, leaves_in, name_leaves

_JUDGED = (RuleStatus.LIVE, RuleStatus.SHADOW)


def assemble(book: RuleBook, version: Version) -> RuleBook:
    """Give a checked book its version, leaf names and expressions.

    Args:
        book: Typed and checked, leaves not named yet.
        version: Content hash of its files.
    """
    plain = book.definitions
    definitions = {name: replace(one, condition=name_leaves(one.condition, plain)) for name, one in plain.items()}
    rules = {name: replace(one, when=name_leaves(one.when, plain)) for name, one in book.rules.items()}
    named = replace(book, version=version, definitions=definitions, rules=rules)
    judged = [*_rule_expressions(named), *_stop_expressions(named)]
    leaves = _leaves(judged, definitions)
    return replace(named, expressions=(*judged, *_where_expressions(leaves)), leaves=leaves)


def _rule_expressions(book: RuleBook) -> Iterator[Expression]:
    for rule in book.rules.values():
        if rule.status in _JUDGED:
            yield Expression(ExprId(f"rule:{rule.id}"), rule.message, rule.when)


def _stop_expressions(book: RuleBook) -> Iterator[Expression]:
    for clock in book.clocks.values():
        for number, condition in enumerate(_stops(clock)):
            yield Expression(ExprId(f"stop:{clock.id}:{number}"), Kind.STATUS, condition)


def _stops(clock: Clock) -> Iterator[Condition]:
    """Each alternative as one condition: the event, and what else must hold of that status."""
    for stop in clock.stops_when:
        event = event_is(stop.status)
        yield event if stop.condition == ALWAYS else conjunction(event, stop.condition)


def _leaves(judged: list[Expression], definitions: Definitions) -> dict[LeafId, Count | Another]:
    found = {leaf.leaf: leaf for one in judged for leaf in leaves_in(one.condition, definitions)}
    return dict(sorted(found.items()))


def _where_expressions(leaves: dict[LeafId, Count | Another]) -> Iterator[Expression]:
    for name, leaf in leaves.items():
        kind = leaf.messages if isinstance(leaf, Count) else leaf.kind
        yield Expression(ExprId(f"where:{name}"), kind, leaf.where)
