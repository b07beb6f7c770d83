"""How one value compares with one operand: yes, no, or unknown when the two do not fit each other.

Source: RULES, the rule language: the operators of `when`.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, timedelta

from alertd.model.conditions import Op, Operand
from alertd.model.values import Answer, FieldType, Value

_WORD = re.compile(r"\w+")
_ISO_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")


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
    if verdict is None:
        return Answer.UNKNOWN
    return Answer.YES if verdict else Answer.NO


def fits(value: object, type_: FieldType) -> bool:
    """Tell whether a value is of a field's type: a truth is no number, a time without an offset no time."""
    return _FITS[type_](value)


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
    FieldType.WORD: _is_text,
    FieldType.TEXT: _is_text,
    FieldType.DATE: _is_text,
    FieldType.WORDS: _is_list,
    FieldType.REFS: _is_list,
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
