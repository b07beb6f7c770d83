from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alertd.core.gsm7 import gsm7_septets, segments
from alertd.core.privacy import (
    INCIDENT_TIMES,
    age_at,
    identity_text,
    incident_moment,
    mentions_personal,
    normalise_name,
    turns_18,
)
from alertd.model.contract import FIELDS, SETTINGS
from alertd.model.values import FieldType, Value

RECEIVED = datetime(2026, 11, 26, 14, 10, tzinfo=UTC)
ALERT = (
    "WF-UR-26-7QK4 custody. Golden Hour due 15:00 Thu 26 Nov, 30 min left. MASH: reply Y482193 to accept, "
    "P482193 if police rang. 020 7946 0123"
)


@pytest.mark.parametrize(
    ("born", "moment", "age"),
    [
        (date(2011, 11, 26), datetime(2026, 11, 25, 23, 59, tzinfo=UTC), 14),
        (date(2011, 11, 26), datetime(2026, 11, 26, 0, 0, tzinfo=UTC), 15),
        (date(2011, 7, 1), datetime(2026, 6, 30, 23, 0, tzinfo=UTC), 15),  # midnight in London, in summer
        (date(2011, 7, 1), datetime(2026, 6, 30, 22, 59, tzinfo=UTC), 14),
        (date(2008, 2, 29), datetime(2026, 2, 28, 12, tzinfo=UTC), 17),
        (date(2008, 2, 29), datetime(2026, 3, 1, 12, tzinfo=UTC), 18),
        (date(2026, 11, 26), RECEIVED, 0),
        (date(2026, 11, 27), RECEIVED, None),
        (date(1906, 11, 26), RECEIVED, 120),
        (date(1905, 11, 26), RECEIVED, None),
    ],
)
def test_an_age_is_in_whole_years_on_the_london_day(born: date, moment: datetime, age: int | None) -> None:
    assert age_at(born, moment) == age


@pytest.mark.parametrize(
    ("born", "month"),
    [
        (date(2009, 3, 4), "2027-03"),
        (date(2008, 11, 27), "2026-11"),
        (date(2008, 11, 26), None),  # 18 today
        (date(2009, 11, 26), "2027-11"),  # 17 today
        (date(2009, 11, 27), None),
        (date(2030, 1, 1), None),
    ],
)
def test_the_month_of_turning_18_is_told_of_a_17_year_old_alone(born: date, month: str | None) -> None:
    assert turns_18(born, RECEIVED) == month


def test_somebody_born_on_29_february_turns_18_in_march_of_a_common_year() -> None:
    assert turns_18(date(2008, 2, 29), datetime(2026, 2, 1, tzinfo=UTC)) == "2026-03"


@pytest.mark.parametrize("setting", SETTINGS)
def test_every_setting_has_a_time_of_its_incident(setting: str) -> None:
    first, *_ = INCIDENT_TIMES[setting]
    assert FIELDS[first].type is FieldType.TIME
    moment = datetime(2026, 11, 25, tzinfo=UTC)
    assert incident_moment({"setting": setting, first: moment}, RECEIVED) == moment
    assert incident_moment({"setting": setting}, RECEIVED) == RECEIVED


def test_without_a_setting_the_incident_was_when_it_was_received() -> None:
    assert incident_moment({"occurred_at": datetime(2026, 1, 1, tzinfo=UTC)}, RECEIVED) == RECEIVED


@pytest.mark.parametrize(
    "name", ["Zoë O'Brien-Smith", "O’BRIEN SMITH, Zoe", "  zoe   smith  o'brien ", "ZOË SMITH OBRIEN"]
)
def test_ordinary_spellings_of_a_name_agree(name: str) -> None:
    assert normalise_name(name) == "obrien smith zoe"


@given(st.text(st.characters(), max_size=50))
def test_a_normalised_name_can_always_be_hashed_and_normalised_again(name: str) -> None:
    folded = normalise_name(name)
    folded.encode("utf-8")
    assert normalise_name(folded) == folded


def test_a_name_without_letters_is_no_identity() -> None:
    assert identity_text("?!", date(2011, 3, 4)) is None
    assert identity_text("Kai", date(2011, 3, 4)) == "kai|2011-03-04"


@pytest.mark.parametrize(
    "value",
    [
        "P-1001",
        "01TT/1234/26",
        "bladed_article",
        ("abh", "bladed_article"),
        "Leyton",
        "020 7946 0999",
        "Kài Example",
        15,
    ],
)
@pytest.mark.parametrize(
    "text",
    [
        "Ring about p 1001 and P-1001.",
        "crime 01tt 1234 26 / 01TT123426",
        "a Bladed  Article was found",
        "suite: LEYTON",
        "host on 02079460999",
        "kai example",
        "aged 15 now, a 15-year-old",
    ],
)
def test_a_personal_value_is_found_in_the_text_that_holds_it_and_in_no_other(text: str, value: Value) -> None:
    pairs = {
        "P-1001": 0,
        "01TT/1234/26": 1,
        "bladed_article": 2,
        ("abh", "bladed_article"): 2,
        "Leyton": 3,
        "020 7946 0999": 4,
        "Kài Example": 5,
        15: 6,
    }
    starts = ["Ring", "crime", "a Bl", "suite", "host", "kai", "aged"]
    assert mentions_personal(text, [value]) == text.startswith(starts[pairs[value]])


@pytest.mark.parametrize(
    "value",
    [
        15,
        26,
        "15",
        "26",
        "1500",
        "0123",
        "P1",
        "no",
        "none",
        "other",
        "",
        "WF",
        "Custo",
        True,
        RECEIVED,
        ("15", "P1"),
        (),
    ],
)
def test_an_ordinary_alert_holds_no_personal_value_that_stands_in_every_alert(value: Value) -> None:
    assert not mentions_personal(ALERT, [value])


@given(st.from_regex(r"[A-Z]{2}-[0-9]{4}/[0-9]{2}", fullmatch=True), st.sampled_from(["-", " ", "/", "", "_"]))
def test_a_reference_is_found_however_it_is_spaced(reference: str, between: str) -> None:
    respelt = reference.replace("-", between).replace("/", between).lower()
    assert mentions_personal(f"See {respelt} now", [reference])


@pytest.mark.parametrize(
    ("text", "septets"),
    [
        ("", 0),
        ("abc", 3),
        ("€", 2),
        ("[]{}^\\|~€\f", 20),
        ("£ÄÖé\n", 5),
        ("’", None),
        ("–", None),
        ("😀", None),
        ("ç", None),
    ],
)
def test_septets_count_the_extension_table_twice(text: str, septets: int | None) -> None:
    assert gsm7_septets(text) == septets


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("", 1),
        ("a" * 160, 1),
        ("a" * 161, 2),
        ("a" * 306, 2),
        ("a" * 307, 3),
        ("€" * 80, 1),
        ("€" * 81, 2),
        ("€" * 153, 3),  # 76 in a part: the pair does not fit in its last septet
        ("’" + "a" * 69, 1),
        ("’" + "a" * 70, 2),
        ("😀" * 35, 1),
        ("😀" * 36, 2),
        ("😀" * 67, 3),  # 33 in a part: a pair is never divided
        ("\ud800", 1),
    ],
)
def test_a_text_takes_as_many_parts_as_the_standard_has_it(text: str, parts: int) -> None:
    assert segments(text) == parts


def test_the_default_alphabet_has_its_127_printable_places_and_ten_extended() -> None:
    candidates = [chr(point) for point in range(0x10000) if not 0xD800 <= point < 0xE000]
    lengths = [gsm7_septets(character) for character in candidates]
    assert lengths.count(1) == 127
    assert lengths.count(2) == 10


def test_the_shipped_example_is_one_segment() -> None:
    assert segments(ALERT) == 1
