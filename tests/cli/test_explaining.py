"""`explain` on the sample night: by case and by alert, for people and for scripts, without a personal value."""

from __future__ import annotations

import pytest

from alertd.cli.explain_sheet import show_account
from alertd.cli.opening import opened
from alertd.cli.screen import show_json
from alertd.daemon.past_rules import past_rules
from alertd.service.explain.gather import account, asked_about
from alertd.service.finding import find_case
from tests.cli.installation import Installation
from tests.cli.test_listing import personal_words


@pytest.fixture(scope="module")
def custody_case(seen: Installation) -> str:
    """The child in custody of whom nobody heard for an hour."""
    return str(seen.json("cases")[0]["case"])


def test_the_page_tells_the_moment_the_story_the_rota_and_the_conditions(seen: Installation, custody_case: str) -> None:
    opened = seen.json("cases", "show", custody_case)["opened_at"][:10]
    said = seen.done("explain", custody_case.lower(), "--at", f"{opened} 03:35")
    for text in (
        "Nothing was received, decided or sent.",
        "was open, nobody had accepted it: its ladder 'default_urgent' ran",
        "sms to edt_duty_phone (safeguarding_duty, answered by edt), golden_hour_warning: sent",
        "safeguarding_duty: closed by mash, edt; edt: rota edt_desk: edt_duty_phone",
        "yes     golden_hour_start  Child booked in",
        "    yes     person.age less_than 18",
        "rules said no (--all shows them)",
    ):
        assert text in said
    assert "\x1b" not in said
    assert "rules said no" not in seen.done("explain", custody_case, "--all")


def test_scripts_read_every_condition_of_an_alert_by_its_code(seen: Installation, custody_case: str) -> None:
    code = next(each["code"] for each in seen.json("alerts", "--all") if each["case"] == custody_case)
    data = seen.json("explain", code)
    assert data["case"] == custody_case
    assert data["at"] is None
    records = data["judged"]["records"]
    answers = {c["answer"] for record in records for rule in record["rules"] for c in rule["conditions"]}
    assert answers == {"yes", "no", "unknown"}
    assert [each["number"] for each in data["messages"]] == [1, 2, 3]


def test_nothing_personal_is_shown_for_any_case(seen: Installation, capsys: pytest.CaptureFixture[str]) -> None:
    with opened(seen.config) as parts, parts.store.read() as reading:
        past = past_rules(parts.rules.book(), reading.version_text)
        rows = reading.list_cases(100)
        for row in rows:
            found = account(find_case(reading, row.ref), reading, past, asked_about(row.opened_at), parts.now())
            show_account(found, everything=True)
            show_json(found)
    output = capsys.readouterr().out
    assert [row.ref for row in rows if output.count(row.ref) < 2] == []
    assert [word for word in personal_words() if word in output] == []


def test_what_is_not_there_is_refused_with_the_way_to_find_it(seen: Installation) -> None:
    assert "there is no alert 000000: `alertd alerts --all` lists them" in seen.refused("explain", "000000")
    assert "a time may be 14:40" in seen.refused("explain", "000000", "--at", "soon")
