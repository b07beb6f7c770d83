"""The list and a case: what waits longest and is due soonest comes first, in words, and each look is written down."""

from __future__ import annotations

import re

import pytest

from alertd.core.clocks import ClockState
from alertd.model.case import NotificationState
from alertd.model.contract import CONTACT_WITH, OUTCOMES
from alertd.service.pages import words
from tests.pages.desk import MANAGER, MASH, Desk, seen
from tests.service.world import custody, hospital


def refs(html: str) -> list[str]:
    """The references of a list, in order."""
    return re.findall(r'href="/a/case/([^"]+)"', html)


def test_what_nobody_has_accepted_comes_first_then_what_is_due_soonest(desk: Desk) -> None:
    accepted_early = desk.alert("P1", custody={"ref": "C-P1", "booked_in_at": "2026-11-26T13:30:00+00:00"})
    desk.world.told(desk.world.incident(hospital("P2")))
    desk.world.told(desk.world.incident(custody("P3", booked="11-26 14:05")))
    desk.world.told(desk.world.incident(custody("P4", booked="11-26 13:50")))
    desk.world.accept(accepted_early)
    desk.world.accept(desk.case("P2").row.ref)
    page = desk.staff().ask("/a/cases").text
    assert refs(page) == [desk.case(child).row.ref for child in ("P4", "P3", "P1", "P2")]
    first, _, others = seen(page).partition("Other open cases")
    assert "Golden Hour: 40 min left" in first
    assert "Accepted by MASH duty phone, 14:10" in others


def test_a_missed_deadline_is_said_in_words(desk: Desk) -> None:
    ref = desk.alert()
    desk.world.at("11-26 15:05")
    assert "Missed: Golden Hour" in seen(desk.staff().ask("/a/cases").text)
    shown = seen(desk.staff().ask(f"/a/case/{ref}").text)
    assert "Golden Hour missed Due 15:00 Thu 26 Nov" in shown


def test_an_empty_list_says_so(desk: Desk) -> None:
    assert "There are no open cases." in seen(desk.staff().ask("/a/cases").text)


def test_a_closed_case_is_not_in_the_list_and_says_that_it_is_closed(desk: Desk) -> None:
    ref = desk.alert()
    desk.staff().post(f"/a/case/{ref}/accept", form="form-of-mine")
    desk.staff().fill(f"/a/case/{ref}/close")
    assert refs(desk.staff().ask("/a/cases").text) == []
    assert "This case is closed." in seen(desk.staff().ask(f"/a/case/{ref}").text)


def test_the_list_renews_itself_without_script_and_holds_no_form_that_could_be_lost(desk: Desk) -> None:
    ref = desk.alert()
    assert '<noscript><meta http-equiv="refresh" content="60"></noscript>' in desk.staff().ask("/a/cases").text
    assert "refresh" not in desk.staff().ask(f"/a/case/{ref}/police").text


def test_a_case_shows_its_clocks_its_ladder_and_who_is_told_next(desk: Desk) -> None:
    ref = desk.alert()
    desk.world.at("11-26 14:12")
    shown = seen(desk.staff().ask(f"/a/case/{ref}").text)
    assert "Next told: Duty team at 14:15, by call." in shown
    assert "14:10 MASH duty phone, MASH: text, sent" in shown
    assert "Golden Hour: running 48 min left Due 15:00 Thu 26 Nov Police contact MASH or EDT within 1 hour" in shown
    assert "Young person in custody, of the custody cohort" in shown


def test_what_became_of_a_text_is_said(desk: Desk) -> None:
    desk.world.provider.refuses.add(("+447700900101", "sms"))  # type: ignore[arg-type]
    ref = desk.alert()
    assert "14:10 MASH duty phone, MASH: email, sent" in seen(desk.staff().ask(f"/a/case/{ref}").text)


def test_what_was_recorded_is_shown_with_who_and_when(desk: Desk) -> None:
    ref = desk.alert()
    desk.staff(MANAGER).fill(f"/a/case/{ref}/attempted", choice="family/attempted_no_answer")
    desk.staff(MANAGER).fill(f"/a/case/{ref}/contacted", choice="custody/contacted_professional")
    shown = seen(desk.staff().ask(f"/a/case/{ref}").text)
    assert "14:10 Tried the family: no answer (Robin Ash)" in shown
    assert "14:10 Spoke to custody staff (Robin Ash)" in shown


def test_what_is_known_is_for_whoever_signed_in_without_a_name(desk: Desk) -> None:
    person = {"ref": "P1", "name": "Invented Child", "date_of_birth": "2011-05-05"}
    ref = desk.alert(person=person)
    page = desk.staff().ask(f"/a/case/{ref}").text
    assert "Offence bladed article" in seen(page)
    assert "Age 15" in seen(page)
    assert "Invented" not in page
    assert "2011-05" not in page


def test_each_look_at_a_case_is_written_down_and_the_list_is_none(desk: Desk) -> None:
    ref = desk.alert()
    desk.staff().ask("/a/cases")
    assert desk.viewed == []
    desk.staff().ask(f"/a/case/{ref}")
    desk.staff(MANAGER).post(f"/a/case/{ref}/release", form="form-of-mine")
    desk.staff(MANAGER).ask(f"/a/case/{ref.lower()}")
    case = desk.case().row.id
    assert [(each.person, each.case) for each in desk.viewed] == [(MASH, case), (MANAGER, case)]


@pytest.mark.parametrize("path", ["/a/case/WF-UR-26-ZZZZ", "/a/case/WF-UR-26-ZZZZ/police", "/a/case/%3Cb%3E"])
def test_a_case_that_is_not_there_is_not_found(path: str, desk: Desk) -> None:
    answer = desk.staff().ask(path)
    assert answer.status_code == 404
    assert "<b>" not in answer.text


def test_an_act_that_is_not_there_is_not_found(desk: Desk) -> None:
    ref = desk.alert()
    assert desk.staff().ask(f"/a/case/{ref}/explode").status_code == 404
    assert desk.staff().post(f"/a/case/{ref}/explode", form="form-of-mine").status_code == 404


def test_a_link_made_up_by_somebody_confirms_nothing(desk: Desk) -> None:
    ref = desk.alert()
    shown = seen(desk.staff().ask(f"/a/case/{ref}?done=form-of-mine").text)
    assert "Accepted" not in shown
    assert "Recorded:" not in shown


def test_text_of_others_cannot_become_markup(desk: Desk) -> None:
    ref = desk.alert(incident={"offence": ["bladed_article"], "ward": "<img src=x onerror=alert(1)>"})
    assert "<img" not in desk.staff().ask(f"/a/case/{ref}").text


def test_only_the_pages_own_files_are_served(desk: Desk) -> None:
    page = desk.staff().ask("/a/cases").text
    loaded = re.findall(r'(?:href|src)="(/a/file/[^"]+)"', page)
    assert [desk.nobody().ask(path).status_code for path in loaded] == [200, 200]
    assert re.findall(r'(?:href|src)="(https?:|//)', page) == []
    for path in ("/a/file/render.py", "/a/file/..%2Frender.py", "/a/file/"):
        assert desk.nobody().ask(path).status_code == 404


def test_whatever_became_of_a_message_there_are_words_for_it() -> None:
    assert set(words._SENT) == set(NotificationState)
    assert set(words.CLOCK_STATES) == set(ClockState)
    assert set(words.OUTCOMES) == set(OUTCOMES)
    assert set(words.WITH) == set(CONTACT_WITH)
