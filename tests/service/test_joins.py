"""Cases that turn out to be one, and cases that only look alike.

Source: MESSAGES, "Which case?"; protocol scenarios 8 and 9.
"""

from __future__ import annotations

from collections import Counter

import pytest

from alertd.model.case import AlertState, LineState
from alertd.model.errors import NotPossible
from alertd.model.ids import PersonId
from tests.service.world import World, custody, hospital, told

BOTH = {"offence": ["bladed_article"], "crime_ref": "CR-1"}
DUTY_DESK = PersonId("mash_duty_phone")


def _bridge(world: World) -> bytes:
    """A third report, which shares an identifier with each of two cases."""
    custody_ref, hospital_ref = {"ref": "C-P1"}, {"ref": "H-P1"}
    person = {"ref": "P1", "age": 15}
    return world.incident(
        {"setting": "custody", "person": person, "custody": custody_ref, "hospital": hospital_ref, "incident": BOTH},
        source="police",
    )


def _two_cases(world: World) -> tuple[str, str, str, str]:
    """Custody and A&E about one child without a shared identifier; references and codes, the older first."""
    world.told(world.incident(custody("P1"), source="police"))
    world.at("11-26 14:12").told(world.incident(hospital("P1"), source="nhs"))
    first, second = world.all_facts()
    return first.row.ref, second.row.ref, first.alerts[0].code, second.alerts[0].code


def test_a_bridging_message_joins_two_cases_under_the_earlier_reference(world: World) -> None:
    older, younger, _, _ = _two_cases(world)
    world.at("11-26 14:14").told(_bridge(world))
    assert world.only_case().row.ref == older
    with world.store.read() as reading:
        assert reading.case_by_ref(younger) == reading.case_by_ref(older)
    assert world.outcomes() == {"received": 3, "acted": 3}


def test_what_both_cases_have_told_is_not_told_again(world: World) -> None:
    _two_cases(world)
    assert world.at("11-26 14:14").told(_bridge(world)) == []


def test_what_an_accepted_case_has_told_is_not_told_again_when_another_joins_it(world: World) -> None:
    world.told(world.incident(custody("P1"), source="police"))
    world.accept(world.only_case().row.ref)
    world.at("11-26 14:12").told(world.incident(hospital("P1"), source="nhs"))
    code = world.all_facts()[1].alerts[0].code
    again = world.at("11-26 14:14").told(_bridge(world))
    assert again == [], "told before, under the younger case"
    waiting = [alert for alert in world.only_case().alerts if alert.state is AlertState.OPEN]
    assert [alert.code for alert in waiting] == [code], "what nobody has accepted goes on under the code that was sent"


@pytest.mark.parametrize("which", [2, 3])
def test_after_a_join_the_codes_of_both_texts_still_accept(world: World, which: int) -> None:
    code = _two_cases(world)[which]
    world.at("11-26 14:14").told(_bridge(world))
    world.accept(code)
    assert {alert.state for alert in world.only_case().alerts} == {AlertState.ACCEPTED}
    before = len(world.sent)
    world.at("11-26 14:29")
    assert not [each for each in world.sent[before:] if "escalation" in each.templates]


def test_a_status_about_the_joined_reference_counts_for_the_survivor(world: World) -> None:
    _, younger, _, _ = _two_cases(world)
    world.at("11-26 14:14").told(_bridge(world))
    world.give(world.status({"about": {"case_ref": younger}, "event": "police_contacted_mash"}))
    assert world.clock_states(world.only_case())["golden_hour"][0] == "met"


def test_same_child_as_joins_two_cases_for_good_and_tells_nothing_twice(world: World) -> None:
    world.told(world.incident(custody("P1"), source="police"))
    world.at("11-26 14:11").told(world.incident(hospital("Q7"), source="nhs"))
    first, second = world.all_facts()
    before = Counter((each.person, each.by, tuple(each.templates)) for each in world.sent)
    world.at("11-26 14:13")
    world.people.same(first.row.ref, second.row.ref, DUTY_DESK, world.now)
    world.settle()
    assert world.only_case().row.ref == first.row.ref
    assert Counter((each.person, each.by, tuple(each.templates)) for each in world.sent) == before
    with pytest.raises(NotPossible, match="one case already"):
        world.people.same(first.row.ref, second.row.ref, DUTY_DESK, world.now)


def _named(data: dict[str, object], ref: str, age: int | None = None) -> dict[str, object]:
    person: dict[str, object] = {"ref": ref, "name": "Robin Invented", "date_of_birth": "2011-05-04"}
    return {**data, "person": person if age is None else {**person, "age": age}}


def test_a_shared_name_and_birth_date_makes_one_note_and_never_one_case(world: World) -> None:
    world.told(world.incident(_named(custody("P1"), "P1")))
    sent = world.at("11-26 14:12").told(world.incident(_named(hospital("Q7"), "Q7"), source="nhs"))
    assert ("mash", "email", "possible_duplicate") in told(sent)
    assert len(world.cases()) == 2
    more = world.at("11-26 14:13").told(world.incident(_named(hospital("Q7"), "Q7"), source="nhs"))
    assert "possible_duplicate" not in {name for each in more for name in each.templates}


def test_the_note_is_sent_once_when_both_messages_come_in_one_batch(world: World) -> None:
    batch = world.incident(_named(custody("P1"), "P1")), world.incident(_named(hospital("Q7"), "Q7"), source="nhs")
    sent = world.told(*batch)
    assert len([each for each in sent if "possible_duplicate" in each.templates]) == 1
    assert len(world.cases()) == 2


def test_different_children_said_to_be_different_stay_apart(world: World) -> None:
    world.told(world.incident(_named(custody("P1"), "P1")))
    world.told(world.incident(_named(hospital("Q7"), "Q7"), source="nhs"))
    first, second = world.all_facts()
    world.people.same(first.row.ref, second.row.ref, DUTY_DESK, world.now, different=True)
    world.settle()
    assert len(world.cases()) == 2


def test_a_join_withdraws_only_that_the_child_was_here_before(world: World) -> None:
    _two_cases(world)
    world.at("11-26 14:14").told(_bridge(world))
    gone = {row.key.about for row in world.only_case().obligations if row.state is LineState.WITHDRAWN}
    assert gone == {"rule:panel_listing_repeat"}
    assert not [each for each in world.sent if "stand_down" in each.templates]
