from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from alertd.rulebook.problems import format_problem
from alertd.rulebook.stories import load_stories, stories_from_text
from alertd.rulebook.story import Act, ClockState, Expected, Story
from alertd.shipped import shipped

STORY = """\
- test: golden hour at night warns EDT and is met
  note: from the protocol
  story:
    - at: 2026-07-21 03:10
      id: one
      source: police
      incident: {setting: custody, record: {ref: R1, version: 2}, person: {ref: P1, age: 15, age_disputed: no},
                 custody: {ref: C1, booked_in_at: 2026-07-21 03:00}, incident: {offence: [bladed_article]}}
      matches: [custody_cohort]
      includes:
        - {to: edt, template: urgent_response, by: sms}
    - at: 2026-07-21 03:32
      accept: {by: edt}
    - at: 2026-07-21 03:40
      status: {about: {person_ref: P1}, event: police_contacted_mash, at: 2026-07-21 03:36}
      clocks: {golden_hour: met, contact_48h_young_person: running}
      due: {contact_48h_young_person: 2026-07-23 03:00}
      requests: {community_impact_assessment: 0}
      cases: 1
    - at: 2026-07-21 04:00
      undelivered: {to: edt, by: sms}
    - at: 2026-07-21 05:00
      expect: nothing
      never: [{text: contact}]
"""


def only(text: str = STORY) -> Story:
    loaded = stories_from_text("a.test.yaml", text)
    assert loaded.problems == (), [*map(format_problem, loaded.problems)]
    (story,) = loaded.stories
    return story


def codes(old: str, new: str) -> list[tuple[str, int]]:
    assert old in STORY
    loaded = stories_from_text("a.test.yaml", STORY.replace(old, new))
    return [(problem.code, problem.line) for problem in loaded.problems]


def test_a_story_is_read_with_its_places() -> None:
    story = only()
    assert (story.name, story.where, story.note) == (
        "golden hour at night warns EDT and is met",
        "a.test.yaml:1",
        "from the protocol",
    )
    assert [step.act for step in story.steps] == [Act.INCIDENT, Act.ACCEPT, Act.STATUS, Act.UNDELIVERED, Act.NONE]
    assert [step.where for step in story.steps][:2] == ["a.test.yaml:4", "a.test.yaml:12"]


def test_data_are_typed_by_the_contract_as_plain_json() -> None:
    assert only().steps[0].data == {
        "setting": "custody",
        "record": {"ref": "R1", "version": 2},
        "person": {"ref": "P1", "age": 15, "age_disputed": False},
        "custody": {"ref": "C1", "booked_in_at": "2026-07-21T03:00:00+01:00"},
        "incident": {"offence": ["bladed_article"]},
    }
    assert only().steps[2].data["at"] == "2026-07-21T03:36:00+01:00"


def test_what_a_sender_may_get_wrong_is_left_as_written() -> None:
    story = only(STORY.replace("age: 15", "age: fifteen").replace("age_disputed: no", "age_disputed: perhaps"))
    assert story.steps[0].data["person"] == {"ref": "P1", "age": "fifteen", "age_disputed": "perhaps"}


def test_what_is_expected_is_read() -> None:
    first, _, third, _, last = only().steps
    assert (first.id, first.source, first.matches) == ("one", "police", ("custody_cohort",))
    assert first.includes == (Expected(to="edt", by="sms", template="urgent_response", where="a.test.yaml:11"),)
    assert first.expect is None
    assert third.clocks == {"golden_hour": ClockState.MET, "contact_48h_young_person": ClockState.RUNNING}
    assert third.due == {"contact_48h_young_person": datetime(2026, 7, 23, 2, tzinfo=UTC)}
    assert (third.requests, third.cases) == ({"community_impact_assessment": 0}, 1)
    assert last.expect == ()
    assert last.never == (Expected(text="contact", where="a.test.yaml:24"),)


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("at: 2026-07-21 03:32", "at: 03:32", ("E014", 12)),
        ("at: 2026-07-21 03:32", "at: 2026-07-21 03:00", ("E014", 3)),
        ("booked_in_at: 2026-07-21 03:00", "booked_in_at: 2027-10-31 01:30", ("E014", 8)),
        ("expect: nothing", "expect: nothin", ("E012", 23)),
        ("golden_hour: met", "golden_hour: meet", ("E012", 16)),
        ("by: sms}\n    - at: 2026-07-21 03:32", "by: fax}\n    - at: 2026-07-21 03:32", ("E012", 11)),
        ("matches: [custody", "match: [custody", ("E010", 9)),
        ("accept: {by: edt}", "accept: {by: edt}\n      release: {by: edt}", ("E014", 14)),
        ("  story:", "  steps:", ("E010", 3)),
    ],
)
def test_a_slip_is_told_where_it_is(old: str, new: str, expected: tuple[str, int]) -> None:
    assert expected in codes(old, new)


def test_a_slip_in_one_story_leaves_the_others() -> None:
    loaded = stories_from_text("a.test.yaml", STORY.replace("by: sms", "by: fax") + STORY)
    assert len(loaded.stories) == 1
    assert loaded.problems


def test_folders_are_searched_through(tmp_path: Path) -> None:
    deep = tmp_path / "a" / "b"
    deep.mkdir(parents=True)
    (deep / "x.test.yaml").write_text(STORY)
    (deep / "rules.yaml").write_text("- rule: x\n")
    assert len(load_stories([tmp_path]).stories) == 1
    assert len(load_stories([deep / "x.test.yaml"]).stories) == 1
    assert load_stories([tmp_path / "none.test.yaml"]).problems[0].code == "E001"


def test_the_shipped_stories_are_read() -> None:
    loaded = load_stories([shipped("rules")])
    assert loaded.problems == ()
    assert len(loaded.stories) >= 20


HANDED_OVER = """\
- test: a list is confirmed
  story:
    - at: 2026-07-21 17:20
      handover: {confirm: edt}
"""


def test_a_hand_over_list_is_confirmed_by_a_role() -> None:
    (step,) = only(HANDED_OVER).steps
    assert (step.act, step.data) == (Act.HANDOVER, {"confirm": "edt"})


def test_a_hand_over_is_only_confirmed() -> None:
    loaded = stories_from_text("a.test.yaml", HANDED_OVER.replace("confirm:", "by:"))
    assert loaded.problems[0].code == "E010"
    assert loaded.problems[0].line == 4
