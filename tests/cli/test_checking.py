"""`check`, `test`, `schema` and `oncall`: what the files say, before anything runs by them."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from tests.cli.installation import Installation, alertd

Write = Callable[[str, str], Path]

WRONG = """- rule: knife_in_school
  title: Knife in a school
  source: nobody's
  owner: head_of_service
  review_by: 2027-03-31
  severity: urgnt
  status: live
  when:
    message: incident
    all:
      - field: person.aeg
        less_than: 18
  if_missing: match
  then:
    - notify: safeguarding_duty
      template: urgent_response
      by: [sms]
  once_per: [case_ref]
"""
GOOD_STORY = """- test: a child in custody is told of
  story:
    - at: 2026-11-26 14:10
      incident: {setting: custody, person: {ref: P1, age: 15}, incident: {offence: [bladed_article]}}
      matches: [custody_cohort]
      includes: [{to: mash, template: urgent_response, by: sms}]
"""
BAD_STORY = GOOD_STORY.replace("to: mash", "to: edt").replace("a child in custody is told of", "EDT in hours")


def test_every_problem_is_told_with_line_caret_and_remedy(here: Installation) -> None:
    (here.root / "rules/wrong.yaml").write_text(WRONG)
    said = here.refused("check")
    assert "wrong.yaml:6:13: error E012" in said
    assert "wrong.yaml:11:16: error E022" in said
    assert "did you mean 'person.age'?" in said
    assert "^^^^^" in said
    assert "2 errors" in said
    assert "nothing of this would be loaded" in said


def test_problems_are_given_to_editors_as_json(here: Installation) -> None:
    (here.root / "rules/wrong.yaml").write_text(WRONG)
    found = here.json("check")
    assert found["errors"] == 2
    assert {(one["code"], one["line"]) for one in found["problems"]} >= {("E012", 6), ("E022", 11)}
    assert here("check", "--json").exit_code == 1


def test_warnings_hinder_only_when_strict(here: Installation) -> None:
    death = here.root / "rules/death.yaml"
    death.write_text(death.read_text().replace("review_by: 2027-03-31", "review_by: 2020-03-31"))
    said = here.done("check")
    assert "warning W110" in said
    assert "All in order" in said
    assert "W110" in here.refused("check", "--strict")


def test_an_installation_is_checked_by_its_folder(here: Installation) -> None:
    result = alertd("check", here.root)
    assert (result.exit_code, "All in order" in result.stdout) == (0, True)


def test_rules_are_tried_in_place_of_the_installations_own(here: Installation, write: Write) -> None:
    said = here.refused("check", write("mine.yaml", WRONG))
    assert "mine.yaml:6:13: error E012" in said


def test_a_secret_that_this_account_cannot_read_is_noted(here: Installation) -> None:
    (here.root / "credentials/master_key").unlink()
    assert "note: the secret in" in here.done("check")


def test_stories_that_come_true_are_exit_0_with_coverage(here: Installation, write: Write) -> None:
    said = here.done("test", write("good.test.yaml", GOOD_STORY))
    assert said == "1 story: all passed\n"  # of a single story nobody expects that it tries every rule
    data = here.json("test", write("good.test.yaml", GOOD_STORY))
    assert "custody_cohort" not in data["coverage"]["unmatched"]
    assert "repeat" in data["coverage"]["unmatched"]


def test_the_stories_among_the_rules_are_shown_with_what_they_tried(here: Installation) -> None:
    stories = here.root / "rules" / "stories"
    for path in stories.glob("*.yaml"):
        path.unlink()
    (stories / "good.test.yaml").write_text(GOOD_STORY)
    said = here.done("test")
    assert "rules matched in some story" in said
    assert "came out both yes and no" in said


def test_a_story_that_fails_names_its_line_and_what_came(here: Installation, write: Write) -> None:
    said = here.refused("test", write("both.test.yaml", GOOD_STORY + BAD_STORY))
    assert "FAILED EDT in hours" in said
    assert "both.test.yaml:12: expected to: edt" in said
    assert "sms to mash" in said
    assert "2 stories: 1 passed, 1 failed" in said


def test_a_failure_shows_the_message_that_came_nearest(here: Installation, write: Write) -> None:
    said = here.refused("test", write("edt.test.yaml", BAD_STORY))
    assert "nearest  14:10 sms to mash" in said
    assert "(to: mash, not edt)" in said
    story = GOOD_STORY.replace("by: sms}", "by: sms, text: no such words}")
    (result,) = here.json("test", write("words.test.yaml", story))["stories"]
    (failure,) = result["failures"]
    assert failure["where"].endswith("words.test.yaml:6")
    assert "without 'no such words'" in failure["nearest"]


@pytest.mark.parametrize(
    ("old", "new", "meant"),
    [
        ("[custody_cohort]", "[custody_cohrt]", "custody_cohort"),
        ("to: mash", "to: mahs", "mash"),
        ("template: urgent_response", "template: urgent_respnse", "urgent_response"),
        ("includes:", "never: [{to: mash, about: golden_houre}]\n      includes:", "golden_hour"),
        ("includes:", "clocks: {golden_hours: running}\n      includes:", "golden_hour"),
    ],
)
def test_a_story_that_names_what_the_rules_do_not_hold_is_refused(
    here: Installation, write: Write, old: str, new: str, meant: str
) -> None:
    said = here.refused("test", write("slip.test.yaml", GOOD_STORY.replace(old, new)))
    assert "error E021" in said
    assert f"did you mean '{meant}'?" in said


def test_live_urgent_rules_that_no_story_tries_are_warned_of(here: Installation, write: Write) -> None:
    for story in (here.root / "rules/stories").iterdir():
        story.unlink()
    (here.root / "rules/stories/one.test.yaml").write_text(GOOD_STORY)
    said = here.done("test")
    assert (
        "warning W120: 'custody_cohort' is live and urgent, and no story shows it not matching or with a field missing"
        in said
    )
    assert "warning W120: 'out_of_area' is live and urgent, and no story shows it matching or with" in said
    data = here.json("test")
    assert {(one["code"], one["severity"]) for one in data["warnings"]} == {("W120", "warning")}
    assert "- rule: custody_cohort" in {one["source"] for one in data["warnings"]}
    assert "W120" not in here.done("test", write("good.test.yaml", GOOD_STORY))


def test_each_condition_is_listed_with_what_it_came_to(here: Installation, write: Write) -> None:
    conditions = here.json("test", write("good.test.yaml", GOOD_STORY))["coverage"]["conditions"]
    of_rule = {one["condition"]: one for one in conditions if one["where"] == "rule:custody_cohort"}
    shown = of_rule["person.age less_than 25"]
    assert (shown["yes"], shown["no"], shown["unknown"]) == (True, False, False)


def test_no_story_is_a_failure(here: Installation, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    assert "no story was found" in here.refused("test", tmp_path / "empty")


def test_a_story_that_cannot_be_read_is_a_failure(here: Installation, write: Write) -> None:
    story = write("wrong.test.yaml", GOOD_STORY.replace("includes", "inclueds"))
    assert "wrong.test.yaml:6" in here.refused("test", story)


def test_stories_are_played_by_other_rules(here: Installation, write: Write, tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    said = here.refused("test", write("good.test.yaml", GOOD_STORY), "--rules", tmp_path / "other")
    assert "FAILED a child in custody is told of" in said or "error E" in said


@pytest.mark.parametrize("words", [["messages"], ["config"]])
def test_schemas_are_valid_json_schemas(words: list[str]) -> None:
    result = alertd("schema", *words)
    assert result.exit_code == 0
    Draft202012Validator.check_schema(json.loads(result.stdout))


def test_messages_have_an_asyncapi_document_and_settings_have_none() -> None:
    assert json.loads(alertd("schema", "messages", "--asyncapi").stdout)["asyncapi"] == "3.0.0"
    assert alertd("schema", "config", "--asyncapi").exit_code == 2


def test_the_role_on_duty_follows_the_hour(here: Installation) -> None:
    at_noon = {line["role"]: line for line in here.json("oncall", "--at", "2026-11-26 12:00")["roles"]}
    at_night = {line["role"]: line for line in here.json("oncall", "--at", "2026-11-26 23:00")["roles"]}
    assert at_noon["safeguarding_duty"]["reached"] == "mash"
    assert at_night["safeguarding_duty"]["reached"] == "edt"
    assert at_night["safeguarding_duty"]["people"] == [{"person": "edt_duty_phone", "by": ["sms", "email", "call"]}]


def test_one_role_is_explained_step_by_step(here: Installation) -> None:
    said = here.done("oncall", "--role", "safeguarding_duty", "--at", "2026-12-28 10:00")
    assert "10:00 Mon 28 Dec" in said
    assert "safeguarding_duty: closed by mash, edt" in said
    assert "edt: rota edt_desk: edt_duty_phone" in said
    assert "if nobody there can be reached: edt_second_phone" in said


def test_a_role_that_is_not_there_is_refused_with_who_is_meant(here: Installation) -> None:
    assert "did you mean 'duty_manager'?" in here.refused("oncall", "--role", "duty_manger")


def test_a_time_that_is_no_time_is_refused(here: Installation) -> None:
    assert "14:40" in here.refused("oncall", "--at", "teatime")
