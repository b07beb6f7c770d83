"""Cover of the weeks to come: looking where answers change is looking at every minute."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alertd.core.addressed import uses_of
from alertd.core.calendar import RestHours, local
from alertd.core.coverage import AHEAD, asked, changes, gaps
from alertd.core.on_call import DUTY, by_role, on_call
from alertd.core.outgoing import Desk, reachable
from alertd.core.wording import span
from alertd.model.ids import HoursId, PersonId, RoleId, RotaId
from alertd.model.rulebook import Hours, Override, Role, Rota, RuleBook, Span, Turns
from alertd.model.shifts import Swap
from alertd.model.values import Channel
from tests.core.book import small_book
from tests.core.make import day, london

MINUTE = timedelta(minutes=1)
PEOPLE = ("desk", "second", "night", "manager", "mash_boss", "head")
MANAGER = RoleId("duty_manager")
CHANGES_OF_CLOCKS = ("2026-10-24 20:00", "2027-03-27 20:00", "2026-12-24 12:00", "2026-11-26 12:00")


@dataclass(frozen=True, slots=True)
class Shifts:
    """A calendar of given shifts."""

    shifts: tuple[Override, ...]

    @property
    def members(self) -> tuple[PersonId, ...]:
        return tuple(dict.fromkeys(who for shift in self.shifts for who in shift.who))

    def people_at(self, at: datetime) -> tuple[PersonId, ...]:
        return tuple(dict.fromkeys(who for shift in self.shifts if shift.from_ <= at < shift.to for who in shift.who))

    def changes(self, start: datetime, end: datetime) -> tuple[datetime, ...]:
        found = {at for shift in self.shifts for at in (shift.from_, shift.to)}
        return tuple(sorted(at for at in found if start < at < end))


def weekly(*people: PersonId, every: str = "week", at: time = time(9)) -> Rota:
    return Rota(RotaId("weekly"), turns=Turns(people, every, at, 0, day("2026-10-05")))


def _with(rota: Rota, book: RuleBook | None = None) -> RuleBook:
    found = book or small_book()
    manager = replace(found.roles[MANAGER], rota=rota.id)
    return replace(found, rotas={**found.rotas, rota.id: rota}, roles={**found.roles, MANAGER: manager})


def _desk(book: RuleBook, **more: object) -> Desk:
    return replace(Desk(book, RestHours(), frozenset(Channel), {}), **more)  # type: ignore[arg-type]


def _override(start: str, end: str, *who: str) -> Override:
    return Override(london(start), london(end), tuple(map(PersonId, who)))


def test_somebody_is_there_at_every_minute_of_eight_weeks() -> None:
    start = london("2026-11-25 03:00")
    assert gaps(_desk(small_book()), start, start + AHEAD) == ()


def test_an_hour_without_a_shift_is_named_with_its_role_its_times_and_why() -> None:
    shifts = Shifts((_override("2026-11-26 09:00", "2026-11-26 17:00", "manager"),
                     _override("2026-11-26 18:30", "2026-11-27 09:00", "manager", "head")))  # fmt: skip
    desk = _desk(_with(Rota(RotaId("cal"), calendar=shifts)))
    (gap,) = gaps(desk, london("2026-11-26 10:00"), london("2026-11-27 09:00"))
    assert (gap.role, gap.from_, gap.to) == (MANAGER, london("2026-11-26 17:00"), london("2026-11-26 18:30"))
    assert gap.why == ("duty_manager: rota cal: nobody",)
    assert span(gap.from_, gap.to) == "17:00 Thu 26 Nov to 18:30 Thu 26 Nov"


def test_gaps_that_touch_are_one_with_every_reason() -> None:
    rota = Rota(RotaId("cal"), overrides=(_override("2026-11-26 12:00", "2026-11-26 13:00", "mute"),))
    book = _with(rota)
    mute = replace(book.people[PersonId("head")], id=PersonId("mute"), sms=None, email=None, call=None)
    desk = _desk(replace(book, people={**book.people, mute.id: mute}))
    (gap,) = gaps(desk, london("2026-11-26 10:00"), london("2026-11-26 15:00"))
    assert (gap.from_, gap.to) == (london("2026-11-26 10:00"), london("2026-11-26 15:00"))
    assert gap.why[0] == "duty_manager: rota cal: nobody"
    assert gap.why[1].startswith("duty_manager: mute cannot be told by ")


def test_a_backup_closes_a_gap_and_a_backup_that_is_empty_too_is_named() -> None:
    start, end = london("2026-11-26 10:00"), london("2026-11-26 11:00")
    book = _with(Rota(RotaId("empty")))
    behind = replace(book.roles[MANAGER], backup="head_rota")
    assert gaps(_desk(replace(book, roles={**book.roles, MANAGER: behind})), start, end) == ()
    alone = replace(behind, backup="empty")
    (gap,) = gaps(_desk(replace(book, roles={**book.roles, MANAGER: alone})), start, end)
    assert gap.why == ("duty_manager: rota empty: nobody",) * 2


def test_a_swap_fills_a_gap_and_a_phone_that_takes_no_texts_opens_one() -> None:
    start, end = london("2026-11-26 10:00"), london("2026-11-26 14:00")
    swap = Swap(1, MANAGER, PersonId("mash_boss"), start, london("2026-11-26 12:00"), PersonId("head"), start)
    desk = _desk(_with(Rota(RotaId("empty"))), swaps=by_role([swap]))
    (gap,) = gaps(desk, start, end)
    assert gap.from_ == london("2026-11-26 12:00")
    first, second = gaps(replace(desk, silent=frozenset({PersonId("mash_boss")})), start, end)[0].why
    assert first.endswith("mash_boss cannot be told by sms or email, and has asked for no texts")
    assert second == "duty_manager: rota empty: nobody"


def test_a_channel_without_a_provider_reaches_nobody() -> None:
    start = london("2026-11-26 22:00")
    desk = _desk(small_book(), usable=frozenset({Channel.EMAIL}))
    assert "mash_manager" in {gap.role for gap in gaps(desk, start, start + MINUTE)}, "who has no mail address"


def test_a_role_whose_own_hours_are_closed_has_a_gap_only_when_something_tells_it_then() -> None:
    book = small_book()
    community = RoleId("community_safety")
    closing = Role(community, "Community safety", "mash_rota", HoursId("mash_hours"))
    quiet = replace(book, roles={**book.roles, community: closing})
    start = london("2026-11-26 22:00")
    assert asked(quiet, community, uses_of(quiet)[community], start) == ()
    assert gaps(_desk(quiet), start, start + timedelta(hours=4)) == ()
    woken = replace(quiet, roles={**quiet.roles, MANAGER: replace(closing, id=MANAGER)})
    assert [gap.role for gap in gaps(_desk(woken), start, start + timedelta(hours=4))] == [MANAGER]


def test_no_time_has_no_pieces() -> None:
    start = london("2026-11-26 22:00")
    assert changes(_desk(small_book()), start, start) == ()


def test_a_span_over_the_change_of_clocks_names_both() -> None:
    assert span(london("2026-10-24 22:00"), london("2026-10-25 08:00")) == (
        "22:00 Sat 24 Oct BST to 08:00 Sun 25 Oct GMT"
    )


# --- the same, minute by minute

_who = st.lists(st.sampled_from(PEOPLE), max_size=2, unique=True).map(lambda names: tuple(map(PersonId, names)))
_minutes = st.integers(-120, 60 * 20)


@st.composite
def _overrides(draw: st.DrawFn, start: datetime) -> tuple[Override, ...]:
    found = []
    for _ in range(draw(st.integers(0, 3))):
        begin = start + draw(_minutes) * MINUTE
        found.append(Override(begin, begin + draw(st.integers(1, 600)) * MINUTE, draw(_who)))
    return tuple(found)


@st.composite
def _desks(draw: st.DrawFn) -> tuple[Desk, datetime]:
    start = london(draw(st.sampled_from(CHANGES_OF_CLOCKS)))
    at = time(draw(st.integers(0, 23)), draw(st.sampled_from((0, 1, 30, 59))))
    rota = draw(
        st.one_of(
            st.builds(lambda who, every: weekly(*who, every=every, at=at), _who, st.sampled_from(("week", "day"))),
            _overrides(start).map(lambda shifts: Rota(RotaId("weekly"), calendar=Shifts(shifts))),
        )
    )
    book = _with(replace(rota, overrides=draw(_overrides(start))))
    spans = {n: Span(time(draw(st.integers(0, 11))), draw(st.sampled_from((time(15, 30), None)))) for n in range(7)}
    hours = Hours(HoursId("mash_hours"), spans, bank_holidays=draw(st.booleans()))
    swaps = {DUTY: draw(_overrides(start)), MANAGER: draw(_overrides(start))}
    silent = frozenset(draw(st.sets(st.sampled_from(PEOPLE), max_size=2).map(lambda names: map(PersonId, names))))
    return _desk(replace(book, hours={hours.id: hours}), swaps=swaps, silent=silent), start


@pytest.mark.unmeasured
@given(_desks())
@settings(max_examples=15, deadline=None)
def test_gaps_are_those_of_a_look_at_every_minute(drawn: tuple[Desk, datetime]) -> None:
    desk, start = drawn
    end = start + timedelta(hours=18)
    found = gaps(desk, start, end)
    for role, uses in uses_of(desk.book).items():
        mine = [gap for gap in found if gap.role == role]
        for n in range(18 * 60):
            at = start + n * MINUTE
            by = asked(desk.book, role, uses, at)
            nobody = bool(by) and not reachable(role, by, at, desk)
            assert nobody == any(gap.from_ <= at < gap.to for gap in mine), (role, local(at))


@pytest.mark.parametrize("every", ["day", "week"])
def test_a_change_over_in_the_hour_that_comes_twice_happens_once(every: str) -> None:
    ann, ben = PersonId("desk"), PersonId("head")
    turns = Turns((ann, ben), every, time(1, 30), 6, day("2026-10-18"))
    book = _with(Rota(RotaId("weekly"), turns=turns))
    start = london("2026-10-25 00:00")
    seen = [on_call(book, MANAGER, start + n * MINUTE).people[0].id for n in range(4 * 60)]
    assert sum(1 for a, b in pairwise(seen) if a != b) == 1
    assert seen[89] != seen[90], "at the first 01:30"


def test_a_change_over_in_the_hour_that_is_skipped_still_happens() -> None:
    book = _with(weekly(PersonId("desk"), PersonId("head"), every="day", at=time(1, 30)))
    start = london("2027-03-28 00:00")
    seen = [on_call(book, MANAGER, start + n * MINUTE).people[0].id for n in range(4 * 60)]
    assert sum(1 for a, b in pairwise(seen) if a != b) == 1
    assert local(start + next(n for n in range(240) if seen[n] != seen[0]) * MINUTE).hour == 2
