"""At the ladder's end: one text for all unaccepted cases, which names each child; a running alert keeps its ladder.

Source: DOMAIN, "Who is woken"; RULES, "Overlap" and "Versions".
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from alertd.core.plan import plan
from alertd.daemon.rehearsal import Sending
from alertd.daemon.rules_in_force import RuleSet
from alertd.model.delivery import Outcome, Outgoing, Refused, Sent
from alertd.model.ids import LadderId, PersonId
from alertd.model.rulebook import RuleBook
from alertd.model.values import Channel
from alertd.shipped import shipped
from alertd.transport.render import Renderer
from tests.service.stage import shipped_rules
from tests.service.world import Provider, World, at, hospital, new_world

_LADDER = LadderId("default_urgent")


def _unaccepted(world: World, cases: int) -> None:
    """So many cases, a minute apart, that nobody has accepted."""
    for number in range(cases):
        world.at(f"11-26 14:0{number}").told(world.incident(hospital(f"P{number}", presented="11-26 13:50")))


def _repeats(world: World, channel: Channel = Channel.SMS, to: str = "head_of_service") -> list[Sending]:
    return [s for s in world.sent if s.at == world.now and s.by is channel and s.to == to and s.repeat]


def _named(world: World, texts: list[Sending]) -> list[int]:
    """How many of the texts name each case with its code."""
    return [sum(f"{f.row.ref} Y{f.alerts[0].code}" in t.text for t in texts) for f in world.all_facts()]


def test_two_children_share_one_text_with_both_references_and_codes(world: World) -> None:
    _unaccepted(world, 2)
    world.at("11-26 15:00")
    (text,) = _repeats(world)
    assert _named(world, [text]) == [1, 1]
    assert len(_repeats(world, Channel.CALL)) == 2, "a call is about one alert"


def test_more_than_fit_go_in_several_texts_each_child_in_one(world: World) -> None:
    _unaccepted(world, 5)
    world.at("11-26 15:15")
    texts = _repeats(world)
    assert len(texts) == 2
    assert _named(world, texts) == [1] * 5


def test_a_mail_in_place_of_a_refused_text_lists_all(tmp_path: Path) -> None:
    def no_texts(outgoing: Outgoing) -> Outcome:
        return Refused("no route") if outgoing.channel is Channel.SMS else Sent(outgoing.key)

    world = new_world(tmp_path, Provider(no_texts))
    _unaccepted(world, 2)
    world.at("11-26 15:00")
    (mail,) = [each for each in _repeats(world, Channel.EMAIL) if "repeat_alerts" in each.templates]
    for facts in world.all_facts():
        assert f"{facts.row.ref} A&E" in mail.text
        assert f"(Y{facts.alerts[0].code} accepts)" in mail.text
    world.store.close()


def _planned(world: World, text: str) -> None:
    """Everything due is decided and planned, and nothing sent yet."""
    world.run_until(at(text), including=False)
    world.now = at(text)
    world._tick.run(world.now)
    world._planner.plan(world.now)


def test_a_case_that_is_accepted_just_before_the_text_leaves_is_not_in_it(world: World) -> None:
    _unaccepted(world, 3)
    _planned(world, "11-26 15:00")
    taken, *left = world.all_facts()
    world.accept(taken.row.ref)
    (text,) = _repeats(world)
    assert taken.row.ref not in text.text
    assert all(f"{f.row.ref} Y{f.alerts[0].code}" in text.text for f in left)


def test_the_text_of_the_last_one_left_is_its_own(world: World) -> None:
    _unaccepted(world, 2)
    _planned(world, "11-26 15:00")
    taken, left = world.all_facts()
    world.accept(taken.row.ref)
    (text,) = _repeats(world)
    assert "Still open" in text.text
    assert f"Y{left.alerts[0].code} accepts" in text.text


def test_a_shared_text_of_which_all_are_accepted_is_not_sent(world: World) -> None:
    _unaccepted(world, 2)
    _planned(world, "11-26 15:00")
    for facts in world.all_facts():
        world.people.accept(facts.row.ref, PersonId("mash_duty_phone"), world.now)
    world.settle()
    assert _repeats(world) == []


def test_without_its_template_the_plain_text_names_each_child_too(tmp_path: Path) -> None:
    shipped_texts = {path.name: path.read_text() for path in shipped("templates").glob("*.j2")}
    texts = {name: text for name, text in shipped_texts.items() if "repeat_alerts" not in name}
    world = new_world(tmp_path, texts=Renderer(texts))
    _unaccepted(world, 2)
    world.at("11-26 15:00")
    (text,) = _repeats(world)
    assert _named(world, [text]) == [1, 1]
    world.store.close()


# --- the ladder of a running alert


def _with(book: RuleBook) -> RuleSet:
    rules = shipped_rules()
    terms = replace(rules.ruling.terms, plan=plan(book))
    return replace(rules, book=book, ruling=replace(rules.ruling, terms=terms))


def _one_step() -> RuleBook:
    book = shipped_rules().book
    ladder = book.ladders[_LADDER]
    return replace(book, ladders={**book.ladders, _LADDER: replace(ladder, steps=ladder.steps[:1])})


@pytest.mark.parametrize("gone", [False, True])
def test_changed_rules_leave_a_running_alert_its_ladder(world: World, *, gone: bool) -> None:
    world.at("11-26 14:00").told(world.incident(hospital(presented="11-26 13:50")))
    changed = _one_step()
    if gone:
        changed = replace(changed, ladders={k: v for k, v in changed.ladders.items() if k != _LADDER})
    world.rules = _with(changed)
    after = world.reopened()
    after.at("11-26 14:50")
    assert [each.at for each in after.sent if each.to == "head_of_service"] == [at("11-26 14:50")] * 2
    after.store.close()


def test_an_alert_that_opens_under_changed_rules_climbs_the_changed_ladder(tmp_path: Path) -> None:
    first = new_world(tmp_path)
    first.rules = _with(_one_step())
    world = first.reopened()
    world.at("11-26 14:00").told(world.incident(hospital(presented="11-26 13:50")))
    world.at("11-26 14:12")
    assert {each.to for each in world.sent if "escalation" in each.templates} == {"mash"}
    world.store.close()


# --- the number to ring


def test_a_text_ends_with_the_number_of_the_team_that_is_on_duty(world: World) -> None:
    by_day = world.at("11-26 14:00").told(world.incident(hospital(presented="11-26 13:50")))
    by_night = world.at("11-26 22:30").told(world.incident(hospital("P2", presented="11-26 22:20")))
    assert any("020 7946 0123" in each.text for each in by_day)
    assert any("020 7946 0187" in each.text for each in by_night)
    assert not any("020 7946 0123" in each.text for each in by_night)
