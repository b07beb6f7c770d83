"""Why something happened, or did not: from what was stored, and from nothing else."""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from alertd.core.wording import moment
from alertd.daemon.past_rules import past_rules
from alertd.daemon.rehearsal import Stage
from alertd.daemon.rules_in_force import files_text
from alertd.model.ids import PersonId, RuleId, Version
from alertd.model.values import Kind
from alertd.service.explain.account import Account
from alertd.service.explain.gather import account
from alertd.service.messages import write_event
from alertd.service.people import Fact
from alertd.service.ports import Rank
from tests.explain.conftest import Explain, explained_at, replace_traces, rules_on
from tests.service.stage import new_database, open_database, shipped_intake, shipped_settings, shipped_voice
from tests.service.world import World, at, custody, hospital
from tests.stories.test_words import with_words


def because(found: Account, word: str) -> list[str]:
    assert found.at is not None
    return [each for each in found.at.because if word in each]


def test_nothing_happened_at_0214_because_somebody_had_accepted(world: World, explained: Explain) -> None:
    world.told(world.incident(hospital(presented="11-26 02:00")))
    world.at("11-26 02:08").accept(world.only_case().row.ref, by="edt_duty_phone")
    world.at("11-26 08:00")
    found = explained("11-26 02:14")
    assert found.at is not None
    assert found.at.happened == ()
    assert found.at.before is not None
    assert found.at.before.at == at("11-26 02:08")
    assert found.at.after is not None
    assert found.at.after.at == at("11-26 07:30")
    (alert,) = because(found, "alert")
    assert "edt_duty_phone had accepted it at 02:08 Thu 26 Nov, so its ladder had ended" in alert
    assert because(found, "24h attempt ran from 02:00 Thu 26 Nov, was due 02:00 Fri 27 Nov")
    (navigators,) = because(found, "rule hospital_navigators,")
    assert "nobody is disturbed for it at night; told at 07:30 Thu 26 Nov" in navigators
    assert because(found, "rule serious_violence") == []
    (told,) = because(found, "rule hospital_cohort on message 1 still matched under key")
    assert told.endswith("whose line was made at 02:05 Thu 26 Nov: one line a key")
    why = "safeguarding_duty: closed by mash, edt; edt: rota edt_desk: edt_duty_phone"
    assert found.at.on_call == (f"safeguarding_duty: edt_duty_phone ({why})",)


def test_before_the_first_message_nothing_was_known(world: World, explained: Explain) -> None:
    world.told(world.incident(hospital(presented="11-26 02:00")))
    found = explained("11-26 02:01")
    assert because(found, "") == [
        "nothing about this case had been received: its first message came at 02:05 Thu 26 Nov"
    ]
    assert found.judged is None


def test_the_minute_of_the_alert_tells_what_happened_in_it(world: World, explained: Explain) -> None:
    world.told(world.incident(hospital(presented="11-26 02:00")))
    found = explained("11-26 02:05")
    assert found.at is not None
    marks = {event.mark for event in found.at.happened}
    assert {"message", "rules", "clock", "alert", "told"} <= marks
    assert because(found, "was open, nobody had accepted it: its ladder 'default_urgent' ran")


def test_every_condition_is_told_with_its_answer_and_whether_it_decided(world: World, explained: Explain) -> None:
    data = custody("P1", booked="11-26 02:00")
    data["person"] = {"ref": "P1"}
    world.told(world.incident(data))
    rules = rules_on(explained(), "message 1")
    presumed = rules["custody_cohort"]
    assert (presumed.answer, presumed.did) == ("unknown", "acted")
    told = {each.text: (each.answer, each.decided) for each in presumed.conditions}
    assert told["person.age less_than 25"] == ("unknown", True)
    assert told["incident.offence has_any custody_offences"] == ("yes", False)
    hospital_rule = rules["hospital_cohort"]
    assert (hospital_rule.answer, hospital_rule.did, hospital_rule.why_not) == ("no", "nothing", "no")
    assert next(each.text for each in hospital_rule.conditions if each.decided).startswith("setting in hospital_ae")


def test_messages_stand_in_order_with_versions_of_record_and_rules(world: World, explained: Explain) -> None:
    record = {"system": "police", "ref": "R1"}
    for version, came, booked in ((1, "02:05", "02:00"), (2, "02:20", "01:30")):
        data = {**custody("P1", booked=f"11-26 {booked}"), "record": {**record, "version": version}}
        world.at(f"11-26 {came}").told(world.incident(data))
    world.at("11-26 02:21").people.record(
        world.only_case().row.ref, Fact("police_contacted_mash", world.now), PersonId("edt_duty_phone"), world.now
    )
    world.settle()
    found = explained()
    said = [(m.number, m.kind, m.event, m.by, m.record_version, m.outcome, m.rules_version) for m in found.messages]
    rules = world.book.version
    assert said == [
        (1, "incident", "", "", 1, "superseded", rules),
        (2, "incident", "", "", 2, "acted", rules),
        (3, "status", "police_contacted_mash", "edt_duty_phone", 1, "acted", rules),
    ]
    (golden,) = [clock for clock in found.clocks if clock.clock == "golden_hour"]
    assert (golden.state, golden.due_at) == ("met", at("11-26 02:30"))
    assert any(e.mark == "clock" and e.text.startswith("Golden Hour is stopped by") for e in found.timeline)


def test_a_message_that_came_again_is_told_where_it_came_again(world: World, explained: Explain) -> None:
    body = world.incident(hospital(presented="11-26 02:00"), id="m-1")
    world.told(body)
    assert world.at("11-26 02:14").told(body, body) == []
    found = explained("11-26 02:14")
    assert found.at is not None
    (again,) = [event.text for event in found.at.happened if event.mark == "quiet" and "message 1" in event.text]
    assert again == (
        "message 1 was delivered 2 times more, now the last time: its source and id are known, so nothing is done twice"
    )


def test_who_was_told_says_how_the_rota_led_there_and_what_the_provider_said(world: World, explained: Explain) -> None:
    world.told(world.incident(hospital(presented="11-26 02:00")))
    (text,) = [note for note in explained().told if note.by == "sms"]
    assert (text.asked, text.role, text.person, text.state) == ("safeguarding_duty", "edt", "edt_duty_phone", "sent")
    assert text.why == "safeguarding_duty: closed by mash, edt; edt: rota edt_desk: edt_duty_phone"
    assert [(each.number, each.outcome) for each in text.attempts] == [(1, "sent")]


def test_what_was_past_when_learned_or_withdrawn_is_quiet_with_its_key(world: World, explained: Explain) -> None:
    world.told(world.incident(custody("P1", booked="11-25 23:30")))
    quiet = [event.text for event in explained().timeline if event.mark == "quiet"]
    (late,) = [text for text in quiet if text.startswith("Golden Hour, warning, to safeguarding_duty: skipped")][:1]
    assert "its time had passed when it became known" in late
    assert f"[{world.only_case().row.id}/clock:golden_hour:" in late


def test_what_was_taken_back_before_its_time_came_is_no_event_of_a_day_to_come(
    world: World, explained: Explain
) -> None:
    report = custody(booked="11-26 02:00", record={"system": "custody", "ref": "R1", "version": 1})
    newer = {"person": {"ref": "P1", "age": 34}, "record": {"system": "custody", "ref": "R1", "version": 2}}
    world.told(world.incident(report))
    world.at("11-26 02:10").told(world.incident({**report, **newer}))
    found = explained()
    assert any(row.state == "withdrawn" and row.due_at > world.now for row in found.owed)
    assert max(event.at for event in found.timeline) <= world.now


def test_clocks_stand_as_they_stood_at_the_moment(world: World, explained: Explain) -> None:
    world.told(world.incident(custody("P1", booked="11-26 02:00")))
    world.at("11-26 03:30")
    states = [
        {clock.clock: clock.state for clock in explained(asked).clocks}["golden_hour"]
        for asked in ("11-26 02:10", "11-26 02:40", "11-26 03:10")
    ]
    assert states == ["running", "warned", "breached"]


def test_no_personal_value_is_in_an_account(world: World, explained: Explain) -> None:
    data = hospital("P-SECRET-1", presented="11-26 02:00", incident={"ward": "Hoe Street", "ref": "I-SECRET"})
    world.told(world.incident(data))
    world.at("11-26 02:10")
    with world.store.read() as reading:
        personal = reading.personal_values([world.only_case().row.id])
    assert "P-SECRET-1" in personal
    words = repr(explained("11-26 02:10"))
    assert [value for value in personal if len(value) > 2 and value in words] == []  # an age is in every time of day
    numbers = {n for p in world.book.people.values() for n in (p.sms, p.email, p.call, p.name) if n}
    assert [number for number in numbers if number in words] == []


@pytest.mark.parametrize("asked", ["", "11-26 02:05"])
def test_decisions_from_before_conditions_were_kept_say_so(world: World, explained: Explain, asked: str) -> None:
    world.told(world.incident(hospital(presented="11-26 02:00")))
    trace: dict[str, object] = {"version": world.book.version, "rules": {}, "labels": [], "clocks": {}, "lines": []}
    replace_traces(world, trace)
    found = explained(asked)
    assert found.judged is not None
    assert found.judged.unreadable == "conditions were not kept at that time"


def test_rules_that_are_not_on_record_are_not_guessed(world: World, explained: Explain) -> None:
    world.told(world.incident(hospital(presented="11-26 02:00")))
    replace_traces(world, {"version": "gone", "rules": {}, "labels": [], "clocks": {}, "lines": [], "seen": []})
    found = explained("11-26 02:05")
    assert found.judged is not None
    assert found.judged.unreadable == "the rules of that version are not on record"
    assert found.at is not None
    assert found.at.on_call == ()
    assert moment(found.opened_at) == "02:05 Thu 26 Nov"


def test_a_shadow_rule_and_one_that_is_replaced_or_out_of_season_say_why_they_do_nothing(tmp_path: Path) -> None:
    with closing(open_database(new_database(tmp_path))) as store:
        rules = with_words()
        stage = Stage(rules.ruling, rules.texts, store, shipped_voice(), shipped_intake())
        for number, ward in enumerate(("Shadow ward", "Narrow ward", "Season ward")):
            stage.now = at("12-01 10:00")
            data = custody(f"P{number}", booked="12-01 09:30", incident={"ward": ward, "ref": f"I{number}"})
            stage.take(write_event(Kind.INCIDENT, data, source="s", sent_at=stage.now, message_id=ward))
            stage.settle()
        shadow, narrow, season = (explained_at(stage, row.ref, "12-01 10:00") for row in stage.cases())
    said = rules_on(shadow, "message 1")["word_shadow"]
    assert (said.answer, said.did, said.line_at) == ("yes", "recorded", None)
    assert because(shadow, "is a shadow rule: it decides and records, and sends nothing")
    assert shadow.decisions[0].rules[RuleId("word_shadow")] == "shadow"
    assert any("word_shadow (shadow)" in event.text for event in shadow.timeline)
    wider = rules_on(narrow, "message 1")["word_wider"]
    assert (wider.answer, wider.did, wider.why_not, wider.by) == ("yes", "nothing", "replaced", "word_narrower")
    assert because(narrow, "word_narrower says instead_of: [word_wider]")
    past = rules_on(season, "message 1")["word_season"]
    assert (past.answer, past.did, past.why_not) == ("yes", "nothing", "not_in_force")
    assert because(season, "rule word_season on message 1 would have matched, but is not in force on that day")


def test_what_another_case_told_under_a_shared_key_is_why_this_one_tells_nothing(world: World) -> None:
    for number, when in enumerate(("09:00", "09:30", "10:00", "11:00")):
        incident = {"ref": f"I-{number}", "ward": "Hoe Street", "offence": ["gbh_intent"]}
        world.at(f"11-26 {when}").told(
            world.incident(custody(f"P{number}", booked=f"11-26 {when}", incident=incident), id=f"m-{number}")
        )
    last = explained_at(world, world.cases()[-1].ref, "11-26 11:00")
    assert rules_on(last, "message 1")["tension_cluster"].answer == "yes"
    world.at("11-26 12:00")
    (why,) = because(explained_at(world, world.cases()[-1].ref, "11-26 12:00"), "rule tension_cluster on message 1")
    assert why.endswith("whose line was made at 10:00 Thu 26 Nov: one line a key")


def test_conditions_are_written_out_by_the_rules_of_that_day(world: World) -> None:
    world.told(world.incident(hospital(presented="11-26 02:00")))
    text = files_text(shipped_settings(), world.book)
    assert text is not None
    now_in_force = replace(world.book, version=Version("later"), rules={}, expressions=())
    case = world.only_case()
    with world.store.write(Rank.TICK) as writing:
        unknown = account(case, writing, past_rules(now_in_force, writing.version_text), None, world.now)
        writing.record_version(world.book.version, text, world.now)
        known = account(case, writing, past_rules(now_in_force, writing.version_text), None, world.now)
    assert unknown.judged is not None
    assert unknown.judged.records == ()
    assert rules_on(known, "message 1")["hospital_cohort"].did == "acted"


def test_bits_that_another_program_numbered_are_not_misread(world: World, explained: Explain) -> None:
    world.told(world.incident(hospital(presented="11-26 02:00")))
    seen = [["incident", 1, "ff", "0", "00000000", {}, []]]
    replace_traces(world, {"version": world.book.version, "rules": {}, "labels": [], "lines": [], "seen": seen})
    found = explained().judged
    assert found is not None
    assert (found.records, "numbered conditions otherwise" in found.unreadable) == ((), True)
