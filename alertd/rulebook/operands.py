"""What a field condition compares with, typed by the message contract before anything is judged."""

from __future__ import annotations

from collections.abc import Callable
from typing import cast

from alertd.core.strata import LABELS
from alertd.model.conditions import FieldCondition, Group, Heading, Op, Operand
from alertd.model.contract import FIELDS, UNKNOWN_WORDS, FieldSpec
from alertd.model.values import Answer, FieldType, Kind
from alertd.rulebook import items, scalars
from alertd.rulebook import reading as r
from alertd.rulebook.problems import Broken, Fault
from alertd.rulebook.suggestions import allowed, did_you_mean
from alertd.rulebook.tree import Items, Node, Text

_CLOCK = "clock.id"
_COMPARE = (Op.AT_LEAST, Op.AT_MOST, Op.LESS_THAN, Op.MORE_THAN, Op.BETWEEN)
_SAME = (Op.EQUALS, Op.NOT_EQUALS)
_AMONG = (Op.IN, Op.NOT_IN)

OPERATORS: dict[FieldType, tuple[Op, ...]] = {
    FieldType.WORD: (*_SAME, *_AMONG, Op.EXISTS),
    FieldType.TEXT: (*_SAME, *_AMONG, Op.CONTAINS_WORDS, Op.EXISTS),
    FieldType.WORDS: (Op.HAS_ANY, Op.HAS_ALL, Op.EXISTS),
    FieldType.REFS: (Op.HAS_ANY, Op.HAS_ALL, Op.EXISTS),
    FieldType.NUMBER: (*_SAME, *_AMONG, *_COMPARE, Op.EXISTS),
    FieldType.TRUTH: (*_SAME, Op.EXISTS),
    FieldType.TIME: (*_COMPARE, Op.WITHIN, Op.EXISTS),
    FieldType.DATE: (*_COMPARE, Op.EXISTS),
}
"""Operators that fit each type of field; on a list of words `in` would be ambiguous, so it is `has_any`."""

_DOES = {
    Op.EQUALS: "compares single values",
    Op.NOT_EQUALS: "compares single values",
    Op.IN: "looks for a single value in a list",
    Op.NOT_IN: "looks for a single value in a list",
    Op.HAS_ANY: "looks into lists",
    Op.HAS_ALL: "looks into lists",
    Op.CONTAINS_WORDS: "searches free text",
    Op.WITHIN: "measures the age of a time",
}
_IS = {
    FieldType.WORD: "a word",
    FieldType.TEXT: "text",
    FieldType.WORDS: "a list of words",
    FieldType.REFS: "a list of references",
    FieldType.NUMBER: "a number",
    FieldType.TRUTH: "yes or no",
    FieldType.TIME: "a time",
    FieldType.DATE: "a date",
}
_HOLDING = {Kind.INCIDENT: "an incident", Kind.STATUS: "a status", Kind.CASE: "a case", Kind.CLOCK: "a clock"}


def field_name(kind: Kind | None) -> scalars.Read[str]:
    """Read the name of a field that records of this kind carry; None for any kind.

    Raises:
        Fault: E022, with what was probably meant.
    """

    def read(node: Node) -> str:
        name = scalars.text(node)
        if name not in FIELDS:
            message = f"there is no field '{name}'{did_you_mean(name, FIELDS)}"
            raise Fault("E022", node.place, message, "`alertd schema messages` lists every field")
        if kind is not None and kind not in FIELDS[name].kinds:
            raise Fault("E022", node.place, not_carried(name, kind), carried_by(name))
        return name

    return read


def not_carried(name: str, kind: Kind) -> str:
    """Say that records of a kind do not carry a field."""
    return f"{_HOLDING[kind]} does not carry '{name}'"


def carried_by(name: str) -> str:
    """Say which rules may read a field."""
    kinds = [kind.value for kind in Kind if kind in FIELDS[name].kinds]
    return f"read it in a rule of 'message: {' or '.join(kinds)}'"


def operator(settings: r.Settings, spec: FieldSpec) -> Op:
    """Say which operator a condition uses, and that it fits the field's type.

    Raises:
        Fault: E014 two operators, E011 none, E023 one that does not fit.
    """
    names = [op.value for op in Op]
    op = Op(r.exactly_one(settings, names))
    fitting = OPERATORS[spec.type]
    if op not in fitting:
        does = _DOES.get(op, "compares numbers and times" if op is not Op.AT_LEAST else "compares numbers")
        message = f"'{op}' {does}; '{spec.name}' is {_IS[spec.type]}"
        raise Fault("E023", settings.place_of(op.value), message, _fitting(op, spec))
    return op


def _fitting(op: Op, spec: FieldSpec) -> str:
    if spec.type in (FieldType.WORDS, FieldType.REFS) and op in (*_SAME, *_AMONG):
        return "use has_any"
    return "use one of: " + ", ".join(OPERATORS[spec.type])


def condition(reading: r.Reading, settings: r.Settings, spec: FieldSpec, op: Op) -> FieldCondition | Group:
    """Read operand and `if_missing` of a field condition.

    Returns:
        The condition; `between` on a time and `in` on a number are groups of simpler ones that mean the same.
    """
    if op is Op.BETWEEN:
        ends = settings.need(op.value, _ends(reading, spec), instead=(0, 0))
        return _between(spec, ends, _if_missing(settings))
    if op in _AMONG and spec.type is FieldType.NUMBER:
        numbers = settings.need(op.value, items.each(reading, scalars.number), instead=())
        return _number_among(spec, op, numbers, _if_missing(settings))
    value = settings.need(op.value, _operand(reading, spec, op))
    return FieldCondition(spec.name, op, value, _if_missing(settings))


def _between(spec: FieldSpec, ends: tuple[Operand, Operand], missing: Answer | None) -> FieldCondition | Group:
    low, high = ends
    if isinstance(low, int) and isinstance(high, int):
        return FieldCondition(spec.name, Op.BETWEEN, (low, high), missing)
    parts = ((Op.AT_LEAST, low), (Op.AT_MOST, high))
    return Group(Heading.ALL, tuple(FieldCondition(spec.name, end, value, missing) for end, value in parts))


def _number_among(spec: FieldSpec, op: Op, numbers: tuple[int, ...], missing: Answer | None) -> Group:
    heading = Heading.ANY if op is Op.IN else Heading.NONE
    if heading is Heading.NONE and missing is not None:
        missing = Answer(2 - missing)  # `none` turns the leaf's answer round
    return Group(heading, tuple(FieldCondition(spec.name, Op.EQUALS, value, missing) for value in numbers))


def _if_missing(settings: r.Settings) -> Answer | None:
    answers = {"match": Answer.YES, "no_match": Answer.NO}
    return answers.get(settings.may("if_missing", scalars.word(tuple(answers)), ""))


def _operand(reading: r.Reading, spec: FieldSpec, op: Op) -> scalars.Read[Operand]:
    if op is Op.EXISTS:
        return scalars.truth
    if op is Op.WITHIN:
        return scalars.length
    if op is Op.CONTAINS_WORDS:
        return lambda node: tuple(
            word for text in items.one_or_each(reading, scalars.text)(node) for word in text.split()
        )
    if op in (*_AMONG, Op.HAS_ANY, Op.HAS_ALL):
        return _several(reading, spec)
    return _single(reading, spec)


def _single(reading: r.Reading, spec: FieldSpec) -> scalars.Read[Operand]:
    readers: dict[FieldType, scalars.Read[Operand]] = {
        FieldType.NUMBER: scalars.number,
        FieldType.TRUTH: scalars.truth,
        FieldType.TIME: scalars.moment,
        FieldType.DATE: lambda node: scalars.day(node).isoformat(),
    }
    return readers.get(spec.type, _word_of(reading, spec))


def _ends(reading: r.Reading, spec: FieldSpec) -> Callable[[Node], tuple[Operand, Operand]]:
    def read(node: Node) -> tuple[Operand, Operand]:
        ends = items.each(reading, _single(reading, spec), repeats=True)(node)
        if len(ends) != 2:
            raise Fault("E014", node.place, "'between' takes two values", "write [first, last]; both count")
        low, high = ends
        if cast("int", low) > cast("int", high):  # both ends are of one type, whichever it is
            raise Fault("E014", node.place, "the first value is greater than the second", "write the smaller one first")
        return low, high

    return read


def _several(reading: r.Reading, spec: FieldSpec) -> scalars.Read[Operand]:
    def read(node: Node) -> Operand:
        if isinstance(node, Text):
            return _listed(reading, spec, node)
        if not isinstance(node, Items):
            raise Fault("E014", node.place, "a list is expected here", "write [a, b], or the name of a list")
        return items.each(reading, _word_of(reading, spec))(node)

    return read


def _listed(reading: r.Reading, spec: FieldSpec, node: Text) -> tuple[str, ...]:
    """The words of a named list, each checked against the field."""
    name = reading.refer("list")(node)
    if name not in reading.words:
        raise Broken("the list is not there, which is told once all files are read")
    words = reading.words[name]
    reading.compared.append((name, spec.words))
    wrong = [word for word in words if spec.words and word not in spec.words]
    if len(wrong) == len(words):
        message = f"'{spec.name}' never holds a word of the list '{name}'"
        raise Fault("E025", node.place, message, allowed(spec.words))
    # A synonym in a list is for incoming text; a field with a vocabulary was translated at intake.
    return tuple(word for word in words if word not in wrong)


def _word_of(reading: r.Reading, spec: FieldSpec) -> scalars.Read[str]:
    def read(node: Node) -> str:
        written = scalars.text(node)
        if written.casefold() in UNKNOWN_WORDS:
            message = f"'{spec.name}' never holds '{written}': what is not known is missing"
            raise Fault("E025", node.place, message, "use 'exists: no', or 'if_missing:'")
        if spec.words and written not in spec.words:
            message = f"'{spec.name}' never holds '{written}'{did_you_mean(written, spec.words)}"
            raise Fault("E025", node.place, message, allowed(spec.words))
        if spec.name == LABELS:
            reading.labels.append((written, node.place))
        return reading.refer("clock")(node) if spec.name == _CLOCK else written

    return read
