from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from alertd.model.conditions import (
    Another,
    Condition,
    DefinitionCondition,
    FieldCondition,
    Group,
    Heading,
    Join,
    Op,
)
from alertd.model.ids import DefinitionId, RuleId
from alertd.model.values import Answer, Kind
from alertd.rulebook.loader import load_text
from alertd.rulebook.problems import format_problem
from tests.rulebook.base import BASE

RULE = """\
- definition: child
  title: A child
  source: Protocol
  owner: head_of_service
  review_by: 2027-03-31
  all: [{field: person.age, less_than: 18}]
- rule: trial
  title: A trial
  source: Protocol
  owner: head_of_service
  review_by: 2027-03-31
  severity: high
  status: live
  when:
    message: KIND
    all:
      - CONDITION
  if_missing: ask
  then: [{classify: trial}]
  once_per: [case_ref]
"""


def read(text: str, kind: str = "incident") -> Condition:
    loaded = load_text({**BASE, "r.yaml": RULE.replace("CONDITION", text).replace("KIND", kind)})
    assert loaded.book is not None, [*map(format_problem, loaded.problems)]
    when = loaded.book.rules[RuleId("trial")].when
    assert isinstance(when, Group)
    return when.items[0]


def refused(text: str, kind: str = "incident") -> set[str]:
    loaded = load_text({**BASE, "r.yaml": RULE.replace("CONDITION", text).replace("KIND", kind)})
    return {problem.code for problem in loaded.problems if problem.file == "r.yaml" and problem.code != "W104"}


NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
LATER = FieldCondition("occurred_at", Op.MORE_THAN, NOON)
UP_TO_A_DAY = FieldCondition("incident.cad_date", Op.AT_MOST, "2026-11-21")
SEVENTEEN = FieldCondition("person.age", Op.EQUALS, 17)
EIGHTEEN = FieldCondition("person.age", Op.EQUALS, 18)


@pytest.mark.parametrize(
    ("text", "condition"),
    [
        ("{field: setting, equals: custody}", FieldCondition("setting", Op.EQUALS, "custody")),
        ("{field: setting, not_in: [custody]}", FieldCondition("setting", Op.NOT_IN, ("custody",))),
        ("{field: person.age, between: [10, 17]}", FieldCondition("person.age", Op.BETWEEN, (10, 17))),
        ("{field: person.age, in: [17, 18]}", Group(Heading.ANY, (SEVENTEEN, EIGHTEEN))),
        ("{field: person.age, not_in: [17, 18]}", Group(Heading.NONE, (SEVENTEEN, EIGHTEEN))),
        (
            "{field: person.age, not_in: [17], if_missing: match}",
            Group(Heading.NONE, (FieldCondition("person.age", Op.EQUALS, 17, Answer.NO),)),
        ),
        (
            "{field: person.age, at_least: 10, if_missing: match}",
            FieldCondition("person.age", Op.AT_LEAST, 10, Answer.YES),
        ),
        ("{field: custody.bail_refused, equals: yes}", FieldCondition("custody.bail_refused", Op.EQUALS, True)),
        ("{field: person.age, exists: no}", FieldCondition("person.age", Op.EXISTS, False)),
        ("{field: occurred_at, within: 2 weeks}", FieldCondition("occurred_at", Op.WITHIN, timedelta(14))),
        ("{field: occurred_at, at_least: 2026-11-21 12:00}", FieldCondition("occurred_at", Op.AT_LEAST, NOON)),
        ("{field: occurred_at, more_than: '2026-11-21T13:00+01:00'}", LATER),
        (
            "{field: occurred_at, between: [2026-11-21 12:00, 2026-11-21 12:00]}",
            Group(
                Heading.ALL,
                (FieldCondition("occurred_at", Op.AT_LEAST, NOON), FieldCondition("occurred_at", Op.AT_MOST, NOON)),
            ),
        ),
        ("{field: incident.cad_date, at_most: 2026-11-21}", UP_TO_A_DAY),
        (
            "{field: missing.indicators, has_all: [county lines]}",
            FieldCondition("missing.indicators", Op.HAS_ALL, ("county lines",)),
        ),
        (
            "{field: missing.found_in, contains_words: by the sea}",
            FieldCondition("missing.found_in", Op.CONTAINS_WORDS, ("by", "the", "sea")),
        ),
        ("{definition: child}", DefinitionCondition(DefinitionId("child"))),
    ],
)
def test_a_condition_becomes_its_typed_form(text: str, condition: Condition) -> None:
    assert read(text) == condition


def test_another_case_hangs_together_by_its_joins() -> None:
    found = read(
        "another: {case: open, where: [{field: person.associates, includes_this: person.ref}, "
        "{field: case.state, equals: open}], within: 90 days}"
    )
    assert isinstance(found, Another)
    assert found.kind is Kind.CASE
    assert found.joins == (Join("person.associates", "person.ref", includes=True),)
    assert found.where == FieldCondition("case.state", Op.EQUALS, "open")
    assert (found.open_only, found.within) == (True, timedelta(days=90))


def test_another_message_and_any_case() -> None:
    found = read("another: {message: status, where: [{field: person.ref, same_as_this: person.ref}]}")
    assert isinstance(found, Another)
    assert (found.kind, found.within) == (Kind.STATUS, None)
    any_case = read("another: {case: any, where: [{field: person.ref, same_as_this: person.ref}]}")
    assert isinstance(any_case, Another)
    assert not any_case.open_only


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("{field: incident.offence, equals: homicide}", "E023"),
        ("{field: custody.bail_refused, at_least: 1}", "E023"),
        ("{field: occurred_at, equals: 2026-11-21 12:00}", "E023"),
        ("{field: setting, contains_words: custody}", "E023"),
        ("{field: incident.cad_date, within: 7 days}", "E023"),
        ("{field: setting, in: []}", "E013"),
        ("{field: setting, in: knives}", "E025"),
        ("{field: setting, equals: [custody]}", "E014"),
        ("{field: custody.bail_refused, equals: maybe}", "E012"),
        ("{field: setting}", "E011"),
        ("{field: setting, equals: custody, nonsense: 1}", "E010"),
        ("{field: person.ref, same_as_this: person.ref}", "E016"),
        ("{field: clock.state, equals: met}", "E022"),
        ("{nonsense: 1}", "E016"),
        ("just text", "E014"),
        ("{field: setting, definition: child, equals: custody}", "E014"),
        ("another: {case: open, where: [{field: setting, includes_this: person.ref}]}", "E023"),
        ("another: {case: maybe, where: [{field: person.ref, same_as_this: person.ref}]}", "E012"),
        ("count: {messages: case, within: 1 day, at_least: 2}", "E012"),
        ("count: {messages: incident, different: incident.ref, within: 0 days, at_least: 2}", "E014"),
        ("count: {messages: incident, different: incident.ref, within: 1 day, at_least: 0}", "E014"),
        ("count: {messages: incident, different: incident.ref, same: event, within: 1 day, at_least: 2}", "E022"),
    ],
)
def test_a_condition_that_cannot_be_meant_is_refused(text: str, code: str) -> None:
    assert refused(text) == {code}


@pytest.mark.parametrize(
    "pair",
    [
        "[{field: setting, equals: custody}, {field: setting, equals: disclosure}]",
        "[{field: setting, in: [custody]}, {field: setting, not_equals: custody}]",
        "[{field: person.age, exists: no}, {field: person.age, less_than: 18}]",
        "[{field: person.age, between: [1, 5]}, {field: person.age, more_than: 5}]",
    ],
)
def test_conditions_that_exclude_each_other_are_a_warning(pair: str) -> None:
    assert refused(f"all: {pair}") == {"W101"}


def test_conditions_that_leave_room_are_no_warning() -> None:
    read("all: [{field: person.age, at_least: 10}, {field: person.age, at_most: 10}]")
    read("any: [{field: person.age, at_least: 20}, {field: person.age, at_most: 10}]")


def test_counting_people_instead_of_incidents_is_a_warning() -> None:
    assert refused("count: {messages: incident, within: 7 days, at_least: 3}") == {"W105"}


def test_a_status_rule_reads_status_and_incident_fields() -> None:
    assert read("{field: contact.outcome, equals: deceased}", "status") == FieldCondition(
        "contact.outcome", Op.EQUALS, "deceased"
    )
    assert read("{field: person.age, less_than: 18}", "case") == FieldCondition("person.age", Op.LESS_THAN, 18)
