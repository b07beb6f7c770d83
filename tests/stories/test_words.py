"""What the settings of a rule mean: stories by the shipped rules and a few beside them."""

from __future__ import annotations

from contextlib import closing
from functools import cache
from pathlib import Path

import pytest

from alertd.daemon.rehearsal import Stage
from alertd.daemon.rules_in_force import RuleSet, load_rules
from alertd.daemon.story_run import run_story
from alertd.rulebook.reference import Reference
from alertd.rulebook.stories import load_stories
from alertd.rulebook.story import Story
from alertd.shipped import shipped
from tests.service.stage import (
    KEYRING,
    TODAY,
    new_database,
    open_database,
    shipped_intake,
    shipped_settings,
    shipped_voice,
)

WORDS = Path(__file__).with_name("words")
_LOADED = load_stories([WORDS])


@cache
def with_words() -> RuleSet:
    """The shipped rules and those beside the stories."""
    settings = shipped_settings().model_copy(update={"rules": (shipped("rules"), WORDS)})
    return load_rules(settings, KEYRING.token, Reference, TODAY)


def test_there_are_stories_without_a_fault() -> None:
    assert _LOADED.problems == ()
    assert _LOADED.stories


@pytest.mark.parametrize("story", _LOADED.stories, ids=lambda story: story.name)
def test_a_setting_means_what_the_rule_language_says(story: Story, tmp_path: Path) -> None:
    rules = with_words()
    with closing(open_database(new_database(tmp_path))) as store:
        result = run_story(story, Stage(rules.ruling, rules.texts, store, shipped_voice(), shipped_intake()))
    assert result.passed, "\n".join(f"{f.where}: expected {f.expected}; came {f.came}" for f in result.failures)
