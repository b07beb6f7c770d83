"""What each operator answers, what unknown does to it, and Kleene's laws over whole trees."""

from __future__ import annotations

from datetime import timedelta
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alertd.core.conditions import answer, leaf_answer, unknown_fields
from alertd.core.leaf_text import leaf_text
from alertd.core.normal_form import normal_form
from alertd.model.conditions import (
    ALWAYS,
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
from alertd.model.errors import ConfigError
from alertd.model.ids import DefinitionId, LeafId
from alertd.model.rulebook import Definition
from alertd.model.values import Answer, Kind, Value
from alertd.model.view import View
from tests.engine.books import HEADER, NOW, book, condition, fields_of, view

YES, NO, UNKNOWN = Answer.YES, Answer.NO, Answer.UNKNOWN
HOUR = timedelta(hours=1)
INSTANT = timedelta(microseconds=1)


def record(fields: dict[str, Value], cross: dict[LeafId, Answer] | None = None) -> View:
    return View(Kind.INCIDENT, fields, NOW, cross or {})


@pytest.mark.parametrize(
    ("field", "value", "op", "operand", "expected"),
    [
        ("incident.weapon", "knife_sharp", Op.EQUALS, "Knife_Sharp ", YES),
        ("incident.weapon", "knife_sharp", Op.NOT_EQUALS, "corrosive", YES),
        ("incident.weapon", "knife_sharp", Op.IN, ("corrosive", "knife_sharp"), YES),
        ("incident.weapon", "knife_sharp", Op.NOT_IN, ("corrosive", "knife_sharp"), NO),
        ("incident.ward", "High  STREET", Op.EQUALS, " high street", YES),
        ("incident.ward", "straße", Op.EQUALS, "STRASSE", YES),
        ("person.age", 18, Op.AT_LEAST, 18, YES),
        ("person.age", 18, Op.LESS_THAN, 18, NO),
        ("person.age", 18, Op.AT_MOST, 18, YES),
        ("person.age", 18, Op.MORE_THAN, 18, NO),
        ("person.age", 18, Op.BETWEEN, (10, 18), YES),
        ("person.age", 10, Op.BETWEEN, (10, 18), YES),
        ("person.age", 19, Op.BETWEEN, (10, 18), NO),
        ("person.age", 18, Op.EQUALS, "18", UNKNOWN),
        ("person.age", "18", Op.EQUALS, 18, UNKNOWN),
        ("person.age", True, Op.EQUALS, 1, UNKNOWN),
        ("person.age_disputed", True, Op.EQUALS, True, YES),
        ("incident.offence", ("abh", "pwits"), Op.HAS_ANY, ("pwits", "rape"), YES),
        ("incident.offence", ("abh", "pwits"), Op.HAS_ALL, ("pwits", "rape"), NO),
        ("incident.offence", ("abh", "pwits"), Op.HAS_ALL, ("pwits", "abh"), YES),
        ("incident.offence", (), Op.HAS_ANY, ("abh",), NO),
        ("missing.found_in", "found at a county-lines address", Op.CONTAINS_WORDS, ("County Lines",), YES),
        ("missing.found_in", "the countryside", Op.CONTAINS_WORDS, ("county",), NO),
        ("incident.cad_date", "2026-11-20", Op.LESS_THAN, "2026-11-21", YES),
        ("occurred_at", NOW, Op.AT_MOST, NOW, YES),
        ("occurred_at", NOW, Op.WITHIN, HOUR, YES),
        ("occurred_at", NOW - HOUR, Op.WITHIN, HOUR, NO),
        ("occurred_at", NOW - HOUR + INSTANT, Op.WITHIN, HOUR, YES),
        ("occurred_at", NOW + INSTANT, Op.WITHIN, HOUR, NO),
        ("occurred_at", NOW.replace(tzinfo=None), Op.WITHIN, HOUR, UNKNOWN),
    ],
)
def test_an_operator_answers(field: str, value: Value, op: Op, operand: Operand, expected: Answer) -> None:
    assert leaf_answer(FieldCondition(field, op, operand), record({field: value})) is expected


@pytest.mark.parametrize(
    ("field", "value", "op", "operand"),
    [
        ("person.age", 18, Op.BETWEEN, 10),
        ("person.age", 18, Op.AT_LEAST, "10"),
        ("person.age", 18, Op.BETWEEN, ("10", "20")),
        ("person.age", 18, Op.IN, 18),
        ("person.age", 18, Op.IN, ("18",)),
        ("incident.ward", "a ward", Op.HAS_ANY, ("a ward",)),
        ("incident.offence", ("abh",), Op.HAS_ANY, 1),
        ("incident.offence", ("abh",), Op.HAS_ALL, (1, 2)),
        ("incident.offence", ("abh",), Op.CONTAINS_WORDS, "abh"),
        ("incident.ward", "a ward", Op.CONTAINS_WORDS, 1),
        ("occurred_at", NOW, Op.WITHIN, 3600),
        ("incident.ward", "a ward", Op.WITHIN, HOUR),
        ("incident.ward", "a ward", Op.NOT_EQUALS, 7),
    ],
)
def test_an_operand_that_does_not_fit_leaves_the_answer_unknown(
    field: str, value: Value, op: Op, operand: Operand
) -> None:
    assert leaf_answer(FieldCondition(field, op, operand), record({field: value})) is UNKNOWN


@pytest.mark.parametrize("op", [op for op in Op if op is not Op.EXISTS])
def test_every_comparison_with_an_absent_field_is_unknown(op: Op) -> None:
    assert leaf_answer(FieldCondition("person.home_borough", op, "borough"), record({})) is UNKNOWN


def test_exists_is_never_unknown() -> None:
    given_, absent = record({"person.age": 15}), record({})
    assert leaf_answer(FieldCondition("person.age", Op.EXISTS, True), given_) is YES
    assert leaf_answer(FieldCondition("person.age", Op.EXISTS, True), absent) is NO
    assert leaf_answer(FieldCondition("person.age", Op.EXISTS, False), absent) is YES


def test_a_leafs_own_if_missing_decides_an_unknown_and_nothing_else() -> None:
    matching = FieldCondition("person.age", Op.LESS_THAN, 18, YES)
    dropping = FieldCondition("person.age", Op.LESS_THAN, 18, NO)
    assert [leaf_answer(leaf, record({})) for leaf in (matching, dropping)] == [YES, NO]
    assert [leaf_answer(leaf, record({"person.age": 19})) for leaf in (matching, dropping)] == [NO, NO]


def test_a_truth_that_nobody_gave_is_no() -> None:
    assert leaf_answer(FieldCondition("custody.bail_refused", Op.EQUALS, True), record({})) is NO
    assert leaf_answer(FieldCondition("custody.bail_refused", Op.EQUALS, False), record({})) is YES


@pytest.mark.parametrize(
    ("setting", "expected"), [("hospital_ae", NO), ("Hospital_AE", NO), ("custody", UNKNOWN), ("somewhere", UNKNOWN)]
)
def test_a_field_of_a_block_that_the_known_setting_does_not_carry_is_no(setting: str, expected: Answer) -> None:
    for op in (Op.EQUALS, Op.NOT_EQUALS):
        leaf = FieldCondition("custody.force", op, "a force")
        assert leaf_answer(leaf, record({"setting": setting})) is expected
    assert leaf_answer(FieldCondition("custody.force", Op.EXISTS, False), record({"setting": setting})) is YES


def test_a_field_that_is_given_counts_whatever_the_setting() -> None:
    leaf = FieldCondition("custody.force", Op.EQUALS, "a force")
    assert leaf_answer(leaf, record({"setting": "hospital_ae", "custody.force": "A force"})) is YES


def test_a_cross_case_leaf_is_answered_by_the_view() -> None:
    leaf = Count(LeafId("count:x"), Kind.INCIDENT, ALWAYS, "incident.ward", None, HOUR, 3)
    assert leaf_answer(leaf, record({}, {leaf.leaf: YES})) is YES
    assert leaf_answer(leaf, record({})) is UNKNOWN


def test_the_deciding_unknown_fields_are_named_in_order_and_once() -> None:
    age = FieldCondition("person.age", Op.LESS_THAN, 18)
    ward = FieldCondition("incident.ward", Op.EQUALS, "a ward")
    weapon = FieldCondition("incident.weapon", Op.EQUALS, "knife_sharp")
    named = {DefinitionId("young"): Definition(DefinitionId("young"), HEADER, age)}
    tree = Group(
        Heading.ALL,
        (
            Group(Heading.ANY, (weapon, ward)),
            Group(Heading.NONE, (DefinitionCondition(DefinitionId("young")), weapon)),
            age,
        ),
    )
    assert unknown_fields(tree, record({"incident.weapon": "none"}), named) == ("incident.ward", "person.age")
    assert unknown_fields(tree, record({"incident.weapon": "knife_sharp"}), named) == ()


def test_a_cross_case_unknown_names_the_fields_that_tie_it() -> None:
    another = Another(LeafId("a"), Kind.CASE, ALWAYS, (Join("person.associates", "person.ref", includes=True),))
    count = Count(LeafId("c"), Kind.INCIDENT, ALWAYS, "incident.ward", None, HOUR, 3)
    both = Group(Heading.ANY, (another, count))
    assert unknown_fields(both, record({}), {}) == ("person.ref", "incident.ward")
    assert unknown_fields(both, record({"person.ref": "P1", "incident.ward": "W"}), {}) == ()


def test_leaves_are_said_in_the_rules_words() -> None:
    joins = (
        Join("person.associates", "person.ref", includes=True),
        Join("incident.ward", "incident.ward", includes=False),
    )
    assert [
        leaf_text(FieldCondition("person.age", Op.LESS_THAN, 18, YES)),
        leaf_text(FieldCondition("incident.offence", Op.HAS_ANY, ("abh", "pwits"))),
        leaf_text(FieldCondition("person.age_disputed", Op.EQUALS, False)),
        leaf_text(FieldCondition("occurred_at", Op.AT_LEAST, NOW)),
        leaf_text(Count(LeafId("c"), Kind.INCIDENT, ALWAYS, "incident.ward", "incident.ref", HOUR, 3)),
        leaf_text(Another(LeafId("a"), Kind.CASE, ALWAYS, joins)),
        leaf_text(FieldCondition("occurred_at", Op.WITHIN, timedelta(days=7))),
        leaf_text(FieldCondition("occurred_at", Op.WITHIN, timedelta(minutes=90))),
        leaf_text(FieldCondition("hospital.site", Op.IN, ("whipps", "a")), {frozenset(("a", "whipps")): "sites"}),
    ] == [
        "person.age less_than 18 (match if missing)",
        "incident.offence has_any abh, pwits",
        "person.age_disputed equals no",
        "occurred_at at_least 2026-11-21T03:00:00+00:00",
        "count of different incident.ref with the same incident.ward within 1 hour at_least 3",
        "another case where person.associates includes this person.ref, incident.ward is this incident.ward",
        "occurred_at within 7 days",
        "occurred_at within 90 minutes",
        "hospital.site in sites",
    ]


def a_tree(seed: int) -> tuple[Condition, View, dict[DefinitionId, Definition]]:
    random = Random(seed)
    made = book(random, "b")
    fields = fields_of([expression.condition for expression in made.expressions])
    tree = condition(random, fields or ["person.age"], tuple(made.definitions), depth=3)
    return tree, view(random, fields), dict(made.definitions)


@settings(deadline=None)  # trees differ in size by a thousand
@given(st.integers(0, 2**32))
def test_none_is_the_reverse_of_any(seed: int) -> None:
    tree, shown, named = a_tree(seed)
    assert answer(Group(Heading.NONE, (tree,)), shown, named) == 2 - answer(tree, shown, named)


@pytest.mark.unmeasured
@settings(deadline=None)  # trees differ in size by a thousand
@given(st.integers(0, 2**32))
def test_de_morgan_holds_with_unknowns(seed: int) -> None:
    first, shown, named = a_tree(seed)
    second, _, more = a_tree(seed + 1)
    named |= {name: each for name, each in more.items() if name not in named}
    not_both = Group(Heading.NONE, (Group(Heading.ALL, (first, second)),))
    either_not = Group(Heading.ANY, (Group(Heading.NONE, (first,)), Group(Heading.NONE, (second,))))
    assert answer(not_both, shown, named) is answer(either_not, shown, named)


@settings(deadline=None)  # trees differ in size by a thousand
@given(st.integers(0, 2**32))
def test_the_normal_form_gives_the_same_answer(seed: int) -> None:
    tree, shown, named = a_tree(seed)
    assert answer(normal_form(tree, named), shown, {}) is answer(tree, shown, named)


@settings(deadline=None)  # trees differ in size by a thousand
@given(st.integers(0, 2**32))
def test_an_unknown_answer_without_cross_cases_names_a_field(seed: int) -> None:
    tree, shown, named = a_tree(seed)
    settled = View(shown.kind, shown.fields, shown.at, {LeafId("count:1"): NO, LeafId("another:1"): YES})
    assert bool(unknown_fields(tree, settled, named)) is (answer(tree, settled, named) is UNKNOWN)


def test_a_definition_that_leads_back_to_itself_is_refused() -> None:
    name = DefinitionId("round")
    itself = DefinitionCondition(name)
    with pytest.raises(ConfigError, match="round"):
        normal_form(itself, {name: Definition(name, HEADER, Group(Heading.ANY, (itself,)))})
    with pytest.raises(ConfigError, match="there is no definition round"):
        normal_form(itself, {})
