"""By the code of a text: what the text said, four acts, and nothing else of the case or of any other.

Source: CONTRACT, HTTP: "shows only what the SMS showed, allows accept, hand on, police have spoken".
"""

from __future__ import annotations

import re

import pytest
from starlette.routing import Route

from alertd.model.case import AlertState
from alertd.service.drill import begin
from alertd.service.pages.acts import Acts
from alertd.service.pages.clock_view import clock_views
from alertd.service.texts import title
from tests.pages.desk import EDT, MANAGER, MASH, Desk, seen
from tests.service.stage import KEYRING
from tests.service.world import PowerCut, at, custody

PLANTED = {
    "person": {
        "ref": "P-PLANTED", "age": 15, "age_disputed": True, "home_borough": "Plantedshire",
        "associates": ["P-FRIEND"], "safe_to_contact": "no",
    },
    "custody": {
        "ref": "C-PLANTED", "suite": "Planted Suite", "force": "Planted Force",
        "booked_in_at": at("11-26 14:00").isoformat(),
    },
    "incident": {
        "ref": "I-PLANTED", "crime_ref": "CR-PLANTED", "cad_ref": "CAD-PLANTED", "ward": "Planted Ward",
        "offence": ["bladed_article", "wounding_gbh"], "weapon": "knife_sharp", "injury": "serious",
    },
}  # fmt: skip
PERSONAL = ["planted", "P-FRIEND", "15 ", "blade", "wound", "knife", "serious", "disputed", "family", "safe"]


def text_of(desk: Desk) -> str:
    """The first text about the alert."""
    return next(each.text for each in desk.world.sent if each.by == "sms")


def test_the_page_shows_what_the_text_showed(desk: Desk) -> None:
    ref = desk.alert()
    desk.world.at("11-26 14:10")
    shown = seen(desk.with_code(desk.only_alert().code).ask("/a/alert").text)
    for said in (ref, "custody", "Golden Hour", "15:00 Thu 26 Nov", "50 min left"):
        assert said in text_of(desk)
        assert said in shown


def test_two_young_people_of_one_incident_are_told_apart(desk: Desk) -> None:
    both = {"incident": {"ref": "I-1", "offence": ["bladed_article"]}}
    desk.alert("P1", **both)
    desk.world.told(desk.world.incident({**custody("P2"), **both}))
    pages = [seen(desk.with_code(desk.only_alert(child).code).ask("/a/alert").text) for child in ("P1", "P2")]
    assert sorted(re.findall(r"\d of \d, same incident", " ".join(pages))) == [
        "1 of 2, same incident",
        "2 of 2, same incident",
    ]


def test_an_exercise_is_marked_on_every_page_of_it(desk: Desk) -> None:
    desk.world.told(begin(desk.world.now, KEYRING.token, lambda: "drill-1").body)
    (case,) = desk.world.all_facts()
    by_code, signed_in = (
        desk.with_code(case.alerts[-1].code).ask("/a/alert"),
        desk.staff().ask(f"/a/case/{case.row.ref}"),
    )
    for page in (by_code, signed_in):
        assert "EXERCISE. This is a drill" in seen(page.text)
    assert "EXERCISE" in seen(desk.staff().ask("/a/cases").text)
    desk.alert()
    assert "EXERCISE" not in seen(desk.with_code(desk.only_alert().code).ask("/a/alert").text)


def test_an_estimated_start_is_said(desk: Desk) -> None:
    desk.alert(custody={"ref": "C-P1"})
    assert "start estimated" in seen(desk.with_code(desk.only_alert().code).ask("/a/alert").text)


@pytest.mark.parametrize("stage", ["open", "accepted", "others", "missed", "police", "withdrawn"])
def test_nothing_personal_is_on_the_page_however_the_alert_stands(stage: str, desk: Desk) -> None:
    """Planted values, reasons, other clocks, colleagues' names and what was recorded are searched for."""
    ref = desk.alert("P-PLANTED", **PLANTED)
    alert = desk.only_alert("P-PLANTED")
    desk.staff(MANAGER).fill(f"/a/case/{ref}/decision", text="Planted decision")
    desk.world.at("11-26 15:10" if stage == "missed" else "11-26 14:20")
    if stage in ("accepted", "others"):
        desk.staff(MASH if stage == "accepted" else MANAGER).post(f"/a/case/{ref}/accept", form="form-of-mine")
    if stage == "withdrawn":
        desk.staff(MANAGER).fill(f"/a/case/{ref}/false-alarm")
    phone = desk.with_code(alert.code)
    pages = [phone.ask("/a/alert").text, phone.ask("/a/alert/police").text]
    if stage == "police":
        pages += [phone.post("/a/alert/police", form="form-of-mine", time="25:00").text]
        pages += [phone.post("/a/alert/accept-police", form="form-of-mine").text, phone.ask("/a/alert").text]
    reasons = [title(rule, desk.world.book) for rule in alert.reasons]
    names = [person.name for person in desk.world.book.people.values()]
    clocks = [c.word for c in clock_views(desk.case("P-PLANTED"), desk.world.book, desk.world.now)]
    titles = [block.header.title for block in desk.world.book.clocks.values()]
    for page in pages:
        shown = seen(page).casefold()
        assert [each for each in (*PERSONAL, *reasons, *names, *titles) if each.casefold() in shown] == []
        assert len([each for each in clocks if each.casefold() in shown]) <= 1
        assert alert.code not in page


def test_each_of_the_four_acts_does_what_it_says(desk: Desk) -> None:
    desk.alert()
    phone = desk.with_code(desk.only_alert().code)
    before = len(desk.world.sent)
    phone.post("/a/alert/hand-on", form="form-1-of-mine")
    assert len(desk.world.sent) > before
    phone.post("/a/alert/accept", form="form-2-of-mine")
    assert (desk.only_alert().state, desk.only_alert().accepted_by) == (AlertState.ACCEPTED, MASH)
    desk.world.at("11-26 14:30")
    phone.fill("/a/alert/police", time="14:25", day="2026-11-26")
    assert desk.clocks()["golden_hour"] == "met"
    phone.post("/a/alert/release", form="form-3-of-mine")
    assert desk.only_alert().state is AlertState.OPEN
    phone.post("/a/alert/accept-police", form="form-4-of-mine")
    assert desk.only_alert().accepted_by == MASH


def test_whoever_comes_second_is_told_which_team_has_it_and_may_not_give_it_back(desk: Desk) -> None:
    desk.alert()
    code = desk.only_alert().code
    desk.with_code(code).post("/a/alert/accept", form="form-of-mine")
    late = desk.with_code(code, EDT)
    for act in ("accept", "hand-on", "release"):
        answer = late.post(f"/a/alert/{act}", form=f"form-of-{act}")
        assert answer.status_code == 409
        assert "Not possible any more: MASH accepted at 14:10." in seen(answer.text)
    assert "MASH accepted at 14:10." in seen(late.ask("/a/alert").text)
    assert desk.only_alert().accepted_by == MASH


# --- the number on record hears of it


def answers(desk: Desk) -> list[tuple[str, str]]:
    """Texts that answer a press, by whom they went to."""
    return [(each.person, each.text.strip()) for each in desk.world.sent if "reply" in each.abouts]


def test_an_acceptance_is_confirmed_once_to_the_number_on_record_which_may_take_it_back(desk: Desk) -> None:
    ref, code = desk.alert(), desk.only_alert().code
    for form in ("form-1-of-mine", "form-1-of-mine", "form-2-of-mine"):
        desk.with_code(code).post("/a/alert/accept", form=form)
    assert answers(desk) == [(MASH, f"Accepted {ref}. Not you? Reply N{code}. 020 7946 0123")]


def test_an_acceptance_with_the_polices_call_is_confirmed_with_its_time(desk: Desk) -> None:
    ref, code = desk.alert(), desk.only_alert().code
    desk.with_code(code).fill("/a/alert/police", time="14:05", day="2026-11-26", button="accept")
    said = f"Accepted {ref}. Police contact 14:05 recorded. Not you? Reply N{code}."
    assert answers(desk) == [(MASH, f"{said} 020 7946 0123")]


def test_who_has_signed_in_or_comes_second_or_has_it_already_gets_no_text(desk: Desk) -> None:
    desk.alert()
    code = desk.only_alert().code
    desk.staff().post(f"/a/case/{desk.case().row.ref}/accept", form="form-1-of-mine")
    desk.with_code(code).post("/a/alert/accept", form="form-2-of-mine")
    desk.with_code(code, EDT).post("/a/alert/accept", form="form-3-of-mine")
    assert answers(desk) == []


def test_a_text_that_a_crash_cut_off_goes_when_the_same_press_comes_again(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.alert()
    phone = desk.with_code(desk.only_alert().code)
    with monkeypatch.context() as cut:
        cut.setattr(Acts, "_confirm", _power_cut)
        assert phone.post("/a/alert/accept", form="form-1-of-mine").status_code == 500
    assert (desk.only_alert().accepted_by, answers(desk)) == (MASH, [])
    phone.post("/a/alert/accept", form="form-1-of-mine")
    assert [person for person, _ in answers(desk)] == [MASH]


def _power_cut(*_: object) -> None:
    raise PowerCut


def test_the_page_asks_whether_the_police_have_spoken_once_the_alert_is_accepted(desk: Desk) -> None:
    desk.alert()
    phone = desk.with_code(desk.only_alert().code)
    answer = phone.post("/a/alert/accept", form="form-of-mine")
    assert "The clock runs on. Have the police spoken to you?" in seen(phone.ask(answer.headers["location"]).text)
    phone.post("/a/alert/police", form="form-2-of-mine")
    assert "Have the police" not in seen(phone.ask("/a/alert").text)


def test_an_alert_that_was_stood_down_says_so_and_offers_nothing(desk: Desk) -> None:
    ref = desk.alert()
    phone = desk.with_code(desk.only_alert().code)
    desk.world.at("11-26 14:20")
    desk.staff().fill(f"/a/case/{ref}/false-alarm")
    page = phone.ask("/a/alert").text
    assert "Stood down 14:20." in seen(page)
    assert "/a/alert/" not in page


def test_an_alert_that_is_not_on_record_is_not_found(desk: Desk) -> None:
    phone = desk.with_code("000000")
    assert (phone.ask("/a/alert").status_code, phone.ask("/a/alert/police").status_code) == (404, 404)
    assert phone.post("/a/alert/accept", form="form-of-mine").status_code == 404


# --- nothing else


def routes(desk: Desk) -> list[tuple[str, str]]:
    """Every address of the pages with every method that it takes."""
    found = [(method, r.path) for r in desk.app.routes if isinstance(r, Route) for method in sorted(r.methods or ())]
    assert len(found) >= 10
    return found


def test_a_code_reaches_no_other_page_and_no_other_act(desk: Desk) -> None:
    """All routes there are, each with every act that any page knows: only the alert's own do anything."""
    ref = desk.alert("P1")
    desk.alert("P2")
    phone = desk.with_code(desk.only_alert("P2").code)
    acts = set(re.findall(rf"/a/case/{ref}/([a-z-]+)", desk.staff().ask(f"/a/case/{ref}").text)) | {"same", "reopen"}
    assert len(acts) >= 18
    before = desk.case("P1")
    for method, path in routes(desk):
        for act in sorted(acts):
            where = path.format(ref=ref, act=act, field="person.age", name="none", number="1") if "{" in path else path
            if path.startswith(("/a/alert", "/a/file")):
                continue
            answer = phone.ask(where, method) if method != "POST" else phone.post(where, form="form-of-mine", text="1")
            assert answer.status_code == 303, (method, where)
            assert answer.headers["location"].startswith("/a/sign-in")
            assert ref not in answer.text
    after = desk.case("P1")
    assert (before.alerts, before.clocks, before.messages) == (after.alerts, after.clocks, after.messages)


@pytest.mark.parametrize(
    "act", ["false-alarm", "contacted", "attempted", "safe", "consent", "decision", "same", "close", "died", "answer"]
)
def test_the_alerts_own_address_knows_no_act_beyond_the_four(act: str, desk: Desk) -> None:
    desk.alert()
    phone = desk.with_code(desk.only_alert().code)
    assert phone.post(f"/a/alert/{act}", form="form-of-mine", choice="yes", text="x").status_code == 404
    assert desk.statuses() == []


def test_nobody_reaches_anything(desk: Desk) -> None:
    ref = desk.alert()
    for method, path in routes(desk):
        where = path.format(ref=ref, act="accept", field="person.age", name="none", number="1")
        if path.startswith("/a/file"):
            continue
        phone = desk.nobody()
        answer = phone.ask(where, method) if method != "POST" else phone.post(where, form="form-of-mine")
        assert answer.status_code == 303, (method, where)
        assert ref not in answer.text
    assert desk.statuses() == []


def test_whoever_has_signed_in_is_led_to_the_list_and_not_to_an_alert(desk: Desk) -> None:
    desk.alert()
    assert desk.staff().ask("/a/alert").headers["location"] == "/a/cases"
    assert desk.staff().post("/a/alert/accept", form="form-of-mine").headers["location"] == "/a/cases"
    assert desk.statuses() == []
