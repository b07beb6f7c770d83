"""While texts are slow, urgent alerts also go by another channel; the administrators hear of it once."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from alertd.model.case import Notification
from alertd.model.values import Channel
from alertd.service.receipts import News, Receipt
from tests.service.world import World, at, custody
from tests.service_replies.desk import Desk, new_desk


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    """A provider that promises receipts, and keeps none of its promises for now."""
    made = new_desk(tmp_path, confirms=True)
    made.world.at("11-26 14:10")
    yield made
    made.world.store.close()


def three_without_a_receipt(desk: Desk) -> None:
    for number in range(3):
        desk.alert(f"P{number}")
    desk.world.at("11-26 14:16")
    desk.world.settle()


def first_told(world: World, child: str) -> set[tuple[str, Channel]]:
    before = len(world.sent)
    world.told(world.incident(custody(child)))
    return {(each.person, each.by) for each in world.sent[before:] if "urgent_response" in each.templates}


def texts(desk: Desk) -> list[Notification]:
    return [note for note in desk.world.notes() if note.channel is Channel.SMS and note.receipt_due_at is not None]


def test_while_texts_are_slow_a_new_alert_also_calls(desk: Desk) -> None:
    assert first_told(desk.world, "P9") == {("mash_duty_phone", Channel.SMS), ("mash_duty_phone", Channel.EMAIL)}
    three_without_a_receipt(desk)
    assert first_told(desk.world, "P8") == {
        ("mash_duty_phone", Channel.SMS),
        ("mash_duty_phone", Channel.EMAIL),
        ("mash_duty_phone", Channel.CALL),
    }


def test_a_step_by_text_and_call_also_goes_by_mail(desk: Desk) -> None:
    three_without_a_receipt(desk)
    desk.world.at("11-26 14:31")
    second = {
        each.by for each in desk.world.sent if "escalation" in each.templates and each.person == "mash_second_phone"
    }
    assert second == {Channel.SMS, Channel.CALL, Channel.EMAIL}


def test_the_administrators_are_told_once(desk: Desk) -> None:
    three_without_a_receipt(desk)
    desk.world.at("11-26 14:40")
    told = [each for each in desk.world.sent if "texts take longer than 5 minutes" in each.text]
    assert [(each.to, each.by) for each in told] == [("rules_admin", Channel.EMAIL)]


def test_it_ends_when_texts_are_quick_again(desk: Desk) -> None:
    three_without_a_receipt(desk)
    desk.world.at("11-26 14:50")
    for note in texts(desk):
        if note.receipt_at is None and note.sent_at is not None and note.sent_at >= at("11-26 14:30"):
            desk.world.receipts.take(Receipt(note.id, note.provider_id, News.DELIVERED, note.sent_at))
    assert Channel.CALL not in {by for _, by in first_told(desk.world, "P8")}


def test_it_is_known_to_whoever_opens_the_store_next(desk: Desk) -> None:
    three_without_a_receipt(desk)
    after = desk.world.reopened()
    after.now = at("11-26 16:30")
    assert ("mash_duty_phone", Channel.CALL) in first_told(after, "P8"), "nothing has shown that it is over"
    after.store.close()
