"""Receipts: late, doubled, out of order; and what becomes of a text that was taken but never arrived.

Source: protocol scenario 20: "taken by it but not delivered → email and the next contact; a number is marked bad only
on a permanent failure".
"""

from __future__ import annotations

from itertools import permutations

import pytest

from alertd.model.case import Notification, NotificationState
from alertd.model.delivery import CannotSay, InDoubt, Outgoing, RetryLater, Sent
from alertd.model.values import Channel
from alertd.service.receipts import News, Receipt, Result
from tests.service.world import custody
from tests.service_replies.desk import Desk

S = NotificationState


def first_text(desk: Desk) -> Notification:
    """The first text of all, as it stands."""
    return next(note for note in desk.world.notes() if note.channel is Channel.SMS)


def alerted(desk: Desk) -> Notification:
    desk.world.told(desk.world.incident(custody()))
    return first_text(desk)


def report(desk: Desk, note: Notification, news: News, sid: str = "", *, bad: bool = False) -> Result:
    """Hand over a report, and do what follows."""
    world = desk.world
    reason = "undelivered, code 30003" if news is News.FAILED else ""
    receipt = Receipt(note.id, sid or note.provider_id, news, world.now, reason, bad)
    result = world.receipts.take(receipt)
    world.settle()
    return result


def test_a_delivered_text_is_delivered_once_and_for_all(desk: Desk) -> None:
    note = alerted(desk)
    assert report(desk, note, News.UNDER_WAY) is Result.NOTHING_NEW
    assert report(desk, note, News.DELIVERED) is Result.DELIVERED
    settled = first_text(desk)
    assert settled.state is S.DELIVERED
    for news in News:
        assert report(desk, note, news) is Result.NOTHING_NEW
    assert first_text(desk) == settled


def test_an_urgent_text_that_did_not_arrive_goes_to_the_next_contact_beside_the_mail(desk: Desk) -> None:
    note = alerted(desk)
    assert {each.by for each in desk.world.sent} == {Channel.SMS, Channel.EMAIL}
    before = len(desk.world.sent)
    assert report(desk, note, News.FAILED) is Result.FAILED
    assert (first_text(desk).state, first_text(desk).reason) == (S.REFUSED, "undelivered, code 30003")
    assert {(each.person, each.by) for each in desk.sent_since(before)} == {
        ("mash_second_phone", Channel.SMS),
        ("mash_second_phone", Channel.EMAIL),
    }
    before = len(desk.world.sent)
    assert report(desk, note, News.FAILED) is Result.NOTHING_NEW
    assert report(desk, note, News.DELIVERED) is Result.NOTHING_NEW
    assert desk.sent_since(before) == []


@pytest.mark.parametrize("bad", [True, False])
def test_a_number_is_told_to_the_administrators_only_when_it_is_wrong_for_good(bad: bool, desk: Desk) -> None:
    note = alerted(desk)
    report(desk, note, News.FAILED, bad=bad)
    assert bool([each for each in desk.world.sent if each.to == "rules_admin"]) is bad


@pytest.mark.parametrize("order", sorted(permutations([News.UNDER_WAY, News.UNDER_WAY, News.DELIVERED])))
def test_the_order_of_good_reports_does_not_matter(order: tuple[News, ...], desk: Desk) -> None:
    note = alerted(desk)
    for news in order:
        report(desk, note, news)
    assert first_text(desk).state is S.DELIVERED


@pytest.mark.parametrize(
    ("news", "state"), [(News.UNDER_WAY, S.SENT), (News.DELIVERED, S.DELIVERED), (News.FAILED, S.REFUSED)]
)
def test_a_report_clears_up_a_doubt(news: News, state: NotificationState, desk: Desk) -> None:
    desk.world.provider.answer = lambda out: InDoubt("time-out") if out.channel is Channel.SMS else Sent(out.key)
    desk.world.provider.looked = lambda _: CannotSay("no page")
    note = alerted(desk)
    assert note.state is S.IN_DOUBT
    desk.world.provider.answer = lambda out: Sent(out.key)
    report(desk, note, news, "SM1")
    asked = [each.key for each in desk.world.provider.asked].count(note.id)
    desk.world.at("11-26 14:11")
    assert first_text(desk).state is state
    assert [each.key for each in desk.world.provider.asked].count(note.id) == asked == 1, "it is not sent again"


def test_a_report_that_overtakes_the_answer_to_the_request_stands(desk: Desk) -> None:
    results: list[Result] = []

    def delivered_at_once(outgoing: Outgoing) -> Sent:
        if outgoing.channel is Channel.SMS and not results:
            with desk.world.store.read() as reading:
                note = reading.notification(outgoing.key)
            assert note is not None
            assert note.state is S.SENDING
            results.append(desk.world.receipts.take(Receipt(note.id, "SM1", News.DELIVERED, desk.world.now)))
        return Sent(outgoing.key)

    desk.world.provider.answer = delivered_at_once
    note = alerted(desk)
    assert results == [Result.DELIVERED]
    assert note.state is S.DELIVERED


def test_the_failure_of_an_earlier_request_is_no_news_once_it_was_sent_again(desk: Desk) -> None:
    note = alerted(desk)
    before = len(desk.world.sent)
    assert report(desk, note, News.FAILED, "an earlier request") is Result.NOTHING_NEW
    assert (first_text(desk).state, desk.sent_since(before)) == (S.SENT, [])


def test_a_failure_while_it_waits_to_go_again_is_no_news(desk: Desk) -> None:
    desk.world.provider.answer = lambda out: (
        RetryLater("429", after=50.0) if out.channel is Channel.SMS else Sent(out.key)
    )
    note = alerted(desk)
    assert report(desk, note, News.FAILED, "SM1") is Result.NOTHING_NEW
    assert first_text(desk).state is S.PENDING


def test_a_report_about_a_message_that_nobody_sent_is_unknown(desk: Desk) -> None:
    note = alerted(desk)
    ghost = Receipt("nobody", note.provider_id, News.FAILED, desk.world.now)
    assert desk.world.receipts.take(ghost) is Result.UNKNOWN
