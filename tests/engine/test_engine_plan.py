"""The plan keeps within what the engine can do, and leaves to it what it does well."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from random import Random

import pytest

from alertd.model.conditions import ALWAYS, Condition, FieldCondition, Group, Heading, Op
from alertd.model.ids import ExprId
from alertd.model.rulebook import Expression
from alertd.model.values import Answer, Kind
from alertd.model.view import View
from alertd.rulebook.engine_columns import LARGEST, scalar
from alertd.rulebook.engine_plan import MOST_LEAVES, KindPlan, PlannedSet, plan
from tests.engine.books import NOW, book

AGE = FieldCondition("person.age", Op.LESS_THAN, 18)
WARD = FieldCondition("incident.ward", Op.EQUALS, "High  Street")
WEAPON = FieldCondition("incident.weapon", Op.IN, ("knife_sharp", "corrosive"))
OFFENCE = FieldCondition("incident.offence", Op.HAS_ANY, ("abh",))


def planned(*conditions: Condition) -> KindPlan:
    expressions = [Expression(ExprId(f"e{n}"), Kind.INCIDENT, each) for n, each in enumerate(conditions)]
    return plan(expressions, {})[Kind.INCIDENT]


def patterns(sets: tuple[PlannedSet, ...]) -> list[object]:
    return [pattern for each in sets for pattern in each.patterns.values()]


def test_scalars_go_to_the_engine_and_all_else_becomes_flags() -> None:
    tree = Group(Heading.ALL, (AGE, WARD, WEAPON, OFFENCE, Group(Heading.NONE, (WARD,))))
    assert patterns(planned(tree).certain) == [
        {
            "$and": [
                {"p": 1},
                {"$lt": {"i0": 18}},
                {"s1": "high street"},
                {"$or": [{"s2": "knife_sharp"}, {"s2": "corrosive"}]},
                {"f0": 1},
                {"f1": 1},
            ]
        }
    ]


def test_the_possible_variant_lets_an_unknown_pass() -> None:
    tree = Group(Heading.ALL, (AGE, FieldCondition("incident.ward", Op.EQUALS, "w", Answer.NO), OFFENCE))
    assert patterns(planned(tree).possible) == [
        {"$and": [{"p": 1}, {"$or": [{"$lt": {"i0": 18}}, {"u0": 1}]}, {"s1": "w"}, {"g0": 1}]}
    ]


def test_an_always_is_a_rule_and_a_never_is_none() -> None:
    made = planned(ALWAYS, Group(Heading.ANY, ()))
    assert patterns(made.certain) == [{"p": 1}]
    assert made.size == 2


def test_a_rule_too_large_for_the_engine_keeps_what_fits_and_flags_the_rest() -> None:
    wide = Group(Heading.ANY, tuple(FieldCondition("person.age", Op.EQUALS, number) for number in range(40)))
    assert patterns(planned(Group(Heading.ALL, (AGE, wide))).certain) == [
        {"$and": [{"p": 1}, {"$lt": {"i0": 18}}, {"f0": 1}]}
    ]


def test_a_rule_of_more_conditions_than_the_engine_takes_is_one_flag() -> None:
    many = tuple(FieldCondition("person.age", Op.NOT_EQUALS, number) for number in range(40))
    (pattern,) = patterns(planned(Group(Heading.ALL, many)).certain)
    assert pattern == {"$and": [{"p": 1}, {"f40": 1}]}


@pytest.mark.parametrize("seed", range(30))
def test_no_rule_set_has_more_leaves_than_the_engine_takes(seed: int) -> None:
    made = book(Random(seed), "b")
    for each in plan(made.expressions, made.definitions).values():
        for rules in (*each.certain, *each.possible):
            assert json.dumps(list(rules.patterns.values())).count(": ") <= 2 * MOST_LEAVES
            leaves = sum(count_leaves(pattern) for pattern in rules.patterns.values())
            assert leaves + 1 <= MOST_LEAVES


def count_leaves(pattern: object) -> int:
    if isinstance(pattern, list):
        return sum(map(count_leaves, pattern))
    assert isinstance(pattern, dict)
    ((sign, inner),) = pattern.items()
    return count_leaves(inner) if sign in {"$and", "$or"} else 1


@pytest.mark.parametrize(
    ("value", "column"),
    [
        ("High  STREET ", "high street"),
        ("nul\0inside", None),
        ("\udc80", None),
        ("é" * 2049, None),
        ("é" * 2048, "é" * 2048),
        ("x" * 4097, None),
        (True, None),
        (("abh",), None),
        (2**70, LARGEST),
        (-(2**70), -LARGEST),
        (datetime(1970, 1, 1, 0, 0, 1, tzinfo=UTC), 1_000_000),
    ],
)
def test_a_column_holds_a_value_exactly_or_not_at_all(value: object, column: object) -> None:
    assert scalar(value) == column


def test_a_record_fills_its_columns_and_marks_what_is_unknown() -> None:
    made = planned(Group(Heading.ALL, (AGE, WARD, OFFENCE)))
    filled = made.filler.fill(View(Kind.INCIDENT, {"person.age": 15}, NOW))
    assert filled.cells == {"i0": '"i0":15', "u1": '"u1":1', "g0": '"g0":1'}
    assert filled.unknown == {"u1", "g0"}
