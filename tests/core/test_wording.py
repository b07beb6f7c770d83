from __future__ import annotations

import pytest

from alertd.core.gsm7 import gsm7_septets
from alertd.core.wording import check_words, clock_word, cohort_word, moment, team_word, time_left
from alertd.model.ids import ClockId, RoleId
from tests.core.book import small_book
from tests.core.make import after, london


def test_a_moment_is_said_by_londons_clock() -> None:
    assert moment(london("2026-11-26 15:00")) == "15:00 Thu 26 Nov"
    assert moment(london("2027-07-01 09:05")) == "09:05 Thu 1 Jul"


@pytest.mark.parametrize(
    ("minutes", "text"),
    [
        (0, ""),
        (-5, ""),
        (0.5, "1 min"),
        (30, "30 min"),
        (60, "1 h"),
        (130, "2 h 10 min"),
        (599, "9 h 59 min"),
        (600, "10 h"),
        (625, "10 h"),
        (48 * 60, "48 h"),
    ],
)
def test_time_left_is_rounded_up_to_minutes_and_loses_them_from_ten_hours_on(minutes: float, text: str) -> None:
    assert time_left(after(minutes), after()) == text


def test_clocks_have_short_words_and_others_their_own() -> None:
    assert clock_word(ClockId("golden_hour")) == "Golden Hour"
    assert clock_word(ClockId("second_visit")) == "second visit"


def test_teams_are_named_by_a_short_id_else_by_title() -> None:
    book = small_book()
    assert [team_word(book, RoleId(role)) for role in ("mash", "duty_manager", "night_watch")] == [
        "MASH",
        "Manager on duty",
        "night watch",
    ]


def test_at_most_two_fields_to_check_are_named_each_once_without_values() -> None:
    assert check_words(("person.age", "person.age")) == "age"
    assert check_words(("person.age", "custody.booked_in_at")) == "age, booked in at"
    assert check_words(("person.age", "incident.ward", "setting")) == "age, ward and more"
    assert check_words(()) == ""


def test_a_cohort_without_a_word_is_an_urgent_case() -> None:
    assert cohort_word("hospital_ae", {"hospital_ae": "A&E"}) == "A&E"
    assert cohort_word("", {}) == "urgent case"


def test_an_exercise_is_named_whatever_words_are_configured() -> None:
    assert cohort_word("exercise", {"exercise": "custody"}) == "EXERCISE"


def test_all_words_travel_as_gsm7() -> None:
    words = (moment(after()), time_left(after(130), after()), clock_word(ClockId("contact_48h_young_person")))
    assert all(gsm7_septets(word) == len(word) for word in words)
