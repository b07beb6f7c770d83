"""Sending: retries, refusals, the next channel and the next contact, and what is not sent after all.

Source: ARCHITECTURE, invariants 2 and 6; protocol scenario 20.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta

from alertd.model.case import LineState, Notification, NotificationState
from alertd.model.delivery import Outcome, Outgoing, Refused, RetryLater, Sent
from alertd.model.values import Channel
from tests.service.world import MINUTE, World, at, custody, told

S = NotificationState
Answer = Callable[[Outgoing], Outcome]


def _first(world: World, channel: Channel = Channel.SMS) -> Notification:
    """The first message over a channel, as it stands."""
    return next(note for note in world.notes() if note.channel is channel)


def _to_sms(answer: Outcome) -> Answer:
    """Everything is taken but text messages."""
    return lambda outgoing: answer if outgoing.channel is Channel.SMS else Sent(outgoing.key)


def _only_to(address: str, answer: Outcome) -> Answer:
    return lambda outgoing: answer if outgoing.address == address else Sent(outgoing.key)


# --- later


def test_a_busy_provider_is_asked_again_with_growing_pauses_until_it_takes_the_message(world: World) -> None:
    moments: list[timedelta] = []

    def busy(outgoing: Outgoing) -> Outcome:
        if outgoing.channel is not Channel.SMS:
            return Sent(outgoing.key)
        moments.append(world.now - at("11-26 14:10"))
        return Sent(outgoing.key) if len(moments) > 4 else RetryLater("429")

    world.provider.answer = busy
    world.told(world.incident(custody()))
    world.at("11-26 14:12")
    assert [moment.total_seconds() for moment in moments] == [0, 2, 7, 22, 52]
    assert _first(world).state is S.SENT
    assert len([each for each in world.sent if each.by is Channel.SMS]) == 1


def test_a_pause_that_the_provider_asks_for_is_kept(world: World) -> None:
    answers: Iterator[Outcome] = iter([RetryLater("429", after=17.0)])
    world.provider.answer = lambda outgoing: next(answers, Sent(outgoing.key))
    world.told(world.incident(custody()))
    asked = world.provider.asked[0].key
    world.at("11-26 14:11")
    with world.store.read() as reading:
        first, second = reading.attempts(asked)
    assert (second.begun_at - first.begun_at).total_seconds() == 17
    assert [first.outcome, second.outcome] == ["retry_later", "sent"]


def test_an_urgent_message_that_nobody_takes_for_15_minutes_is_given_up_and_the_backup_is_told(world: World) -> None:
    world.provider.answer = _desk_unreachable(RetryLater("503"))
    world.told(world.incident(custody()))
    world.at("11-26 14:25")
    assert _first(world).state is S.EXPIRED
    assert {(each.person, each.by.value) for each in world.sent if "urgent_response" in each.templates} == {
        ("mash_second_phone", "sms"),
        ("mash_second_phone", "email"),
    }


def _desk_unreachable(answer: Outcome) -> Answer:
    """Nothing reaches the duty desk; everybody else is well."""
    mine = ("+447700900101", "mash.duty@example.gov.uk")
    return lambda outgoing: answer if outgoing.address in mine else Sent(outgoing.key)


# --- refused


def test_a_refused_text_leaves_the_mail_and_marks_no_number(world: World) -> None:
    world.provider.answer = _to_sms(Refused("not now"))
    sent = world.told(world.incident(custody()))
    assert ("mash", "email", "urgent_response") in told(sent)
    assert _first(world).state is S.REFUSED
    world.at("11-26 14:11")
    assert not [each for each in world.sent if "feed_alarm" in each.templates]


def test_a_number_that_is_wrong_for_good_is_told_to_the_administrators_once(world: World) -> None:
    world.provider.answer = _only_to("+447700900101", Refused("no such number", bad_address=True))
    world.told(world.incident(custody("P1")))
    world.told(world.incident(custody("P2")))
    told_of = [each for each in world.sent if "feed_alarm" in each.templates]
    assert [each.to for each in told_of] == ["rules_admin"]
    assert "+447700900101" not in told_of[0].text
    assert "mash_duty_phone" in told_of[0].text


def test_a_refused_call_falls_back_to_what_that_person_has_not_had_yet(world: World) -> None:
    world.provider.answer = lambda out: Refused("busy") if out.channel is Channel.CALL else Sent(out.key)
    world.told(world.incident(custody()))
    before = len(world.sent)
    world.at("11-26 14:15")
    assert {(each.person, each.by.value) for each in world.sent[before:]} == {("mash_duty_phone", "sms")}


def test_with_the_desk_refused_the_backup_is_told_at_once(world: World) -> None:
    world.provider.answer = _desk_unreachable(Refused("unknown subscriber"))
    sent = world.told(world.incident(custody()))
    assert {(each.person, each.by.value) for each in sent if "urgent_response" in each.templates} == {
        ("mash_second_phone", "sms"),
        ("mash_second_phone", "email"),
    }


def test_a_role_with_nobody_reachable_moves_the_ladder_on_at_once(world: World) -> None:
    team = ("+447700900101", "+447700900102", "mash.duty@example.gov.uk", "mash.second@example.gov.uk")
    world.provider.answer = lambda out: Refused("gone") if out.address in team else Sent(out.key)
    sent = world.told(world.incident({**custody(), "person": {"ref": "P1", "age": 19}}))
    assert ("duty_manager", "sms", "escalation") in told(sent), "nobody of the team can be reached: the manager, now"
    states = {row.key.step: row.state for row in world.only_case().obligations if row.key.about == "alert"}
    assert states["0"] is states["s1"] is states["s2"] is LineState.UNREACHABLE


def test_with_nobody_reachable_at_all_the_alert_goes_on_until_somebody_is(world: World) -> None:
    world.provider.answer = lambda _: Refused("network down")
    world.told(world.incident({**custody(), "person": {"ref": "P1", "age": 19}}))
    world.at("11-26 15:00")
    assert world.sent == []
    world.provider.answer = lambda out: Sent(out.key)
    world.at("11-26 16:10")
    assert {"mash", "head_of_service"} <= {each.to for each in world.sent}


def test_an_unreadable_message_refused_by_text_and_mail_reaches_the_backup(world: World) -> None:
    world.provider.answer = _desk_unreachable(Refused("unknown subscriber"))
    sent = world.told(b"{")
    assert ("mash_second_phone", "sms") in {(e.person, e.by.value) for e in sent if "unreadable_message" in e.templates}


# --- no longer wanted


def test_a_message_that_waits_for_its_provider_is_not_sent_once_somebody_has_accepted(world: World) -> None:
    world.provider.answer = _to_sms(RetryLater("503", after=50.0))
    world.told(world.incident(custody()))
    world.accept(world.only_case().row.ref)
    world.provider.answer = lambda out: Sent(out.key)
    world.at("11-26 14:13")
    note = _first(world)
    assert (note.state, note.reason) == (S.SUPPRESSED, "accepted")
    assert [each.by for each in world.sent if "urgent_response" in each.templates] == [Channel.EMAIL]


def _corrected(world: World, version: int, offence: str) -> bytes:
    record = {"system": "police", "ref": "R1", "version": version}
    data = {"record": record, "setting": "community", "occurred_at": at("11-26 13:50").isoformat()}
    return world.incident({**data, "person": {"ref": "P1", "age": 16}, "incident": {"offence": [offence]}})


def test_a_message_that_waits_for_its_provider_is_not_sent_once_it_is_no_longer_true(world: World) -> None:
    world.provider.answer = _to_sms(RetryLater("503", after=50.0))
    world.told(_corrected(world, 1, "gbh_intent"))
    world.provider.answer = lambda out: Sent(out.key)
    world.told(_corrected(world, 2, "common_assault"))
    world.at("11-26 14:13")
    note = _first(world)
    assert (note.state, note.reason) == (S.SUPPRESSED, "no_longer_true")
    assert not [e for e in world.sent if e.by is Channel.SMS and "urgent_response" in e.templates]
    assert [e for e in world.sent if e.by is Channel.EMAIL and "stand_down" in e.templates], "the mail had gone"


def test_a_stand_down_goes_once_to_everybody_who_was_told_and_to_nobody_else(world: World) -> None:
    world.told(_corrected(world, 1, "gbh_intent"))
    world.at("11-26 14:22")
    reached = {(each.person, each.by) for each in world.sent if each.by is not Channel.CALL}
    before = len(world.sent)
    world.told(_corrected(world, 2, "common_assault"))
    world.at("11-27 12:00")
    down = [each for each in world.sent[before:] if "stand_down" in each.templates]
    texts = [(each.person, each.by) for each in down if each.by is not Channel.CALL]
    assert set(texts) == reached
    assert len(texts) == len(set(texts))
    assert {each.person for each in down} == {"mash_duty_phone", "mash_second_phone"}


# --- an hour without a provider


def test_after_an_hour_without_any_provider_everything_goes_on_by_itself(world: World) -> None:
    world.provider.answer = lambda _: RetryLater("connection refused")
    world.told(world.incident({**custody("P1"), "person": {"ref": "P1", "age": 19}}))
    world.give(world.status({"about": {"custody_ref": "C-unheard"}, "event": "contact"}, source="nhs"))
    world.at("11-26 15:12")
    assert world.sent == []
    world.provider.answer = lambda out: Sent(out.key)
    world.at("11-26 15:40")
    assert ("mash", "email", "orphan_status") in told(world.sent), "what can wait is not lost"
    assert {"mash", "head_of_service"} <= {each.to for each in world.sent}, "the alert is heard at its next step"
    keys = [each.key for each in world.provider.kept]
    assert len(keys) == len(set(keys)), "nothing is doubled"
    assert not [note for note in world.notes() if note.state is S.SENDING]


def test_while_texts_fail_for_an_hour_the_ladder_climbs_by_what_works(world: World) -> None:
    world.provider.answer = _to_sms(RetryLater("503"))
    world.told(world.incident({**custody("P1"), "person": {"ref": "P1", "age": 19}}))
    world.at("11-26 15:10")
    assert {("mash", "email"), ("mash", "call"), ("duty_manager", "call"), ("head_of_service", "call")} <= {
        (each.to, each.by.value) for each in world.sent
    }
    assert world.now - at("11-26 14:10") == 60 * MINUTE
