"""Every shipped story, through the real verbs on a pretend clock."""

from __future__ import annotations

import re
from contextlib import closing
from datetime import date
from pathlib import Path
from sqlite3 import connect

import pytest

from alertd.core.calendar import local
from alertd.daemon.story_run import run_story
from alertd.rulebook.stories import load_stories
from alertd.rulebook.story import Story
from alertd.shipped import shipped
from tests.service.stage import new_database, new_stage, open_database

_LOADED = load_stories([shipped("rules")])
_WITH_STORIES = {*range(1, 26)}
"""Scenarios of the protocol; of scenario 20, receipts that fail to come are tested in `service`."""


@pytest.mark.parametrize("story", _LOADED.stories, ids=lambda story: story.name)
def test_story_comes_out_as_it_says(story: Story, tmp_path: Path) -> None:
    database = new_database(tmp_path)
    with closing(open_database(database)) as store:
        result = run_story(story, new_stage(store))
    assert result.passed, "\n".join(f"{f.where}: expected {f.expected}; came {f.came}" for f in result.failures)
    assert _replaced_texts(database) == [], "a shipped template gave way to the plain text"


def _replaced_texts(database: Path) -> list[str]:
    with closing(connect(database)) as connection:
        return [key for (key,) in connection.execute("SELECT key FROM obligations WHERE about = 'template'")]


def test_no_shipped_story_has_a_fault() -> None:
    assert _LOADED.problems == ()


def test_every_scenario_of_the_protocol_is_told_by_a_story() -> None:
    told = {int(found[1]) for story in _LOADED.stories if (found := re.match(r"scenario (\d+)\b", story.name))}
    assert told >= _WITH_STORIES


def test_the_days_on_which_calendars_go_wrong_are_among_the_stories() -> None:
    """Both changes of the clocks, Christmas and Easter: an hour twice, an hour never, closed for four days."""
    days = {local(step.at).date() for story in _LOADED.stories for step in story.steps}
    clock_changes = {date(2026, 10, 25), date(2027, 3, 28), date(2027, 10, 31)}
    christmas, easter = {date(2026, 12, 24), date(2026, 12, 28)}, {date(2027, 3, 26), date(2027, 3, 29)}
    assert clock_changes | christmas | easter <= days
