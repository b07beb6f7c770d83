"""Calendar files as rotas: exports of Outlook and Google, and files that nobody should have exported."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from time import process_time

import pytest
from dateutil.rrule import rrulestr
from hypothesis import given, settings
from hypothesis import strategies as st

from alertd.core.calendar import LONDON, local
from alertd.core.on_call import people_of
from alertd.model.ids import RotaId
from alertd.model.rulebook import Rota
from alertd.rulebook.ical_events import CHUNK, timeline
from alertd.rulebook.ical_text import read_calendar
from alertd.rulebook.loader import Loaded, load_text
from alertd.rulebook.problems import Fault, Problem
from tests.core.make import london
from tests.rulebook.base import BASE

CALENDARS = Path(__file__).with_name("calendars")
TODAY = date(2026, 11, 25)
PEOPLE = """
- person: manager_ash
  name: Robin Ash
  sms: 07700 900121
  email: robin.ash@example.gov.uk
- person: manager_birch
  name: Sam Birch
  sms: 07700 900122
  email: sam.birch@example.gov.uk
- person: manager_cedar
  name: Jo Cedar
  sms: 07700 900123
  email: jo.cedar@example.gov.uk
- person: exploitation_elm
  name: Pat Elm
  sms: 07700 900161
  email: pat.elm@example.gov.uk
- person: exploitation_fir
  name: Kit Fir
  sms: 07700 900162
  email: kit.fir@example.gov.uk
"""
ROTA = """
- rota: managers
  ical: managers.ics
- role: on_call
  title: On call
  rota: managers
"""
EVENT = "BEGIN:VEVENT\n{}\nEND:VEVENT\n"
NIGHT = "DTSTART;TZID=Europe/London:20261130T220000\nDTEND;TZID=Europe/London:20261201T080000"
ASH = f"{NIGHT}\nSUMMARY:Robin Ash"


def loaded(calendar: str, *, today: date | None = TODAY, rota: str = ROTA, people: str = PEOPLE) -> Loaded:
    files = {**BASE, "config/more.yaml": people, "config/rota.yaml": rota, "config/managers.ics": calendar}
    return load_text(files, today=today)


def calendar(*events: str, head: str = "") -> str:
    return (
        "BEGIN:VCALENDAR\nVERSION:2.0\n" + head + "".join(EVENT.format(event) for event in events) + "END:VCALENDAR\n"
    )


def rota_of(text: str, **more: object) -> Rota:
    found = loaded(text, **more)  # type: ignore[arg-type]
    assert found.book is not None, found.problems
    return found.book.rotas[RotaId("managers")]


def problem(text: str, **more: object) -> Problem:
    found = [each for each in loaded(text, **more).problems if each.file.endswith(".ics")]  # type: ignore[arg-type]
    assert len(found) == 1, found
    return found[0]


def who(rota: Rota, at: str) -> tuple[str, ...]:
    return people_of(rota, london(at))


def exported(name: str) -> str:
    return (CALENDARS / name).read_text(encoding="utf-8")


@pytest.mark.parametrize("ends", ["\n", "\r\n"])
@pytest.mark.parametrize(
    ("at", "people"),
    [
        ("2026-11-02 08:59", ()),
        ("2026-11-02 09:00", ("manager_ash",)),
        ("2026-11-09 08:59", ("manager_ash",)),
        ("2026-11-09 09:00", ("manager_birch",)),  # invited; who has declined is not on call
        ("2026-11-16 09:00", ("manager_cedar",)),
        ("2026-11-23 09:00", ("manager_ash",)),
        ("2026-12-07 10:00", ()),  # this once the shift begins at noon
        ("2026-12-07 12:00", ("manager_cedar",)),
        ("2026-12-14 10:00", ("manager_cedar",)),  # Robin's week is taken out; the other's is longer
        ("2026-12-15 08:59", ("manager_cedar", "manager_ash")),  # whole days of two people, while a shift ends
        ("2026-12-20 23:59", ("manager_ash", "manager_cedar")),
        ("2027-03-29 09:00", ("manager_ash",)),  # after the clocks went forward, still at nine
        ("2027-12-27 09:00", ("manager_ash",)),
        ("2028-01-03 09:00", ()),  # Sam's twentieth turn was the one before, Jo's last has gone by
    ],
)
def test_outlooks_export_says_who_is_on_call(at: str, people: tuple[str, ...], ends: str) -> None:
    assert who(rota_of(exported("outlook.ics").replace("\n", ends)), at) == people


@pytest.mark.parametrize(
    ("at", "people"),
    [
        ("2026-11-25 21:59", ()),
        ("2026-11-25 22:00", ("exploitation_elm",)),
        ("2026-11-26 08:00", ()),
        ("2026-11-28 23:00", ("exploitation_fir",)),  # one night changed hands
        ("2026-11-29 23:00", ()),  # one was called off
        ("2026-12-25 23:00", ("exploitation_fir",)),  # in UTC, and by invitation
        ("2027-01-01 12:00", ("exploitation_fir",)),  # a whole day
        ("2027-01-02 00:00", ("exploitation_elm",)),
        ("2026-10-25 07:59", ("exploitation_elm",)),  # the long night
        ("2027-03-28 07:59", ("exploitation_elm",)),  # the short one
        ("2027-03-28 08:00", ()),
        ("2027-04-29 22:00", ("exploitation_elm",)),
        ("2027-04-30 22:00", ()),
    ],
)
def test_googles_export_says_who_is_on_call(at: str, people: tuple[str, ...]) -> None:
    assert who(rota_of(exported("google.ics")), at) == people


def test_an_override_of_the_rota_goes_before_its_calendar() -> None:
    line = "  overrides:\n    - {from: 2026-11-30 22:00, to: 2026-12-01 01:00, who: manager_birch}\n"
    rota = rota_of(calendar(ASH), rota=ROTA.replace("ics\n", f"ics\n{line}"))
    assert [who(rota, at) for at in ("2026-12-01 00:59", "2026-12-01 01:00")] == [("manager_birch",), ("manager_ash",)]


@pytest.mark.parametrize("tzid", [
    "Europe/London", '"Europe/London"', "GMT Standard Time", "gmt standard time", "/example.org/Tzfile/Europe/London",
    '"(UTC+00:00) Dublin, Edinburgh, Lisbon, London"',
])  # fmt: skip
def test_londons_time_is_known_by_all_its_names(tzid: str) -> None:
    times = f"DTSTART;TZID={tzid}:20260701T090000\nDTEND;TZID={tzid}:20260701T170000\nSUMMARY:manager_ash"
    rota = rota_of(calendar(times))
    assert [who(rota, at) for at in ("2026-07-01 08:59", "2026-07-01 09:00", "2026-07-01 17:00")] == [
        (),
        ("manager_ash",),
        (),
    ]


@pytest.mark.parametrize(
    ("times", "begins"),
    [
        ("DTSTART:20260701T090000Z\nDTEND:20260701T170000Z", "2026-07-01 10:00"),
        ("DTSTART:20260701T090000\nDTEND:20260701T170000", "2026-07-01 09:00"),  # floating: London's
        ("DTSTART;TZID=W. Europe Standard Time:20260701T090000\nDURATION:PT8H", "2026-07-01 08:00"),
        ('DTSTART;TZID="tzone://Microsoft/Utc":20260701T090000\nDURATION:PT8H', "2026-07-01 10:00"),
        ("DTSTART;VALUE=DATE:20260701", "2026-07-01 00:00"),
        ("DTSTART;VALUE=DATE:20260701\nDTEND;VALUE=DATE:20260703", "2026-07-01 00:00"),
    ],
)
def test_times_begin_by_the_clock_that_they_are_written_in(times: str, begins: str) -> None:
    rota = rota_of(calendar(f"{times}\nSUMMARY:manager_ash"))
    assert who(rota, begins) == ("manager_ash",)
    assert people_of(rota, london(begins) - timedelta(minutes=1)) == ()


def _zone(name: str, winter: str, summer: str, more: str = "") -> str:
    return (
        f"BEGIN:VTIMEZONE\nTZID:{name}\n{more}BEGIN:STANDARD\nDTSTART:16010101T020000\nTZOFFSETFROM:{summer}\n"
        f"TZOFFSETTO:{winter}\nRRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=10\nEND:STANDARD\nBEGIN:DAYLIGHT\n"
        f"DTSTART:16010101T010000\nTZOFFSETFROM:{winter}\nTZOFFSETTO:{summer}\n"
        "RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=3\nEND:DAYLIGHT\nEND:VTIMEZONE\n"
    )


def test_a_zone_of_the_files_own_is_understood_by_its_rules_or_its_place() -> None:
    custom = "DTSTART;TZID=Customized Time Zone:20260701T090000\nDURATION:PT8H\nSUMMARY:manager_ash"
    by_rules = rota_of(calendar(custom, head=_zone("Customized Time Zone", "-0000", "+0100")))
    assert who(by_rules, "2026-07-01 09:00") == ("manager_ash",)
    by_place = rota_of(
        calendar(custom, head=_zone("Customized Time Zone", "+0100", "+0200", "X-LIC-LOCATION:Europe/Paris\n"))
    )
    assert who(by_place, "2026-07-01 08:00") == ("manager_ash",)
    found = problem(calendar(custom, head=_zone("Customized Time Zone", "-0500", "-0400")))
    assert (found.code, found.message) == ("E038", "the time zone of this event is not known")
    assert "GMT Standard Time" in found.remedy


# --- whose shift


@pytest.mark.parametrize(
    ("lines", "people"),
    [
        ("SUMMARY:manager_ash", ["manager_ash"]),
        ("SUMMARY:  ROBIN   ash ", ["manager_ash"]),
        ("SUMMARY:Robin Ash\\, Sam Birch", ["manager_ash", "manager_birch"]),
        ("SUMMARY:Robin Ash and Jo Cedar", ["manager_ash", "manager_cedar"]),
        ("SUMMARY:Duty\nATTENDEE:MAILTO:Jo.Cedar@example.gov.uk", ["manager_cedar"]),
        ("SUMMARY:Robin Ash\nATTENDEE:mailto:jo.cedar@example.gov.uk", ["manager_ash"]),
        ("ATTENDEE;PARTSTAT=NEEDS-ACTION:mailto:jo.cedar@example.gov.uk", ["manager_cedar"]),
        ("SUMMARY;LANGUAGE=en-gb:Robin\n  Ash", ["manager_ash"]),
    ],
)
def test_a_shift_is_theirs_whom_its_title_names_else_whom_it_invites(lines: str, people: list[str]) -> None:
    assert who(rota_of(calendar(f"{NIGHT}\n{lines}")), "2026-11-30 23:00") == tuple(people)


def test_an_event_that_names_nobody_is_an_error_with_its_day_and_an_id_as_a_hint() -> None:
    found = problem(calendar(f"{NIGHT}\nSUMMARY:Robyn Ash"))
    assert (found.code, found.severity, found.line) == ("E039", "error", 6)
    assert found.message == "this event of 30 Nov 2026 names nobody in people.yaml: did you mean 'manager_ash'?"
    assert found.source_line == "SUMMARY:Robyn Ash", "the terminal may show it"


def test_who_has_declined_leaves_an_event_to_nobody() -> None:
    lines = "SUMMARY:Duty\nATTENDEE;PARTSTAT=DECLINED:mailto:jo.cedar@example.gov.uk"
    assert problem(calendar(f"{NIGHT}\n{lines}")).code == "E039"


def test_a_name_that_two_people_have_names_neither() -> None:
    assert problem(calendar(ASH), people=PEOPLE.replace("Jo Cedar", "Robin Ash")).code == "E039"


def test_an_event_that_names_nobody_while_others_are_on_call_is_a_warning() -> None:
    party = "UID:2\nDTSTART;TZID=Europe/London:20261130T230000\nDURATION:PT1H\nSUMMARY:Team drinks"
    found = problem(calendar(ASH, party))
    assert (found.code, found.severity) == ("W113", "warning")
    longer = party.replace("PT1H", "PT12H")
    assert problem(calendar(ASH, longer)).code == "E039"


def test_events_that_are_over_concern_nobody_any_more() -> None:
    assert loaded(calendar(f"{NIGHT}\nSUMMARY:Somebody"), today=date(2026, 12, 2)).problems == ()
    assert loaded(calendar(f"{NIGHT}\nSUMMARY:Somebody"), today=None).book is not None


def test_called_off_events_and_those_without_length_are_nobodys_and_no_mistake() -> None:
    gone = f"{NIGHT}\nSTATUS:CANCELLED\nSUMMARY:Robyn"
    series = f"UID:2\n{NIGHT}\nRRULE:FREQ=DAILY\nSTATUS:CANCELLED\nSUMMARY:Robyn"
    point = "UID:3\nDTSTART:20261130T220000Z\nDTEND:20261130T220000Z\nSUMMARY:Robyn"
    assert who(rota_of(calendar(gone, series, point)), "2026-11-30 23:00") == ()


# --- files that cannot be used

DAILY = f"{ASH}\nRRULE:FREQ=DAILY"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "no calendar file"),
        ("hello", "no calendar file"),
        ("- rota: x", "no calendar file"),
        (calendar(ASH).replace("END:VCALENDAR\n", ""), "ends in the middle"),
        (calendar(ASH).replace("END:VEVENT\n", ""), "did not begin"),
        (calendar(f"{NIGHT}\nDTSTART:20261130T220000Z\nSUMMARY:manager_ash"), "times of this event cannot be read"),
        (calendar("DTSTART:20261399T220000Z\nSUMMARY:manager_ash"), "times of this event cannot be read"),
        (calendar("DTSTART:20261130T220000Z\nDTEND:20261129T220000Z"), "times of this event cannot be read"),
        (calendar("DTSTART:00010101T220000Z\nDTEND:20261129T220000Z"), "times of this event cannot be read"),
        (calendar("DTSTART:20261130T220000Z\nDTEND;VALUE=DATE:99990101"), "times of this event cannot be read"),
        (calendar("SUMMARY:manager_ash"), "times of this event cannot be read"),
        (calendar(f"{ASH}\nRRULE:FREQ=SECONDLY"), "repeats in a way that no shift does"),
        (calendar(f"{ASH}\nRRULE:FREQ=DAILY;BYHOUR=1,2,3;BYMINUTE=1,2,3"), "repeats in a way that no shift does"),
        (calendar(f"{ASH}\nRRULE:FREQ=DAILY;COUNT=3;UNTIL=20270101T000000Z"), "makes no sense"),
        (calendar(f"{ASH}\nRRULE:FREQ=DAILY;INTERVAL=0"), "makes no sense"),
        (calendar(f"{ASH}\nRRULE:FREQ=DAILY;COUNT=999999999"), "999999999 times"),
        (calendar(f"{ASH}\nRRULE:FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30;COUNT=9"), "repeats in a way that no shift does"),
        (calendar(f"{ASH}\nRRULE:FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30"), "repeats in a way that no shift does"),
        (calendar(f"{ASH}\nRRULE:FREQ=DAILY;INTERVAL=7;BYDAY=TU"), "repeats in a way that no shift does"),
        (calendar(f"{ASH}\nRRULE:FREQ=MONTHLY;INTERVAL=12;BYMONTHDAY=31"), "repeats in a way that no shift does"),
        (calendar(f"{ASH}\nRRULE:FREQ=MONTHLY;BYDAY=MO;BYSETPOS=6"), "repeats in a way that no shift does"),
        (calendar(f"{ASH}\nRRULE:FREQ=YEARLY;BYDAY=MO"), "repeats in a way that no shift does"),
        (calendar(f"{ASH}\nRRULE:FREQ=YEARLY;BYMONTH=2;BYDAY=MO"), "repeats in a way that no shift does"),
        (calendar(f"{ASH}\nRRULE:nonsense"), "repeats in a way that no shift does"),
        (calendar(f"{DAILY}\nRRULE:FREQ=WEEKLY"), "times of this event cannot be read"),
        (calendar(f"{DAILY}\nEXRULE:FREQ=WEEKLY"), "times of this event cannot be read"),
        (calendar(f"{DAILY}\nRDATE;VALUE=PERIOD:20261201T000000Z/PT1H"), "times of this event cannot be read"),
        (calendar(f"{ASH}\nRECURRENCE-ID;RANGE=THISANDFUTURE:20261201T220000Z"), "cannot be read"),
        (calendar(DAILY.replace("2026", "1996")), "times of this event cannot be read"),
        (calendar(DAILY.replace("London:20261201", "London:20270601")), "cannot be read"),
        (calendar(*[f"UID:{n}\n{DAILY}" for n in range(101)]), "101 events that repeat"),
        (calendar(*[f"UID:{n}\n{DAILY}" for n in range(40)]), "40 events that repeat"),
        (calendar(*["SUMMARY:x"] * 5001), "5,001 events"),
        (calendar(ASH, head="X-LONG:" + "x" * 2_000_000 + "\n"), "larger than 2 MB"),
    ],
)  # fmt: skip
def test_a_file_that_cannot_be_used_is_refused_with_what_to_do(text: str, words: str) -> None:
    found = problem(text)
    assert (found.code, found.severity) == ("E038", "error")
    assert words in found.message
    assert found.remedy


def test_a_file_that_is_no_text_is_refused() -> None:
    with pytest.raises(Fault, match="not UTF-8"):
        read_calendar("x.ics", b"\xff\xfeB\x00")


def test_a_fault_stands_at_the_line_of_its_event_and_never_names_anybody() -> None:
    found = problem(calendar(ASH, f"UID:2\n{NIGHT}\nSUMMARY:Robin Ash\nRRULE:FREQ=HOURLY"))
    assert (found.line, found.source_line) == (13, "RRULE:FREQ=HOURLY")
    assert "Robin" not in found.message + found.remedy


@pytest.mark.parametrize(
    ("rota", "code", "words"),
    [
        (ROTA.replace("managers.ics", "manager.ics"), "E021", "did you mean 'managers.ics'?"),
        (ROTA.replace("managers.ics", "../managers.ics"), "E014", "in the folder of this file"),
        (ROTA.replace("managers.ics", "managers.txt"), "E014", "in the folder of this file"),
        (ROTA.replace("  ical", "  always: [desk]\n  ical"), "E014", "cannot stand together"),
    ],
)
def test_a_rota_names_a_calendar_of_its_own_folder(rota: str, code: str, words: str) -> None:
    (found,) = [each for each in loaded(calendar(ASH), rota=rota).problems if each.severity == "error"]
    assert found.code == code
    assert words in found.message


def test_a_rota_without_any_calendar_file_says_where_to_put_one() -> None:
    found = load_text({**BASE, "config/rota.yaml": ROTA}, today=TODAY)
    assert [(p.code, p.remedy) for p in found.problems] == [("E021", "put the exported .ics file into this folder")]


def test_another_calendar_is_another_version() -> None:
    first, second = loaded(calendar(ASH)), loaded(calendar(ASH.replace("2026", "2027")))
    assert first.book is not None
    assert second.book is not None
    assert first.book.version != second.book.version


# --- expansion


@given(
    start=st.datetimes(datetime(2024, 1, 1), datetime(2027, 6, 1)).map(lambda at: at.replace(second=0, microsecond=0)),  # noqa: DTZ001
    rule=st.sampled_from(("FREQ=DAILY;INTERVAL=2", "FREQ=WEEKLY;BYDAY=MO,TH", "FREQ=WEEKLY;INTERVAL=3", "FREQ=MONTHLY",
                          "FREQ=MONTHLY;BYDAY={nth}")),
    end=st.one_of(st.just(""), st.integers(1, 40).map(lambda n: f";COUNT={n}")),
    hours=st.integers(1, 30),
    asked=st.datetimes(datetime(2026, 1, 1), datetime(2027, 12, 1)),  # noqa: DTZ001
)  # fmt: skip
@settings(max_examples=30, deadline=None)
def test_a_series_takes_place_when_its_rule_says_by_londons_clock(
    start: datetime, rule: str, end: str, hours: int, asked: datetime
) -> None:
    rule = rule.replace("{nth}", f"{(start.day - 1) // 7 + 1}{start:%a}"[:3].upper())
    times = f"DTSTART;TZID=Europe/London:{start:%Y%m%dT%H%M%S}\nDURATION:PT{hours}H\nRRULE:{rule}{end}"
    found = timeline(read_calendar("x.ics", calendar(times).encode()))
    window = asked.replace(tzinfo=UTC), asked.replace(tzinfo=UTC) + timedelta(weeks=6)
    stop = asked + timedelta(weeks=8)
    begins = {start, *(at for at in rrulestr(rule + end, dtstart=start).between(start, stop, inc=True))}
    spans = [
        (
            at.replace(tzinfo=LONDON).astimezone(UTC),
            (at + timedelta(hours=hours)).replace(tzinfo=LONDON).astimezone(UTC),
        )
        for at in begins
    ]
    wanted = sorted(each for each in spans if each[0] < window[1] and each[1] > window[0])
    assert [(span.from_, span.to) for span in found.spans(*window)] == wanted


def test_answers_at_the_edges_of_what_is_expanded_at_once_are_those_within() -> None:
    weekly = (
        "DTSTART;TZID=Europe/London:20260105T090000\nDURATION:P7D\nRRULE:FREQ=WEEKLY;INTERVAL=2\nSUMMARY:manager_ash"
    )
    rota = rota_of(calendar(weekly))
    edge = datetime(1970, 1, 5, tzinfo=UTC)
    while edge < datetime(2028, 1, 1, tzinfo=UTC):
        edge += CHUNK
        for at in (edge - timedelta.resolution, edge, edge + timedelta.resolution):
            weeks = (local(at).replace(tzinfo=None) - datetime(2026, 1, 5, 9)) // timedelta(weeks=1)  # noqa: DTZ001
            assert bool(people_of(rota, at)) == (weeks >= 0 and weeks % 2 == 0)


def test_changes_are_every_beginning_and_end_within() -> None:
    rota = rota_of(calendar(DAILY))
    assert rota.calendar is not None
    assert rota.calendar.members == ("manager_ash",)
    assert rota.calendar.changes(london("2026-12-01 08:00"), london("2026-12-02 22:00")) == (
        london("2026-12-01 22:00"),
        london("2026-12-02 08:00"),
    )


@pytest.mark.parametrize("rule", [
    "FREQ=DAILY;INTERVAL=1000", "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR,SA,SU", "FREQ=MONTHLY;BYDAY=-1FR",
    "FREQ=YEARLY;BYMONTH=11;BYDAY=MO,TU,WE,TH,FR,SA,SU;BYSETPOS=-1", "FREQ=DAILY;UNTIL=99991231T235959Z",
    "FREQ=WEEKLY;UNTIL=20261231;BYDAY=MO", "FREQ=DAILY;COUNT=2000", "FREQ=YEARLY;INTERVAL=1000",
    "FREQ=YEARLY;COUNT=2000",
    "FREQ=MONTHLY;INTERVAL=7;BYMONTHDAY=-1", "FREQ=MONTHLY;BYDAY=5FR;INTERVAL=12", "FREQ=DAILY;BYDAY=SA;UNTIL=20300101",
])  # fmt: skip
def test_a_rule_made_to_take_long_does_not(rule: str) -> None:
    text = calendar(f"{ASH.replace('2026', '2001')}\nRRULE:{rule}")
    begun = process_time()
    people_of(rota_of(text), london("2027-11-01 00:00"))
    assert process_time() - begun < 5


_piece = st.sampled_from([
    *exported("outlook.ics").splitlines(), *exported("google.ics").splitlines(), "RRULE:FREQ=HOURLY", "BEGIN:", "END:X",
    "DTSTART:x", "EXDATE:20261214", "RRULE:FREQ=DAILY;UNTIL=20261201", "RECURRENCE-ID:20261214", "DURATION:-P1D",
    "DTEND:0",
    "RDATE;VALUE=DATE:20261214", "DTSTART;VALUE=DATE:20260101", "SEQUENCE:x", "ATTENDEE:", "UID:", "TZOFFSETTO:+9999",
])  # fmt: skip


@given(
    st.sampled_from(("outlook.ics", "google.ics")),
    st.lists(st.tuples(st.integers(0, 200), st.integers(0, 2), _piece), max_size=4),
)
@settings(max_examples=50, deadline=None)
def test_a_spoilt_export_is_read_or_refused_and_never_anything_else(
    name: str, slips: list[tuple[int, int, str]]
) -> None:
    lines = exported(name).splitlines()
    for place, taken, line in slips:
        lines[place : place + taken] = [line]
    found = loaded("\n".join(lines))
    assert found.book is not None or found.problems
    if found.book is not None:
        rota = found.book.rotas[RotaId("managers")]
        for day in range(0, 420, 60):
            people_of(rota, london("2026-10-01 12:00") + timedelta(days=day))
