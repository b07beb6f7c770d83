"""Texts that a provider took and did not confirm: after five minutes they go another way too, once.

Source: protocol scenario 20: "taken by it but not delivered for 5 minutes → email and the next contact".
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from alertd.model.case import NO_RECEIPT, AlertState, LineState, NotificationState
from alertd.model.delivery import CannotSay, InDoubt, Sent
from alertd.model.values import Channel
from alertd.service.ports import Rank
from alertd.service.receipts import News, Result
from tests.service.world import at
from tests.service_replies.desk import Desk, new_desk
from tests.service_replies.test_receipts import alerted, first_text, report

S = NotificationState


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    """A provider that promises receipts; it is Thursday 26 November 2026, 14:10 in London."""
    made = new_desk(tmp_path, confirms=True)
    made.world.at("11-26 14:10")
    yield made
    made.world.store.close()


def told_since(desk: Desk, before: int) -> list[tuple[str, Channel]]:
    return [(each.person, each.by) for each in desk.sent_since(before)]


def test_an_urgent_text_without_a_receipt_goes_to_the_next_contact_after_five_minutes_and_once(desk: Desk) -> None:
    note = alerted(desk)
    assert note.receipt_due_at == note.sent_at + timedelta(minutes=5)  # type: ignore[operator]
    before = len(desk.world.sent)
    desk.world.at("11-26 14:14")
    assert desk.sent_since(before) == []
    desk.world.at("11-26 14:15")
    ladder = [("mash_duty_phone", Channel.CALL)]
    assert sorted(told_since(desk, before)) == sorted(
        [*ladder, ("mash_second_phone", Channel.SMS), ("mash_second_phone", Channel.EMAIL)]
    )
    assert (first_text(desk).state, first_text(desk).reason) == (S.SENT, NO_RECEIPT)
    before = len(desk.world.sent)
    desk.world.at("11-26 14:19")
    assert desk.sent_since(before) == [], "it is given up once"


def test_a_line_that_may_have_been_heard_is_not_called_unreachable(desk: Desk) -> None:
    alerted(desk)
    desk.world.at("11-26 14:21")
    states = {row.key.step: row.state for row in desk.case().obligations if row.key.about == "alert"}
    assert LineState.UNREACHABLE not in states.values()


def test_with_receipts_in_time_nobody_else_is_told(desk: Desk) -> None:
    note = alerted(desk)
    desk.world.at("11-26 14:14")
    report(desk, note, News.DELIVERED)
    before = len(desk.world.sent)
    desk.world.at("11-26 14:16")
    assert told_since(desk, before) == [("mash_duty_phone", Channel.CALL)], "only the ladder's own step"


@pytest.mark.parametrize("news", [News.DELIVERED, News.FAILED, News.UNDER_WAY])
def test_what_a_provider_says_afterwards_is_recorded_and_neither_stands_down_nor_tells_again(
    news: News, desk: Desk
) -> None:
    note = alerted(desk)
    desk.world.at("11-26 14:16")
    before = len(desk.world.sent)
    result = report(desk, note, news)
    states = {News.DELIVERED: S.DELIVERED, News.FAILED: S.REFUSED, News.UNDER_WAY: S.SENT}
    assert first_text(desk).state is states[news]
    assert result is not Result.UNKNOWN
    assert first_text(desk).receipt_at == (None if news is News.UNDER_WAY else at("11-26 14:16"))
    assert desk.sent_since(before) == []


def test_whoever_has_accepted_is_not_told_again_and_nor_is_anybody_else(desk: Desk) -> None:
    code = desk.alert()
    desk.world.at("11-26 14:12")
    desk.text(f"Y{code}")
    before = len(desk.world.sent)
    desk.world.at("11-26 14:20")
    assert desk.sent_since(before) == []
    assert desk.only_alert().state is AlertState.ACCEPTED
    assert first_text(desk).is_unconfirmed, "on record all the same"


def test_a_false_alarm_sends_nobody_another_way(desk: Desk) -> None:
    desk.alert()
    ref = desk.case().row.ref
    desk.world.at("11-26 14:12").told(desk.world.status({"about": {"case_ref": ref}, "event": "false_alarm"}))
    before = len(desk.world.sent)
    desk.world.at("11-26 14:20")
    assert [each for each in desk.sent_since(before) if "stand_down" not in each.templates] == []


def test_a_text_found_after_a_doubt_is_waited_for_from_when_it_left(desk: Desk) -> None:
    desk.world.provider.answer = lambda out: InDoubt("time-out") if out.channel is Channel.SMS else Sent(out.key)
    note = alerted(desk)
    desk.world.provider.answer = lambda out: Sent(out.key)
    desk.world.provider.holds.add(note.id)
    desk.world.at("11-26 14:11")
    found = first_text(desk)
    assert (found.state, found.sent_at, found.receipt_due_at) == (S.SENT, at("11-26 14:10"), at("11-26 14:15"))


def test_a_report_that_a_text_is_under_way_begins_the_wait_too(desk: Desk) -> None:
    desk.world.provider.answer = lambda out: InDoubt("time-out") if out.channel is Channel.SMS else Sent(out.key)
    desk.world.provider.looked = lambda _: CannotSay("no page")
    note = alerted(desk)
    desk.world.provider.answer = lambda out: Sent(out.key)
    assert report(desk, note, News.UNDER_WAY, "SM1") is Result.TAKEN
    assert first_text(desk).receipt_due_at == at("11-26 14:15")


def test_what_is_not_urgent_goes_no_other_way(desk: Desk) -> None:
    desk.text("who is this")
    desk.world.at("11-26 14:20")
    (note,) = desk.world.notes()
    assert (note.state, note.urgent, note.is_unconfirmed) == (S.SENT, False, False)


def test_two_machines_give_a_receipt_up_once(desk: Desk) -> None:
    alerted(desk)
    world = desk.world
    world.now = at("11-26 14:15")
    with world.store.read() as reading:
        (late,) = reading.unconfirmed(world.now, 10)
    with world.store.write(Rank.DELIVER) as writing:
        assert writing.give_up_receipt(late.id)
        assert not writing.give_up_receipt(late.id)
    assert world._unconfirmed.run(world.now) == 0


def test_a_provider_that_never_confirms_is_not_waited_for(tmp_path: Path) -> None:
    desk = new_desk(tmp_path)
    desk.world.at("11-26 14:10")
    note = alerted(desk)
    assert note.receipt_due_at is None
    before = len(desk.world.sent)
    desk.world.at("11-26 14:19")
    assert told_since(desk, before) == [("mash_duty_phone", Channel.CALL)]
    desk.world.store.close()


def test_after_a_crash_what_is_overdue_is_found_again(desk: Desk) -> None:
    alerted(desk)
    after = desk.world.reopened()
    before = len(after.sent)
    after.at("11-26 14:16")
    assert ("mash_second_phone", Channel.SMS) in [(each.person, each.by) for each in after.sent[before:]]
    after.store.close()
