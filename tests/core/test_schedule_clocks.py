from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from alertd.core.calendar import RestHours
from alertd.core.episodes import frozen_ladders
from alertd.core.lines import Line, Scene
from alertd.core.schedule_clocks import brought_forward, clock_lines
from alertd.model.case import ClockRun, ObligationKey
from alertd.model.ids import ClockId, LadderId, RoleId
from alertd.model.values import Channel, Rest
from tests.core.book import small_book
from tests.core.make import CASE, accepted, after, clock, custody, episode, london, scene, status, stored

GOLDEN = clock()
CONTACT = clock("contact_48h", hours=48)


def _lines(of: Scene) -> list[Line]:
    return [line for each in of.clocks for line in clock_lines(of, each)]


def _times(lines: Iterable[Line]) -> dict[str, datetime]:
    return {f"{line.key.step}@{line.key.role}": line.at for line in lines}


def _told(now: datetime, of: ClockRun, *episodes: object, **more: object) -> dict[str, datetime]:
    return _times(_lines(scene(now, clocks=(of,), episodes=episodes, **more)))  # type: ignore[arg-type]


def test_a_golden_hour_warns_twice_and_its_breach_climbs_while_nobody_accepts() -> None:
    assert _told(after(), GOLDEN, episode()) == {
        "warn0@safeguarding_duty": after(20),
        "warn1@safeguarding_duty": after(35),
        "warn1@duty_manager": after(35),
        "breach0@mash_manager": after(50),
        "breach1@head_of_service": after(60),
    }
    repeats = {name for name in _told(after(60), GOLDEN, episode()) if name.startswith("golden_hour")}
    assert repeats == {"golden_hour.k.repeat1@safeguarding_duty", "golden_hour.k.repeat1@head_of_service"}


def test_nobody_but_the_duty_role_hears_of_it_sooner_than_ten_minutes_after_the_first_alert() -> None:
    tight = clock(start=after(-55), due_at=after(5))
    breach = {name: at for name, at in _told(after(), tight, episode()).items() if name.startswith("breach")}
    assert breach == {"breach0@mash_manager": after(10), "breach1@head_of_service": after(15)}
    close = clock(start=after(-40), due_at=after(20))
    assert _told(after(), close, episode())["warn1@duty_manager"] == after(10)


def test_after_acceptance_only_the_duty_role_is_warned_and_the_breach_is_told_once_by_email() -> None:
    of = scene(clocks=(GOLDEN,), episodes=(accepted(after(10)),))
    lines = {f"{line.key.step}@{line.key.role}": line for line in _lines(of)}
    assert set(lines) == {"warn0@safeguarding_duty", "warn1@safeguarding_duty", "breach0@mash_manager"}
    assert lines["breach0@mash_manager"].by == (Channel.EMAIL,)
    assert lines["breach0@mash_manager"].rest is Rest.HOLD


def test_a_breach_past_when_learned_is_told_once_and_never_climbs() -> None:
    past = clock(start=after(-90))
    found = _told(after(), past, episode())
    assert {name for name in found if name.startswith("breach")} == {"breach0@mash_manager"}
    assert found["breach0@mash_manager"] == after()


def test_without_any_alert_managers_are_warned_at_the_clocks_own_times() -> None:
    assert _told(after(), GOLDEN)["warn1@duty_manager"] == after(35)


def test_a_climbing_breach_ends_with_acceptance_stop_or_closing() -> None:
    accepted_later = _told(after(120), GOLDEN, accepted(after(55)))
    assert [name for name in accepted_later if name.startswith(("breach", "golden"))] == ["breach0@mash_manager"]
    done = clock(stopped_at=after(58), stop_known_at=after(58))
    assert [n for n in _told(after(120), done, episode()) if n.startswith(("breach", "golden"))] == [
        "breach0@mash_manager"
    ]
    shut = (stored(1, custody()), stored(2, status("closed", at=after(70))))
    of = scene(after(120), *shut, clocks=(GOLDEN,), episodes=(episode(),))
    found = [name for name in _times(_lines(of)) if name.startswith(("breach", "golden"))]
    assert found == ["breach0@mash_manager", "breach1@head_of_service"]


def test_a_clock_met_in_time_warns_only_before_it_was_known_and_has_no_breach() -> None:
    met = clock(stopped_at=after(25), stop_known_at=after(25))
    assert _told(after(30), met, episode()) == {"warn0@safeguarding_duty": after(20)}


def test_a_clock_met_late_keeps_the_breach_that_was_told_and_makes_none_that_was_not() -> None:
    late = clock(stopped_at=after(40), stop_known_at=after(55))
    assert not [name for name in _told(after(60), late, episode()) if name.startswith("breach")]
    told = {ObligationKey(CASE, "clock:golden_hour", "k", 1, "breach0", "mash_manager"): None}
    kept = _told(after(60), late, episode(), recorded=told)
    assert [name for name in kept if name.startswith("breach")] == ["breach0@mash_manager"]


def test_a_withdrawn_clock_and_one_whose_block_is_gone_tell_nothing() -> None:
    assert _told(after(), clock(withdrawn_at=after())) == {}
    assert _told(after(), clock("gone")) == {}


def test_a_breach_without_a_ladder_tells_its_roles_when_it_is_due_or_learned() -> None:
    assert _told(after(), CONTACT)["breach0@head_of_service"] == CONTACT.due_at
    late = replace(CONTACT, start_at=after(hours=-50), due_at=after(hours=-2))
    assert _told(after(), late)["breach0@head_of_service"] == after()


def test_a_ladder_without_steps_tells_nobody() -> None:
    book = small_book()
    empty = replace(book.ladders[LadderId("golden_hour_missed")], steps=())
    silent = replace(book, ladders={**book.ladders, empty.id: empty})
    alert = episode(ladders=frozen_ladders("default_urgent", silent))
    assert not [name for name in _told(after(), GOLDEN, alert, book=silent) if name.startswith("breach")]
    mute = replace(book, clocks={GOLDEN.clock: replace(book.clocks[ClockId("golden_hour")], breach_ladder=None)})
    assert not [name for name in _told(after(), GOLDEN, episode(), book=mute) if name.startswith("breach")]


def test_a_warning_at_or_after_the_deadline_is_none() -> None:
    short = clock(start=after(), due_at=after(30))
    assert "warn0@safeguarding_duty" not in _told(after(), short)


REST = RestHours()
NIGHT = london("2026-11-26 23:30")


@pytest.mark.parametrize(
    ("due", "known", "expected"),
    [
        ("2026-11-27 08:00", "2026-11-26 12:00", "2026-11-26 21:00"),
        ("2026-11-27 08:00", "2026-11-26 21:00", "2026-11-26 21:00"),
        ("2026-11-27 08:00", "2026-11-26 21:01", "2026-11-26 23:30"),
        ("2026-11-27 15:30", "2026-11-26 12:00", "2026-11-26 23:30"),
        ("2026-11-27 15:29", "2026-11-26 12:00", "2026-11-26 21:00"),
    ],
)
def test_a_held_warning_that_would_lose_more_than_half_its_time_goes_at_nine_that_evening(
    due: str, known: str, expected: str
) -> None:
    assert brought_forward(REST, NIGHT, london(due), london(known)) == london(expected)


def test_a_warning_outside_rest_hours_stays_at_its_time() -> None:
    assert brought_forward(REST, after(), after(10), after(-600)) == after()


def test_only_held_warnings_are_brought_forward() -> None:
    night = replace(CONTACT, start_at=NIGHT - timedelta(hours=36), due_at=NIGHT + timedelta(hours=12))
    assert _told(after(), night)["warn0@safeguarding_duty"] == london("2026-11-26 21:00")
    book = small_book()
    block = book.clocks[ClockId("contact_48h")]
    waking = replace(block, warn=tuple(replace(each, rest=Rest.WAKE) for each in block.warn))
    loud = replace(book, clocks={**book.clocks, block.id: waking})
    assert _told(after(), night, book=loud)["warn0@safeguarding_duty"] == NIGHT


def test_an_alert_of_another_duty_role_leaves_the_duty_team_to_the_ten_minute_rule() -> None:
    other = episode(duty=RoleId("head_of_service"))
    close = clock(start=after(-25), due_at=after(35))
    assert _told(after(), close, other)["warn0@safeguarding_duty"] == after(10)


def test_a_breach_that_was_undone_is_told_under_a_new_key_each_time_it_is_missed_again() -> None:
    key = ObligationKey(CASE, "clock:golden_hour", "k", 1, "breach0", "mash_manager")
    again = replace(key, step="breach0~2")
    once = _told(after(120), GOLDEN, episode(), undone=frozenset({key}))
    assert "breach0~2@mash_manager" in once
    assert "breach0@mash_manager" not in once
    assert any(name.startswith("golden_hour.k~2.repeat1@") for name in once)
    assert "breach0~3@mash_manager" in _told(after(120), GOLDEN, episode(), undone=frozenset({key, again}))


def test_the_ladder_of_a_missed_clock_is_that_of_the_alerts_opening() -> None:
    book = small_book()
    missed = book.ladders[LadderId("golden_hour_missed")]
    changed = replace(book, ladders={**book.ladders, missed.id: replace(missed, steps=missed.steps[:1])})
    assert "breach1@head_of_service" in _told(after(120), GOLDEN, episode(), book=changed)
