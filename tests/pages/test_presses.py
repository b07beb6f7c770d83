"""A form that is sent twice does once what it does; one that is not whole does nothing."""

from __future__ import annotations

import pytest

from alertd.model.case import AlertState
from alertd.model.errors import StoreUnavailable
from tests.pages.desk import MANAGER, Desk, seen

PRESSES = {
    "accept": {},
    "accept-police": {},
    "hand-on": {},
    "police": {"time": "14:05", "day": "2026-11-26"},
    "contacted": {"choice": "young_person/contacted_young_person"},
    "mash-referred": {"text": "M-1"},
    "answer/person.age": {"text": "16"},
    "false-alarm": {},
}


@pytest.mark.parametrize("act", PRESSES)
def test_a_second_press_of_the_same_form_changes_nothing_and_says_the_same(act: str, desk: Desk) -> None:
    ref = desk.alert()
    desk.world.at("11-26 14:12")
    first = desk.staff().post(f"/a/case/{ref}/{act}", form="form-of-mine", **PRESSES[act])
    recorded, sent = desk.statuses(), len(desk.world.sent)
    desk.world.at("11-26 14:13")
    again = desk.staff().post(f"/a/case/{ref}/{act}", form="form-of-mine", **PRESSES[act])
    assert (first.status_code, again.status_code) == (303, 303)
    assert first.headers["location"] == again.headers["location"]
    assert desk.statuses() == recorded
    assert [each for each in desk.world.sent[sent:] if each.at == desk.world.now] == []


def test_a_second_press_of_giving_back_does_not_take_it_from_whoever_has_it_now(desk: Desk) -> None:
    ref = desk.alert()
    desk.staff().post(f"/a/case/{ref}/accept", form="form-1-of-mine")
    desk.world.at("11-26 14:11")
    desk.staff().post(f"/a/case/{ref}/release", form="form-2-of-mine")
    desk.world.at("11-26 14:12")
    desk.staff(MANAGER).post(f"/a/case/{ref}/accept", form="form-of-theirs")
    again = desk.staff().post(f"/a/case/{ref}/release", form="form-2-of-mine")
    assert again.status_code == 303
    assert (desk.only_alert().state, desk.only_alert().accepted_by) == (AlertState.ACCEPTED, MANAGER)


def test_a_second_press_after_a_join_finds_it_done(desk: Desk) -> None:
    first = desk.alert("P1")
    second = desk.alert("P2")
    for _ in range(2):
        answer = desk.staff().post(f"/a/case/{second}/same", form="form-of-mine", text=first, button="same")
        assert answer.status_code == 303
    assert desk.case("P2").row.ref == first


def test_the_same_id_of_two_people_is_two_presses(desk: Desk) -> None:
    ref = desk.alert()
    for person in ("mash_duty_phone", MANAGER):
        desk.staff(person).post(f"/a/case/{ref}/contacted", form="form-of-ours", choice="ward/contacted_professional")
    assert sorted(str(fields["by"]) for fields in desk.statuses()) == [MANAGER, "mash_duty_phone"]


def test_a_refused_form_keeps_its_id_and_can_be_sent_again(desk: Desk) -> None:
    ref = desk.alert()
    path = f"/a/case/{ref}/police"
    refused = desk.staff().post(path, form="form-of-mine", time="23:00", day="2026-11-26")
    assert 'name="form" value="form-of-mine"' in refused.text
    assert desk.staff().post(path, form="form-of-mine", time="14:05", day="2026-11-26").status_code == 303
    assert len(desk.statuses()) == 1


@pytest.mark.parametrize("form", ["", "short", "x" * 65, "../../etc", "a b c d e f", "ünïcödé-form"])
def test_a_form_without_its_id_does_nothing(form: str, desk: Desk) -> None:
    ref = desk.alert()
    answer = desk.staff().post(f"/a/case/{ref}/accept", form=form)
    assert (answer.status_code, desk.statuses()) == (400, [])
    assert "Nothing was recorded" in seen(answer.text)


def test_what_was_typed_is_still_there_when_the_store_cannot_be_reached(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    ref = desk.alert()
    store = desk.world.store

    def cut(*_: object) -> None:
        raise StoreUnavailable("cut off")

    with monkeypatch.context() as cutting:
        cutting.setattr(store, "write", cut)
        fields = {"time": "14:05", "day": "2026-11-26", "choice": "ward/contacted_professional"}
        answer = desk.staff().post(f"/a/case/{ref}/contacted", form="form-of-mine", **fields)
    assert answer.status_code == 503
    assert "please press again" in seen(answer.text)
    assert 'value="14:05"' in answer.text
    assert 'value="ward/contacted_professional" checked' in answer.text
    assert desk.staff().post(f"/a/case/{ref}/contacted", form="form-of-mine", **fields).status_code == 303
    assert len(desk.statuses()) == 1


def test_each_press_wakes_the_loops(desk: Desk) -> None:
    ref = desk.alert()
    desk.staff().post(f"/a/case/{ref}/accept", form="form-of-mine")
    assert desk.changes == 1
