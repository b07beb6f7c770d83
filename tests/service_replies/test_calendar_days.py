"""Replies, calls and pages on the days on which calendars go wrong: each message that comes, and nothing else.

Source: issue "Until a human accepts", "It holds when": 25 Oct 2026, 28 Mar 2027, 31 Oct 2027, Christmas 2026, Easter
2027.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from alertd.core.clocks import state_now
from alertd.model.case import Alert
from alertd.model.ids import PersonId
from alertd.model.values import Channel
from alertd.service.people import Fact
from alertd.service.replies import Reply
from tests.pages import desk as pages
from tests.service.world import World, new_world
from tests.service_replies import desk as texts
from tests.service_replies.test_calls import Switchboard

DUTY, NUMBER = "edt_duty_phone", "+447700900111"
DAYS = {
    "25 October 2026, in the hour that comes twice": "2026-10-25T01:40+01:00",
    "28 March 2027, just before the hour that is skipped": "2027-03-28T00:57+00:00",
    "31 October 2027, in the second of the two hours": "2027-10-31T01:20+00:00",
    "Christmas Day 2026": "2026-12-25T11:00+00:00",
    "the substitute day of Christmas 2026": "2026-12-28T10:00+00:00",
    "Good Friday 2027": "2027-03-26T15:00+00:00",
    "Easter Monday 2027, in summer time": "2027-03-29T10:00+01:00",
}


@dataclass
class Day:
    """An alert of ten minutes ago about a child booked in, which nobody has accepted; EDT is on duty."""

    world: World
    alert: Alert

    @property
    def clocks(self) -> dict[str, str]:
        """Clock → how it stands."""
        clocks = self.world.only_case().clocks
        return {clock.clock: state_now(clock, self.world.book, self.world.now).value for clock in clocks}

    @property
    def since(self) -> list[tuple[str, Channel]]:
        """Who was told since, and over what."""
        return [(each.person, each.by) for each in self.world.sent[self._told :]]

    def __post_init__(self) -> None:
        self._told = len(self.world.sent)


def pass_by(world: World, span: timedelta) -> None:
    """Let time pass, and do what falls due on the way."""
    world.run_until(world.now + span, including=True)


@pytest.fixture(params=list(DAYS.values()), ids=list(DAYS))
def day(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Day]:
    world = new_world(tmp_path)
    world.now = datetime.fromisoformat(request.param).astimezone(UTC)
    world.settle()
    booked = (world.now - timedelta(minutes=2)).isoformat()
    child = {"setting": "custody", "person": {"ref": "P1", "age": 15}, "incident": {"offence": ["bladed_article"]}}
    world.told(world.incident({**child, "custody": {"ref": "C1", "booked_in_at": booked}}))
    pass_by(world, timedelta(minutes=6))
    (alert,) = world.only_case().alerts
    assert {(each.person, each.by) for each in world.sent} == {
        (DUTY, Channel.SMS), (DUTY, Channel.EMAIL), (DUTY, Channel.CALL)
    }  # fmt: skip
    yield Day(world, alert)
    world.store.close()


def by_text(day: Day) -> None:
    texts.replies_to(day.world).handle(Reply(NUMBER, f"Y{day.alert.code}", "SM1", day.world.now))


def by_call(day: Day) -> None:
    desk = texts.Desk(day.world, texts.replies_to(day.world))
    Switchboard(desk, day.alert.code).press("1", DUTY)


def by_page(day: Day) -> None:
    desk = pages.Desk(day.world)
    desk.with_code(day.alert.code, DUTY).post("/a/alert/accept", form="form-of-mine")


@pytest.mark.parametrize("accept", [by_text, by_call, by_page])
def test_an_acceptance_is_confirmed_by_one_text_and_nobody_hears_another_word_that_hour(
    accept: Callable[[Day], None], day: Day
) -> None:
    accept(day)
    day.world.settle()
    assert day.since == [(DUTY, Channel.SMS)]
    assert day.world.only_case().alerts[0].accepted_by == DUTY
    day.world.people.record(
        day.world.only_case().row.ref, Fact("police_contacted_mash", day.world.now), PersonId(DUTY), day.world.now
    )
    pass_by(day.world, timedelta(hours=1))
    assert day.clocks["golden_hour"] == "met"
    assert day.since == [(DUTY, Channel.SMS)]


def test_left_alone_it_warns_and_breaches_by_elapsed_minutes(day: Day) -> None:
    pass_by(day.world, timedelta(hours=1))
    (golden,) = [clock for clock in day.world.only_case().clocks if clock.clock == "golden_hour"]
    booked = golden.start_at
    assert golden.due_at - booked == timedelta(hours=1)
    missed = [each for each in day.world.sent if "golden_hour_missed" in each.templates]
    assert {each.at for each in missed if each.to == "mash_manager"} == {booked + timedelta(hours=1)}
    warned = sorted({each.at - booked for each in day.world.sent if "golden_hour_warning" in each.templates})
    assert warned == [timedelta(minutes=30), timedelta(minutes=45)]
