"""The order in which rules are judged, so that "no such label" is asked only when every giver has spoken."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TypeVar

from alertd.model.conditions import Condition, DefinitionCondition, FieldCondition, Group, Heading, Op
from alertd.model.errors import ConfigError
from alertd.model.ids import DefinitionId, RuleId
from alertd.model.rulebook import Classify, Definition, Rule, RuleBook, RuleStatus

K = TypeVar("K")
LABELS = "case.labels"
_JUDGED = (RuleStatus.LIVE, RuleStatus.SHADOW)

Definitions = Mapping[DefinitionId, Definition]


@dataclass(frozen=True, slots=True)
class LabelRead:
    """A condition reads a label; `absent` when its lack is what counts. `label` None stands for every label."""

    label: str | None
    absent: bool


@dataclass(frozen=True, slots=True)
class _Edge:
    giver: RuleId
    reader: RuleId
    absent: bool


def strata(book: RuleBook) -> Mapping[RuleId, int]:
    """Number the rules so that judging them by rising number reads no label's lack too early.

    Args:
        book: A loaded book; draft and retired rules are left out.

    Returns:
        0 and up: a rule that reads a label under `none` stands strictly after every rule that gives it, one that reads
        its presence never before.

    Raises:
        ConfigError: rules wait for each other in a circle; a book that was loaded holds none.
    """
    rules = _judged(book.rules.values())
    if circle := label_circle(rules, book.definitions):
        raise ConfigError(f"rules wait for each other's labels in a circle: {', '.join(circle)}")
    level = {rule.id: 0 for rule in rules}
    edges = _edges(rules, book.definitions)
    changed = True
    while changed:  # ends: without a circle through `none` a level never exceeds the number of rules
        changed = False
        for edge in edges:
            least = level[edge.giver] + edge.absent
            if level[edge.reader] < least:
                level[edge.reader] = least
                changed = True
    return level


def label_circle(rules: Iterable[Rule], definitions: Definitions) -> tuple[RuleId, ...]:
    """Find rules that wait for each other: one reads under `none` a label that depends on the rule itself.

    Returns:
        The rules of one circle in order, beginning with the one that reads the lack; empty when there is none.
    """
    judged = _judged(rules)
    onward = label_links(judged, definitions)
    for edge in _edges(judged, definitions):
        if edge.absent and (path := way_between(onward, edge.reader, edge.giver)):
            return path
    return ()


def label_links(rules: Iterable[Rule], definitions: Definitions) -> dict[RuleId, list[RuleId]]:
    """The rules whose answer each rule may change, by a label that it gives or by taking their place."""
    onward: dict[RuleId, list[RuleId]] = {}
    for edge in _edges(_judged(rules), definitions):
        onward.setdefault(edge.giver, []).append(edge.reader)
    return onward


def labels_read(condition: Condition, definitions: Definitions, absent: bool = False) -> Iterator[LabelRead]:
    """List the labels of the judged case that a condition reads; cross-case leaves read other cases and are left out.

    Args:
        condition: What to look through.
        definitions: For definitions it names; an unknown one reads nothing. They must not stand in a circle.
        absent: Whether the condition stands under an odd number of `none`.
    """
    match condition:
        case FieldCondition() if condition.field == LABELS:
            yield from _field_reads(condition, absent)
        case DefinitionCondition() if condition.name in definitions:
            yield from labels_read(definitions[condition.name].condition, definitions, absent)
        case Group():
            inner = absent ^ (condition.heading is Heading.NONE)
            for item in condition.items:
                yield from labels_read(item, definitions, inner)
        case _:
            return


def _field_reads(condition: FieldCondition, absent: bool) -> Iterator[LabelRead]:
    if condition.op is Op.EXISTS:
        yield LabelRead(None, absent ^ (condition.value is False))
    labels = condition.value if isinstance(condition.value, tuple) else ()
    yield from (LabelRead(str(label), absent) for label in labels)


def _judged(rules: Iterable[Rule]) -> list[Rule]:
    return [rule for rule in rules if rule.status in _JUDGED]


def _edges(rules: list[Rule], definitions: Definitions) -> list[_Edge]:
    givers: dict[str, list[RuleId]] = {}
    for rule in rules:
        for action in rule.then:
            if isinstance(action, Classify):
                givers.setdefault(action.label, []).append(rule.id)
    every = [giver for several in givers.values() for giver in several]
    reads = [
        _Edge(giver, rule.id, read.absent)
        for rule in rules
        for read in labels_read(rule.when, definitions)
        for giver in (every if read.label is None else givers.get(read.label, ()))
    ]
    # A rule that another replaces acts only where that one does not match: as if it read its lack.
    known = {rule.id for rule in rules}
    return reads + [_Edge(rule.id, wider, absent=True) for rule in rules for wider in rule.instead_of if wider in known]


def way_between(onward: Mapping[K, Iterable[K]], start: K, end: K) -> tuple[K, ...]:
    """Find the shortest way along named links from `start` to `end`, both included; empty when there is none."""
    ways: list[tuple[K, ...]] = [(start,)]
    seen = {start}
    for way in ways:
        if way[-1] == end:
            return way
        for name in onward.get(way[-1], ()):
            if name not in seen:
                seen.add(name)
                ways.append((*way, name))
    return ()
