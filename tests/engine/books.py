"""Random rule books and hostile records: everything the loader could let through, and values that it could not."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta, timezone
from random import Random
from typing import cast

from alertd.model.conditions import (
    Another,
    Condition,
    Count,
    DefinitionCondition,
    FieldCondition,
    Group,
    Heading,
    Join,
    Op,
    Operand,
)
from alertd.model.contract import FIELDS
from alertd.model.ids import DefinitionId, ExprId, LeafId, RoleId, Version
from alertd.model.rulebook import Definition, Expression, Header, RuleBook
from alertd.model.values import Answer, FieldType, Kind, Value
from alertd.model.view import View

NOW = datetime(2026, 11, 21, 3, 0, tzinfo=UTC)
HEADER = Header("a title", "a source", RoleId("head_of_service"), NOW.date())

_NUMBERS = (0, 1, 15, 17, 18, 24, -1, 2**31, 2**53 + 1, 2**62 - 1, 2**62, -(2**62), 2**63, -(2**63) - 1, 10**30)
_TEXTS = (
    *("knife", "Knife ", "6", "17", "true", "null", "county-lines found", "County  LINES", "", " ", "E17", "1e5"),
    *('quote " inside', "back\\slash", "\\u0041", "line\nbreak", "tab\tstop", "nul\0inside", "{}", '"p":1', "$m", "ß"),
    *("Straße", "\u0130stanbul", "\ud83d\ude00", "\udc80", "\u202eright to left", "é", "e\u0301", "x" * 4097),
)
_TIMES = (
    *(NOW, NOW - timedelta(hours=1), NOW - timedelta(hours=1, microseconds=1), NOW + timedelta(microseconds=1)),
    *(NOW.astimezone(timezone(timedelta(hours=5))), datetime(1969, 12, 31, tzinfo=UTC)),
    *(datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)),
)
_DATES = ("2026-11-21", "2026-11-20", "1999-01-01", "21 November")
_MISFITS: tuple[Value, ...] = (True, 1, "1", "yes", NOW.replace(tzinfo=None), ("abh",), (), "custody")
_AGES = (timedelta(hours=1), timedelta(0), timedelta(days=7), timedelta(days=-1))

_WORDY = (Op.EQUALS, Op.EQUALS, Op.NOT_EQUALS, Op.IN, Op.IN, Op.NOT_IN, Op.EXISTS)
_ORDERED = (Op.AT_LEAST, Op.AT_MOST, Op.LESS_THAN, Op.MORE_THAN, Op.BETWEEN, Op.EXISTS)
_OPERATORS = {
    FieldType.WORD: _WORDY,
    FieldType.TEXT: (*_WORDY, Op.CONTAINS_WORDS),
    FieldType.DATE: (*_ORDERED, Op.WITHIN, Op.EQUALS),
    FieldType.NUMBER: (*_ORDERED, *_WORDY),
    FieldType.TIME: (*_ORDERED, Op.WITHIN, Op.EQUALS),
    FieldType.TRUTH: (Op.EQUALS, Op.NOT_EQUALS, Op.EXISTS),
    FieldType.WORDS: (Op.HAS_ANY, Op.HAS_ALL, Op.EXISTS),
    FieldType.REFS: (Op.HAS_ANY, Op.HAS_ALL, Op.EXISTS),
}
_SEVERAL = {Op.IN, Op.NOT_IN, Op.HAS_ANY, Op.HAS_ALL, Op.CONTAINS_WORDS}

_CROSS = (
    Count(LeafId("count:1"), Kind.INCIDENT, Group(Heading.ALL, ()), "incident.ward", None, timedelta(days=7), 3),
    Another(
        LeafId("another:1"), Kind.CASE, Group(Heading.ALL, ()), (Join("person.ref", "person.ref", includes=False),)
    ),
)


def book(random: Random, name: str) -> RuleBook:
    """Make a book of one to twelve expressions over a handful of fields, with nested definitions."""
    fields = random.sample(sorted(FIELDS), random.randint(1, 8))
    definitions: dict[DefinitionId, Definition] = {}
    for number in range(random.randint(0, 3)):
        made = DefinitionId(f"{name}_d{number}")
        definitions[made] = Definition(made, HEADER, condition(random, fields, tuple(definitions), depth=2))
    expressions = tuple(
        Expression(ExprId(f"{name}_{number}"), kind(random), condition(random, fields, tuple(definitions), depth=3))
        for number in range(random.randint(1, 12))
    )
    return RuleBook(Version(name), definitions=definitions, expressions=expressions)


def merged(books: Sequence[RuleBook]) -> RuleBook:
    """Put several books into one, so that one child judges them all."""
    definitions = {name: each for one in books for name, each in one.definitions.items()}
    expressions = tuple(expression for one in books for expression in one.expressions)
    return RuleBook(Version("merged"), definitions=definitions, expressions=expressions)


def kind(random: Random) -> Kind:
    """Pick a kind, an incident mostly."""
    return random.choice([Kind.INCIDENT, Kind.INCIDENT, Kind.INCIDENT, *list(Kind)])


def condition(random: Random, fields: Sequence[str], named: Sequence[DefinitionId], depth: int) -> Condition:
    """Make a condition tree, with empty and single groups, wide groups and repeated leaves."""
    chance = random.random()
    if depth and chance < 0.6:
        width = random.choice((0, 1, 2, 2, 3, 4, 6)) if random.random() < 0.98 else random.randint(30, 70)
        items = tuple(condition(random, fields, named, depth - 1) for _ in range(width))
        return Group(random.choice(tuple(Heading)), items)
    if named and chance < 0.7:
        return DefinitionCondition(random.choice(named))
    return random.choice(_CROSS) if chance > 0.97 else leaf(random, random.choice(fields))


def leaf(random: Random, field: str) -> FieldCondition:
    """Make a field condition that the loader would accept for the field's type."""
    op = random.choice(_OPERATORS[FIELDS[field].type])
    if_missing = random.choice((None, None, None, None, Answer.YES, Answer.NO))
    return FieldCondition(field, op, operand(random, field, op), if_missing)


def operand(random: Random, field: str, op: Op) -> Operand:
    """Make an operand that fits field and operator."""
    if op is Op.EXISTS:
        return random.random() < 0.5
    if op is Op.WITHIN:
        return random.choice(_AGES)
    if op is Op.BETWEEN:
        return cast(Operand, (fitting(random, field), fitting(random, field)))  # of times and dates too
    if op in _SEVERAL:
        width = random.choice((0, 1, 2, 3, 20, 21))
        return cast(Operand, tuple(_item(random, field) for _ in range(width)))  # of numbers, for an `in`
    return fitting(random, field)


def _item(random: Random, field: str) -> Value:
    listed = FIELDS[field].type in {FieldType.WORDS, FieldType.REFS}
    return random.choice(FIELDS[field].words or _TEXTS) if listed else fitting(random, field)


def fitting(random: Random, field: str) -> Value:
    """Make a value of the field's type."""
    spec = FIELDS[field]
    pools: dict[FieldType, Sequence[Value]] = {
        FieldType.WORD: spec.words or _TEXTS,
        FieldType.TEXT: _TEXTS,
        FieldType.DATE: _DATES,
        FieldType.NUMBER: _NUMBERS,
        FieldType.TIME: _TIMES,
        FieldType.TRUTH: (True, False),
    }
    if spec.type in pools:
        return random.choice(pools[spec.type])
    return tuple(random.choice(spec.words or _TEXTS) for _ in range(random.randint(0, 3)))


def view(random: Random, fields: Sequence[str]) -> View:
    """Make a record of these fields: some absent, some of the wrong type, often with a known setting."""
    values: dict[str, Value] = {}
    for field in ("setting", *fields):
        chance = random.random()
        if chance < 0.6:
            values[field] = fitting(random, field)
        elif chance < 0.601:
            values[field] = "y" * 66_000
        elif chance < 0.7:
            values[field] = random.choice((*_MISFITS, *_TEXTS))
    cross = {each.leaf: random.choice(tuple(Answer)) for each in _CROSS if random.random() < 0.6}
    return View(kind(random), values, NOW, cross)


def fields_of(conditions: Sequence[Condition]) -> list[str]:
    """List the fields that conditions read themselves, definitions aside."""
    found: dict[str, None] = {}
    for each in conditions:
        if isinstance(each, FieldCondition):
            found[each.field] = None
        elif isinstance(each, Group):
            found.update(dict.fromkeys(fields_of(each.items)))
    return list(found)
