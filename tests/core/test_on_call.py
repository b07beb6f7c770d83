from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alertd.core.calendar import local
from alertd.core.on_call import DUTY, backup_of, call_back, handovers, hours_of, on_call, people_of, to_person
from alertd.model.ids import HoursId, PersonId, RoleId, RotaId
from alertd.model.rulebook import Override, Role, Rota, RuleBook, Turns
from tests.core.book import small_book
from tests.core.make import day, london

ANN, BEN, CAL = PersonId("ann"), PersonId("ben"), PersonId("cal")
OPEN, CLOSED = london("2026-11-26 10:00"), london("2026-11-26 22:00")


def _with(*roles: Role) -> RuleBook:
    book = small_book()
    return replace(book, roles={**book.roles, **{role.id: role for role in roles}})


def _people(book: RuleBook, role: str, at: datetime) -> list[str]:
    return [person.id for person in on_call(book, RoleId(role), at).people]


def test_the_duty_is_routed_by_hours_and_says_why() -> None:
    found = on_call(small_book(), DUTY, OPEN)
    assert (found.role, [p.id for p in found.people]) == ("mash", ["desk"])
    assert found.why == (
        "safeguarding_duty: open by mash_hours",
        "safeguarding_duty: by role mash",
        "mash: rota mash_rota: desk",
    )
    night = on_call(small_book(), DUTY, CLOSED)
    assert (night.role, [p.id for p in night.people]) == ("edt", ["night"])


def test_a_role_that_closes_without_another_has_nobody() -> None:
    book = _with(Role(RoleId("drm"), "DRM", "mash_rota", HoursId("mash_hours")))
    assert _people(book, "drm", OPEN) == ["desk"]
    assert on_call(book, RoleId("drm"), CLOSED).why == ("drm: closed by mash_hours",)
    assert _people(book, "drm", CLOSED) == []
    assert hours_of(book, RoleId("drm")) == "mash_hours"
    assert hours_of(book, DUTY) is None
    assert hours_of(book, RoleId("nobody")) is None


def test_an_unknown_role_has_nobody() -> None:
    assert on_call(small_book(), RoleId("nobody"), OPEN).why == ("nobody: no such role",)


def test_roles_in_a_circle_end_with_nobody() -> None:
    book = _with(Role(RoleId("a"), "A", "b"), Role(RoleId("b"), "B", "a"))
    found = on_call(book, RoleId("a"), OPEN)
    assert found.people == ()
    assert found.why[-1].endswith("roles in a circle")


def test_people_who_have_left_are_passed_over() -> None:
    book = small_book()
    rota = Rota(RotaId("mash_rota"), always=(PersonId("gone"), PersonId("desk")))
    assert _people(replace(book, rotas={**book.rotas, rota.id: rota}), "mash", OPEN) == ["desk"]


def _swap(who: PersonId, *, hours: int = 2) -> tuple[Override, ...]:
    return (Override(CLOSED, CLOSED + timedelta(hours=hours), (who,)),)


@pytest.mark.parametrize("role", ["safeguarding_duty", "edt"])
def test_a_swap_counts_for_the_role_asked_and_for_the_role_reached(role: str) -> None:
    swaps = {RoleId(role): _swap(PersonId("head"))}
    found = on_call(small_book(), DUTY, CLOSED, swaps)
    assert [person.id for person in found.people] == ["head"]
    assert found.why[-1] == f"{role}: swapped to head"
    ended = on_call(small_book(), DUTY, CLOSED + timedelta(hours=2), swaps)
    assert [person.id for person in ended.people] == ["night"]


def test_the_backup_is_that_of_the_role_reached_else_of_the_role_asked() -> None:
    asked = backup_of(small_book(), DUTY, OPEN)
    assert asked is not None
    assert (asked.role, [p.id for p in asked.people]) == ("safeguarding_backup", ["second"])
    book = _with(replace(small_book().roles[RoleId("mash")], backup="head_rota"))
    reached = backup_of(book, DUTY, OPEN)
    assert reached is not None
    assert (reached.role, [p.id for p in reached.people]) == ("mash", ["head"])
    assert backup_of(small_book(), RoleId("head_of_service"), OPEN) is None
    assert backup_of(small_book(), RoleId("nobody"), OPEN) is None


def _weekly(*people: PersonId) -> Rota:
    return Rota(RotaId("weekly"), turns=Turns(people, "week", london("2026-11-02 09:00").time(), 0, day("2026-11-02")))


@pytest.mark.parametrize(
    ("at", "who"),
    [
        ("2026-11-02 08:59", CAL),
        ("2026-11-02 09:00", ANN),
        ("2026-11-09 08:59", ANN),
        ("2026-11-09 09:00", BEN),
        ("2026-11-23 09:00", ANN),
        ("2027-03-22 09:00", CAL),
        ("2027-03-29 08:59", CAL),
        ("2027-03-29 09:00", ANN),
    ],
)
def test_weekly_turns_change_at_the_local_time_of_their_weekday_across_clock_changes(at: str, who: PersonId) -> None:
    assert people_of(_weekly(ANN, BEN, CAL), london(at)) == (who,)


def test_a_weekly_rota_that_starts_midweek_still_changes_on_its_weekday() -> None:
    turns = Turns((ANN, BEN), "week", london("2026-11-02 09:00").time(), 0, day("2026-11-04"))
    rota = Rota(RotaId("weekly"), turns=turns)
    assert people_of(rota, london("2026-11-08 12:00")) == (ANN,)
    assert people_of(rota, london("2026-11-09 09:00")) == (BEN,)


def test_daily_turns_change_every_day() -> None:
    turns = Turns((ANN, BEN), "day", london("2026-11-02 09:00").time(), 0, day("2026-10-24"))
    rota = Rota(RotaId("daily"), turns=turns)
    found = [people_of(rota, london(f"2026-10-{n} 09:00"))[0] for n in (24, 25, 26)]
    assert found == [ANN, BEN, ANN]
    assert people_of(rota, london("2026-10-26 08:59")) == (BEN,)


def test_an_override_goes_before_turns_and_before_always() -> None:
    away = Override(london("2026-11-26 09:00"), london("2026-11-27 09:00"), (CAL,))
    for rota in (_weekly(ANN), Rota(RotaId("r"), always=(ANN,))):
        covered = replace(rota, overrides=(away,))
        assert people_of(covered, london("2026-11-26 09:00")) == (CAL,)
        assert people_of(covered, london("2026-11-27 09:00")) == (ANN,)


def test_turns_without_people_are_nobody() -> None:
    assert people_of(_weekly(), OPEN) == ()


@given(st.integers(0, 60 * 24 * 800))
def test_everybody_serves_a_full_local_week(minutes: int) -> None:
    at = london("2026-01-05 09:00") + timedelta(minutes=minutes)
    rota = _weekly(ANN, BEN, CAL)
    week_later = local(at).replace(tzinfo=None) + timedelta(weeks=3)
    assert people_of(rota, at) == people_of(rota, london(week_later.strftime("%Y-%m-%d %H:%M")))


def test_hand_overs_are_the_changes_of_a_routing_role_up_to_the_first_after_the_end() -> None:
    start, until = london("2026-11-26 10:00"), london("2026-11-27 16:00")
    assert handovers(small_book(), start, until) == (
        london("2026-11-26 17:15"),
        london("2026-11-27 09:00"),
        london("2026-11-27 17:00"),
    )
    assert handovers(small_book(), start, until, RoleId("mash")) == ()
    assert handovers(small_book(), start, until, RoleId("nobody")) == ()
    never = replace(
        small_book(), hours={HoursId("mash_hours"): replace(small_book().hours[HoursId("mash_hours")], days={})}
    )
    assert handovers(never, start, until) == ()


def test_a_line_may_be_addressed_to_one_person() -> None:
    found = on_call(small_book(), to_person(PersonId("head")), OPEN)
    assert [person.id for person in found.people] == ["head"]
    assert on_call(small_book(), to_person(PersonId("gone")), OPEN).people == ()
    assert backup_of(small_book(), to_person(PersonId("head")), OPEN) is None


def test_the_number_to_ring_is_that_of_the_team_open_at_the_hour_else_the_duty_roles_else_the_services() -> None:
    book, day_, night = small_book(), london("2026-11-26 14:00"), london("2026-11-26 23:00")
    assert call_back(book, night, "service") == "service"
    own = replace(book.roles[on_call(book, DUTY, day_).role], call_back="020 7946 0123")
    named = replace(book, roles={**book.roles, own.id: own})
    assert call_back(named, day_, "service") == "020 7946 0123"
    assert call_back(named, night, "service") == "service"
    shared = replace(book.roles[DUTY], call_back="020 7946 0187")
    assert call_back(replace(named, roles={**named.roles, DUTY: shared}), night, "service") == "020 7946 0187"
    assert call_back(replace(book, roles={}), night, "service") == "service"
