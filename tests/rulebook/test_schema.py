"""Schemas for editors: the shipped files fit, and a wrong file fails where a schema can tell at all."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator

from alertd.model.ids import RuleId
from alertd.model.rulebook import Classify
from alertd.rulebook.loader import load_text
from alertd.rulebook.schema import rules_schema
from alertd.rulebook.settings import settings_schema
from alertd.shipped import shipped
from tests.rulebook.base import BASE
from tests.rulebook.test_bad_files import RULES, SETTINGS, expected
from tests.rulebook.yaml12 import read
from tests.service.stage import shipped_rules

SHIPPED = [*shipped("rules").glob("*.yaml"), *shipped("config").glob("*.yaml")]

KINDS = "list definition rule clock ladder role rota hours person".split()

ONLY_CHECK_CAN_TELL = {
    "what other blocks and files hold": (
        "clock_never_started list_word_never_held synonym_of_no_word definitions_in_a_circle "
        "definitions_rule_each_other_out instead_of_in_a_circle "
        "id_twice label_across_cases_in_where labels_in_a_circle ladder_nobody_climbs ladder_of_mails "
        "lists_in_a_circle no_text_for_the_channel roles_in_a_circle same_conditions_twice count_through_definition "
        "clock_stopped_by_way_of_a_label clock_stopped_on_its_own_state "
    ),
    "what values mean together": (
        "between_turned_round clock_that_cannot_start day_closes_before_it_opens ended_already never_true "
        "override_backwards urgent_and_silent urgent_drops_unknown warning_after_due "
        "working_days_elapsed another_without_join counts_people matches_everything review_day_passed "
    ),
    "the calendar, the clocks of London, and telephone numbers": (
        "no_such_day time_that_happens_twice time_the_clocks_skip landline_for_texts "
    ),
    "how the file is written, not what it says": "anchor tag ",
}
"""Why no schema can catch some of the wrong files."""
LEFT_TO_CHECK = {name for names in ONLY_CHECK_CAN_TELL.values() for name in names.split()}


@cache
def rules_validator() -> Draft202012Validator:
    """By names of the shipped set, and those that the wrong files may use."""
    schema = rules_schema(shipped_rules().book, shipped_rules().texts.names)
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema)


def bad_validator(text: str) -> Draft202012Validator:
    """By the names of the small valid set that the wrong files are added to, and those of the file itself."""
    book = load_text(BASE).book
    assert book is not None
    labels = tuple(Classify(label) for label in re.findall(r"classify: (\w+)", text))
    rule = replace(shipped_rules().book.rules[RuleId("repeat")], then=labels)
    for kind, name in re.findall(r"^- (\w+): (\w+)", text, re.MULTILINE):
        many = {"list": "lists", "hours": "hours", "person": "people"}.get(kind, f"{kind}s")
        if kind in KINDS:
            more: dict[str, Any] = {many: {**getattr(book, many), name: rule}}
            book = replace(book, **more)
    return Draft202012Validator(rules_schema(book, ["urgent_response", "only_sms"]))


def valid(validator: Draft202012Validator, text: str) -> bool:
    """Whether an editor would leave a file unmarked."""
    try:
        data = read(text)
    except yaml.YAMLError:
        return False
    return validator.is_valid(data)


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.name)
def test_the_shipped_files_fit_and_name_their_schema(path: Path) -> None:
    first, _, _ = path.read_text().partition("\n")
    kind = "config" if path.name == "alertd.yaml" else "rules"
    assert first == f"# yaml-language-server: $schema={kind}.schema.json"
    validator = Draft202012Validator(settings_schema()) if kind == "config" else rules_validator()
    assert [f"{'/'.join(map(str, e.path))}: {e.message}" for e in validator.iter_errors(read(path.read_text()))] == []


@pytest.mark.parametrize("path", RULES, ids=lambda path: path.stem)
def test_a_wrong_rule_file_fails_the_schema_unless_only_check_can_tell(path: Path) -> None:
    text = path.read_text()
    assert valid(bad_validator(text), text) is (path.stem in LEFT_TO_CHECK)


@pytest.mark.parametrize("path", SETTINGS, ids=lambda path: path.stem)
def test_a_wrong_settings_file_fails_the_schema(path: Path) -> None:
    assert not valid(Draft202012Validator(settings_schema()), path.read_text())


@pytest.mark.parametrize("kind", KINDS)
def test_the_schema_knows_the_settings_that_the_checker_knows(kind: str) -> None:
    ways = {"rota": ("\n  always: [desk]", "\n  turns: [desk]", "\n  ical: a.ics")}.get(kind, ("",))
    known: set[str] = set()
    for way in ways:
        text = f"- {kind}: x{way}\n  banana: x\n"
        (stray,) = [one for one in load_text({**BASE, "r.yaml": text}).problems if "banana" in one.message]
        known |= set(re.findall(r"\w+", stray.remedy.removeprefix("allowed: ")))
    assert _properties(kind) - {"navigators"} == known - {"navigators"}


def _properties(kind: str) -> set[str]:
    shape: dict[str, Any] = rules_schema(None)["items"]
    while shape["if"]["required"] != [kind]:
        shape = shape["else"]
    block = shape["then"]
    ways = [way["then"] for way in block.get("allOf", ())] if kind == "rota" else [block]
    return {name for way in ways for name in way["properties"]}


def test_names_are_those_of_the_loaded_set() -> None:
    text = json.dumps(rules_schema(shipped_rules().book, shipped_rules().texts.names))
    for name in (
        "golden_hour",
        "default_urgent",
        "custody_offences",
        "young_person",
        "duty_manager",
        "urgent_response",
    ):
        assert f'"{name}"' in text
    schema = rules_validator()
    story = shipped("rules") / "custody.yaml"
    assert not schema.is_valid(read(story.read_text().replace("start_clock: golden_hour", "start_clock: golden_houre")))


def test_every_file_left_to_check_is_there() -> None:
    assert {path.stem for path in RULES} >= LEFT_TO_CHECK
    assert all(expected(path) for path in RULES)
