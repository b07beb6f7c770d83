"""Stories played on empty stores of their own, by the same path as the daemon's."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import closing
from pathlib import Path
from shutil import copyfile
from tempfile import TemporaryDirectory

from alertd.daemon.rehearsal import Stage
from alertd.daemon.rules_in_force import RuleSet
from alertd.daemon.story_run import Result, run_story
from alertd.daemon.verb_settings import intake_settings, voice_of
from alertd.rulebook.names import names_of
from alertd.rulebook.settings import Settings
from alertd.rulebook.stories import Known
from alertd.rulebook.story import Story
from alertd.store import Keyring, migrate, open_store


def play(stories: Iterable[Story], rules: RuleSet, settings: Settings, keyring: Keyring) -> Iterator[Result]:
    """Play each story on an empty store of its own; nothing is sent.

    Args:
        stories: In the order played.
        rules: Whose terms were made with this keyring's hash.
        settings: For what texts and messages need.
        keyring: Of a key made for this run.
    """
    with TemporaryDirectory(prefix="alertd-test-") as folder:
        empty = Path(folder, "empty.db")
        migrate(f"sqlite:///{empty}")
        for story in stories:
            database = Path(copyfile(empty, Path(folder, "story.db")))
            with closing(open_store(f"sqlite:///{database}", None, None, keyring)) as store:
                reading = intake_settings(settings, rules.synonyms)
                yield run_story(story, Stage(rules.ruling, rules.texts, store, voice_of(settings), reading))


def known_names(rules: RuleSet) -> Known:
    """Every name that a story may use."""
    return names_of(rules.book, rules.texts.names)
