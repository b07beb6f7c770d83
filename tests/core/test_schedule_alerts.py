from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import pairwise

import pytest

from alertd.core.episodes import frozen_ladders
from alertd.core.lines import Line, Scene
from alertd.core.on_call import DUTY
from alertd.core.schedule import schedule
from alertd.core.schedule_alerts import alert_lines, running_clock
from alertd.model.case import AlertState, ClockRun, ObligationKey
from alertd.model.ids import LadderId, RoleId
from alertd.model.message import DataNote, Problem
from alertd.model.values import Rest
from tests.core.book import small_book
from tests.core.make import CASE, accepted, after, clock, custody, episode, london, run, scene, status, stored

CONTACT = clock("contact_48h", hours=48)


def _steps(lines: Iterable[Line]) -> dict[str, datetime]:
    return {f"{line.key.step}@{line.key.role}": line.at for line in lines}


def _lines(of: Scene) -> list[Line]:
    return [line for each in of.episodes for line in alert_lines(of, each)]


def _ladder(of: Scene) -> dict[str, datetime]:
    return {name: at for name, at in _steps(_lines(of)).items() if name.startswith(("s", "r"))}


def test_an_urgent_alert_climbs_until_the_head_of_service() -> None:
    assert _ladder(scene(episodes=(episode(),), clocks=(CONTACT,))) == {
        "s1@safeguarding_duty": after(5),
        "s2@safeguarding_backup": after(10),
        "s3@duty_manager": after(20),
        "s4@mash_manager": after(35),
        "s5@head_of_service": after(50),
    }


def test_after_the_last_step_duty_and_last_role_are_told_four_times_then_hourly_up_to_the_next() -> None:
    found = _ladder(scene(after(240), episodes=(episode(),)))
    repeats = {name: at for name, at in found.items() if name.startswith("repeat")}
    times = [after(n) for n in (65, 80, 95, 110, 170, 230, 290)]
    assert sorted(set(repeats.values())) == times
    assert {name.partition("@")[2] for name in repeats} == {"safeguarding_duty", "head_of_service"}


def test_the_first_telling_is_each_reasons_own_once_a_role() -> None:
    both = episode(run(), run("serious_violence", known_at=after(3)))
    first = {line.key.role: line for line in _lines(scene(episodes=(both,))) if line.key.step == "0"}
    assert {role: line.at for role, line in first.items()} == {
        "safeguarding_duty": after(),
        "community_safety": after(3),
    }
    assert (first["safeguarding_duty"].rest, first["safeguarding_duty"].ladder) == (Rest.WAKE, True)
    assert (first["community_safety"].rest, first["community_safety"].ladder) == (Rest.HOLD, False)


def test_a_reason_that_ended_tells_nobody() -> None:
    both = episode(run(), run("serious_violence", ended_at=after(3)))
    assert "0@community_safety" not in _steps(_lines(scene(episodes=(both,))))


def test_acceptance_ends_the_ladder_for_everyone() -> None:
    assert list(_ladder(scene(after(60), episodes=(accepted(after(10)),)))) == ["s1@safeguarding_duty"]


def test_a_withdrawn_alert_wants_nothing_so_that_everyone_told_is_stood_down() -> None:
    gone = episode(run(ended_at=after(60)), state=AlertState.WITHDRAWN, closed_at=after(60))
    assert _lines(scene(after(70), episodes=(gone,))) == []


def test_closing_the_case_ends_the_ladder() -> None:
    shut = (stored(1, custody()), stored(2, status("closed", at=after(12))))
    assert set(_ladder(scene(after(60), *shut, episodes=(episode(),)))) == {
        "s1@safeguarding_duty",
        "s2@safeguarding_backup",
    }


def test_a_ladder_that_is_gone_leaves_the_first_telling() -> None:
    assert set(_steps(_lines(scene(episodes=(episode(ladder="gone"),))))) >= {"0@safeguarding_duty"}
    assert _ladder(scene(episodes=(episode(ladder="gone"),))) == {}


def test_a_release_starts_the_ladder_again_at_the_present_duty() -> None:
    held = ((after(25), after(30)),)
    found = _ladder(scene(after(30), episodes=(episode(held=held, rounds=(after(), after(30))),)))
    assert found["s3@duty_manager"] == after(20)
    assert "s4@mash_manager" not in found
    assert (found["r1.s0@safeguarding_duty"], found["r1.s1@safeguarding_duty"]) == (after(30), after(35))


def test_handing_on_tells_the_next_step_at_once_and_brings_the_others_forward() -> None:
    found = _ladder(scene(episodes=(episode(hand_ons=(after(7),)),)))
    assert (found["s1@safeguarding_duty"], found["s2@safeguarding_backup"], found["s3@duty_manager"]) == (
        after(5),
        after(7),
        after(17),
    )


def test_handing_on_after_the_last_step_changes_nothing() -> None:
    plain = _ladder(scene(after(55), episodes=(episode(),)))
    assert _ladder(scene(after(55), episodes=(episode(hand_ons=(after(52),)),))) == plain


def _key(step: str, role: str) -> ObligationKey:
    return ObligationKey(CASE, "alert", "", 1, step, role)


def test_a_step_that_reaches_nobody_moves_on_at_once() -> None:
    silent = {_key("0", "safeguarding_duty"): after(1), _key("s1", "safeguarding_duty"): after(1)}
    found = _ladder(scene(after(1), episodes=(episode(),), recorded=silent))
    assert found["s1@safeguarding_duty"] == after(1)
    assert found["s2@safeguarding_backup"] == after(1)
    assert found["s3@duty_manager"] == after(20)


def test_a_step_that_reached_one_of_its_roles_does_not_move_on() -> None:
    half = {_key("0", "safeguarding_duty"): None, _key("0", "community_safety"): after(1)}
    assert _ladder(scene(after(1), episodes=(episode(),), recorded=half))["s1@safeguarding_duty"] == after(5)


def test_a_silent_first_step_of_a_later_round_moves_that_round_on() -> None:
    silent = {_key("r1.s0", "safeguarding_duty"): after(31)}
    found = _ladder(scene(after(31), episodes=(episode(rounds=(after(), after(30))),), recorded=silent))
    assert found["r1.s1@safeguarding_duty"] == after(31)


# --- while a Golden Hour runs


def test_a_golden_hour_replaces_the_managers_steps_and_keeps_those_of_the_duty_team() -> None:
    golden = clock()
    found = _ladder(scene(after(240), episodes=(episode(),), clocks=(golden,)))
    assert set(found) == {"s1@safeguarding_duty", "s2@safeguarding_backup"}


def test_a_golden_hour_met_lets_the_ladder_go_on_without_the_passed_steps() -> None:
    met = clock(stopped_at=after(30), stop_known_at=after(30))
    found = _ladder(scene(after(31), episodes=(episode(),), clocks=(met,)))
    assert [name for name in found if not name.startswith("repeat")] == [
        "s1@safeguarding_duty",
        "s2@safeguarding_backup",
        "s4@mash_manager",
        "s5@head_of_service",
    ]


@pytest.mark.parametrize(
    "other",
    [
        clock(withdrawn_at=after(15)),
        clock(known_at=after(25), due_known_at=after(25)),
        clock(start=after(-90)),
        clock("gone"),
        CONTACT,
    ],
    ids=["withdrawn before", "known later", "past when learned", "no block", "no ladder of its own"],
)
def test_other_clocks_leave_the_managers_step_alone(other: object) -> None:
    assert "s3@duty_manager" in _ladder(scene(episodes=(episode(),), clocks=(other,)))


# --- texts and hand-over


def _named(*clocks: ClockRun) -> str:
    return running_clock(scene(clocks=clocks), DUTY)


def test_the_text_names_the_clock_with_a_ladder_then_one_the_duty_is_warned_of_then_the_next_due() -> None:
    golden, panel = clock(), clock("panel_listing", hours=5)
    assert _named(CONTACT, panel, golden) == "golden_hour/k/1"
    assert _named(panel, CONTACT, replace(golden, withdrawn_at=after())) == "contact_48h/k/1"
    assert _named(panel, replace(CONTACT, stop_known_at=after()), clock("gone")) == "panel_listing/k/1"
    assert _named(replace(CONTACT, stop_known_at=after()), clock("gone")) == ""
    assert _named(replace(CONTACT, key="late"), replace(CONTACT, due_at=after(30))) == "contact_48h/k/1"


def test_the_alert_says_what_to_check_each_field_once() -> None:
    noted = replace(
        custody(),
        notes=(
            DataNote("person.age", Problem.WRONG_TYPE),
            DataNote("custody.suite", Problem.TOO_LONG),
            DataNote("shoe.size", Problem.UNKNOWN_FIELD),
        ),
    )
    runs = (run(check=("person.age",)), run("serious_violence", check=("incident.offence",), ended_at=after(1)))
    found = _lines(scene(after(), stored(1, noted), episodes=(episode(*runs),)))
    assert {line.check for line in found} == {("person.age", "custody.suite")}


def test_an_unaccepted_alert_is_told_again_to_each_incoming_team() -> None:
    found = {
        at for name, at in _steps(_lines(scene(after(60 * 24), episodes=(episode(),)))).items() if "handover" in name
    }
    assert {london("2026-11-26 17:15"), london("2026-11-27 09:00")} <= found
    assert max(found) <= after(60 * 24) + timedelta(days=5)


def test_an_accepted_alert_is_not_handed_over_and_neither_is_one_of_another_duty() -> None:
    for each in (accepted(after(30)), episode(duty=RoleId("head_of_service"))):
        assert not [line for line in _lines(scene(after(600), episodes=(each,))) if "handover" in line.key.step]


def _rehanded(of: Scene) -> list[datetime]:
    return sorted(line.at for line in _lines(of) if "handover" in line.key.step)


def test_what_was_sent_to_an_incoming_team_stays_true_when_the_hours_are_changed_afterwards() -> None:
    told = ObligationKey(CASE, "alert", "", 1, "handover202611261640", DUTY)
    others = (replace(told, episode=2), replace(told, about="quality"), replace(told, step="s1"))
    of = scene(after(60 * 5), episodes=(episode(),), recorded=dict.fromkeys((told, *others)))
    assert _rehanded(of)[0] == london("2026-11-26 16:40")
    later = replace(told, step="handover202611261720")
    of = scene(
        after(60 * 5), episodes=(episode(),), recorded=dict.fromkeys((later, replace(later, step=f"{later.step}!")))
    )
    assert _rehanded(of)[0] == london("2026-11-26 17:20")
    assert london("2026-11-26 17:15") not in _rehanded(of)


def test_no_two_lines_of_an_alert_share_a_name() -> None:
    of = scene(after(500), episodes=(episode(rounds=(after(), after(30), after(200))),), clocks=(clock(),))
    keys = [line.key for line in _lines(of)]
    assert len(keys) == len(set(keys))
    assert [line.key for line in schedule(of, {})] == [line.key for line in schedule(of, {})]


def test_a_running_alert_keeps_its_ladder_and_a_new_one_takes_the_changed_one() -> None:
    book = small_book()
    shorter = replace(
        book.ladders[LadderId("default_urgent")], steps=book.ladders[LadderId("default_urgent")].steps[:1]
    )
    changed = replace(book, ladders={**book.ladders, shorter.id: shorter})
    running = episode()
    assert "s5@head_of_service" in _ladder(scene(after(55), episodes=(running,), book=changed))
    fresh = episode(ladders=frozen_ladders("default_urgent", changed))
    assert [name for name in _ladder(scene(after(3), episodes=(fresh,), book=changed)) if name.startswith("s")] == [
        "s1@safeguarding_duty"
    ]


@pytest.mark.parametrize(("opened", "first"), [(0, 65), (7, 65), (8, 80), (3, 65), (14, 80)])
def test_repeats_of_all_alerts_meet_on_the_quarter_hours(opened: int, first: int) -> None:
    begun = after(opened)
    alert = episode(run(known_at=begun), opened_at=begun, rounds=(begun,))
    found = _ladder(scene(after(200), episodes=(alert,)))
    times = sorted({at for name, at in found.items() if name.startswith("repeat")})
    assert times[0] == after(first)
    assert all(at.minute % 15 == 0 and at.second == 0 for at in times)
    gaps = [later - earlier for earlier, later in pairwise(times)]
    assert gaps[:3] == [timedelta(minutes=15)] * 3
    assert all(timedelta(minutes=15) <= gap <= timedelta(hours=1) for gap in gaps)
    assert all(at.minute == 0 for at in times[4:])
