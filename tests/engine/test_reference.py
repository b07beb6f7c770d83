"""The reference's trace: enough to say later why a rule matched, without the record."""

from __future__ import annotations

from random import Random

from alertd.core.conditions import leaf_answer
from alertd.model.conditions import FieldCondition, Group, Heading, Op
from alertd.model.ids import ExprId, Version
from alertd.model.rulebook import Expression, RuleBook
from alertd.model.values import Answer, Kind, Value
from alertd.model.view import View
from alertd.rulebook.reference import Reference, Trace
from tests.engine.books import NOW

YOUNG = FieldCondition("person.age", Op.LESS_THAN, 18)
ARMED = FieldCondition("incident.weapon", Op.EQUALS, "knife_sharp")
LOCAL = FieldCondition("person.home_borough", Op.EQUALS, "the borough")
BOOK = RuleBook(
    Version("v"),
    expressions=(
        Expression(ExprId("rule:a"), Kind.INCIDENT, Group(Heading.ALL, (YOUNG, ARMED))),
        Expression(ExprId("rule:b"), Kind.INCIDENT, Group(Heading.NONE, (LOCAL, YOUNG))),
        Expression(ExprId("rule:c"), Kind.STATUS, LOCAL),
    ),
)


def incident(fields: dict[str, Value]) -> View:
    return View(Kind.INCIDENT, fields, NOW)


def test_a_view_is_answered_for_the_expressions_of_its_kind_in_order() -> None:
    views = [incident({"person.age": 15}), View(Kind.STATUS, {}, NOW), View(Kind.CLOCK, {}, NOW)]
    assert Reference(BOOK).match(views) == [
        {"rule:a": Answer.UNKNOWN, "rule:b": Answer.NO},
        {"rule:c": Answer.UNKNOWN},
        {},
    ]


def test_a_trace_expands_to_the_leaves_in_words_with_their_answers() -> None:
    reference = Reference(BOOK)
    trace = reference.trace(incident({"person.age": 15, "person.home_borough": "elsewhere"}))
    assert trace == Trace(Kind.INCIDENT, yes=0b001, unknown=0b010)
    assert reference.expand(trace) == [
        ("person.age less_than 18", Answer.YES),
        ("incident.weapon equals knife_sharp", Answer.UNKNOWN),
        ("person.home_borough equals the borough", Answer.NO),
    ]
    assert reference.expand(trace, ExprId("rule:b")) == [
        ("person.age less_than 18", Answer.YES),
        ("person.home_borough equals the borough", Answer.NO),
    ]


def test_what_is_remembered_of_a_field_never_answers_for_another_value() -> None:
    leaves = (
        FieldCondition("person.age", Op.EQUALS, 1),
        FieldCondition("person.age", Op.EXISTS, True),
        FieldCondition("incident.ward", Op.EQUALS, "1"),
    )
    expressions = tuple(Expression(ExprId(f"{n}"), Kind.INCIDENT, leaf) for n, leaf in enumerate(leaves))
    reference = Reference(RuleBook(Version("v"), expressions=expressions))
    random = Random(1)
    values: list[Value] = [1, True, "1", 0, False, ("1",), (), 2, NOW]
    for _ in range(3000):
        number = random.randint(3, 2000)  # more values than are remembered
        view = incident({"person.age": random.choice([*values, number]), "incident.ward": random.choice(values)})
        assert list(reference.match([view])[0].values()) == [leaf_answer(leaf, view) for leaf in leaves]
