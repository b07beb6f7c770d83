"""A leaf of a rule in words, for people who ask why: the rule's own words, never a record's values."""

from __future__ import annotations

from datetime import datetime

from alertd.model.conditions import Another, Count, FieldCondition, Join, Operand
from alertd.model.values import Answer


def leaf_text(leaf: FieldCondition | Count | Another) -> str:
    """Say a leaf as its rule file does, on one line."""
    match leaf:
        case FieldCondition(field, op, value, if_missing):
            missing = {None: "", Answer.YES: " (match if missing)", Answer.NO: " (no match if missing)"}
            return f"{field} {op.value} {_operand(value)}{missing.get(if_missing, '')}"
        case Count():
            what = f"different {leaf.different}" if leaf.different else f"{leaf.messages.value} messages"
            same = f" with the same {leaf.same}" if leaf.same else ""
            return f"count of {what}{same} within {leaf.within} at_least {leaf.at_least}"
        case another:
            return f"another {another.kind.value} where {', '.join(map(_join, another.joins))}"


def _join(join: Join) -> str:
    return f"{join.other} {'includes' if join.includes else 'is'} this {join.this}"


def _operand(value: Operand) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, tuple):
        return ", ".join(str(item) for item in value)
    return value.isoformat() if isinstance(value, datetime) else str(value)
