"""What a condition answers for one record: a plain walk over its tree, which every faster matcher must agree with.

Three answers (Kleene): `all` is the least of its items, `any` the greatest, `none` the reverse of `any`.
Source: RULES, Meaning: Missing.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta

from alertd.model.conditions import (
    Another,
    Condition,
    Count,
    DefinitionCondition,
    FieldCondition,
    Group,
    Heading,
    Op,
    Operand,
)
from alertd.model.contract import FIELDS, SETTINGS
from alertd.model.ids import DefinitionId
from alertd.model.rulebook import Definition
from alertd.model.values import Answer, FieldType, Value
from alertd.model.view import View

Leaf = FieldCondition | Count | Another
Definitions = Mapping[DefinitionId, Definition]

_ELSEWHERE = {spec.settings: frozenset(SETTINGS) - frozenset(spec.settings) for spec in FIELDS.values()}
_WORD = re.compile(r"\w+")
_ISO_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
_TEXTUAL = frozenset({FieldType.WORD, FieldType.TEXT, FieldType.DATE})
_LISTS = frozenset({FieldType.WORDS, FieldType.REFS})


def answer(condition: Condition, view: View, definitions: Definitions) -> Answer:
    """Answer a condition for one record.

    Args:
        condition: Any tree of the rule language.
        view: The record; an absent field is unknown.
        definitions: Every definition that the tree names, directly or through another.

    Raises:
        KeyError: a definition is not there: the loader lets no such book through.
    """
    match condition:
        case Group(heading, items):
            answers = (answer(item, view, definitions) for item in items)
            return _joined(heading, answers)
        case DefinitionCondition(name):
            return answer(definitions[name].condition, view, definitions)
        case leaf:
            return leaf_answer(leaf, view)


def _joined(heading: Heading, answers: Iterator[Answer]) -> Answer:
    if heading is Heading.ALL:
        return min(answers, default=Answer.YES)
    greatest = max(answers, default=Answer.NO)
    return Answer(2 - greatest) if heading is Heading.NONE else greatest


def leaf_answer(leaf: Leaf, view: View) -> Answer:
    """Answer one leaf: a comparison with an unknown or unfitting value is UNKNOWN, unless its own `if_missing` decides.

    A field that the known setting's block does not carry is NO whatever the operator, save that `exists: false`
    is YES; its `if_missing` does not count, because nothing is missing. `exists` is never UNKNOWN. A cross-case leaf
    is answered by `view.cross`.
    """
    if not isinstance(leaf, FieldCondition):
        return view.cross.get(leaf.leaf, Answer.UNKNOWN)
    if leaf.op is Op.EXISTS:
        return _yes_if((known_value(leaf.field, view) is not None) == leaf.value)
    value = defaulted_value(leaf.field, view)
    if value is None and not_carried(leaf.field, view):
        return Answer.NO
    given = Answer.UNKNOWN if value is None else compared(leaf.op, value, leaf.value, view.at)
    return leaf.if_missing if given is Answer.UNKNOWN and leaf.if_missing is not None else given


def unknown_fields(condition: Condition, view: View, definitions: Definitions) -> tuple[str, ...]:
    """Name the fields whose being unknown decides that the answer is UNKNOWN, in the order of the rule.

    Returns:
        Empty when the answer is yes or no. A cross-case leaf names the unknown fields that tie it to other records,
        which may be none: then something of another record is unknown.
    """
    return tuple(dict.fromkeys(_deciding(condition, view, definitions)))


def _deciding(condition: Condition, view: View, definitions: Definitions) -> Iterator[str]:
    if answer(condition, view, definitions) is not Answer.UNKNOWN:
        return
    match condition:
        case Group(_, items):
            # In an unknown group no item has settled it, so each unknown item could.
            for item in items:
                yield from _deciding(item, view, definitions)
        case DefinitionCondition(name):
            yield from _deciding(definitions[name].condition, view, definitions)
        case FieldCondition(field):
            yield field
        case Count(same=same):
            yield from (field for field in (same,) if field is not None and known_value(field, view) is None)
        case Another(joins=joins):
            yield from (join.this for join in joins if known_value(join.this, view) is None)


def known_value(field: str, view: View) -> Value | None:
    """Read a field's value when it is given and of the contract's type; None means unknown."""
    value = view.fields.get(field)
    spec = FIELDS.get(field)
    if value is None or (spec is not None and not _FITS[spec.type](value)):
        return None
    return value


def defaulted_value(field: str, view: View) -> Value | None:
    """Read a field as `known_value` does, a truth that nobody gave being False."""
    value = known_value(field, view)
    if value is None and field in FIELDS and FIELDS[field].type is FieldType.TRUTH:
        return False
    return value


def not_carried(field: str, view: View) -> bool:
    """Tell whether the field is absent and of a block that the record's known setting does not carry."""
    spec = FIELDS.get(field)
    if spec is None or not spec.settings or view.fields.get(field) is not None:
        return False
    setting = known_value("setting", view)
    # A setting outside the vocabulary is not known: it must not turn an unknown into a no.
    return isinstance(setting, str) and folded(setting) in _ELSEWHERE[spec.settings]


def folded(text: str) -> str:
    """Fold text for comparison: case away, runs of white space to one space, none at the ends."""
    return " ".join(text.casefold().split())


def compared(op: Op, value: Value, operand: Operand, at: datetime) -> Answer:
    """Compare a known value with an operand; UNKNOWN when operator, value and operand do not fit each other.

    Args:
        op: Any operator but `exists`.
        value: The record's value.
        operand: The rule's operand.
        at: The record's own event time: `within: d` is YES for at − d < value ≤ at.
    """
    verdict = _COMPARISONS[op](value, operand, at)
    return Answer.UNKNOWN if verdict is None else _yes_if(verdict)


def _yes_if(verdict: bool) -> Answer:
    return Answer.YES if verdict else Answer.NO


def _is_text(value: object) -> bool:
    return isinstance(value, str)


def _is_number(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_truth(value: object) -> bool:
    return isinstance(value, bool)


def _is_time(value: object) -> bool:
    return isinstance(value, datetime) and value.utcoffset() is not None


def _is_list(value: object) -> bool:
    return isinstance(value, tuple) and all(isinstance(item, str) for item in value)


_FITS: dict[FieldType, Callable[[object], bool]] = {
    **dict.fromkeys(_TEXTUAL, _is_text),
    **dict.fromkeys(_LISTS, _is_list),
    FieldType.NUMBER: _is_number,
    FieldType.TRUTH: _is_truth,
    FieldType.TIME: _is_time,
}

_Verdict = bool | None
_Comparison = Callable[[Value, Operand, datetime], _Verdict]


def _equal(value: object, operand: object) -> _Verdict:
    if isinstance(value, str) and isinstance(operand, str):
        return folded(value) == folded(operand)
    # Python holds True equal to 1; rules do not.
    alike = any(fits(value) and fits(operand) for fits in (_is_number, _is_truth, _is_time))
    return value == operand if alike else None


def _order(value: object, operand: object) -> int | None:
    """Give the sign of value − operand: numbers, aware times and ISO dates have an order, other text has none."""
    if isinstance(value, datetime) and isinstance(operand, datetime) and _is_time(value) and _is_time(operand):
        return (value > operand) - (value < operand)
    if isinstance(value, int) and isinstance(operand, int) and _is_number(value) and _is_number(operand):
        return (value > operand) - (value < operand)
    if isinstance(value, str) and isinstance(operand, str) and all(map(_ISO_DATE.fullmatch, (value, operand))):
        return (value > operand) - (value < operand)
    return None


def _ordered(holds: Callable[[int], bool]) -> _Comparison:
    def comparison(value: Value, operand: Operand, _at: datetime) -> _Verdict:
        sign = _order(value, operand)
        return None if sign is None else holds(sign)

    return comparison


def _between(value: Value, operand: Operand, _at: datetime) -> _Verdict:
    if not isinstance(operand, tuple) or len(operand) != 2:
        return None
    low, high = _order(value, operand[0]), _order(value, operand[1])
    return None if low is None or high is None else low >= 0 and high <= 0


def _one_of(value: Value, operand: Operand, _at: datetime) -> _Verdict:
    if not isinstance(operand, tuple):
        return None
    verdicts = [_equal(value, item) for item in operand]
    return None if None in verdicts else any(verdicts)


def _words(value: object) -> frozenset[str] | None:
    items = (value,) if isinstance(value, str) else value
    if not isinstance(items, tuple) or not all(isinstance(item, str) for item in items):
        return None
    return frozenset(folded(item) for item in items)


def _has(holds: Callable[[frozenset[str], frozenset[str]], bool]) -> _Comparison:
    def comparison(value: Value, operand: Operand, _at: datetime) -> _Verdict:
        held, wanted = _words(value), _words(operand)
        if held is None or wanted is None or not isinstance(value, tuple):
            return None
        return holds(held, wanted)

    return comparison


def _contains_words(value: Value, operand: Operand, _at: datetime) -> _Verdict:
    wanted = _words(operand)
    if wanted is None or not isinstance(value, str):
        return None
    return {word for text in wanted for word in _WORD.findall(text)} <= set(_WORD.findall(folded(value)))


def _within(value: Value, operand: Operand, at: datetime) -> _Verdict:
    if not isinstance(value, datetime) or not _is_time(value) or not isinstance(operand, timedelta):
        return None
    return timedelta(0) <= at - value < operand


def _reversed(comparison: _Comparison) -> _Comparison:
    def reverse(value: Value, operand: Operand, at: datetime) -> _Verdict:
        verdict = comparison(value, operand, at)
        return None if verdict is None else not verdict

    return reverse


def _equals(value: Value, operand: Operand, _at: datetime) -> _Verdict:
    return _equal(value, operand)


_COMPARISONS: dict[Op, _Comparison] = {
    Op.EQUALS: _equals,
    Op.NOT_EQUALS: _reversed(_equals),
    Op.IN: _one_of,
    Op.NOT_IN: _reversed(_one_of),
    Op.AT_LEAST: _ordered(lambda sign: sign >= 0),
    Op.AT_MOST: _ordered(lambda sign: sign <= 0),
    Op.LESS_THAN: _ordered(lambda sign: sign < 0),
    Op.MORE_THAN: _ordered(lambda sign: sign > 0),
    Op.BETWEEN: _between,
    Op.HAS_ANY: _has(lambda held, wanted: not held.isdisjoint(wanted)),
    Op.HAS_ALL: _has(lambda held, wanted: held >= wanted),
    Op.CONTAINS_WORDS: _contains_words,
    Op.WITHIN: _within,
}
