"""A hand-over list is confirmed by one text, whoever sends it and however often."""

from __future__ import annotations

from alertd.model.handover import Handover
from alertd.model.ids import PersonId
from alertd.service.ports import Rank
from tests.service_replies.desk import MASH, MASH_TWO, STRANGER, Desk

EDT = "+447700900111"


def handed_over(desk: Desk) -> Handover:
    """A list that waits at 17:20."""
    code = desk.alert()
    desk.text(f"P{code}")
    desk.world.at("11-26 17:20")
    return newest(desk)


def newest(desk: Desk) -> Handover:
    with desk.world.store.read() as reading:
        made = reading.last_list()
    assert made is not None
    return made


def test_y_and_the_code_confirm_the_whole_list(desk: Desk) -> None:
    made = handed_over(desk)
    (answer,) = desk.answers(f"Y{made.code}", EDT)
    assert answer.startswith("Hand-over list of 17:15 Thu 26 Nov confirmed, 1 case. Thank you.")
    assert newest(desk).confirmed_by == PersonId("edt_duty_phone")


def test_the_bare_code_confirms_too(desk: Desk) -> None:
    made = handed_over(desk)
    desk.text(made.code, EDT)
    assert newest(desk).confirmed_at is not None


def test_a_second_confirmation_is_answered_politely(desk: Desk) -> None:
    made = handed_over(desk)
    desk.text(f"Y{made.code}", EDT)
    received = desk.world.outcomes()["received"]
    (own,) = desk.answers(f"Y{made.code}", EDT)
    assert own.startswith(
        "The hand-over list of 17:15 Thu 26 Nov was confirmed by you at 17:20 Thu 26 Nov. Nothing more to do."
    )
    (other,) = desk.answers(f"Y{made.code}", MASH_TWO)
    assert "was confirmed by EDT at 17:20" in other
    assert desk.world.outcomes()["received"] == received


def test_a_late_confirmation_is_taken(desk: Desk) -> None:
    made = handed_over(desk)
    desk.world.at("11-27 10:00")
    (answer,) = desk.answers(f"Y{made.code}", EDT)
    assert "Hand-over list of 17:15 Thu 26 Nov confirmed" in answer
    assert newest(desk).number != made.number
    assert newest(desk).waits


def test_the_same_text_again_changes_nothing_and_is_not_answered_twice(desk: Desk) -> None:
    made = handed_over(desk)
    desk.text(f"Y{made.code}", EDT, sid="SM1")
    before = len(desk.world.sent)
    desk.text(f"Y{made.code}", EDT, sid="SM1")
    assert desk.sent_since(before) == []


def test_any_other_letter_records_nothing_and_says_what_to_do(desk: Desk) -> None:
    made = handed_over(desk)
    for letter in "PNAC":
        (answer,) = desk.answers(f"{letter}{made.code}", EDT)
        assert answer.startswith(
            f"{made.code} is a hand-over list, not an alert: nothing was recorded. "
            f"Reply Y{made.code} to confirm the list."
        )
    assert newest(desk).waits


def test_one_text_accepts_an_alert_and_confirms_a_list(desk: Desk) -> None:
    made = handed_over(desk)
    code = desk.alert("P2")
    answers = desk.answers(f"Y{code} Y{made.code}", EDT)
    assert [each.split()[0] for each in answers] == ["Accepted", "Hand-over"]


def test_a_strangers_text_confirms_nothing(desk: Desk) -> None:
    made = handed_over(desk)
    desk.text(f"Y{made.code}", STRANGER)
    assert newest(desk).waits


def test_whoever_has_left_the_rotas_is_a_colleague(desk: Desk) -> None:
    made = handed_over(desk)
    with desk.world.store.write(Rank.PEOPLE) as writing:
        writing.confirm_handover(made.number, PersonId("somebody_gone"), desk.world.now)
    (answer,) = desk.answers(f"Y{made.code}", MASH)
    assert "was confirmed by a colleague" in answer
