"""In doubt: a time-out, or a process that died between the attempt and its outcome. Never simply sent again.

Source: ARCHITECTURE, invariants 2 and 5.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest

from alertd.model.case import Notification, NotificationState
from alertd.model.delivery import CannotSay, InDoubt, NotFound, Outcome, Outgoing, Sent
from alertd.model.values import Channel
from alertd.service.means import LEASE
from tests.service.world import PowerCut, World, at, custody

S = NotificationState


def _first(world: World) -> Notification:
    """The first text message, as it stands."""
    return next(note for note in world.notes() if note.channel is Channel.SMS)


def _to_sms(answer: Outcome) -> Callable[[Outgoing], Outcome]:
    """Everything is taken but text messages."""
    return lambda outgoing: answer if outgoing.channel is Channel.SMS else Sent(outgoing.key)


def _times_asked(world: World, note: Notification) -> list[str]:
    return [each.key for each in world.provider.asked if each.key == note.id]


def test_a_doubtful_message_is_looked_up_only_after_the_deadline_and_five_seconds(world: World) -> None:
    looked: list[timedelta] = []

    def look(outgoing: Outgoing) -> NotFound:
        del outgoing
        looked.append(world.now - at("11-26 14:10"))
        return NotFound()

    answers: Iterator[Outcome] = iter([InDoubt("time-out")])
    world.provider.answer = lambda out: next(answers, Sent(out.key))
    world.provider.looked = look
    world.told(world.incident(custody()))
    world.at("11-26 14:11")
    assert looked == [LEASE]
    assert _first(world).state is S.SENT
    assert _first(world).repeat, "a provider may have forgotten what it took"


def test_a_doubtful_message_that_the_provider_holds_is_not_sent_again(world: World) -> None:
    world.provider.answer = _to_sms(InDoubt("time-out"))
    world.told(world.incident(custody()))
    note = _first(world)
    assert note.state is S.IN_DOUBT
    world.provider.holds.add(note.id)
    world.at("11-26 14:11")
    assert _first(world).state is S.SENT
    assert len(_times_asked(world, note)) == 1


def test_an_urgent_message_of_which_the_provider_cannot_say_goes_again_marked_as_a_repeat(world: World) -> None:
    answers: Iterator[Outcome] = iter([InDoubt("time-out")])
    world.provider.answer = lambda out: next(answers, Sent(out.key))
    world.provider.looked = lambda _: CannotSay("no such page")
    world.told(world.incident(custody()))
    world.at("11-26 14:11")
    again = [each for each in world.sent if each.by is Channel.SMS]
    assert [each.repeat for each in again] == [True]
    assert "repeat" in again[0].text.casefold()


def test_another_message_of_which_the_provider_cannot_say_waits_for_a_person(world: World) -> None:
    world.provider.answer = lambda out: InDoubt("time-out") if "case" in out.body.casefold() else Sent(out.key)
    world.provider.looked = lambda _: CannotSay("no such page")
    world.give(world.status({"about": {"custody_ref": "C-unheard"}, "event": "contact"}))
    world.at("11-27 14:10")
    (note,) = [each for each in world.notes() if each.template == "orphan_status"]
    assert (note.state, note.reason, note.attempts) == (S.IN_DOUBT, "ask_a_person", 1)
    told = [each for each in world.sent if "waits for a person" in each.text]
    assert [(each.to, each.by) for each in told] == [("rules_admin", Channel.EMAIL)], "and somebody is told, once"


# --- crashes


def _cut_off(world: World, body: bytes, *, taken: bool = True) -> World:
    """The process dies inside its first request, which the provider took or not; a new one opens the database."""

    def cut(outgoing: Outgoing) -> Outcome:
        if taken:
            world.provider.holds.add(outgoing.key)
        raise PowerCut

    world.provider.answer = cut
    with pytest.raises(PowerCut):
        world.told(body)
    world.provider.answer = lambda out: Sent(out.key)
    return world.reopened()


def test_after_a_crash_inside_a_request_the_message_is_in_doubt_until_its_lease_is_out(world: World) -> None:
    after = _cut_off(world, world.incident(custody()))
    after.settle()
    assert [note.state for note in after.notes()] == [S.SENDING, S.SENDING], "not simply sendable"
    assert len(after.provider.asked) == 1
    with after.store.read() as reading:
        assert [a.outcome for note in after.notes() for a in reading.attempts(note.id)] == ["", ""]
    after.store.close()


@pytest.mark.parametrize("taken", [True, False])
def test_after_a_crash_the_provider_decides_whether_it_goes_again(world: World, taken: bool) -> None:
    after = _cut_off(world, world.incident(custody()), taken=taken)
    cut = after.provider.asked[0].key
    after.at("11-26 14:11")
    assert [each.key for each in after.provider.asked].count(cut) == (1 if taken else 2)
    assert {note.state for note in after.notes()} == {S.SENT}
    assert {note.id for note in after.notes() if note.repeat} == {n.id for n in after.notes()} - (
        {cut} if taken else set()
    )
    after.store.close()


def test_after_a_crash_nothing_else_is_sent_twice(world: World) -> None:
    after = _cut_off(world, world.incident(custody()))
    after.at("11-26 14:14")
    assert len({each.key for each in after.provider.kept}) == len(after.provider.kept)
    assert {each.by for each in after.sent} <= {Channel.SMS, Channel.EMAIL}
    after.store.close()
