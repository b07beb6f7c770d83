"""Every message ends in exactly one outcome, and the totals add up.

Source: ARCHITECTURE, invariant 1; MESSAGES, "Quarantine" and "Which case?".
"""

from __future__ import annotations

from alertd.model.case import MessageOutcome
from alertd.model.ids import PersonId
from alertd.service.people import Fact
from tests.service.world import World, custody, hospital, told

M = MessageOutcome


def _adds_up(world: World, received: int) -> None:
    """What came in is what ended in an outcome; unreadable and doubled messages are counted, each once."""
    outcomes = dict(world.outcomes())
    assert outcomes.pop("received") == received
    assert sum(outcomes.values()) == received, outcomes


def test_a_batch_of_everything_ends_in_one_outcome_each(world: World) -> None:
    first = world.incident({**custody("P1"), "record": {"system": "police", "ref": "R1", "version": 2}}, id="m-1")
    older = world.incident({**custody("P1"), "record": {"system": "police", "ref": "R1", "version": 1}}, id="m-0")
    grown = world.incident({**custody("P2"), "person": {"ref": "P2", "age": 44}}, id="m-2")
    orphan = world.status({"about": {"custody_ref": "C-unheard"}, "event": "contact"}, id="s-1")
    spoofed = world.status({"about": {"custody_ref": "C-P1"}, "event": "alert_accepted"}, source="person/mash")
    totals = world.give(first, older, grown, orphan, spoofed, b"{", first, first)
    assert totals == {M.ACTED: 1, M.SUPERSEDED: 1, M.NO_MATCH: 1, M.ORPHAN: 1, M.QUARANTINED: 2, M.DUPLICATE: 2}
    _adds_up(world, 8)


def test_the_same_identity_again_is_a_duplicate_whatever_it_says(world: World) -> None:
    assert world.told(world.incident(custody("P1"), id="m-1"))
    assert world.give(world.incident(hospital("P9"), id="m-1")) == {M.DUPLICATE: 1}
    assert world.told(world.incident(custody("P1"), id="m-1")) == []
    assert len(world.cases()) == 1
    _adds_up(world, 3)


def test_an_identity_that_was_quarantined_does_not_block_the_corrected_resend(world: World) -> None:
    nobody = {name: value for name, value in custody().items() if name != "person"}
    assert world.give(world.incident(nobody, id="m-1")) == {M.QUARANTINED: 1}
    assert world.give(world.incident(custody(), id="m-1")) == {M.ACTED: 1}
    _adds_up(world, 2)


def test_a_newer_version_turns_the_older_one_into_superseded(world: World) -> None:
    record = {"system": "police", "ref": "R1"}
    world.give(world.incident({**custody(), "record": {**record, "version": 1}}))
    assert world.outcomes() == {"received": 1, "acted": 1}
    world.give(world.incident({**custody(), "record": {**record, "version": 2}}))
    assert world.outcomes() == {"received": 2, "acted": 1, "superseded": 1}


def test_a_status_before_its_incident_is_an_orphan_until_the_incident_comes(world: World) -> None:
    world.give(world.status({"about": {"custody_ref": "C-P1"}, "event": "police_contacted_mash"}))
    assert world.outcomes() == {"received": 1, "orphan": 1}
    world.at("11-26 14:20").give(world.incident(custody()))
    assert world.outcomes() == {"received": 2, "acted": 2}
    assert world.clock_states(world.only_case())["golden_hour"][0] == "met"


def test_an_orphan_is_told_after_an_hour_and_once(world: World) -> None:
    world.give(world.status({"about": {"custody_ref": "C-unheard"}, "event": "contact"}))
    world.at("11-26 15:09")
    assert world.sent == []
    world.at("11-26 15:10")
    assert told(world.sent) == {("mash", "email", "orphan_status")}
    world.at("11-27 16:00")
    assert len(world.sent) == 1


def test_an_orphan_whose_incident_comes_within_the_hour_is_not_told(world: World) -> None:
    world.give(world.status({"about": {"custody_ref": "C-P1"}, "event": "police_contacted_mash"}))
    world.at("11-26 14:50").give(world.incident(custody()))
    world.accept(world.only_case().row.ref)
    world.at("11-27 16:00")
    assert not [each for each in world.sent if "orphan_status" in each.templates]


def test_orphans_beyond_a_hundred_are_told_too(world: World) -> None:
    world.give(*(world.status({"about": {"custody_ref": f"X-{n}"}, "event": "contact"}) for n in range(100)))
    world.at("11-26 14:30").give(world.status({"about": {"custody_ref": "last"}, "event": "contact"}, source="late"))
    world.at("11-26 15:30")
    assert [each for each in world.sent if "late" in each.text], "the hundred and first orphan was never told"


def test_a_feed_that_poses_as_a_person_cannot_accept_and_somebody_is_told(world: World) -> None:
    world.told(world.incident(custody()))
    ref = world.only_case().row.ref
    sent = world.told(
        world.status({"about": {"case_ref": ref}, "event": "alert_accepted"}, source="person/mash_duty_phone")
    )
    assert [alert.state.value for alert in world.only_case().alerts] == ["open"]
    assert ("mash", "sms", "unreadable_message") in told(sent)
    assert world.outcomes() == {"received": 2, "acted": 1, "quarantined": 1}


def test_unreadable_messages_of_one_source_are_told_once_in_five_minutes(world: World) -> None:
    sent = world.told(b"{", b"[]", b"nothing")
    assert {(each.to, each.by.value) for each in sent} == {("mash", "sms"), ("mash", "email"), ("rules_admin", "email")}
    assert len(sent) == 3
    assert all("Ring them" in each.text for each in sent if each.by.value == "sms")


def test_a_status_by_person_alone_belongs_to_the_only_open_case(world: World) -> None:
    world.give(world.incident(custody("P1")))
    world.give(world.status({"about": {"person_ref": "P1"}, "event": "police_contacted_mash"}))
    assert world.clock_states(world.only_case())["golden_hour"][0] == "met"


def test_with_several_open_cases_a_status_by_person_is_noted_on_all_and_stops_no_clock(world: World) -> None:
    world.give(world.incident(custody("P1")))
    world.give(world.incident({**custody("P1"), "custody": {"ref": "C-other", "booked_in_at": "2026-11-26T14:05:00Z"}}))
    assert len(world.cases()) == 2
    world.give(world.status({"about": {"person_ref": "P1"}, "event": "police_contacted_mash"}, id="s-1"))
    for facts in world.all_facts():
        assert "s-1" in {m.message.id for m in facts.messages}
        assert world.clock_states(facts)["golden_hour"][0] == "running"


def test_a_person_who_names_the_case_stops_its_clock_alone(world: World) -> None:
    world.give(world.incident(custody("P1")))
    world.give(world.incident({**custody("P1"), "custody": {"ref": "C-other", "booked_in_at": "2026-11-26T14:05:00Z"}}))
    first, second = world.all_facts()
    world.people.record(first.row.ref, Fact("police_contacted_mash", world.now), PersonId("mash_duty_phone"), world.now)
    states = [world.clock_states(facts)["golden_hour"][0] for facts in world.all_facts()]
    assert states == ["met", "running"]
    assert second.row.id in {row.id for row in world.cases()}
