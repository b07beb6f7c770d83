"""Conditions that can never hold together, seen as soon as a list of them is read."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace

from alertd.core.normal_form import negated_leaf
from alertd.model.conditions import Condition, FieldCondition, Group, Heading, Op
from alertd.model.values import Answer
from alertd.rulebook.problems import Place
from alertd.rulebook.reading import Reading
from alertd.rulebook.tree import Entries, Items

_ALLOWED = (Op.EQUALS, Op.IN)
_REFUSED = (Op.NOT_EQUALS, Op.NOT_IN)
_FAR = 10**12


def warn_of_contradiction(reading: Reading, conditions: Sequence[Condition], node: Items) -> None:
    """Warn (W101) at the condition with which a list under `all` cannot hold any more.

    Args:
        reading: Takes the warning.
        conditions: What was read of the list, in order.
        node: The list as written, item for item.
    """
    seen: defaultdict[str, list[FieldCondition]] = defaultdict(list)
    for found, item in zip(conditions, node.items, strict=True):
        if not isinstance(found, FieldCondition) or found.if_missing is Answer.YES:
            continue
        seen[found.field].append(found)
        if _impossible(seen[found.field]) and isinstance(item, Entries):
            message = f"this can never match: no '{found.field}' satisfies all the conditions of this group"
            reading.report.warn("W101", _operator_place(item, found.op), message, "check the values, or use 'any:'")


def can_never_hold(form: Condition, given: Sequence[FieldCondition] = ()) -> bool:
    """Whether no record can satisfy a condition, as far as its fields alone tell; unknowns are no way out.

    Args:
        form: A normal form.
        given: What must hold besides.
    """
    items = form.items if isinstance(form, Group) and form.heading is Heading.ALL else (form,)
    plain = [found for item in items if (found := _plain(item)) is not None]
    together = [*given, *plain]
    if any(_impossible([each for each in together if each.field == one.field]) for one in plain):
        return True
    choices = [item for item in items if isinstance(item, Group) and item.heading is Heading.ANY]
    return any(all(can_never_hold(way, together) for way in choice.items) for choice in choices)


_TURNED = {
    Op.EQUALS: Op.NOT_EQUALS,
    Op.NOT_EQUALS: Op.EQUALS,
    Op.IN: Op.NOT_IN,
    Op.NOT_IN: Op.IN,
    Op.AT_LEAST: Op.LESS_THAN,
    Op.LESS_THAN: Op.AT_LEAST,
    Op.AT_MOST: Op.MORE_THAN,
    Op.MORE_THAN: Op.AT_MOST,
}


def _plain(item: Condition) -> FieldCondition | None:
    """A comparison that decides by itself, `none` worked into it; None for anything else."""
    leaf = negated_leaf(item)
    found = leaf or item
    if not isinstance(found, FieldCondition) or found.if_missing is not None:
        return None
    if leaf is None:
        return found
    return replace(found, op=_TURNED[found.op]) if found.op in _TURNED else None


def _operator_place(item: Entries, op: Op) -> Place:
    return item.entries[op.value].key.place if op.value in item.entries else item.place


def _impossible(conditions: Sequence[FieldCondition]) -> bool:
    return _empty_span(conditions) or _no_word_left(conditions) or _missing_and_held(conditions)


def _empty_span(conditions: Sequence[FieldCondition]) -> bool:
    low, high = -_FAR, _FAR
    for condition in conditions:
        first, last = _span(condition)
        low, high = max(low, first), min(high, last)
    return low > high


def _span(condition: FieldCondition) -> tuple[int, int]:
    """The numbers that satisfy a comparison, both ends included."""
    value, op = condition.value, condition.op
    if op is Op.BETWEEN and isinstance(value, tuple) and isinstance(value[0], int) and isinstance(value[1], int):
        return value[0], value[1]
    if not isinstance(value, int) or isinstance(value, bool):
        return -_FAR, _FAR
    spans = {
        Op.EQUALS: (value, value),
        Op.AT_LEAST: (value, _FAR),
        Op.MORE_THAN: (value + 1, _FAR),
        Op.AT_MOST: (-_FAR, value),
        Op.LESS_THAN: (-_FAR, value - 1),
    }
    return spans.get(op, (-_FAR, _FAR))


def _no_word_left(conditions: Sequence[FieldCondition]) -> bool:
    sets = [_words(condition) for condition in conditions if condition.op in _ALLOWED]
    if not sets:
        return False
    refused = frozenset().union(*(_words(condition) for condition in conditions if condition.op in _REFUSED))
    return not frozenset.intersection(*sets) - refused


def _words(condition: FieldCondition) -> frozenset[object]:
    value = condition.value if isinstance(condition.value, tuple) else (condition.value,)
    return frozenset(item.casefold() if isinstance(item, str) else item for item in value)


def _missing_and_held(conditions: Sequence[FieldCondition]) -> bool:
    absent = any(condition.op is Op.EXISTS and condition.value is False for condition in conditions)
    return absent and len(conditions) > 1
