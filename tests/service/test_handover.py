"""Hand-over lists: made once however often or late anyone looks, confirmed once, never swallowed."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest

from alertd.daemon.rehearsal import Sending
from alertd.model.case import LineState, Obligation, ObligationKey
from alertd.model.errors import NotPossible
from alertd.model.handover import Handover
from alertd.model.ids import HoursId, PersonId, RoleId
from alertd.model.rulebook import RuleBook
from alertd.model.values import Channel
from alertd.service.handover import Confirming, Handovers, waiting_list
from alertd.service.people import Fact
from tests.service.world import World, at, custody, hospital, new_world

EDT = PersonId("edt_duty_phone")
MASH = PersonId("mash_duty_phone")


def accepted(world: World, child: str = "P1") -> str:
    """A custody case that MASH has accepted, with the police's call on record; its reference."""
    world.told(world.incident(custody(child)))
    case = world.case(child)
    assert case is not None
    world.people.record(case.row.ref, Fact("police_contacted_mash", world.now), MASH, world.now)
    world.accept(case.row.ref)
    return case.row.ref


def lists(world: World) -> list[Sending]:
    return [each for each in world.sent if "handover" in each.templates]


def last(world: World) -> Handover:
    with world.store.read() as reading:
        found = reading.last_handover()
    assert found is not None
    return found


def line(world: World, step: str, role: str) -> Obligation:
    key = ObligationKey("system", "handover", str(last(world).number), 1, step, RoleId(role))
    with world.store.read() as reading:
        (row,) = reading.obligations([key])
    return row


def confirming(world: World) -> Confirming:
    return Confirming(world.store, world.people)


# --- the list


def test_the_list_goes_out_once_by_text_and_mail_each_case_on_its_own_line(world: World) -> None:
    refs = {accepted(world, child) for child in ("P1", "P2")}
    world.at("11-26 17:15")
    for _ in range(3):
        world.settle()
    text, mail = sorted(lists(world), key=lambda each: each.by is Channel.EMAIL)
    assert {text.to, mail.to} == {"edt"}
    assert (text.by, mail.by) == (Channel.SMS, Channel.EMAIL)
    assert f"Hand-over: 2 cases, list in your mail. EDT: reply Y{last(world).code}" in text.text
    assert not any(ref in text.text for ref in refs)
    lines = [each for each in mail.text.splitlines() if each.startswith("- ")]
    assert {each.split()[1] for each in lines} == refs
    assert all("custody: new, 24h attempt due 14:00 Fri 27 Nov" in each for each in lines)
    assert f"reply Y{last(world).code}" in mail.text
    assert "P1" not in mail.text


def test_a_first_look_at_an_old_store_makes_no_list(world: World) -> None:
    accepted(world)
    assert last(world).number == 1
    assert not last(world).cases
    assert lists(world) == []


def test_after_an_outage_only_the_latest_hand_over_is_made_and_says_late(world: World) -> None:
    accepted(world)
    before = last(world)
    world.now = at("11-30 09:40")  # Monday: three hand-overs have passed, and nobody was there to make them
    world.settle()
    made = last(world)
    assert made.number == before.number + 1
    assert made.shift == replace(made.shift, at=at("11-30 09:00"), team=RoleId("mash"), until=at("11-30 17:15"))
    text, mail = sorted(lists(world), key=lambda each: each.by is Channel.EMAIL)
    assert text.text.strip().startswith("Late. Hand-over: 1 case")
    assert "(late)" in mail.text
    assert "custody: new, missed, 24h attempt was due 14:00 Fri 27 Nov" in mail.text
    assert {text.to, mail.to} == {"mash"}


def test_a_hand_over_without_anything_to_tell_is_on_record_and_tells_nobody(world: World) -> None:
    world.told(world.incident(custody()))
    world.at("11-26 17:20")
    assert last(world).shift.at == at("11-26 17:15")
    assert (last(world).cases, last(world).code, last(world).waits) == ((), "", False)
    assert lists(world) == []


def test_two_that_look_at_the_same_moment_make_one_hand_over(world: World) -> None:
    accepted(world)
    world.now = at("11-26 17:15")
    one, other = (Handovers(world.store, lambda: world.book) for _ in range(2))
    assert one.due(world.now) == ("edt",)
    assert one.run(world.now, [RoleId("another")]) == 0
    assert one.run(world.now, [RoleId("edt")]) == 1
    assert other.run(world.now) == 0
    assert other.due(world.now) == ()


def test_a_list_that_another_machine_made_meanwhile_is_not_made_again(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    accepted(world)
    world.now = at("11-26 17:15")
    stale, mine = last(world), Handovers(world.store, lambda: world.book)
    mine.run(world.now)
    made = last(world)
    monkeypatch.setattr("alertd.store.reading_handovers.HandoverReading.last_handover", lambda _: stale)
    assert mine.run(world.now) == 1
    monkeypatch.undo()
    assert last(world) == made
    world.settle()
    assert len(lists(world)) == 2


def test_a_list_shows_each_case_as_it_stands_when_it_leaves(world: World) -> None:
    ref = accepted(world)
    world.now = at("11-26 17:15")
    Handovers(world.store, lambda: world.book).run(world.now)
    for who, outcome in (("young_person", "contacted_young_person"), ("custody", "contacted_professional")):
        world.people.record(ref, Fact("contact", world.now, who, outcome), MASH, world.now)
    world.settle()
    assert any(f"- {ref} custody: contact recorded since\n" in each.text for each in lists(world))


def test_where_the_office_closes_at_noon_the_other_team_gets_the_list_at_noon(world: World) -> None:
    accepted(world)
    world.at("11-26 15:00")
    world.book = _closed_on(world.book, date(2026, 11, 26))
    world.settle()
    assert (last(world).shift.at, last(world).shift.team) == (at("11-26 15:00"), "edt")
    assert {each.by for each in lists(world)} == {Channel.SMS, Channel.EMAIL}


def _closed_on(book: RuleBook, day: date) -> RuleBook:
    hours = replace(book.hours[HoursId("mash")], also_closed=frozenset({day}))
    return replace(book, hours={**book.hours, HoursId("mash"): hours})


def test_a_list_in_the_night_after_an_outage_reaches_the_duty_role_and_its_reminder_waits(world: World) -> None:
    accepted(world)
    world.now = at("11-27 02:00")
    world.settle()
    assert {each.to for each in lists(world)} == {"edt"}
    world.at("11-27 07:29")
    assert len(lists(world)) == 2
    world.at("11-27 07:30")
    digests = [each for each in world.sent if each.at == world.now and "digest" in each.templates]
    mine = [each for each in digests if each.asked == "safeguarding_duty"]
    assert any("hand-over list for EDT of 17:15 Thu 26 Nov, 1 case: nobody has confirmed it" in e.text for e in mine)


# --- its confirmation


def test_one_act_confirms_every_case_as_an_ordinary_status_and_again_it_changes_nothing(world: World) -> None:
    for child in ("P1", "P2"):
        accepted(world, child)
    world.at("11-26 17:20")
    assert confirming(world).waiting() == last(world)
    done = confirming(world).confirm(f"Y{last(world).code}", EDT, world.now)
    assert done.changed
    assert (done.list.confirmed_by, done.list.confirmed_at, done.list.waits) == (EDT, world.now, False)
    assert confirming(world).waiting() is None
    before = world.outcomes()["received"]
    again = confirming(world).confirm("", MASH, world.now + timedelta(minutes=1))
    assert not again.changed
    assert again.list == done.list
    assert world.outcomes()["received"] == before
    for facts in world.all_facts():
        told = [m.message for m in facts.messages if m.message.fields.get("event") == "handover_confirmed"]
        assert [each.source for each in told] == [f"person/{EDT}"]


def test_what_a_crash_cut_off_is_completed_by_confirming_again(world: World) -> None:
    ref = accepted(world)
    world.at("11-26 17:20")
    made = last(world)
    case = world.only_case().row.ref
    world.people.confirm_handover((case,), EDT, world.now, message_id=f"handover/{made.number}")
    before = len(world.only_case().messages)
    assert confirming(world).confirm(made.code, EDT, world.now).changed
    assert len(world.only_case().messages) == before
    assert world.only_case().row.ref == ref


def test_a_confirmed_list_needs_no_reminder_and_stands_in_no_digest(world: World) -> None:
    accepted(world)
    world.at("11-26 17:20")
    confirming(world).confirm("", EDT, world.now)
    assert {line(world, "remind", "safeguarding_duty").state, line(world, "unconfirmed", "duty_manager").state} == {
        LineState.WITHDRAWN
    }
    world.at("11-27 08:00")
    assert len(lists(world)) == 2
    assert not [each for each in world.sent if "handover" in each.abouts and "handover" not in each.templates]


def test_a_list_that_is_confirmed_in_the_night_leaves_the_managers_digest(world: World) -> None:
    accepted(world)
    world.at("11-26 23:00")
    assert line(world, "unconfirmed", "duty_manager").state is LineState.HELD
    confirming(world).confirm("", EDT, world.now)
    assert line(world, "unconfirmed", "duty_manager").state is LineState.WITHDRAWN


def test_the_reminder_of_a_list_ends_with_the_next_hand_over(world: World) -> None:
    accepted(world)
    world.at("11-26 17:15")
    first = last(world)
    world.now = at("11-27 09:00")
    Handovers(world.store, lambda: world.book).run(world.now)
    key = ObligationKey("system", "handover", str(first.number), 1, "remind", "safeguarding_duty")
    with world.store.read() as reading:
        (row,) = reading.obligations([key])
    assert (row.state, row.reason) == (LineState.WITHDRAWN, "replaced")


def test_an_older_list_can_still_be_confirmed_by_its_code(world: World) -> None:
    accepted(world)
    world.at("11-26 17:20")
    older = last(world)
    world.at("11-27 09:00")
    assert last(world).number > older.number
    done = confirming(world).confirm(older.code, EDT, world.now)
    assert done.list.number == older.number
    assert confirming(world).waiting() == last(world)


def test_a_list_whose_cases_wait_for_nobody_any_more_waits_for_nobody(world: World) -> None:
    ref = accepted(world)
    world.at("11-26 17:20")
    for who, outcome in (("young_person", "contacted_young_person"), ("custody", "contacted_professional")):
        world.people.record(ref, Fact("contact", world.now, who, outcome), EDT, world.now)
    world.at("11-27 09:00")
    with world.store.read() as reading:
        assert waiting_list(reading) is None
    assert len([each for each in lists(world) if each.at == at("11-27 09:00")]) == 0


@pytest.mark.parametrize(
    ("target", "why"),
    [("", "there is no hand-over list yet"), ("123456", "no hand-over list has the code"), ("x", "no code of six")],
)
def test_what_is_no_list_is_refused_with_the_reason(world: World, target: str, why: str) -> None:
    accepted(world)
    with pytest.raises(NotPossible, match=why):
        confirming(world).confirm(target, EDT, world.now)


def test_a_crash_between_the_hand_over_and_its_text_loses_nothing(tmp_path: Path) -> None:
    world = new_world(tmp_path)
    accepted(world.at("11-26 14:10"))
    world.now = at("11-26 17:15")
    Handovers(world.store, lambda: world.book).run(world.now)
    after = world.reopened()
    after.settle()
    assert {each.by for each in lists(after)} == {Channel.SMS, Channel.EMAIL}
    after.store.close()


def test_a_hospital_case_has_its_own_word_on_the_list(world: World) -> None:
    world.told(world.incident(hospital()))
    world.accept(world.only_case().row.ref)
    world.at("11-26 17:15")
    assert any(" A&E: new" in each.text for each in lists(world))
