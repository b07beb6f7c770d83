"""What should come into force is noticed: changed files that rest, a signal, a person, another machine."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import cast

import pytest

from alertd.daemon.parts import Parts
from alertd.daemon.reload import Reload, files_version, record_version
from alertd.daemon.reloading import Asked, FilesWatch, Reloading, ask
from alertd.model.errors import StoreUnavailable
from alertd.model.ids import PersonId, Version
from alertd.model.rule_loads import LoadState, RuleLoad
from alertd.rulebook.settings import Settings
from alertd.service.ports import Rank
from alertd.service.rule_loads import RuleLoads
from tests.daemon.conftest import NOW

PERSON = PersonId("manager_ash")


class Seconds:
    def __init__(self) -> None:
        self.at = 0.0

    def __call__(self) -> float:
        return self.at


class Noted:
    """Notes what is to be loaded; whether it may is judged elsewhere."""

    def __init__(self) -> None:
        self.asked: list[tuple[Version | None, PersonId | None]] = []
        self.waits: tuple[str, ...] = ("somebody",)
        self.is_away = False

    def __call__(self, stored: Version | None = None, author: PersonId | None = None) -> bool:
        if self.is_away:
            raise StoreUnavailable("away")
        self.asked.append((stored, author))
        return False

    def follow(self) -> bool:
        return False

    def waits_for(self, _: RuleLoad) -> tuple[str, ...]:
        return self.waits


@pytest.fixture
def noted() -> Noted:
    return Noted()


@pytest.fixture
def make(parts: Parts, noted: Noted) -> Callable[..., Reloading]:
    def make_one(watch: FilesWatch | None = None) -> Reloading:
        return Reloading(parts, cast("Reload", noted), watch, lambda: None)

    return make_one


def touch_all(folder: Path) -> None:
    for place in ("rules/custody.yaml", "config/people.yaml", "templates/urgent_response.sms.j2"):
        path = folder / place
        path.write_text(path.read_text() + "\n")


def test_files_are_said_to_have_changed_once_they_rest(settings: Settings, folder: Path) -> None:
    seconds = Seconds()
    watch = FilesWatch(settings, timedelta(seconds=2), seconds)
    assert not watch.has_settled()
    (folder / "rules" / "new.yaml").write_text("")
    assert not watch.has_settled()
    seconds.at = 1.9
    touch_all(folder)
    assert not watch.has_settled()
    seconds.at = 3.8
    assert not watch.has_settled()
    seconds.at = 3.9
    assert watch.has_settled()
    assert not watch.has_settled()
    (folder / "rules" / "new.yaml").unlink()
    (folder / "config" / "alertd.yaml").write_text("other settings")
    (folder / "rules" / "stories" / "new.test.yaml").write_text("")
    seconds.at = 10.0
    assert not watch.has_settled()
    seconds.at = 12.0
    assert watch.has_settled()


def test_changed_files_are_tried_and_tried_again_while_the_store_is_away(
    make: Callable[..., Reloading], noted: Noted, settings: Settings, folder: Path
) -> None:
    reloading = make(FilesWatch(settings, timedelta(0)))
    reloading()
    assert noted.asked == []
    touch_all(folder)
    noted.is_away = True
    with pytest.raises(StoreUnavailable):
        reloading()
    noted.is_away = False
    reloading()
    reloading()
    assert noted.asked == [(None, None)]


def test_a_signal_is_answered_once_its_trial_is_over(make: Callable[..., Reloading], noted: Noted) -> None:
    reloading = make()
    reloading.ask()
    busy = [reloading.is_busy]
    for _ in range(2):
        reloading()
        busy.append(reloading.is_busy)
    assert busy == [True, False, False]
    assert noted.asked == [(None, None)]


def test_a_person_stands_for_the_files_that_they_saw_and_for_no_others(
    make: Callable[..., Reloading], noted: Noted, parts: Parts, folder: Path
) -> None:
    reloading = make()
    for minute in (1, 2):
        asked = Asked(files_version(parts), PERSON, "root", f"2026-11-26T14:0{minute}:00+00:00")
        with parts.store.write(Rank.PEOPLE) as writing:
            ask(asked, writing)
        if minute == 2:
            touch_all(folder)
        reloading()
        reloading()
    assert noted.asked == [(None, PERSON), (None, None)]


@pytest.mark.parametrize(("state", "tried"), [(LoadState.REPLACED, False), (LoadState.SET_ASIDE, True)])
def test_a_start_tries_what_the_files_hold_unless_they_hold_what_was_left_behind(
    parts: Parts, noted: Noted, make: Callable[..., Reloading], folder: Path, state: LoadState, tried: bool
) -> None:
    record_version(parts, parts.rules.present)
    touch_all(folder)
    version = files_version(parts)
    parts.rules.swap(replace(parts.rules.present, awaited=version))
    with parts.store.write(Rank.TICK) as writing:
        writing.add_rule_load(RuleLoad(0, version, parts.rules.book().version, NOW, state))
    reloading = make()
    reloading()
    reloading()
    assert noted.asked == ([(None, None)] if tried else [])


def test_what_waits_is_tried_again_once_nothing_is_missing(
    parts: Parts, noted: Noted, make: Callable[..., Reloading]
) -> None:
    version = Version("0123456789ab")
    RuleLoads(parts.store).wait(RuleLoad(0, version, Version(""), NOW, LoadState.WAITING), "{}")
    reloading = make()
    reloading()
    assert noted.asked == []
    noted.waits = ()
    reloading()
    assert noted.asked == [(version, None)]
