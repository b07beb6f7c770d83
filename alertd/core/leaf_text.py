"""A leaf of a rule in words, for people who ask why: the rule's own words, never a record's values."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from alertd.model.conditions import Another, Count, FieldCondition, Join, Operand
from alertd.model.values import Answer

ListNames = Mapping[frozenset[str], str]
"""Words of named lists, alone and with their synonyms → the list's name."""
_NO_LISTS: ListNames = {}
_UNITS = ((timedelta(days=1), "day"), (timedelta(hours=1), "hour"))


def leaf_text(leaf: FieldCondition | Count | Another, lists: ListNames = _NO_LISTS) -> str:
    """Say a leaf as its rule file does, on one line; words that make up a named list by its name."""
    match leaf:
        case FieldCondition(field, op, value, if_missing):
            missing = {None: "", Answer.YES: " (match if missing)", Answer.NO: " (no match if missing)"}
            return f"{field} {op.value} {_operand(value, lists)}{missing.get(if_missing, '')}"
        case Count():
            what = f"different {leaf.different}" if leaf.different else f"{leaf.messages.value} messages"
            same = f" with the same {leaf.same}" if leaf.same else ""
            return f"count of {what}{same} within {_length(leaf.within)} at_least {leaf.at_least}"
        case another:
            return f"another {another.kind.value} where {', '.join(map(_join, another.joins))}"


def _join(join: Join) -> str:
    return f"{join.other} {'includes' if join.includes else 'is'} this {join.this}"


def _operand(value: Operand, lists: ListNames) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, tuple) and (name := lists.get(frozenset(map(str, value)))) is not None:
        return name
    if isinstance(value, tuple):
        return ", ".join(str(item) for item in value)
    if isinstance(value, timedelta):
        return _length(value)
    return value.isoformat() if isinstance(value, datetime) else str(value)


def _length(value: timedelta) -> str:
    """A length of time in the largest unit that takes it whole."""
    for unit, name in _UNITS:
        if value >= unit and not value % unit:
            number = value // unit
            return f"{number} {name}" if number == 1 else f"{number} {name}s"
    return f"{value // timedelta(minutes=1)} minutes"
