"""Hand-over: the duty is always exactly one team's, passes on at exactly the changes, and each list says what is new or
due.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alertd.core.calendar import bank_holidays, local
from alertd.core.handover import (
    begun,
    contact_clocks,
    hand_over_list,
    incoming,
    next_hand_over,
    outstanding,
    present_shift,
)
from alertd.core.on_call import DUTY, handovers, on_call
from alertd.model.case import Alert, AlertState, ClockRun
from alertd.model.handover import Handover, Listed, OpenCase, Shift
from alertd.model.ids import CaseId, CaseRef, ClockId, HoursId, RoleId, RuleId, Version
from alertd.model.rulebook import RuleBook
from tests.core.book import small_book
from tests.core.make import after, london

BOOK = small_book()
MASH, EDT = RoleId("mash"), RoleId("edt")
HOURS = HoursId("mash_hours")
ABOUT = frozenset({ClockId("contact_48h")})
OPENS, CLOSES = london("2026-11-27 09:00"), london("2026-11-26 17:15")
NIGHT = Shift(CLOSES, EDT, OPENS)


def closed_also(*days: date) -> RuleBook:
    hours = replace(BOOK.hours[HOURS], also_closed=frozenset(days))
    return replace(BOOK, hours={**BOOK.hours, HOURS: hours})


# --- whose shift it is


def _by_the_rules(at: datetime) -> RoleId:
    """Whose duty it is, said as the protocol says it."""
    there = local(at)
    day, clock = there.date(), there.time()
    if day.weekday() > 4 or day in bank_holidays(day.year):
        return EDT
    closes = time(17, 0) if day.weekday() == 4 else time(17, 15)
    return MASH if time(9, 0) <= clock < closes else EDT


def test_over_a_year_minute_by_minute_the_duty_is_one_teams_and_passes_on_at_exactly_the_changes() -> None:
    start, end = datetime(2026, 10, 1, tzinfo=UTC), datetime(2027, 11, 3, tzinfo=UTC)
    ahead = list(handovers(BOOK, start, end))
    at, before = start, _by_the_rules(start)
    while at < end:
        team = _by_the_rules(at)
        if ahead[0] == at:
            assert team != before, at
            ahead.pop(0)
        else:
            assert team == before, at
        before = team
        at += timedelta(minutes=1)
    assert len(ahead) == 1


@pytest.mark.parametrize(
    ("passed", "team"),
    [
        ("2026-10-23 17:00", EDT),  # Friday, before the clocks go back
        ("2026-10-26 09:00", MASH),
        ("2026-12-24 17:15", EDT),  # Christmas Eve, a Thursday
        ("2026-12-29 09:00", MASH),  # after Christmas, a weekend and the substitute day
        ("2026-12-31 17:15", EDT),
        ("2027-01-04 09:00", MASH),
        ("2027-03-25 17:15", EDT),  # Maundy Thursday; the clocks go forward on Easter Sunday
        ("2027-03-30 09:00", MASH),
        ("2027-10-29 17:00", EDT),
        ("2027-11-01 09:00", MASH),
    ],
)
def test_the_duty_passes_at_londons_time_of_day(passed: str, team: RoleId) -> None:
    at = london(passed)
    before = present_shift(BOOK, at - timedelta(seconds=1))
    there = present_shift(BOOK, at)
    assert before is not None
    assert there is not None
    assert before.until == at
    assert (there.team, before.team != team) == (team, True)
    assert on_call(BOOK, DUTY, at).role == team


def test_easter_is_one_shift_an_hour_shorter_than_its_clock_says() -> None:
    shift = present_shift(BOOK, london("2027-03-25 17:15"))
    assert shift is not None
    assert shift.until is not None
    assert shift.until - shift.at == timedelta(days=4, hours=15, minutes=45) - timedelta(hours=1)


def test_a_day_closed_besides_belongs_to_the_other_team() -> None:
    book = closed_also(date(2026, 11, 27))
    assert next_hand_over(book, CLOSES) == london("2026-11-30 09:00")
    shift = incoming(book, NIGHT, london("2026-11-27 09:00"))
    assert shift is None


@given(st.integers(0, 400 * 24 * 60), st.integers(0, 20 * 24 * 60))
def test_a_late_look_finds_the_latest_hand_over_only_and_the_team_that_is_there(minute: int, later: int) -> None:
    start = datetime(2026, 10, 1, tzinfo=UTC) + timedelta(minutes=minute)
    now = start + timedelta(minutes=later)
    last, there = present_shift(BOOK, start), present_shift(BOOK, now)
    assert last is not None
    assert there is not None
    found = incoming(BOOK, last, now)
    passed = [at for at in handovers(BOOK, start, now) if at <= now]
    assert (found is None) == (not passed)
    if found is not None:
        assert found == Shift(passed[-1], there.team, there.until)
        assert incoming(BOOK, found, now) is None


def test_where_changed_hours_put_another_team_on_duty_the_duty_passes_now() -> None:
    noon = london("2026-11-26 12:00")
    last = Shift(london("2026-11-26 09:00"), MASH, CLOSES)
    assert incoming(BOOK, last, noon) is None
    assert incoming(closed_also(date(2026, 11, 26)), last, noon) == Shift(noon, EDT, OPENS)


def test_the_first_shift_on_record_is_the_present_one() -> None:
    assert begun(BOOK, None, CLOSES) == NIGHT
    assert begun(BOOK, Handover(1, NIGHT, CLOSES), CLOSES) is None
    assert begun(BOOK, Handover(1, NIGHT, CLOSES), OPENS) == Shift(OPENS, MASH, london("2026-11-27 17:00"))


@pytest.mark.parametrize("role", ["gone", "always", "no other"])
def test_a_duty_that_never_passes_on_has_no_hand_overs(role: str) -> None:
    block = BOOK.roles[DUTY]
    changed = {
        "gone": {},
        "always": {DUTY: replace(block, during=None, otherwise=None)},
        "no other": {DUTY: replace(block, otherwise=None)},
    }[role]
    book = replace(BOOK, roles={**{k: v for k, v in BOOK.roles.items() if k != DUTY}, **changed})
    assert present_shift(book, CLOSES) is None
    assert next_hand_over(book, CLOSES) is None
    assert incoming(book, NIGHT, OPENS) is None


# --- what is on the list


ACCEPTED = after(30)


def _alert(state: AlertState = AlertState.ACCEPTED, at: datetime = ACCEPTED, duty: RoleId = DUTY) -> Alert:
    closed = None if state is AlertState.OPEN else at
    return Alert(1, "482193", after(), (after(),), state, closed, "desk", "default_urgent", duty, ())


def _clock(due: datetime, name: str = "contact_48h", **more: datetime) -> ClockRun:
    run = ClockRun(
        ClockId(name), "k", 1, RuleId("rule"), after(), after(), due, after(), False, None, None, None, Version("v")
    )  # fmt: skip
    return replace(run, **more)  # type: ignore[arg-type]  # moments only


FAR = after(hours=40)


def _case(*alerts: Alert, clocks: tuple[ClockRun, ...] = (_clock(FAR),), listed: datetime | None = None) -> OpenCase:
    return OpenCase(CaseId("c"), CaseRef("WF-UR-26-2CK5"), alerts or (_alert(),), clocks, listed)


def _on_list(case: OpenCase, shift: Shift = NIGHT, now: datetime | None = None) -> Listed | None:
    return next(iter(hand_over_list([case], shift, ABOUT, now or shift.at)), None)


def test_the_rule_files_say_which_clocks_are_about_contact() -> None:
    assert contact_clocks(BOOK) == ABOUT


def test_a_case_that_no_list_has_named_is_new() -> None:
    assert _on_list(_case()) == Listed(CaseId("c"), is_new=True, is_due=False)


def test_a_case_is_new_again_when_it_was_accepted_after_the_list_that_named_it() -> None:
    assert _on_list(_case(listed=after(60))) is None
    assert _on_list(_case(listed=after(30))) is None
    assert _on_list(_case(listed=after(29))) == Listed(CaseId("c"), is_new=True, is_due=False)


@pytest.mark.parametrize(
    ("due", "is_due"),
    [
        (CLOSES, False),
        (CLOSES + timedelta(microseconds=1), True),
        (OPENS, True),
        (OPENS + timedelta(microseconds=1), False),
    ],
)
def test_a_deadline_belongs_to_exactly_one_shift(due: datetime, is_due: bool) -> None:
    assert (_on_list(_case(clocks=(_clock(due),), listed=after(60))) is not None) is is_due


def test_a_shift_that_never_ends_has_every_deadline() -> None:
    for_good = Shift(CLOSES, EDT, None)
    assert _on_list(_case(listed=after(60)), for_good) == Listed(CaseId("c"), is_new=False, is_due=True)


@pytest.mark.parametrize(
    "clocks",
    [
        (),
        (_clock(after(hours=10), "panel_listing"),),
        (_clock(FAR, stopped_at=after(5), stop_known_at=after(6)),),
        (_clock(FAR, withdrawn_at=after(6)),),
    ],
)
def test_a_case_that_waits_for_nobodys_contact_is_not_listed(clocks: tuple[ClockRun, ...]) -> None:
    assert _on_list(_case(clocks=clocks)) is None


@pytest.mark.parametrize(
    ("alerts", "is_listed"),
    [
        ((_alert(),), True),
        ((_alert(AlertState.OPEN),), False),
        ((_alert(AlertState.WITHDRAWN),), False),
        ((_alert(), _alert(AlertState.OPEN)), False),
        ((_alert(), _alert(AlertState.WITHDRAWN)), True),
        ((_alert(), _alert(AlertState.OPEN, duty=RoleId("head_of_service"))), True),
    ],
)
def test_only_accepted_cases_are_listed_whose_alert_is_not_sent_anew(
    alerts: tuple[Alert, ...], is_listed: bool
) -> None:
    assert (_on_list(_case(*alerts)) is not None) is is_listed


def test_the_first_deadline_comes_first_then_the_reference() -> None:
    def case(name: str, due: datetime) -> OpenCase:
        return OpenCase(CaseId(name), CaseRef(name), (_alert(),), (_clock(FAR), _clock(due)))

    cases = [case("late", after(hours=30)), case("b", after(hours=20)), case("a", after(hours=20))]
    assert [each.case for each in hand_over_list(cases, NIGHT, ABOUT, CLOSES)] == ["a", "b", "late"]


def test_what_was_missed_still_waits_until_somebody_records_it() -> None:
    missed, met = _clock(after(5)), _clock(after(3), stopped_at=after(2), stop_known_at=after(2))
    assert outstanding([_clock(FAR), missed, met], ABOUT, after(60)) == (missed, _clock(FAR))
