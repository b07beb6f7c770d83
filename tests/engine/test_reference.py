"""The reference's trace: enough to say later why a rule matched, without the record."""

from __future__ import annotations

from dataclasses import replace
from random import Random

import pytest

from alertd.core.conditions import leaf_answer
from alertd.model.conditions import FieldCondition, Group, Heading, Op
from alertd.model.ids import ExprId, Version
from alertd.model.rulebook import Expression, RuleBook
from alertd.model.values import Answer, Kind, Value
from alertd.model.view import Answered, View
from alertd.rulebook.reference import OtherNumbers, Reference, Said, Trace, Written
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


def traced(view: View) -> Trace:
    (given,) = Reference(BOOK).match([view])
    assert isinstance(given, Answered)
    return Trace(view.kind, given.yes, given.unknown, given.numbering)


def test_a_trace_is_written_out_without_the_record_and_says_what_decided() -> None:
    trace = traced(incident({"person.age": 15, "person.home_borough": "elsewhere"}))
    assert (trace.yes, trace.unknown) == (0b001, 0b010)
    young = Said("person.age less_than 18", Answer.YES, decided=False)
    armed = Said("incident.weapon equals knife_sharp", Answer.UNKNOWN, decided=True)
    assert Reference(BOOK).written(trace) == {
        "rule:a": Written(Answer.UNKNOWN, (young, armed)),
        "rule:b": Written(
            Answer.NO,
            (Said("person.home_borough equals the borough", Answer.NO, decided=False), replace(young, decided=True)),
        ),
    }


def test_a_trace_by_other_conditions_is_not_written_out() -> None:
    trace = replace(traced(incident({"person.age": 15})), numbering="0")
    with pytest.raises(OtherNumbers):
        Reference(BOOK).written(trace)


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
