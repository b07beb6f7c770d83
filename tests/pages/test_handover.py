"""The hand-over list on a phone: the incoming team sees it and confirms it once, signed in or by its code.

Source: DOMAIN, "Who is woken", "Hand-over"; issue 3, items 2 and 6.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from alertd.model.handover import Handover
from alertd.model.ids import PersonId
from alertd.service.entry import Entry
from alertd.service.people import Fact
from alertd.store import SqlStore
from tests.pages.desk import EDT, MANAGER, MASH, Desk, Phone, hidden_form, seen
from tests.service.world import LONDON, new_world

NUMBER, OTHER_NUMBER = "+447700900111", "+447700900101"
"""Of the EDT's and of the MASH's phone."""


@pytest.fixture
def desk(desk: Desk) -> Desk:
    """It is 17:20; MASH has accepted two cases, and EDT has the list since 17:15."""
    for child in ("P1", "P2"):
        ref = desk.alert(child)
        desk.world.people.record(ref, Fact("police_contacted_mash", desk.world.now), PersonId(MASH), desk.world.now)
        desk.world.accept(ref)
    desk.world.at("11-26 17:20")
    return desk


def _london(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=LONDON).astimezone(UTC)


def made(desk: Desk) -> Handover:
    with desk.world.store.read() as reading:
        found = reading.last_handover()
    assert found is not None
    return found


def confirmed_by(desk: Desk) -> list[str]:
    """Who confirmed it in each case."""
    return [
        m.message.source
        for facts in desk.world.all_facts()
        for m in facts.messages
        if m.message.fields.get("event") == "handover_confirmed"
    ]


def answers(desk: Desk) -> list[tuple[str, str]]:
    """Texts that answer a press, by whom they went to."""
    return [(each.person, each.text.strip()) for each in desk.world.sent if "reply" in each.abouts]


def admitted(desk: Desk, code: str, number: str) -> str | None:
    assert isinstance(desk.world.store, SqlStore)
    return Entry(desk.world.store, lambda: desk.world.book).admit(code, number)


def _pressed(phone: Phone, desk: Desk, page: str) -> str:
    """Press the button of a list; the page that follows."""
    answer = phone.post(f"/a/handover/{made(desk).number}", form=hidden_form(page))
    return phone.ask(answer.headers["location"]).text


# --- signed in


def test_the_incoming_team_sees_that_a_list_waits_and_confirms_it_once(desk: Desk) -> None:
    phone = desk.staff(EDT)
    front = seen(phone.ask("/a/cases").text)
    assert "Hand-over list for EDT 17:15 Thu 26 Nov, 2 cases Nobody has confirmed it" in front
    page = phone.ask("/a/handover").text
    for facts in desk.world.all_facts():
        assert f'href="/a/case/{facts.row.ref}"' in page
    assert "custody: new" in seen(page)
    assert "Confirm the list" in seen(page)
    after = seen(_pressed(phone, desk, page))
    assert "Confirmed by you, 17:20." in after
    assert "Confirm the list" not in after
    assert confirmed_by(desk) == [f"person/{EDT}"] * 2
    assert (made(desk).confirmed_by, desk.changes) == (EDT, 1)
    assert "Hand-over list" not in seen(phone.ask("/a/cases").text)


def test_the_same_press_again_and_a_second_person_change_nothing(desk: Desk) -> None:
    number = made(desk).number
    for person in (EDT, EDT, MANAGER):
        assert desk.staff(person).post(f"/a/handover/{number}", form="form-of-mine").status_code == 303
    assert len(confirmed_by(desk)) == 2
    assert "Confirmed by EDT duty phone, 17:20." in seen(desk.staff(MANAGER).ask("/a/handover").text)


def test_who_is_not_on_that_team_is_told_whose_it_is_and_may_still_confirm_for_it(desk: Desk) -> None:
    """Whoever signs in at the desk need not stand in the rota: the phone that is rung is shared."""
    page = seen(desk.staff(MANAGER).ask("/a/handover").text)
    assert "EDT confirms it once" in page
    assert "Confirm for EDT" in page
    desk.staff(MANAGER).post(f"/a/handover/{made(desk).number}", form="form-of-mine")
    assert made(desk).confirmed_by == MANAGER


def test_a_page_left_open_over_a_hand_over_confirms_neither_list(desk: Desk) -> None:
    old = made(desk).number
    desk.world.at("11-27 09:05")
    assert made(desk).number == old + 1
    answer = desk.staff(EDT).post(f"/a/handover/{old}", form="form-of-mine")
    assert answer.status_code == 409
    assert "A newer list has taken its place" in seen(answer.text)
    assert "Hand-over list for MASH" in seen(answer.text)
    assert made(desk).waits
    assert confirmed_by(desk) == []


def test_without_a_list_the_page_says_so(desk: Desk) -> None:
    for facts in desk.world.all_facts():
        desk.staff().fill(f"/a/case/{facts.row.ref}/close")
    desk.world.at("11-27 09:05")
    answer = desk.staff().ask("/a/handover")
    assert (answer.status_code, "had no case to list" in seen(answer.text)) == (404, True)
    assert desk.staff().post(f"/a/handover/{made(desk).number}", form="form-of-mine").status_code == 404


def test_a_confirmation_signed_in_is_not_texted(desk: Desk) -> None:
    desk.staff(EDT).post(f"/a/handover/{made(desk).number}", form="form-of-mine")
    assert answers(desk) == []


# --- by its code


def test_its_code_opens_the_list_and_nothing_else_while_the_shift_lasts(desk: Desk) -> None:
    code = made(desk).code
    assert admitted(desk, code, NUMBER) == EDT
    assert admitted(desk, code, "+447700900999") is None
    phone = desk.with_code(code, EDT)
    page = phone.ask("/a/alert").text
    shown = seen(page)
    assert {facts.row.ref for facts in desk.world.all_facts()} == set(re.findall(r"WF-UR-\d\d-\w{4}", shown))
    assert "Hand-over list for EDT 17:15 Thu 26 Nov. 2 cases" in shown
    assert "/a/case/" not in page
    assert code not in page
    for path in ("/a/handover", "/a/cases", f"/a/case/{desk.case('P1').row.ref}"):
        assert phone.ask(path).headers["location"].startswith("/a/sign-in")
    desk.world.at("11-27 09:05")
    assert admitted(desk, code, NUMBER) is None


def test_whoever_is_in_by_the_code_of_an_older_list_confirms_that_one_and_no_newer(desk: Desk) -> None:
    phone = desk.with_code(made(desk).code, EDT)
    desk.world.at("11-27 09:05")
    assert "Hand-over list for EDT 17:15 Thu 26 Nov" in seen(phone.ask("/a/alert").text)
    phone.post("/a/alert/confirm", form="form-of-mine")
    assert "Confirmed by you, 09:05." in seen(phone.ask("/a/alert").text)
    assert made(desk).waits, "the newer list waits on"


def test_by_its_code_it_is_confirmed_once_and_the_number_on_record_hears_of_it(desk: Desk) -> None:
    phone = desk.with_code(made(desk).code, EDT)
    for form in ("form-1-of-mine", "form-1-of-mine", "form-2-of-mine"):
        assert phone.post("/a/alert/confirm", form=form).headers["location"].startswith("/a/alert")
    assert "Confirmed by you, 17:20." in seen(phone.ask("/a/alert").text)
    assert confirmed_by(desk) == [f"person/{EDT}"] * 2
    assert answers(desk) == [(EDT, "Hand-over list of 17:15 Thu 26 Nov confirmed, 2 cases. Thank you. 020 7946 0187")]


def test_by_its_code_a_colleague_is_named_by_team(desk: Desk) -> None:
    desk.staff(EDT).post(f"/a/handover/{made(desk).number}", form="form-of-mine")
    assert "Confirmed by EDT, 17:20." in seen(desk.with_code(made(desk).code, MASH).ask("/a/alert").text)


@pytest.mark.parametrize("act", ["accept", "accept-police", "hand-on", "release", "police", "close", "other"])
def test_a_lists_code_does_nothing_but_confirm_it(act: str, desk: Desk) -> None:
    before = [facts.alerts for facts in desk.world.all_facts()]
    answer = desk.with_code(made(desk).code, EDT).post(f"/a/alert/{act}", form="form-of-mine")
    assert answer.status_code in (404, 409)
    assert [facts.alerts for facts in desk.world.all_facts()] == before
    assert made(desk).waits


def test_an_alerts_code_confirms_no_list(desk: Desk) -> None:
    phone = desk.with_code(desk.only_alert("P1").code)
    assert phone.post("/a/alert/confirm", form="form-of-mine").status_code == 409
    assert made(desk).waits


def test_a_list_across_the_end_of_summer_time_counts_elapsed_hours(tmp_path: Path) -> None:
    """On Sunday 31 October 2027 the hour from one comes twice; Friday evening's list still stands."""
    desk = Desk(new_world(tmp_path))
    desk.world.now = _london("2027-10-29 16:30")
    desk.world.settle()
    ref = desk.alert("P3", custody={"ref": "C-P3", "booked_in_at": _london("2027-10-29 16:20").isoformat()})
    desk.world.accept(ref)
    attempt = Fact("contact", desk.world.now, "young_person", "attempted_no_answer")
    desk.world.people.record(ref, attempt, PersonId(MASH), desk.world.now)
    desk.world.run_until(_london("2027-10-31 03:00"), including=True)
    desk.world.now = _london("2027-10-31 03:00")
    page = seen(desk.staff(EDT).ask("/a/handover").text)
    desk.world.store.close()
    assert "Hand-over list for EDT 17:00 Fri 29 Oct. 1 case" in page
    assert "Due 15:20 Sun 31 Oct" in page, "48 elapsed hours from 16:20 BST end at 15:20 GMT"
