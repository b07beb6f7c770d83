"""Whether another set adds, may narrow or retires a live urgent rule: what is not proven wider may be narrower."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from alertd.core.urgent_changes import urgent_changes
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
)
from alertd.model.ids import DefinitionId, LeafId, ListId, RoleId, RuleId, Version
from alertd.model.rulebook import Classify, Definition, Header, IfMissing, Rule, RuleBook, RuleStatus, WordList
from alertd.model.values import Answer, Kind, Severity

HEADER = Header("A rule", "[P]", RoleId("head"), date(2027, 3, 31), "rules.yaml:1")
RULE = Rule(
    id=RuleId("rule"),
    header=HEADER,
    severity=Severity.URGENT,
    status=RuleStatus.LIVE,
    message=Kind.INCIDENT,
    when=ALWAYS,
    if_missing=IfMissing.NO_MATCH,
    then=(Classify("urgent_response"),),
    once_per=("case_ref",),
)


def book(*rules: Rule, **definitions: Condition) -> RuleBook:
    named = {DefinitionId(name): Definition(DefinitionId(name), HEADER, each) for name, each in definitions.items()}
    return RuleBook(Version("v"), rules={rule.id: rule for rule in rules}, definitions=named)


def field(op: Op, value: object, name: str = "person.age", if_missing: Answer | None = None) -> FieldCondition:
    return FieldCondition(name, op, value, if_missing)  # type: ignore[arg-type]


def every(*items: Condition) -> Group:
    return Group(Heading.ALL, items)


def any_of(*items: Condition) -> Group:
    return Group(Heading.ANY, items)


def none_of(*items: Condition) -> Group:
    return Group(Heading.NONE, items)


def count(within: int = 7, at_least: int = 3, same: str = "incident.ward") -> Count:
    leaf = LeafId(f"count {within} {at_least} {same}")
    return Count(leaf, Kind.INCIDENT, ALWAYS, same, None, timedelta(days=within), at_least)


CHILD, ADULT = field(Op.LESS_THAN, 18), field(Op.AT_LEAST, 18)
KNIFE, GUN = (field(Op.EQUALS, word, "incident.weapon") for word in ("knife_sharp", "firearm_lethal"))
NOON = datetime(2026, 11, 26, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (CHILD, CHILD),
        (KNIFE, any_of(KNIFE, GUN)),
        (every(CHILD, KNIFE), CHILD),
        (every(CHILD, KNIFE), every(any_of(GUN, KNIFE))),
        (any_of(KNIFE, GUN), any_of(GUN, KNIFE, CHILD)),
        (none_of(KNIFE, GUN), none_of(KNIFE)),
        (KNIFE, field(Op.IN, ("knife_sharp", "blunt"), "incident.weapon")),
        (field(Op.HAS_ANY, ("abh",), "incident.offence"), field(Op.HAS_ANY, ("abh", "gbh_intent"), "incident.offence")),
        (field(Op.NOT_IN, ("a", "b"), "setting"), field(Op.NOT_EQUALS, "b", "setting")),
        (field(Op.LESS_THAN, 18), field(Op.LESS_THAN, 25)),
        (field(Op.AT_MOST, 17), field(Op.AT_MOST, 24)),
        (field(Op.AT_LEAST, 16), field(Op.AT_LEAST, 10)),
        (field(Op.BETWEEN, (10, 17)), field(Op.BETWEEN, (10, 24))),
        (field(Op.WITHIN, timedelta(days=1)), field(Op.WITHIN, timedelta(days=2))),
        (count(at_least=3), count(within=14, at_least=2)),
    ],
)
def test_what_is_proven_to_act_as_often_needs_nobody(before: Condition, after: Condition) -> None:
    assert urgent_changes(book(replace(RULE, when=before)), book(replace(RULE, when=after))) == ()


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (any_of(KNIFE, GUN), KNIFE),
        (CHILD, every(CHILD, KNIFE)),
        (CHILD, ADULT),
        (CHILD, KNIFE),
        (none_of(KNIFE), none_of(KNIFE, GUN)),
        (none_of(KNIFE), any_of(KNIFE)),
        (CHILD, none_of(ADULT)),
        (field(Op.IN, ("knife_sharp", "blunt"), "incident.weapon"), KNIFE),
        (field(Op.NOT_EQUALS, "b", "setting"), field(Op.NOT_IN, ("a", "b"), "setting")),
        (field(Op.LESS_THAN, 25), field(Op.LESS_THAN, 18)),
        (field(Op.LESS_THAN, 18), field(Op.AT_MOST, 18)),
        (field(Op.AT_LEAST, 10), field(Op.AT_LEAST, NOON)),
        (field(Op.BETWEEN, (10, 24)), field(Op.BETWEEN, (10, 17))),
        (field(Op.EXISTS, True), field(Op.EXISTS, False)),
        (field(Op.LESS_THAN, 18, if_missing=Answer.YES), field(Op.LESS_THAN, 18)),
        (count(), count(within=3)),
        (count(), count(at_least=5)),
        (count(), count(same="incident.site")),
        (count(), CHILD),
        (CHILD, Another(LeafId("a"), Kind.CASE, ALWAYS, (Join("person.ref", "person.ref", includes=False),))),
    ],
)
def test_what_is_not_proven_may_narrow(before: Condition, after: Condition) -> None:
    [found] = urgent_changes(book(replace(RULE, when=before)), book(replace(RULE, when=after)))
    assert str(found) == "may narrow rule"


YOUNG = DefinitionCondition(DefinitionId("young"))


@pytest.mark.parametrize(
    "condition",
    [
        every(YOUNG),
        replace(count(), where=YOUNG),
        Another(LeafId("a"), Kind.CASE, every(YOUNG), (Join("person.ref", "person.ref", includes=False),)),
    ],
)
def test_a_definition_that_narrows_narrows_every_rule_that_uses_it(condition: Condition) -> None:
    rule = replace(RULE, when=condition)
    before, after = book(rule, young=any_of(CHILD, KNIFE)), book(rule, young=CHILD)
    assert [str(each) for each in urgent_changes(before, after)] == ["may narrow rule"]
    assert urgent_changes(after, before) == ()


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        (replace(RULE, header=replace(HEADER, title="Another title", where="rules.yaml:7")), []),
        (replace(RULE, then=(*RULE.then, Classify("more"))), []),
        (replace(RULE, if_missing=IfMissing.MATCH), []),
        (replace(RULE, then=()), ["may narrow rule"]),
        (replace(RULE, again_after=timedelta(days=1)), ["may narrow rule"]),
        (replace(RULE, effective_until=date(2026, 12, 1)), ["may narrow rule"]),
        (replace(RULE, status=RuleStatus.SHADOW), ["retires rule"]),
        (replace(RULE, severity=Severity.HIGH), ["retires rule"]),
        (replace(RULE, id=RuleId("other")), ["adds other", "retires rule"]),
    ],
)
def test_what_a_rule_does_counts_and_what_it_is_called_does_not(changed: Rule, expected: list[str]) -> None:
    assert [str(each) for each in urgent_changes(book(RULE), book(changed))] == expected


def test_unknown_answers_that_matched_and_do_so_no_more_narrow() -> None:
    before = replace(RULE, if_missing=IfMissing.MATCH)
    assert [str(each) for each in urgent_changes(book(before), book(RULE))] == ["may narrow rule"]


def test_a_rule_that_acts_instead_narrows_the_one_it_replaces() -> None:
    stand_in = replace(RULE, id=RuleId("narrow"), severity=Severity.ROUTINE, instead_of=(RULE.id,))
    draft = replace(stand_in, status=RuleStatus.DRAFT)
    assert [str(each) for each in urgent_changes(book(RULE, draft), book(RULE, stand_in))] == ["may narrow rule"]
    assert urgent_changes(book(RULE, stand_in), book(RULE, draft)) == ()


def heard_as(condition: Condition, *synonyms: tuple[str, str]) -> RuleBook:
    words = WordList(ListId("offences"), ("robbery", "abh"), dict(synonyms))
    return replace(book(replace(RULE, when=condition)), lists={words.id: words})


@pytest.mark.parametrize(
    "condition",
    [
        field(Op.HAS_ANY, ("robbery", "abh"), "incident.offence"),
        every(none_of(field(Op.EQUALS, "robbery", "incident.offence"))),
        Count(
            LeafId("n"),
            Kind.INCIDENT,
            field(Op.EQUALS, "robbery", "incident.offence"),
            None,
            None,
            timedelta(days=1),
            2,
        ),
    ],
)
def test_a_lost_spelling_of_a_word_that_a_rule_compares_may_narrow_it(condition: Condition) -> None:
    before = heard_as(condition, ("Mugging", "robbery"), ("assault abh", "abh"))
    more = heard_as(condition, ("mugging", "robbery"), ("assault abh", "abh"), ("street robbery", "robbery"))
    assert urgent_changes(before, more) == ()
    for fewer in (heard_as(condition), heard_as(condition, ("mugging", "abh"), ("assault abh", "abh"))):
        assert [str(each) for each in urgent_changes(before, fewer)] == ["may narrow rule"]


def test_a_lost_spelling_of_a_word_in_a_definition_may_narrow_the_rule_that_uses_it() -> None:
    rule = replace(RULE, when=every(YOUNG))
    robbed = field(Op.EQUALS, "robbery", "incident.offence")
    before, fewer = (
        replace(book(rule, young=robbed), lists=heard_as(robbed, *said).lists)
        for said in ([("mugging", "robbery")], [])
    )
    assert [str(each) for each in urgent_changes(before, fewer)] == ["may narrow rule"]


def test_a_lost_spelling_of_another_word_narrows_nothing() -> None:
    condition = field(Op.EQUALS, "robbery", "incident.offence")
    assert urgent_changes(heard_as(condition, ("assault abh", "abh")), heard_as(condition)) == ()
