"""Numbers and addresses that can be of use, and people who have the one that their role needs."""

from __future__ import annotations

import pytest

from alertd.model.values import Channel
from alertd.rulebook.cover import Cover
from alertd.rulebook.loader import Loaded, load, load_text
from alertd.rulebook.people_blocks import mail_address, mobile, ringable
from alertd.rulebook.problems import Weight
from alertd.rulebook.quantities import Misread
from alertd.shipped import shipped
from tests.core.make import london
from tests.rulebook.base import VALID


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("07700 900123", "+447700900123"),
        ("+44 7700 900123", "+447700900123"),
        ("0044 7700 900123", "+447700900123"),
        ("(07700) 900-123", "+447700900123"),
    ],
)
def test_a_mobile_is_read_however_it_is_written(written: str, read: str) -> None:
    assert mobile(written) == ringable(written) == read


@pytest.mark.parametrize("prefix", ["71", "72", "73", "74", "75", "77", "78", "79", "7624"])
def test_every_mobile_range_is_taken_with_jersey_guernsey_and_man(prefix: str) -> None:
    number = "+44" + prefix.ljust(10, "0")
    assert mobile(number) == number


@pytest.mark.parametrize("prefix", ["70", "76", "7600", "20", "161", "30", "800", "845", "90"])
def test_no_text_goes_to_landlines_pagers_or_070(prefix: str) -> None:
    with pytest.raises(Misread, match="mobiles only"):
        mobile("+44" + prefix.ljust(10, "0"))


@pytest.mark.parametrize("prefix", ["70", "76", "55", "56", "800", "845", "870", "90", "98"])
def test_no_call_goes_where_it_costs_or_nobody_answers(prefix: str) -> None:
    with pytest.raises(Misread, match="landlines and mobiles only"):
        ringable("+44" + prefix.ljust(10, "0"))


@pytest.mark.parametrize("written", ["020 7946 0123", "+442079460123"])
def test_a_landline_can_be_rung_and_not_texted(written: str) -> None:
    assert ringable(written) == "+442079460123"
    with pytest.raises(Misread, match="not to landlines"):
        mobile(written)


@pytest.mark.parametrize(
    "written", ["999", "0770090012", "077009001234", "+33 1 23 45 67 89", "07700 900ABC", "", "mobile"]
)
def test_what_is_no_uk_number_is_refused(written: str) -> None:
    for read in (mobile, ringable):
        with pytest.raises(Misread, match=r"\+44"):
            _remedied(read, written)


def _remedied(read: object, written: str) -> None:
    try:
        read(written)  # type: ignore[operator]
    except Misread as wrong:
        raise Misread(f"{wrong.message}: {wrong.remedy}", "") from None


def test_a_mail_address_is_one() -> None:
    assert mail_address("a.b+c@duty.example.gov.uk") == "a.b+c@duty.example.gov.uk"


@pytest.mark.parametrize(
    "written",
    ["a", "a@", "@example.org", "a b@example.org", "a@example", "a..b@example.org", ".a@example.org", "a.@example.org",
     "a@-x.example.org", "a@x-.example.org", "a@@example.org", "a@example.org,b@example.org", "<a@example.org>"],
)  # fmt: skip
def test_what_is_no_mail_address_is_refused(written: str) -> None:
    with pytest.raises(Misread):
        mail_address(written)


def _people(**desk: str) -> Loaded:
    lines = "\n".join(f"  {way}: {address}" for way, address in desk.items())
    return load_text({**VALID, "config/people.yaml": f"- person: desk\n{lines}\n"})


def test_a_member_without_the_number_of_their_role_is_an_error_at_their_line() -> None:
    loaded = _people(email="desk@example.gov.uk")
    assert loaded.book is None
    found = [each for each in loaded.problems if each.code == "E037"]
    assert {(each.file, each.line) for each in found} == {("config/people.yaml", 1)}
    assert "'desk' answers for 'safeguarding_duty' and has no sms and no call" in [each.message for each in found]
    assert all(each.remedy.startswith("add 'sms:'") for each in found)


def test_a_member_whom_one_step_passes_over_is_a_warning() -> None:
    loaded = _people(sms="07700 900001", email="desk@example.gov.uk")
    assert loaded.book is not None
    passed = [each.message for each in loaded.problems if each.code == "W114"]
    assert "'desk' is passed over when 'safeguarding_duty' is told by call alone" in passed


def test_everybody_shipped_has_what_their_role_needs_and_there_is_no_gap() -> None:
    cover = Cover(london("2026-11-25 03:00"), frozenset(Channel))
    loaded = load([shipped("rules")], shipped("config"), shipped("templates"), cover=cover)
    assert [each for each in loaded.problems if each.code in ("E034", "E037", "W114")] == []


def test_a_gap_that_comes_again_is_one_error_a_role_and_loads() -> None:
    files = {
        **VALID,
        "config/night.yaml": "- rota: days\n  ical: days.ics\n- role: on_call\n  title: On call\n  rota: days\n",
        "config/days.ics": (
            "BEGIN:VCALENDAR\nBEGIN:VEVENT\nDTSTART;TZID=Europe/London:20261101T090000\nDURATION:PT12H\n"
            "RRULE:FREQ=DAILY\nSUMMARY:desk\nEND:VEVENT\nEND:VCALENDAR\n"
        ),
    }
    files["rules/golden_hour.yaml"] = files["rules/golden_hour.yaml"].replace(
        "notify: safeguarding_duty, template: urgent_response, by: [sms]}",
        "notify: on_call, template: urgent_response, by: [sms]}",
    )
    loaded = load_text(files, cover=Cover(london("2026-11-25 12:00"), frozenset(Channel)))
    assert loaded.book is not None
    (found,) = [each for each in loaded.problems if each.severity is Weight.ERROR]
    assert (found.code, found.file, found.line) == ("E034", "config/night.yaml", 3)
    assert found.message == (
        "nobody can be reached for 'on_call' from 21:00 Wed 25 Nov to 09:00 Thu 26 Nov "
        "(on_call: rota days: nobody), and at 55 other times: 'alertd oncall gaps' lists them"
    )
