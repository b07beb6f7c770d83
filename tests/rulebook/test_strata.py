from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from alertd.core.strata import label_circle, strata, way_between
from alertd.model.conditions import ALWAYS, Condition, DefinitionCondition, FieldCondition, Group, Heading, Op
from alertd.model.errors import ConfigError
from alertd.model.ids import DefinitionId, RoleId, RuleId, Version
from alertd.model.rulebook import Classify, Definition, Header, IfMissing, Rule, RuleBook, RuleStatus
from alertd.model.values import Kind, Severity

HEADER = Header("A rule", "Protocol", RoleId("head_of_service"), date(2027, 3, 31))


def rule(name: str, when: Condition = ALWAYS, gives: str = "") -> Rule:
    then = (Classify(gives),) if gives else ()
    return Rule(
        RuleId(name), HEADER, Severity.HIGH, RuleStatus.LIVE, Kind.CASE, when, IfMissing.NO_MATCH, then, ("case_ref",)
    )


def labelled(*labels: str) -> Condition:
    return FieldCondition("case.labels", Op.HAS_ANY, labels)


def none_of(*items: Condition) -> Condition:
    return Group(Heading.NONE, items)


def book(*rules: Rule, definitions: dict[str, Condition] | None = None) -> RuleBook:
    named = {
        DefinitionId(name): Definition(DefinitionId(name), HEADER, condition)
        for name, condition in (definitions or {}).items()
    }
    return RuleBook(Version("0" * 12), rules={one.id: one for one in rules}, definitions=named)


def test_a_rule_that_reads_a_lack_stands_after_every_giver() -> None:
    found = strata(book(rule("lack", none_of(labelled("x"))), rule("one", gives="x"), rule("two", labelled("y"), "x")))
    assert found == {"lack": 1, "one": 0, "two": 0}


def test_levels_add_up_along_the_way() -> None:
    found = strata(
        book(rule("c", none_of(labelled("y")), "z"), rule("b", none_of(labelled("x")), "y"), rule("a", gives="x"))
    )
    assert found == {"a": 0, "b": 1, "c": 2}


def test_presence_never_stands_before_its_giver() -> None:
    found = strata(book(rule("a", gives="x"), rule("b", none_of(labelled("x")), "y"), rule("c", labelled("y"), "z")))
    assert found[RuleId("c")] >= found[RuleId("b")] == 1


def test_none_of_none_is_presence_again() -> None:
    assert set(strata(book(rule("a", gives="x"), rule("b", none_of(none_of(labelled("x"))), "x"))).values()) == {0}


def test_a_definition_is_looked_into() -> None:
    read = none_of(DefinitionCondition(DefinitionId("marked")))
    found = strata(book(rule("a", gives="x"), rule("b", read), definitions={"marked": labelled("x")}))
    assert found[RuleId("b")] == 1


def test_no_label_at_all_waits_for_every_giver() -> None:
    bare = FieldCondition("case.labels", Op.EXISTS, False)
    assert strata(book(rule("a", gives="x"), rule("b", bare)))[RuleId("b")] == 1


def test_rules_may_feed_each_others_presence() -> None:
    pair = book(rule("a", labelled("y"), "x"), rule("b", labelled("x"), "y"))
    assert strata(pair) == {"a": 0, "b": 0}


def test_a_circle_through_a_lack_is_named_and_refused() -> None:
    pair = book(rule("a", none_of(labelled("y")), "x"), rule("b", labelled("x"), "y"))
    assert set(label_circle(pair.rules.values(), {})) == {"a", "b"}
    with pytest.raises(ConfigError, match="circle"):
        strata(pair)


def test_a_rule_that_reads_the_lack_of_its_own_label_is_a_circle() -> None:
    assert label_circle([rule("a", none_of(labelled("x")), "x")], {}) == ("a",)


def test_a_rule_that_is_not_in_force_takes_no_part() -> None:
    retired = replace(rule("a", none_of(labelled("x")), "x"), status=RuleStatus.RETIRED)
    assert strata(book(retired, rule("b", gives="x"))) == {"b": 0}


def test_ways_that_meet_again_are_walked_once() -> None:
    links = {"a": ["b", "c"], "b": ["d"], "c": ["d"], "d": []}
    assert way_between(links, "a", "d") == ("a", "b", "d")
    assert way_between(links, "d", "a") == ()
