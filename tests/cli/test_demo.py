"""The sample night: every kind of thing happens once, in time, and the sum adds up."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from alertd.cli.captured_page import captured
from alertd.cli.night import Night, last_night
from alertd.cli.player import PretendClock
from alertd.service.messages import validate_text
from tests.cli.installation import alertd
from tests.doubles.waiting import eventually

NOVEMBER_24, NOVEMBER_25 = date(2026, 11, 24), date(2026, 11, 25)
LINE = re.compile(r"(\d\d:\d\d) (in|sms|email|call|person) +(\S+) +(.*)")


def events(said: str) -> list[tuple[str, str, str, str]]:
    return [found.groups() for line in said.splitlines() if (found := LINE.match(line))]  # type: ignore[misc]


def sends(said: str) -> list[tuple[str, str, str, str]]:
    return [event for event in events(said) if event[1] in ("sms", "email", "call")]


@pytest.mark.parametrize(
    ("at", "what", "who", "why"),
    [
        ("21:40", "sms", "edt_duty_phone", "Young person in custody, of the custody cohort [EDT for Duty team]"),
        ("21:40", "email", "edt_duty_phone", "Young person in custody"),
        ("21:44", "person", "edt_duty_phone", "EDT answers the text"),
        ("22:00", "in", "police/custody", "corrected: booked in at 20:15"),
        ("23:20", "sms", "edt_duty_phone", "stand down: Serious violent incident"),
        ("23:55", "sms", "edt_duty_phone", "a message that cannot be read"),
        ("02:05", "sms", "edt_duty_phone", "Young person in hospital after serious youth violence"),
        ("03:15", "call", "edt_duty_phone", "nobody has accepted"),
        ("03:20", "call", "edt_second_phone", "nobody has accepted"),
        ("03:30", "sms", "edt_duty_phone", "soon over: Golden Hour"),
        ("03:45", "sms", "manager_", "soon over: Golden Hour [Duty manager]"),
        ("04:00", "call", "mash_service_manager", "missed: Golden Hour [MASH manager]"),
        ("04:10", "sms", "violence_reduction_head", "missed: Golden Hour"),
        ("07:30", "email", "navigator_phone", "digest of 1 line: Presentation at a place with navigators"),
        ("07:30", "email", "mash_service_manager", "digest of 1 line: missed: Golden Hour"),
        ("07:30", "email", "drm_phone", "digest of 4 lines"),
    ],
)
def test_the_night_has_every_kind_of_event(played: tuple[Path, str], at: str, what: str, who: str, why: str) -> None:
    found = [e for e in events(played[1]) if e[:2] == (at, what) and e[2].startswith(who) and why in e[3]]
    assert len(found) == 1


def test_between_an_acceptance_and_the_morning_nobody_is_told_of_that_case(played: tuple[Path, str]) -> None:
    told = [at for at, *_ in sends(played[1])]
    assert not [at for at in told if "21:41" <= at < "22:50" or "00:46" <= at < "02:05" or "04:13" < at < "07:30"]


def test_a_plain_text_never_stands_in_for_a_template(played: tuple[Path, str]) -> None:
    assert "Sign in for details" not in played[1]
    assert not [one for one in captured(played[0] / "var/outbox") if "check the template" in one.text]


def test_the_sum_at_the_end_adds_up(played: tuple[Path, str]) -> None:
    sums = re.findall(r"^([a-z ]+?) +(\d+)  = (.*)$", played[1], re.MULTILINE)
    assert [name for name, _, _ in sums] == ["messages in", "cases", "alerts", "clocks", "messages out"]
    for name, number, parts in sums:
        assert sum(map(int, re.findall(r"\d+", parts))) == int(number), name
    assert sums[-1][1] == str(len(sends(played[1])))


def test_everything_printed_as_sent_is_on_the_page(played: tuple[Path, str]) -> None:
    outbox = played[0] / "var/outbox"
    page = (outbox / "messages.html").read_text()
    kept = list(captured(outbox))
    assert (
        len(kept) == page.count("<article") == len([e for e in events(played[1]) if e[1] in ("sms", "email", "call")])
    )
    assert 'http-equiv="refresh"' in page


def test_lines_are_aligned(played: tuple[Path, str]) -> None:
    lines = [line for line in played[1].splitlines() if LINE.match(line)]
    assert {line[5] + line[12] for line in lines} == {"  "}
    assert {line[37] for line in lines} == {" "}


def test_a_folder_with_something_in_it_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "mine").write_text("")
    result = alertd("demo", "--dir", tmp_path)
    assert result.exit_code == 1
    assert "not empty" in result.output


def test_a_day_that_is_none_is_refused(tmp_path: Path) -> None:
    assert "not a date" in alertd("demo", "--dir", tmp_path / "x", "--date", "someday").output


@pytest.mark.parametrize("evening", [date(2026, 11, 26), date(2026, 10, 24), date(2027, 3, 27), date(2026, 12, 31)])
def test_the_night_can_be_any_night_those_of_clock_changes_too(evening: date) -> None:
    night = Night(evening)
    times = [night.begins_at, *(step.at for step in night.steps), night.ends_at]
    assert times == sorted(times)
    for step in night.steps:
        if step.body is not None and step.source != "ambulance/feed":
            assert validate_text(step.body) == []
        if step.fact is not None:
            assert step.fact["when"] <= step.at


@pytest.mark.parametrize(
    ("hour", "evening"), [(7, date(2026, 11, 24)), (8, date(2026, 11, 25)), (23, date(2026, 11, 25))]
)
def test_last_night_is_the_newest_that_is_over(hour: int, evening: date) -> None:
    assert last_night(datetime(2026, 11, 26, hour, tzinfo=UTC)).evening == evening


def test_a_pretend_clock_never_goes_back_and_shows_itself() -> None:
    start = datetime(2026, 11, 26, 21, 30, tzinfo=UTC)
    shown: list[datetime] = []
    clock = PretendClock(start, 1e9, shown.append)
    clock.wait_until(start + timedelta(hours=3))
    clock.wait_until(start)
    assert clock.now() == start + timedelta(hours=3) == shown[-1]


def test_kept_up_the_real_daemon_takes_a_message_and_ends_in_order(tmp_path: Path) -> None:
    command = [
        sys.executable,
        "-m",
        "alertd.cli",
        "demo",
        "--dir",
        str(tmp_path / "x"),
        "--speed",
        "10000000",
        "--keep",
    ]
    outbox = tmp_path / "x/var/outbox"
    with (tmp_path / "out").open("w+") as out:
        running = subprocess.Popen(command, stdout=out, stderr=subprocess.DEVNULL)
        try:
            eventually((tmp_path / "x/try.json").exists, within=60)
            before = len(list(captured(outbox)))
            config = tmp_path / "x/config/alertd.yaml"
            assert alertd("publish", tmp_path / "x/try.json", "--config", config).exit_code == 0
            eventually(lambda: len(list(captured(outbox))) >= before + 2, within=30)
        finally:
            running.send_signal(signal.SIGINT)
            code = running.wait(20)
        said = (tmp_path / "out").read_text()
    assert code == 0
    assert "alertd accept CODE --as edt_duty_phone" in said
