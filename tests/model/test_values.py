from __future__ import annotations

import dataclasses
import importlib
import inspect
import pkgutil

import pytest

import alertd.model
from alertd.model import errors
from alertd.model.case import ObligationKey
from alertd.model.conditions import ALWAYS, DefinitionCondition, Group, Heading, conjunction
from alertd.model.delivery import CannotSay, Found, InDoubt, NotFound, Outgoing, Refused, RetryLater, Sent
from alertd.model.ids import DefinitionId, PersonId, RoleId, RuleId
from alertd.model.rulebook import (
    Classify,
    Header,
    IfMissing,
    Notify,
    Person,
    Rule,
    RuleStatus,
)
from alertd.model.values import Answer, Channel, Kind, Severity
from tests.core.make import day

MODULES = [importlib.import_module(f"alertd.model.{each.name}") for each in pkgutil.iter_modules(alertd.model.__path__)]
VALUES = [
    found
    for module in MODULES
    for _, found in inspect.getmembers(module, inspect.isclass)
    if dataclasses.is_dataclass(found) and found.__module__ == module.__name__
]


@pytest.mark.parametrize("value", VALUES, ids=lambda value: value.__name__)
def test_values_are_frozen_and_have_slots(value: type) -> None:
    assert value.__dataclass_params__.frozen  # type: ignore[attr-defined]  # every data class carries it
    assert "__slots__" in vars(value)


def test_answers_are_ordered_so_that_all_is_the_least_and_none_reverses_any() -> None:
    assert Answer.NO < Answer.UNKNOWN < Answer.YES
    assert [2 - answer for answer in Answer] == [2, 1, 0]


def test_severities_are_ranked() -> None:
    assert sorted(Severity, key=lambda each: each.rank) == [Severity.ROUTINE, Severity.HIGH, Severity.URGENT]


def test_a_person_has_an_address_for_each_way_of_reaching_them_or_none() -> None:
    person = Person(PersonId("ann"), sms="+447700900001", email="ann@example.gov.uk")
    assert [person.address(channel) for channel in (Channel.SMS, Channel.EMAIL, Channel.CALL)] == [
        "+447700900001",
        "ann@example.gov.uk",
        None,
    ]


def test_a_rule_tells_by_its_notify_actions_in_order() -> None:
    tell = [Notify((RoleId(role),), "text", (Channel.SMS,)) for role in ("a", "b")]
    header = Header("title", "source", RoleId("owner"), day("2027-03-31"))
    then = (tell[0], Classify("label"), tell[1])
    rule = Rule(
        RuleId("r"), header, Severity.HIGH, RuleStatus.LIVE, Kind.INCIDENT, ALWAYS, IfMissing.MATCH, then, ("case_ref",)
    )
    assert rule.notifies == tuple(tell)


def test_parts_joined_by_and_have_no_group_around_a_single_one() -> None:
    one, two = DefinitionCondition(DefinitionId("a")), DefinitionCondition(DefinitionId("b"))
    assert conjunction(one) is one
    assert conjunction(one, two) == Group(Heading.ALL, (one, two))


def test_a_key_is_read_as_scope_about_key_episode_step_and_role() -> None:
    key = ObligationKey("case-1", "clock:golden_hour", "0123456789abcdef", 2, "warn0", "duty_manager")
    assert str(key) == "case-1/clock:golden_hour:0123456789ab/2#warn0@duty_manager"
    assert str(dataclasses.replace(key, about="alert", key="")) == "case-1/alert/2#warn0@duty_manager"


def test_every_error_says_what_its_loop_does() -> None:
    leaves = [found for _, found in inspect.getmembers(errors, inspect.isclass)]
    assert all(issubclass(each, errors.AlertdError) and each.__doc__ for each in leaves)
    assert issubclass(errors.Undecodable, errors.MessageError)
    assert issubclass(errors.StaleWrite, errors.StoreError)
    assert not issubclass(errors.StaleWrite, errors.StoreUnavailable)


def test_what_may_become_of_a_message_are_values_told_apart_by_type() -> None:
    outcomes = [Sent("id"), RetryLater("busy"), Refused("no"), InDoubt("late"), Found("id"), NotFound(), CannotSay("?")]
    assert len({type(each) for each in outcomes}) == len(outcomes)
    assert not Refused("no").bad_address
    assert RetryLater("busy").after is None
    assert Outgoing("key", Channel.SMS, "+447700900001", "", "text").deadline == float("inf")
