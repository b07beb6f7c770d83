"""Texts: one SMS segment with the longest values, nothing personal, and somebody hears whatever a template does.

Source: DOMAIN, "Privacy": "every combination a template can produce is proven ≤ 160 with the longest values".
"""

from __future__ import annotations

from itertools import product
from pathlib import Path

import pytest

from alertd.core.gsm7 import gsm7_septets
from alertd.core.wording import clock_word, moment, team_word, time_left
from alertd.model.ids import PersonId
from alertd.model.values import Channel
from alertd.service.people import Fact
from alertd.service.sharing import IN_ONE_TEXT
from alertd.shipped import shipped
from alertd.transport.render import Renderer
from tests.service.stage import shipped_rules, shipped_settings, shipped_voice
from tests.service.world import World, at, custody, hospital, new_world

SMS = sorted(path.name.removesuffix(".sms.j2") for path in shipped("templates").glob("*.sms.j2"))
MARKS = list(product((False, True), repeat=4))


def _longest(values: list[str]) -> str:
    return max(values, key=lambda text: (gsm7_septets(text) or 0, text))


def _fields(*, late: bool, repeat: bool, estimated: bool, several: bool, check: str) -> dict[str, object]:
    book, voice = shipped_rules().book, shipped_voice()
    due = at("11-25 20:59")
    return {
        "ref": "WF-UR-26-7QK4WM",
        "cohort": _longest(["urgent case", *voice.cohort_words.values()]),
        "clock": _longest([clock_word(clock) for clock in book.clocks]),
        "due": moment(due),
        "left": _longest([time_left(due, at("11-25 11:00")), time_left(due, at("11-20 10:00"))]),
        "team": _longest([team_word(book, role) for role in book.roles]),
        "call_back": shipped_settings().service.call_back,
        "host": voice.host,
        "service": voice.service,
        "code": "482193",
        "count": "1000",
        "cases": ", ".join(["WF-UR-26-7QK4WM Y482193"] * IN_ONE_TEXT),
        "part": "10 of 12" if several else "",
        "check": check,
        "late": late,
        "repeat": repeat,
        "estimated": estimated,
        "stand_down": False,
        "exercise": False,
        "source": "x" * 40,
        "time": moment(due),
    }


@pytest.mark.parametrize("template", SMS)
@pytest.mark.parametrize("check", ["", "age, appropriate adult and more", "ward"])
def test_every_combination_of_the_longest_values_fits_one_segment(template: str, check: str) -> None:
    for late, repeat, estimated, several in MARKS:
        fields = _fields(late=late, repeat=repeat, estimated=estimated, several=several, check=check)
        found = shipped_rules().texts.render(template, Channel.SMS, fields)
        assert getattr(found, "segments", 0) == 1, (late, repeat, estimated, several, found)
        body = getattr(found, "body", "")
        assert (gsm7_septets(body) or 999) <= 160
        assert not late or "late" in body.casefold() or template in _WITHOUT_LATE
        assert not repeat or "repeat" in body.casefold() or template == "reply"


_WITHOUT_LATE = ("digest_breach", "feed_alarm", "reply", "swap_note")
"""Lists of many lines, each with its own time, faults of the system, answers to a reply and swaps are never late."""


@pytest.mark.parametrize("template", ["contact_missed", "contact_warning", "clock_breach", "clock_warning"])
def test_two_deadlines_in_one_text_fit_one_segment(template: str) -> None:
    for late, repeat, estimated, _ in MARKS:
        fields = _fields(late=late, repeat=repeat, estimated=estimated, several=False, check="")
        joined = fields | {"clock": "48h professionals + 48h contact"}
        assert getattr(shipped_rules().texts.render(template, Channel.SMS, joined), "segments", 0) == 1


@pytest.mark.parametrize("template", ["urgent_response", "escalation", "repeat_alert", "out_of_area"])
@pytest.mark.parametrize("check", ["", "age, appropriate adult and more", "ward"])
def test_a_deadline_that_has_passed_is_said_to_be_missed_in_one_segment(template: str, check: str) -> None:
    for late, repeat, estimated, several in MARKS:
        fields = _fields(late=late, repeat=repeat, estimated=estimated, several=several, check=check) | {"left": ""}
        found = shipped_rules().texts.render(template, Channel.SMS, fields)
        assert getattr(found, "segments", 0) == 1, found
        assert "was due 20:59 Wed 25 Nov, missed." in getattr(found, "body", "")


def test_two_children_of_one_incident_are_two_texts_that_say_so(world: World) -> None:
    shared = {"offence": ["bladed_article"], "ref": "I-1"}
    batch = [world.incident(custody(person, incident=shared)) for person in ("P1", "P2")]
    texts = sorted(each.text for each in world.told(*batch) if each.by is Channel.SMS)
    assert len(texts) == 2
    assert {part for text in texts for part in ("1 of 2", "2 of 2") if part in text} == {"1 of 2", "2 of 2"}
    assert all("same incident" in text for text in texts)
    codes = {alert.code for facts in world.all_facts() for alert in facts.alerts}
    assert len(codes) == 2
    assert all(any(f"Y{code}" in text for text in texts) for code in codes)


def test_an_estimated_start_is_marked_as_such(world: World) -> None:
    sent = world.told(world.incident({**custody(), "custody": {"ref": "C-1"}}))
    (text,) = [each.text for each in sent if each.by is Channel.SMS]
    assert "Golden Hour due 15:10 Thu 26 Nov est." in text


def test_what_an_outage_held_up_is_marked_as_late(tmp_path: Path) -> None:
    world = new_world(tmp_path)
    world.at("11-26 14:10").give(world.incident(custody(booked="11-26 14:00")))
    world.now = at("11-26 14:25")
    world.settle()
    assert [each for each in world.sent if "late" in each.text.casefold()]
    world.store.close()


def test_a_stand_down_says_so(world: World) -> None:
    record = {"system": "police", "ref": "R1"}
    world.told(world.incident(custody(record={**record, "version": 1})))
    nothing = {**custody(), "record": {**record, "version": 2}, "person": {"ref": "P1", "age": 40}}
    sent = world.at("11-26 14:12").told(world.incident(nothing))
    assert sent
    assert all("stand down" in each.text.casefold() for each in sent if each.by is Channel.SMS)


def test_a_repeat_after_the_end_of_the_ladder_says_so(world: World) -> None:
    world.told(world.incident(hospital()))
    world.at("11-26 15:15")
    last = [each for each in world.sent if each.at == world.now and each.by is Channel.SMS]
    assert last
    assert all("repeat" in each.text.casefold() for each in last)


def test_a_deciding_field_that_is_missing_is_named_and_never_its_value(world: World) -> None:
    sent = world.told(world.incident({**custody(), "person": {"ref": "P1"}}))
    (text,) = [each.text for each in sent if each.by is Channel.SMS]
    assert "Check: age" in text


def test_after_a_person_has_recorded_something_texts_are_still_those_of_the_templates(world: World) -> None:
    world.told(world.incident(custody()))
    case = world.only_case()
    world.accept(case.alerts[0].code)
    fact = Fact("mash_referred", world.now, reference="REF-1")
    world.people.record(case.row.ref, fact, PersonId("mash_duty_phone"), world.now)
    world.at("11-28 14:30")
    warned = [each for each in world.sent if each.templates & {"contact_warning", "contact_missed"}]
    assert warned
    assert all("48h" in each.text or "24h" in each.text for each in warned if "digest" not in each.templates)
    assert not [each for each in world.sent if "feed_alarm" in each.templates]


# --- a template that leaks


def _leaky(folder: Path, body: str) -> Renderer:
    """The shipped templates, with a first text that says more than it may."""
    for path in shipped("templates").glob("*.j2"):
        (folder / path.name).write_bytes(path.read_bytes())
    (folder / "urgent_response.sms.j2").write_text(body)
    return Renderer.from_folder(folder)


@pytest.mark.parametrize(
    "body",
    [
        "{{ ref }} {{ cohort }}, Hoe Street, Y{{ code }}",
        "{{ ref }} a {{ 'blad' ~ 'ed article' }}. Y{{ code }}",
        "{{ ref }} aged 15. Y{{ code }}",
        "{{ ref }} C-P1. Y{{ code }}",
    ],
    ids=["a ward", "an offence", "an age", "a custody reference"],
)
def test_a_text_that_names_a_personal_value_does_not_leave_but_somebody_hears(tmp_path: Path, body: str) -> None:
    templates = tmp_path / "templates"
    templates.mkdir()
    world = new_world(tmp_path, texts=_leaky(templates, body))
    ward = {"offence": ["bladed_article"], "ward": "Hoe Street"}
    sent = world.at("11-26 14:10").told(world.incident(custody(incident=ward)))
    (text,) = [each.text for each in sent if each.by is Channel.SMS]
    case = world.only_case()
    assert case.row.ref in text
    assert f"Y{case.alerts[0].code}" in text
    assert not [word for word in ("hoe street", "bladed", "aged 15", "c-p1") if word in text.casefold()]
    assert [each.to for each in sent if "feed_alarm" in each.templates] == ["rules_admin"]
    world.store.close()


def test_what_a_sender_calls_itself_cannot_carry_a_personal_value_out(tmp_path: Path) -> None:
    templates = tmp_path / "templates"
    templates.mkdir()
    world = new_world(tmp_path, texts=_leaky(templates, "{{ ref }} {{ source }} Y{{ code }}"))
    sent = world.at("11-26 14:10").told(world.incident(custody(), source="C-P1"))
    assert not [each for each in sent if "C-P1" in each.text]
    world.store.close()


def test_a_text_that_cannot_be_written_gives_way_to_the_plain_one(tmp_path: Path) -> None:
    templates = tmp_path / "templates"
    templates.mkdir()
    world = new_world(tmp_path, texts=_leaky(templates, "{{ ref }} {{ 1 / 0 }}"))
    sent = world.at("11-26 14:10").told(world.incident(custody()))
    (text,) = [each.text for each in sent if each.by is Channel.SMS]
    assert world.only_case().row.ref in text
    assert [each.to for each in sent if "feed_alarm" in each.templates] == ["rules_admin"]
    world.store.close()


def test_a_text_too_long_for_one_segment_gives_way_to_the_plain_one(tmp_path: Path) -> None:
    templates = tmp_path / "templates"
    templates.mkdir()
    world = new_world(tmp_path, texts=_leaky(templates, "{{ ref }} " + "please look " * 20))
    sent = world.at("11-26 14:10").told(world.incident(custody()))
    (text,) = [each.text for each in sent if each.by is Channel.SMS]
    assert (gsm7_septets(text.strip()) or 999) <= 160
    assert "Y" + world.only_case().alerts[0].code in text
    world.store.close()
