"""Calls on pretend time: keys, ring-outs, machines; the ladder climbs on at its own pace until somebody accepts.

Source: issue "Until a human accepts", Calls; DOMAIN, "Who is woken".
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pytest

from alertd.daemon.rehearsal import Sending
from alertd.model.case import AlertState, Notification, NotificationState
from alertd.model.ids import PersonId
from alertd.model.values import Channel
from alertd.service import call_words as words
from alertd.service.calls import Calls, Heard, Press, Result
from alertd.service.composing import Composer
from alertd.service.receipts import News, Receipt, Receipts
from alertd.service.receipts import Result as Settled
from alertd.service.reply_orders import Orders
from tests.service.stage import KEYRING, shipped_voice
from tests.service_replies.desk import MASH_TWO, Desk

S = NotificationState
DUTY, SECOND = "mash_duty_phone", "mash_second_phone"
Told = list[tuple[str, str, Channel]]


@dataclass
class Switchboard:
    """A desk whose alert is five and a half minutes old: its phone rings."""

    desk: Desk
    code: str

    @property
    def receipts(self) -> Receipts:
        return self.desk.world.receipts

    @property
    def _composer(self) -> Composer:
        world = self.desk.world
        return Composer(lambda: world.book, lambda: world.texts, shipped_voice())

    def rung(self, person: str = DUTY) -> Notification:
        """The newest call to somebody."""
        calls = [note for note in self.desk.world.notes() if (note.channel, note.person) == (Channel.CALL, person)]
        return calls[-1]

    def press(self, digit: str, person: str = DUTY, *, again: bool = False, sid: str = "", key: str = "") -> Heard:
        """Press a key, and do what follows."""
        world = self.desk.world
        note = key or self.rung(person).id
        orders = Orders(world.store, lambda: world.people, lambda: world.book)
        calls = Calls(world.store, orders, self._composer, self.receipts, KEYRING.token)
        heard = calls.press(Press(note, sid or self.rung(person).provider_id, digit, again, world.now))
        world.settle()
        return heard

    def report(self, news: News, reason: str = "", person: str = DUTY) -> Settled:
        """Hand over a report on somebody's newest call, and do what follows."""
        note = self.rung(person)
        settled = self.receipts.take(Receipt(note.id, note.provider_id, news, self.desk.world.now, reason))
        self.desk.world.settle()
        return settled

    def until(self, moment: str) -> Told:
        """Let time pass, and say who was told on the way."""
        before = len(self.desk.world.sent)
        self.desk.world.at(moment)
        return told(self.desk.sent_since(before))


def told(sent: Sequence[Sending]) -> Told:
    return [(f"{each.at:%H:%M}", each.person, each.by) for each in sent if each.by is not Channel.EMAIL]


@pytest.fixture
def board(desk: Desk) -> Switchboard:
    code = desk.alert()
    desk.world.at("11-26 14:15:30")
    return Switchboard(desk, code)


def test_the_phone_rings_after_five_minutes_and_says_no_more_than_a_lock_screen_shows(board: Switchboard) -> None:
    (call,) = [sent for sent in board.desk.world.sent if sent.by is Channel.CALL]
    ending = ", ".join(board.desk.case().row.ref[-4:])
    assert (f"{call.at:%H:%M}", call.person) == ("14:15", DUTY)
    assert call.text.strip() == (
        f"Urgent alert from Urgent Response, reference ending {ending}. Press 1 to accept. Press 2 to pass it on."
    )
    assert (board.rung().state, board.rung().code) == (S.SENT, board.code)


# --- keys


def test_one_accepts_the_alert_by_whom_the_call_went_to_and_ends_its_ladder(board: Switchboard) -> None:
    before = len(board.desk.world.sent)
    heard = board.press("1")
    assert (heard.result, heard.say, heard.asks) == (Result.ACCEPTED, words.ACCEPTED, False)
    assert heard.acceptance is not None
    assert (heard.acceptance.role, heard.acceptance.waited.total_seconds()) == ("mash", 330)
    alert = board.desk.only_alert()
    assert (alert.state, alert.accepted_by) == (AlertState.ACCEPTED, DUTY)
    assert board.rung().state is S.DELIVERED
    (text,) = board.desk.sent_since(before)
    assert text.text.strip() == f"Accepted {board.desk.case().row.ref}. Not you? Reply N{board.code}. 020 7946 0123"
    assert board.until("11-26 14:29") == []


def test_the_same_key_again_changes_nothing_even_after_the_alert_was_given_back(board: Switchboard) -> None:
    board.press("1", sid="CA1")
    board.desk.world.at("11-26 14:17")
    board.desk.text(f"N{board.code}")
    before = len(board.desk.world.sent)
    assert board.desk.only_alert().state is AlertState.OPEN
    heard = board.press("1", sid="CA1")
    assert (heard.result, heard.say, heard.acceptance) == (Result.REPLAYED, words.OPEN_AGAIN, None)
    assert board.desk.only_alert().state is AlertState.OPEN
    assert board.desk.sent_since(before) == []


def test_a_key_cut_off_before_it_was_recorded_is_completed_by_the_same_key(board: Switchboard) -> None:
    board.desk.world.accept(board.code)
    heard = board.press("1")
    assert (heard.say, heard.acceptance) == (words.ACCEPTED, None)


def test_two_passes_it_on_once(board: Switchboard) -> None:
    before = len(board.desk.world.sent)
    heard = board.press("2", sid="CA1")
    assert (heard.result, heard.say) == (Result.OBEYED, words.HANDED_ON)
    assert {each.person for each in board.desk.sent_since(before)} == {SECOND}
    before = len(board.desk.world.sent)
    assert board.press("2", sid="CA1").result is Result.REPLAYED
    assert board.press("1", sid="CA1").result is Result.REPLAYED
    assert board.desk.sent_since(before) == []
    assert board.desk.only_alert().state is AlertState.OPEN


@pytest.mark.parametrize("digit", ["3", "0", "*", "#"])
def test_a_wrong_key_is_told_the_text_once_more_and_then_goodbye(digit: str, board: Switchboard) -> None:
    before = len(board.desk.world.sent)
    first, second = board.press(digit), board.press(digit, again=True)
    assert (first.result, first.asks) == (Result.WRONG_KEY, True)
    assert first.say.startswith("That key does nothing here. Urgent alert from Urgent Response, reference ending ")
    assert (second.say, second.asks) == (words.GIVEN_UP, False)
    assert board.desk.only_alert().state is AlertState.OPEN
    assert board.rung().state is S.DELIVERED
    assert board.report(News.FAILED, "no_person_heard") is Settled.NOTHING_NEW
    assert board.desk.sent_since(before) == []
    assert ("14:20", SECOND, Channel.CALL) in board.until("11-26 14:20")


def test_after_a_wrong_key_the_right_one_accepts(board: Switchboard) -> None:
    board.press("9")
    assert board.press("1", again=True).result is Result.ACCEPTED


def test_whoever_comes_second_hears_which_team_has_it_and_gets_no_text(board: Switchboard) -> None:
    board.desk.text(f"Y{board.code}", from_=MASH_TWO)
    before = len(board.desk.world.sent)
    heard = board.press("1")
    assert heard.say.endswith("has accepted this alert already. There is nothing more to do. Thank you. Goodbye.")
    assert (heard.result, heard.acceptance) == (Result.OBEYED, None)
    assert board.desk.only_alert().accepted_by == SECOND
    assert board.desk.sent_since(before) == []
    for name in ("mash_second", "Second phone", MASH_TWO):
        assert name not in heard.say


def test_a_refused_key_comes_to_nothing_when_it_is_replayed_after_the_alert_was_given_back(board: Switchboard) -> None:
    board.desk.text(f"Y{board.code}", from_=MASH_TWO)
    board.press("1", sid="CA1")
    board.desk.world.at("11-26 14:17")
    board.desk.text(f"N{board.code}", from_=MASH_TWO)
    assert board.press("1", sid="CA1").result is Result.REPLAYED
    assert board.desk.only_alert().state is AlertState.OPEN


def test_an_alert_that_was_stood_down_is_said_to_be(board: Switchboard) -> None:
    world = board.desk.world
    ref = board.desk.case().row.ref
    world.told(world.status({"about": {"case_ref": ref}, "event": "false_alarm", "at": world.now.isoformat()}))
    assert board.press("1").say == words.STOOD_DOWN
    assert board.press("2", sid="CA2").say == words.STOOD_DOWN


def test_a_key_for_no_call_of_ours_does_nothing(board: Switchboard) -> None:
    text = next(note for note in board.desk.world.notes() if note.channel is Channel.SMS)
    for key in ("nobody", text.id):
        heard = board.press("1", key=key)
        assert (heard.result, heard.say) == (Result.UNKNOWN, words.NOTHING_TO_ACCEPT)
    assert board.desk.only_alert().state is AlertState.OPEN


# --- nobody there


@pytest.mark.parametrize("reason", ["no-answer", "busy", "failed", "canceled", "machine", "no_person_heard"])
def test_a_call_that_reached_nobody_is_a_text_at_once_and_the_ladder_climbs_on_at_its_own_pace(
    reason: str, board: Switchboard
) -> None:
    before = len(board.desk.world.sent)
    assert board.report(News.FAILED, reason) is Settled.FAILED
    assert (board.rung().state, board.rung().reason) == (S.REFUSED, reason)
    assert told(board.desk.sent_since(before)) == [("14:15", DUTY, Channel.SMS)]
    before = len(board.desk.world.sent)
    for news in (News.FAILED, News.UNDER_WAY, News.DELIVERED):
        assert board.report(news, reason) is Settled.NOTHING_NEW
    assert board.desk.sent_since(before) == []
    assert board.until("11-26 14:29") == [("14:20", SECOND, Channel.SMS), ("14:20", SECOND, Channel.CALL)]


def test_phones_that_ring_out_are_never_called_oftener_than_the_ladder_says(board: Switchboard) -> None:
    board.report(News.FAILED, "no-answer")
    board.until("11-26 14:20")
    before = len(board.desk.world.sent)
    board.report(News.FAILED, "no-answer", SECOND)
    assert {each.by for each in board.desk.sent_since(before)} == {Channel.EMAIL}
    calls = [note for note in board.desk.world.notes() if note.channel is Channel.CALL]
    assert [note.person for note in calls] == [DUTY, SECOND]


def test_a_phone_that_takes_neither_call_nor_text_sends_its_backup_a_call(board: Switchboard) -> None:
    board.report(News.FAILED, "no-answer")
    text = board.desk.world.notes()[-1]
    assert (text.person, text.channel) == (DUTY, Channel.SMS)
    before = len(board.desk.world.sent)
    board.receipts.take(Receipt(text.id, text.provider_id, News.FAILED, board.desk.world.now, "undelivered"))
    board.desk.world.settle()
    assert told(board.desk.sent_since(before)) == [("14:15", SECOND, Channel.CALL)]
    assert board.press("1", SECOND).result is Result.ACCEPTED
    assert board.desk.only_alert().accepted_by == SECOND
    assert board.until("11-26 14:29") == []


def test_a_person_whose_phone_was_taken_for_a_machine_still_accepts(board: Switchboard) -> None:
    board.report(News.FAILED, "machine")
    assert board.press("1").result is Result.ACCEPTED
    assert board.desk.only_alert().accepted_by == DUTY
    assert board.until("11-26 14:29") == []


def test_a_person_who_listens_and_hangs_up_was_reached_and_others_are_told_in_their_turn(board: Switchboard) -> None:
    assert board.report(News.DELIVERED) is Settled.DELIVERED
    assert board.report(News.FAILED, "no_person_heard") is Settled.NOTHING_NEW
    assert board.until("11-26 14:29") == [("14:20", SECOND, Channel.SMS), ("14:20", SECOND, Channel.CALL)]


def test_nobody_who_answers_at_all_the_last_role_is_called_again_and_again(board: Switchboard) -> None:
    board.desk.world.at("11-26 19:00")
    calls = [each for each in board.desk.world.sent if each.by is Channel.CALL]
    persons = {each.person for each in calls}
    assert {DUTY, SECOND, "violence_reduction_head"} <= persons
    board.press("1", "violence_reduction_head")
    assert board.desk.only_alert().accepted_by == PersonId("violence_reduction_head")
