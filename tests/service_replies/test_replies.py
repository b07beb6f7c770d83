"""Replies: what each order changes, what is answered, and to whom.

Source: CONTRACT, "A reply by SMS"; DOMAIN: "an acceptance is not a contact; an attempt is not a contact; an acceptance
is not the police's call".
"""

from __future__ import annotations

from datetime import timedelta

import pytest

from alertd.core.gsm7 import segments
from alertd.model.case import AlertState
from alertd.model.ids import PersonId, RoleId
from alertd.model.values import Channel
from alertd.service.replies import Result
from alertd.service.reply_orders import Acceptance
from tests.service_replies.desk import MANAGER, MASH, MASH_TWO, STRANGER, Desk

CALL_BACK = "020 7946 0123"


def state_of(desk: Desk, clock: str) -> str:
    return desk.world.clock_states(desk.case())[clock][0]


# --- accepting


@pytest.mark.parametrize("text", ["Y{0}", "{0}", "yes {0}", "OK {0}", "ack{0}", "y {0}"])
def test_an_acceptance_ends_the_ladder_and_is_confirmed_once(text: str, desk: Desk) -> None:
    code = desk.alert()
    desk.world.at("11-26 14:12")
    (answer,) = desk.answers(text.format(code))
    assert answer == f"Accepted {desk.case().row.ref}. Not you? Reply N{code}. {CALL_BACK}"
    assert (desk.only_alert().state, desk.only_alert().accepted_by) == (AlertState.ACCEPTED, "mash_duty_phone")
    before = len(desk.world.sent)
    desk.world.at("11-26 14:59")
    assert not [each for each in desk.sent_since(before) if "escalation" in each.templates]


def test_an_acceptance_stops_no_clock(desk: Desk) -> None:
    desk.text(f"Y{desk.alert()}")
    assert state_of(desk, "golden_hour") == "running"
    assert state_of(desk, "contact_48h_young_person") == "running"


def test_an_acceptance_tells_how_long_the_alert_has_waited_and_in_which_role(desk: Desk) -> None:
    code = desk.alert()
    desk.world.at("11-26 14:13")
    assert desk.text(f"Y{code}").accepted == (Acceptance(RoleId("mash"), timedelta(minutes=3)),)


def test_police_have_spoken_accepts_and_stops_the_golden_hour(desk: Desk) -> None:
    code = desk.alert()
    desk.world.at("11-26 14:20")
    (answer,) = desk.answers(f"P{code}")
    assert "Police contact 14:20 recorded." in answer
    assert state_of(desk, "golden_hour") == "met"
    assert desk.only_alert().state is AlertState.ACCEPTED


def test_police_may_speak_after_the_acceptance(desk: Desk) -> None:
    code = desk.alert()
    desk.text(f"Y{code}")
    desk.world.at("11-26 14:20")
    (answer,) = desk.answers(f"P{code}")
    assert answer.startswith(f"{desk.case().row.ref} is yours since 14:10. Police contact 14:20 recorded.")
    assert state_of(desk, "golden_hour") == "met"


def test_whoever_comes_second_is_told_the_team_and_the_time_and_no_name(desk: Desk) -> None:
    code = desk.alert()
    desk.text(f"Y{code}")
    desk.world.at("11-26 14:15")
    (answer,) = desk.answers(f"Y{code}", MANAGER)
    assert answer == f"{desk.case().row.ref} was taken by MASH at 14:10. Nothing more to do. {CALL_BACK}"
    assert desk.only_alert().accepted_by == "mash_duty_phone"


def test_the_police_call_is_recorded_whoever_has_the_alert(desk: Desk) -> None:
    code = desk.alert()
    desk.text(f"Y{code}")
    desk.world.at("11-26 14:15")
    (answer,) = desk.answers(f"P{code}", MANAGER)
    assert "Police contact 14:15 recorded." in answer
    assert state_of(desk, "golden_hour") == "met"


def test_somebody_who_is_on_no_step_of_the_ladder_may_accept(desk: Desk) -> None:
    code = desk.alert()
    desk.text(f"Y{code}", "+447700900171")
    assert desk.only_alert().accepted_by == "navigator_phone"


def test_several_codes_in_one_text_each_count(desk: Desk) -> None:
    first, second = desk.alert("P1"), desk.alert("P2")
    answers = desk.answers(f"Y{first} P{second}")
    assert [each.startswith("Accepted ") for each in answers] == [True, True]
    assert desk.case("P1").alerts[0].state is desk.case("P2").alerts[0].state is AlertState.ACCEPTED
    assert desk.world.clock_states(desk.case("P1"))["golden_hour"][0] == "running"
    assert desk.world.clock_states(desk.case("P2"))["golden_hour"][0] == "met"


# --- handing on


def test_handing_on_tells_the_next_contact_at_once(desk: Desk) -> None:
    code = desk.alert()
    desk.world.at("11-26 14:11")
    before = len(desk.world.sent)
    (answer,) = desk.answers(f"N{code}")
    assert "handed on" in answer
    others = {each.person for each in desk.sent_since(before) if "reply" not in each.templates}
    assert others, "the next step was told"
    assert desk.only_alert().state is AlertState.OPEN


def test_not_you_gives_an_alert_back_that_another_hand_accepted_from_this_phone(desk: Desk) -> None:
    code = desk.alert()
    desk.text(f"Y{code}")
    desk.world.at("11-26 14:12")
    before = len(desk.world.sent)
    (answer,) = desk.answers(f"N{code}")
    assert "given back" in answer
    assert desk.only_alert().state is AlertState.OPEN
    assert "mash" in {each.to for each in desk.sent_since(before) if "urgent_response" in each.templates}


def test_nobody_gives_back_what_another_has_accepted(desk: Desk) -> None:
    code = desk.alert()
    desk.text(f"Y{code}")
    desk.world.at("11-26 14:12")
    (answer,) = desk.answers(f"N{code}", MANAGER)
    assert "was taken by MASH" in answer
    assert desk.only_alert().state is AlertState.ACCEPTED


# --- attempts and contacts


def test_an_attempt_is_recorded_and_is_no_contact(desk: Desk) -> None:
    code = desk.alert()
    desk.world.at("11-26 14:20")
    (answer,) = desk.answers(f"A{code}")
    assert answer.startswith(f"Attempt 14:20 recorded, {desk.case().row.ref}. Still due: 48h ")
    assert state_of(desk, "contact_24h") == "met"
    assert state_of(desk, "contact_48h_young_person") == "running"


def test_contact_asks_who_was_reached_and_stops_nothing(desk: Desk) -> None:
    code = desk.alert()
    (answer,) = desk.answers(f"C{code}")
    assert answer.startswith(f"{desk.case().row.ref}: who was reached? Reply C{code} and one word: YP, FAMILY")
    clocks = ("contact_24h", "contact_48h_young_person", "contact_48h_professionals")
    assert {state_of(desk, clock) for clock in clocks} == {"running"}


@pytest.mark.parametrize(
    ("word", "met", "running"),
    [
        ("YP", "contact_48h_young_person", "contact_48h_professionals"),
        ("FAMILY", "contact_48h_young_person", "contact_48h_professionals"),
        ("CUSTODY", "contact_48h_professionals", "contact_48h_young_person"),
        ("OTHER", "contact_48h_professionals", "contact_48h_young_person"),
    ],
)
def test_the_answer_records_a_contact_that_stops_its_own_clock_only(
    word: str, met: str, running: str, desk: Desk
) -> None:
    code = desk.alert()
    (answer,) = desk.answers(f"C{code} {word}")
    assert answer.startswith("Contact 14:10 recorded")
    assert word.casefold() not in answer.casefold(), "a lock screen need not say with whom"
    assert (state_of(desk, met), state_of(desk, running)) == ("met", "running")


# --- nothing to obey


def test_a_code_that_no_alert_has_is_answered_once(desk: Desk) -> None:
    (answer,) = desk.answers("Y000000")
    assert answer.startswith("No alert has the code 000000")
    assert desk.answers("Y000000") == []
    assert len(desk.answers("Y000001")) == 1


def test_a_text_that_nobody_understands_is_answered_at_most_once_an_hour(desk: Desk) -> None:
    (answer,) = desk.answers("who is this")
    assert answer.startswith("Not understood. Reply a letter and the code")
    desk.world.at("11-26 15:09")
    assert desk.answers("hello?") == []
    assert len(desk.answers("hello?", MANAGER)) == 1, "an hour for each number"
    desk.world.at("11-26 15:10")
    assert len(desk.answers("hello?")) == 1


def test_an_unclear_text_about_a_live_code_is_answered_and_accepts_nothing(desk: Desk) -> None:
    code = desk.alert()
    (answer,) = desk.answers(f"cannot take {code}")
    assert answer.startswith(f"{code}: not understood.")
    assert desk.only_alert().state is AlertState.OPEN


def test_an_alert_that_was_stood_down_says_so(desk: Desk) -> None:
    code = desk.alert()
    ref = desk.case().row.ref
    desk.world.at("11-26 14:12").give(desk.world.status({"about": {"case_ref": ref}, "event": "false_alarm"}))
    assert desk.only_alert().state is AlertState.WITHDRAWN
    (answer,) = desk.answers(f"Y{code}")
    assert "was stood down" in answer


def test_every_answer_fits_one_text(desk: Desk) -> None:
    code = desk.alert()
    texts = ("what", f"not {code}", f"C{code}", f"N{code}", f"A{code}", f"P{code}", f"P{code}", f"Y{code}", "Y000000")
    answers = [answer for n, text in enumerate(texts) for answer in _an_hour_apart(desk, n, text)]
    assert len(answers) == len(texts)
    assert {segments(answer) for answer in answers} == {1}


def _an_hour_apart(desk: Desk, number: int, text: str) -> list[str]:
    desk.world.at(f"11-26 {15 + number // 2}:{number % 2 * 30:02d}")
    if text.startswith("not"):
        desk.world.at(f"11-26 {16 + number // 2}:00")
    return desk.answers(text)


def test_no_shipped_answer_gives_way_to_the_plain_text(desk: Desk) -> None:
    code = desk.alert()
    for text in (f"A{code}", f"P{code}", f"C{code} custody", f"N{code}"):
        desk.text(text)
    assert not [each for each in desk.world.sent if "feed_alarm" in each.templates]
    assert not [each for each in desk.world.sent if "Sign in for details" in each.text]


# --- who replies


def test_a_number_that_is_nobodys_accepts_nothing_and_is_told_the_desks_number_once_a_day(desk: Desk) -> None:
    code = desk.alert()
    handled = desk.text(f"Y{code}", STRANGER)
    assert handled.result is Result.STRANGER
    assert CALL_BACK in handled.say
    assert segments(handled.say) == 1
    assert desk.text(f"Y{code}", STRANGER).say == ""
    assert desk.only_alert().state is AlertState.OPEN
    desk.world.at("11-27 00:01")
    assert desk.text("hello", STRANGER).say != ""


def test_a_strangers_number_is_stored_nowhere(desk: Desk) -> None:
    desk.text("hello", STRANGER)
    desk.world.store.close()
    assert STRANGER.removeprefix("+").encode() not in b"".join(
        path.read_bytes() for path in desk.world.path.parent.glob("alertd.db*")
    )


@pytest.mark.parametrize("number", ["", "BANK", "60777", "whatsapp:+447700900101", "anonymous", "+44", "447700900101"])
def test_a_sender_that_is_no_number_is_not_answered(number: str, desk: Desk) -> None:
    code = desk.alert()
    handled = desk.text(f"Y{code}", number)
    assert (handled.result, handled.say) == (Result.NO_NUMBER, "")
    assert desk.only_alert().state is AlertState.OPEN


def test_an_answer_goes_to_the_number_on_record(desk: Desk) -> None:
    code = desk.alert()
    desk.text(f"Y{code}", MASH_TWO)
    assert [each.address for each in desk.world.provider.asked if each.body.startswith("Accepted")] == [MASH_TWO]


# --- replays


@pytest.mark.parametrize("text", ["Y{0}", "P{0}", "N{0}", "A{0}", "C{0} FAMILY"])
def test_the_same_reply_again_changes_and_answers_nothing(text: str, desk: Desk) -> None:
    code = desk.alert()
    desk.world.at("11-26 14:11")
    desk.text(text.format(code), sid="SM1")
    before, sent, totals = desk.case(), len(desk.world.sent), desk.world.outcomes()
    desk.world.at("11-26 14:12")
    assert desk.text(text.format(code), sid="SM1").result is Result.REPLAYED
    assert desk.case().alerts == before.alerts
    assert desk.case().messages == before.messages
    assert (desk.sent_since(sent), desk.world.outcomes()) == ([], totals)


def test_an_acceptance_replayed_after_the_alert_was_given_back_accepts_nothing(desk: Desk) -> None:
    code = desk.alert()
    desk.text(f"Y{code}", sid="SM1")
    desk.world.at("11-26 14:12").people.release(code, PersonId("mash_duty_phone"), desk.world.now)
    desk.text(f"Y{code}", sid="SM1")
    assert desk.only_alert().state is AlertState.OPEN


def test_a_reply_whose_answer_was_lost_in_a_crash_is_answered_when_it_comes_again(desk: Desk) -> None:
    code = desk.alert()
    desk.world.people.accept(
        code, PersonId("mash_duty_phone"), desk.world.now, message_id=f"{desk.replies.identity('SM1')}/0/accept"
    )
    (answer,) = _answers_to(desk, f"Y{code}", "SM1")
    assert "is yours since" in answer
    assert desk.world.outcomes()["received"] == 2


def _answers_to(desk: Desk, text: str, sid: str) -> list[str]:
    before = len(desk.world.sent)
    desk.text(text, sid=sid)
    return [each.text.strip() for each in desk.sent_since(before) if "reply" in each.abouts]


# --- no more texts


def test_stop_is_told_to_the_manager_and_that_phone_gets_no_texts_until_it_says_start(desk: Desk) -> None:
    assert desk.text("STOP").result is Result.OPTED_OUT
    assert {(each.to, each.by) for each in desk.world.sent} == {
        ("duty_manager", Channel.SMS),
        ("duty_manager", Channel.EMAIL),
    }
    assert MASH not in "".join(each.text for each in desk.world.sent)
    before = len(desk.world.sent)
    desk.alert("P1")
    assert {each.by for each in desk.sent_since(before) if each.person == "mash_duty_phone"} == {Channel.EMAIL}
    assert desk.text("START").result is Result.OPTED_IN
    before = len(desk.world.sent)
    desk.alert("P2")
    assert Channel.SMS in {each.by for each in desk.sent_since(before) if each.person == "mash_duty_phone"}


def test_a_stop_that_comes_again_after_a_start_stops_nothing(desk: Desk) -> None:
    desk.text("STOP", sid="SM1")
    desk.text("START", sid="SM2")
    assert desk.text("STOP", sid="SM1").result is Result.REPLAYED
    before = len(desk.world.sent)
    desk.alert()
    assert Channel.SMS in {each.by for each in desk.sent_since(before) if each.person == "mash_duty_phone"}


def test_start_from_a_phone_that_never_stopped_is_a_text_like_any_other(desk: Desk) -> None:
    assert desk.text("yes").result is Result.UNCLEAR


def test_a_phone_that_has_stopped_still_accepts(desk: Desk) -> None:
    desk.text("STOP")
    code = desk.alert()
    desk.text(f"Y{code}")
    assert desk.only_alert().state is AlertState.ACCEPTED
