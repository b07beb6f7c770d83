"""What a condition answers for one record: a plain walk over its tree, which every faster matcher must agree with.

Three answers (Kleene): `all` is the least of its items, `any` the greatest, `none` the reverse of `any`.
Source: RULES, Meaning: Missing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from alertd.core.comparisons import compared, fits, folded
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
from alertd.model.contract import FIELDS, SETTINGS
from alertd.model.ids import DefinitionId
from alertd.model.rulebook import Definition
from alertd.model.values import Answer, FieldType, Value
from alertd.model.view import View

Leaf = FieldCondition | Count | Another
Definitions = Mapping[DefinitionId, Definition]

_ELSEWHERE = {spec.settings: frozenset(SETTINGS) - frozenset(spec.settings) for spec in FIELDS.values()}


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
        case another:
            yield from (join.this for join in another.joins if known_value(join.this, view) is None)


def known_value(field: str, view: View) -> Value | None:
    """Read a field's value when it is given and of the contract's type; None means unknown."""
    value = view.fields.get(field)
    spec = FIELDS.get(field)
    if value is None or (spec is not None and not fits(value, spec.type)):
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


def _yes_if(verdict: bool) -> Answer:
    return Answer.YES if verdict else Answer.NO
