"""Numbers that are wrong for good: not used again until they change or something gets through; and somebody is told.

Source: protocol scenario 20: "a number is marked bad only on a permanent failure".
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from alertd.model.case import NotificationState
from alertd.model.delivery import Outcome, Outgoing, Refused, Sent
from alertd.model.ids import PersonId
from alertd.model.values import Channel
from alertd.service.mending import Mending
from alertd.service.receipts import News, Receipt
from tests.service_replies.desk import MASH, Desk, new_desk
from tests.service_replies.test_receipts import first_text, report

DUTY = PersonId("mash_duty_phone")
WRONG = Refused("no such number", bad_address=True)
OPTED_OUT = Refused("opted out", opted_out=True)


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    """A provider that promises receipts."""
    made = new_desk(tmp_path, confirms=True)
    made.world.at("11-26 14:10")
    yield made
    made.world.store.close()


def refuse_texts_to_the_desk(desk: Desk, outcome: Outcome | None) -> None:
    def answer(out: Outgoing) -> Outcome:
        is_theirs = out.address == MASH and out.channel is Channel.SMS
        return outcome if outcome is not None and is_theirs else Sent(out.key)

    desk.world.provider.answer = answer


def told_by(desk: Desk, child: str) -> set[Channel]:
    """Over what the duty phone hears of a new child at once."""
    before = len(desk.world.sent)
    desk.alert(child)
    return {each.by for each in desk.sent_since(before) if each.person == DUTY}


def tried(desk: Desk) -> int:
    return len([each for each in desk.world.provider.asked if each.address == MASH and each.channel is Channel.SMS])


def marked(desk: Desk) -> frozenset[tuple[str, Channel]]:
    desk.world.settle()
    with desk.world.store.read() as reading:
        desk.world.reach.learn(reading)
    return frozenset(desk.world.reach.bad_numbers.marked(desk.world.book))


def test_a_number_that_is_wrong_for_good_is_not_tried_again_and_the_administrators_are_told_once(desk: Desk) -> None:
    refuse_texts_to_the_desk(desk, WRONG)
    assert told_by(desk, "P1") == {Channel.EMAIL}
    assert told_by(desk, "P2") == {Channel.EMAIL}
    assert tried(desk) == 1
    assert marked(desk) == {(DUTY, Channel.SMS)}
    told = [each for each in desk.world.sent if each.to == "rules_admin"]
    assert [("mash_duty_phone was refused for good" in each.text, MASH in each.text) for each in told] == [
        (True, False)
    ]


def test_a_passing_failure_marks_nothing(desk: Desk) -> None:
    refuse_texts_to_the_desk(desk, Refused("not now"))
    told_by(desk, "P1")
    told_by(desk, "P2")
    assert (tried(desk), marked(desk)) == (2, frozenset())


def test_a_receipt_of_a_failure_for_good_marks_it_as_well(desk: Desk) -> None:
    desk.alert("P1")
    report(desk, first_text(desk), News.FAILED, bad=True)
    assert told_by(desk, "P2") == {Channel.EMAIL}


def test_a_new_number_is_used_at_once_and_told_of_when_it_is_wrong_as_well(desk: Desk) -> None:
    refuse_texts_to_the_desk(desk, WRONG)
    told_by(desk, "P1")
    book = desk.world.book
    changed = replace(book.people[DUTY], sms="+447700900109")
    desk.world.book = replace(book, people={**book.people, DUTY: changed})
    assert not desk.world.reach.bad_numbers.marked(desk.world.book)


@pytest.mark.parametrize("news", [News.DELIVERED, News.FAILED])
def test_a_number_at_which_something_arrives_after_all_is_used_again(news: News, desk: Desk) -> None:
    refuse_texts_to_the_desk(desk, WRONG)
    told_by(desk, "P1")
    refuse_texts_to_the_desk(desk, None)
    desk.world.at("11-26 14:12")
    world = desk.world
    Mending(world.store, world._intake).retry(first_text(desk).id, world.now)
    desk.world.settle()
    assert marked(desk) == {(DUTY, Channel.SMS)}, "that it was taken proves nothing where receipts come"
    report(desk, first_text(desk), news)
    assert marked(desk) == (frozenset() if news is News.DELIVERED else {(DUTY, Channel.SMS)})


def test_where_no_receipts_come_being_taken_is_enough(tmp_path: Path) -> None:
    desk = new_desk(tmp_path)
    desk.world.at("11-26 14:10")
    refuse_texts_to_the_desk(desk, WRONG)
    told_by(desk, "P1")
    refuse_texts_to_the_desk(desk, None)
    desk.world.at("11-26 14:12")
    Mending(desk.world.store, desk.world._intake).retry(first_text(desk).id, desk.world.now)
    assert marked(desk) == frozenset()
    desk.world.store.close()


def test_a_late_receipt_of_what_left_before_the_mark_proves_nothing(desk: Desk) -> None:
    desk.alert("P1")
    first = first_text(desk)
    desk.world.at("11-26 14:12")
    refuse_texts_to_the_desk(desk, WRONG)
    told_by(desk, "P2")
    desk.world.receipts.take(Receipt(first.id, first.provider_id, News.DELIVERED, desk.world.now))
    assert marked(desk) == {(DUTY, Channel.SMS)}


def test_a_text_from_that_very_number_proves_it_right(desk: Desk) -> None:
    refuse_texts_to_the_desk(desk, WRONG)
    told_by(desk, "P1")
    refuse_texts_to_the_desk(desk, None)
    desk.world.at("11-26 14:12")
    desk.text(f"Y{desk.case('P1').alerts[0].code}")
    assert marked(desk) == frozenset()
    assert [each.body[:8] for each in desk.world.provider.asked if each.address == MASH][-1] == "Accepted"


def test_the_providers_opt_out_is_told_to_the_manager_once_and_ends_with_a_start(desk: Desk) -> None:
    refuse_texts_to_the_desk(desk, OPTED_OUT)
    told_by(desk, "P1")
    told_by(desk, "P2")
    assert tried(desk) == 1
    told = [each for each in desk.world.sent if "has opted out" in each.text]
    assert [(each.to, each.by) for each in told] == [("duty_manager", Channel.SMS), ("duty_manager", Channel.EMAIL)]
    assert not [each for each in desk.world.sent if each.to == "rules_admin"]
    refuse_texts_to_the_desk(desk, None)
    desk.world.at("11-26 14:12")
    desk.text("START")
    assert Channel.SMS in told_by(desk, "P3")


def test_an_opt_out_that_a_receipt_tells_counts_as_well(desk: Desk) -> None:
    desk.alert("P1")
    note = first_text(desk)
    receipt = Receipt(note.id, note.provider_id, News.FAILED, desk.world.now, "failed, code 21610", opted_out=True)
    desk.world.receipts.take(receipt)
    assert told_by(desk, "P2") == {Channel.EMAIL}
    assert first_text(desk).state is NotificationState.REFUSED


def test_a_refused_mail_does_not_go_by_text_to_whoever_wants_none(desk: Desk) -> None:
    desk.text("STOP")
    desk.world.provider.answer = lambda out: Refused("no box") if out.channel is Channel.EMAIL else Sent(out.key)
    desk.alert("P1")
    assert tried(desk) == 0
    assert ("mash_second_phone", Channel.SMS) in {(each.person, each.by) for each in desk.world.sent}


def test_marks_are_kept_without_the_number(desk: Desk) -> None:
    refuse_texts_to_the_desk(desk, WRONG)
    told_by(desk, "P1")
    with desk.world.store.read() as reading:
        kept = reading.note("bad_numbers") or ""
    assert "mash_duty_phone/sms" in kept
    assert MASH.removeprefix("+44") not in kept
