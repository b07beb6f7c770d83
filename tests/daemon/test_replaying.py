"""A replay decides and tells as the daemon did, and says what other rules would have told instead, and why."""

from __future__ import annotations

import os
import sqlite3
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import cast

import pytest

from alertd.core.on_call import PERSON
from alertd.daemon.replay_changes import PEOPLE
from alertd.daemon.replay_side import Outcome, Side
from alertd.daemon.replaying import ReplayBroken, compare
from alertd.daemon.rules_in_force import RuleSet
from alertd.model.case import Facts
from alertd.model.differences import Change, Difference, Differences
from alertd.store import SqlStore
from tests.daemon.past import SINCE, UNTIL, edited, live_through, looked_at_twice, replayed
from tests.service.stage import shipped_rules
from tests.service.world import World, at

NEW_RULE = """
- rule: blade_to_the_manager
  title: A blade, told to the manager too
  source: "[P]"
  owner: head_of_service
  review_by: 2027-03-31
  severity: high
  status: live
  when:
    message: incident
    all:
      - field: incident.offence
        has_any: [bladed_article]
  if_missing: no_match
  then:
    - notify: duty_manager
      template: urgent_response
      by: [email]
  once_per: [case_ref]
"""
Edit = tuple[str, str, str]
NARROWED: Edit = ("custody.yaml", "has_any: custody_offences", "has_any: [pwits]")
LONGER: Edit = ("clocks.yaml", "  due: 48 hours\n", "  due: 50 hours\n")
SHORTER: Edit = ("clocks.yaml", "  due: 1 hour\n", "  due: 50 minutes\n")
MORE: Edit = ("death.yaml", "- rule:", f"{NEW_RULE.lstrip()}\n- rule:")
ELSEWHERE: Edit = ("missing.yaml", "  status: live", "  status: retired")
NEVER: Edit = ("hospital.yaml", "  status: live", "  status: retired")


@pytest.fixture(scope="module")
def lived(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """Three days on record."""
    world = live_through(tmp_path_factory.mktemp("past"))
    yield world
    world.store.close()


def _store(lived: World) -> SqlStore:
    """What it all stands in."""
    return cast("SqlStore", lived.store)


@dataclass(frozen=True)
class Tried:
    """An edit, the place of its line, and what it would have done."""

    rules: RuleSet
    line: str
    found: Differences


Try = Callable[[Edit], Tried]


@pytest.fixture(scope="module")
def tried(lived: World, tmp_path_factory: pytest.TempPathFactory) -> Try:
    """Replay an edit against the shipped rules, once."""

    @cache
    def once(edit: Edit) -> Tried:
        folder = tmp_path_factory.mktemp("edited")
        after, line = edited(folder, *edit)
        return Tried(after, f"{folder / 'rules' / edit[0]}:{line}: ", replayed(_store(lived), shipped_rules(), after))

    return once


def _of(found: Differences, difference: Difference) -> list[Change]:
    return [change for change in found.changes if change.difference is difference]


def test_the_rules_in_force_tell_in_a_replay_whom_the_daemon_told_by_day_and_by_night(lived: World) -> None:
    found = replayed(_store(lived), shipped_rules(), looked_at_twice(shipped_rules()))
    told, at_night = Counter[str](), Counter[str]()
    for sending in lived.sent:
        if sending.cases:  # not what alertd tells of itself, such as lists at a hand-over
            role = PEOPLE if sending.to.startswith(PERSON) else sending.to
            told[role] += 1
            at_night[role] += lived.rules.ruling.terms.rest.contains(sending.at)
    assert {role: before for role, (before, _) in found.by_role.items()} == told
    assert {role: before for role, (before, _) in found.by_role_at_night.items()} == +at_night
    assert told["edt"] > 10  # the two that nobody accepted for two hours share their repeats


def test_a_set_against_itself_differs_in_nothing_though_both_sides_are_played(lived: World) -> None:
    found = replayed(_store(lived), shipped_rules(), looked_at_twice(shipped_rules()))
    assert found.changes == ()
    assert all(before == after for before, after in found.by_role.values())
    assert (found.messages, found.cases, found.supposed) == (11, 5, 0)


def test_a_narrowed_rule_loses_alerts_by_the_line_that_was_narrowed(lived: World, tried: Try) -> None:
    found, line = tried(NARROWED).found, tried(NARROWED).line
    lost = [change for change in found.lost if change.rule == "custody_cohort"]
    assert {change.case for change in lost} == {facts.row.ref for facts in lived.all_facts() if _in_custody(facts)}
    assert {change.because for change in found.lost} == {f"{line}has_any: [pwits] - was: has_any: custody_offences"}
    assert all(change.after is None and change.before is not None for change in lost)


def _in_custody(facts: Facts) -> bool:
    return facts.row.cohort == "custody" and bool(facts.alerts)


def test_a_longer_deadline_is_told_later_by_its_line(tried: Try) -> None:
    found, line = tried(LONGER).found, tried(LONGER).line
    later = _of(found, Difference.LATER)
    assert later
    assert all(change.because.startswith(line.rpartition("clocks.yaml")[0]) for change in later)
    breach = next(change for change in later if change.rule == "contact_48h_young_person")
    assert breach.because.endswith("due: 50 hours - was: due: 48 hours")
    assert found.lost == ()


def test_a_shorter_deadline_is_told_earlier(tried: Try) -> None:
    found, line = tried(SHORTER).found, tried(SHORTER).line
    earlier = _of(found, Difference.EARLIER)
    assert {(change.rule, change.because) for change in earlier} == {
        ("golden_hour", f"{line}due: 50 minutes - was: due: 1 hour")
    }
    assert {change.before - change.after for change in earlier if change.before and change.after} == {
        timedelta(minutes=10)
    }


def test_a_new_rule_tells_what_nobody_was_told(tried: Try) -> None:
    found, line = tried(MORE).found, tried(MORE).line
    new = _of(found, Difference.NEW)
    assert {(change.rule, change.role) for change in new} == {("blade_to_the_manager", "duty_manager")}
    assert {change.because for change in new} == {f"{line}rule: blade_to_the_manager - is new"}
    assert len(new) == 3
    assert found.lost == ()


def test_rules_for_what_no_case_holds_need_no_second_play(tried: Try, monkeypatch: pytest.MonkeyPatch) -> None:
    played: list[Side] = []
    play = Side.play

    def noted(side: Side) -> Outcome:
        played.append(side)
        return play(side)

    monkeypatch.setattr(Side, "play", noted)
    assert tried(ELSEWHERE).found.changes == ()
    assert len(played) == 4  # the fifth case is none that any rule acts on


@pytest.mark.parametrize("edit", [NARROWED, LONGER, NEVER], ids=lambda edit: edit[0])
def test_leaving_out_what_can_only_be_alike_changes_nothing(lived: World, tried: Try, edit: Edit) -> None:
    both = replayed(_store(lived), shipped_rules(), looked_at_twice(tried(edit).rules))
    assert tried(edit).found == both


def test_two_processes_find_what_one_finds_and_say_how_far_they_are(lived: World, tried: Try) -> None:
    after, said = tried(NARROWED).rules, list[tuple[int, int]]()
    both = replayed(
        _store(lived), shipped_rules(), after, processes=2, on_progress=lambda *far: said.append((far[0], far[1]))
    )
    assert both == replayed(_store(lived), shipped_rules(), after)
    assert said == sorted(said)
    assert said[-1] == (22, 22)  # eleven messages on both sides


def test_a_killed_process_is_said_and_leaves_none_behind(lived: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Side, "play", lambda _: os._exit(9))
    with pytest.raises(ReplayBroken, match="replay less at a time"):
        replayed(_store(lived), shipped_rules(), shipped_rules(), processes=2)


def test_a_replay_only_reads(lived: World) -> None:
    before = _dump(lived.path)
    assert replayed(_store(lived), shipped_rules(), shipped_rules()).by_role
    assert _dump(lived.path) == before


def _dump(path: Path) -> list[str]:
    with closing(sqlite3.connect(path)) as connection:
        return list(connection.iterdump())


def test_only_the_newest_messages_and_those_of_the_time_asked_for_are_counted(lived: World) -> None:
    def number(most: int | None) -> tuple[int, int]:
        found = compare(_store(lived), shipped_rules(), shipped_rules(), at("11-27 00:00"), UNTIL, most=most)
        return found.messages, found.cases

    assert number(None) == (8, 4)
    assert number(2) == (2, 2)
    assert compare(_store(lived), shipped_rules(), shipped_rules(), SINCE, SINCE).by_role == {}
