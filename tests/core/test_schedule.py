from __future__ import annotations

from dataclasses import replace

from alertd.core.lines import Line, Scene
from alertd.core.schedule import next_moment, schedule
from alertd.model.ids import LadderId, RoleId, RuleId
from alertd.model.message import DataNote, Problem
from alertd.model.rulebook import Escalate, Notify, Rule, RuleBook, RuleStatus
from alertd.model.values import Channel, Rest, Severity
from tests.core.book import small_book
from tests.core.make import CASE, accepted, after, clock, custody, episode, message, run, scene, status, stored

BOOK = small_book()


def _rule(name: str, **more: object) -> RuleBook:
    rule: Rule = replace(BOOK.rules[RuleId(name)], **more)  # type: ignore[arg-type]
    return replace(BOOK, rules={**BOOK.rules, rule.id: rule})


def _of(of: Scene, about: str) -> list[Line]:
    return [line for line in schedule(of, {}) if line.key.about == about]


def test_a_rule_that_is_not_urgent_tells_its_roles_when_it_became_known() -> None:
    (line,) = _of(scene(runs=(run("death", known_at=after(7)),)), "rule:death")
    assert (line.at, line.key.role, line.template, line.rest, line.digest) == (
        after(7),
        "duty_manager",
        "deceased_note",
        Rest.HOLD,
        False,
    )


def test_routine_email_goes_by_digest_except_to_the_duty_role() -> None:
    (line,) = _of(scene(runs=(run("missed_contact"),)), "rule:missed_contact")
    assert line.digest
    to_duty = (Notify((RoleId("safeguarding_duty"),), "routine_note", (Channel.EMAIL,)),)
    (line,) = _of(
        scene(runs=(run("missed_contact"),), book=_rule("missed_contact", then=to_duty)), "rule:missed_contact"
    )
    assert not line.digest
    by_sms = (Notify((RoleId("duty_manager"),), "routine_note", (Channel.SMS, Channel.EMAIL)),)
    (line,) = _of(
        scene(runs=(run("missed_contact"),), book=_rule("missed_contact", then=by_sms)), "rule:missed_contact"
    )
    assert not line.digest


def test_an_ended_a_shadow_and_a_vanished_rule_tell_nothing() -> None:
    runs = (run("death", ended_at=after(5)), run("gone"))
    assert schedule(scene(runs=runs), {}) == []
    shadow = _rule("death", status=RuleStatus.SHADOW)
    assert schedule(scene(runs=(run("death"),), book=shadow), {}) == []


def test_an_urgent_rule_is_told_by_its_alert_alone() -> None:
    assert schedule(scene(runs=(run(),)), {}) == []
    assert {line.key.about for line in schedule(scene(runs=(run(),), episodes=(episode(),)), {})} == {"alert"}


def test_a_rule_that_asks_sends_one_question_naming_the_deciding_fields() -> None:
    asking = run("which_ward", asks=True, check=("incident.ward",))
    (line,) = _of(scene(runs=(asking,)), "ask:which_ward")
    assert (line.template, line.check, line.key.role, line.by) == (
        "answer_needed",
        ("incident.ward",),
        "duty_manager",
        (Channel.EMAIL,),
    )


def test_a_silent_rule_that_asks_asks_the_duty_team() -> None:
    (line,) = _of(scene(runs=(run("which_ward", asks=True),), book=_rule("which_ward", then=())), "ask:which_ward")
    assert (line.key.role, line.by) == ("safeguarding_duty", (Channel.EMAIL,))


REQUEST = "request:community_impact_assessment"


def test_a_request_falls_due_after_its_time_and_is_done_by_a_later_report() -> None:
    tension = run("tension", known_at=after(5))
    (line,) = _of(scene(runs=(tension,)), REQUEST)
    assert (line.at, line.request, line.done, line.key.role) == (after(5, hours=24), True, False, "community_safety")
    for minutes, done in ((4, False), (5, True)):
        report = stored(2, status("community_impact_assessed", at=after(minutes)))
        (line,) = _of(scene(after(10), stored(1, custody()), report, runs=(tension,)), REQUEST)
        assert line.done is done


def test_lines_under_a_global_key_carry_its_scope_and_episode() -> None:
    tension = run("tension")
    lines = schedule(scene(runs=(tension,)), {(tension.rule, tension.key): ("*", 3)})
    assert {(line.key.scope, line.key.episode) for line in lines} == {("*", 3)}


def _escalating(**more: object) -> list[Line]:
    book = _rule("death", then=(Escalate(LadderId("golden_hour_missed")),))
    return _of(scene(after(30), runs=(run("death"),), book=book, **more), "rule:death")


def test_under_a_shared_key_the_newest_run_speaks_and_under_a_key_of_the_case_each_does() -> None:
    runs = (run("tension"), run("tension", known_at=after(hours=200), episode=2))
    shared = schedule(scene(runs=runs), {(runs[0].rule, runs[0].key): ("*", 3)})
    assert {(line.key.scope, line.key.episode, line.known_at) for line in shared} == {("*", 3, after(hours=200))}
    assert {line.key.episode for line in schedule(scene(runs=runs), {})} == {1, 2}


def test_escalating_climbs_a_ladder_from_its_first_step_at_once() -> None:
    found = _escalating()
    assert [(line.key.step, line.key.role, line.at) for line in found] == [
        ("e0", "mash_manager", after()),
        ("e1", "head_of_service", after(10)),
    ]
    assert all(line.ladder and line.rest is Rest.WAKE for line in found)


def test_escalating_ends_when_the_alert_is_accepted_or_the_case_closed() -> None:
    assert [line.key.step for line in _escalating(episodes=(accepted(after(5)),))] == ["e0"]
    assert len(_escalating(episodes=(episode(),))) == 2
    book = _rule("death", then=(Escalate(LadderId("golden_hour_missed")),))
    shut = (stored(1, custody()), stored(2, status("closed", at=after(5))))
    of = scene(after(30), *shut, runs=(run("death"),), book=book)
    assert [line.key.step for line in _of(of, "rule:death")] == ["e0"]


def test_two_notifies_of_one_role_are_one_line() -> None:
    twice = Notify((RoleId("duty_manager"), RoleId("duty_manager")), "deceased_note", (Channel.SMS,))
    assert len(_of(scene(runs=(run("death"),), book=_rule("death", then=(twice, twice))), "rule:death")) == 1


def test_the_duty_team_hears_of_fields_that_could_not_be_read_and_of_contradictions() -> None:
    bad = replace(custody(), notes=(DataNote("person.age", Problem.WRONG_TYPE), DataNote("x", Problem.UNKNOWN_FIELD)))
    (line,) = _of(scene(after(), stored(1, bad)), "quality")
    assert (line.key.role, line.template, line.check) == ("safeguarding_duty", "data_quality", ("person.age",))
    unknown = replace(custody(), notes=(DataNote("x", Problem.UNKNOWN_FIELD),))
    assert _of(scene(after(), stored(1, unknown)), "quality") == []
    one, two = message({"person.age": 15}, id_="a"), message({"person.age": 16}, id_="b")
    (line,) = _of(scene(after(), stored(1, one), stored(2, two)), "quality")
    assert line.check == ("record.version",)


# --- when time alone makes something due


def test_the_next_moment_is_the_first_line_warning_or_deadline_still_to_come() -> None:
    golden = clock()
    of = scene(after(21), clocks=(golden,))
    assert next_moment(of, schedule(of, {})) == after(35)
    of = scene(after(49), clocks=(golden,))
    assert next_moment(of, []) == golden.due_at
    assert next_moment(scene(golden.due_at, clocks=(golden,)), []) is None
    assert next_moment(scene(after(), clocks=(clock("gone"),)), []) == golden.due_at


def test_clocks_that_are_over_and_requests_wake_nobody() -> None:
    over = clock(stopped_at=after(), stop_known_at=after())
    of = scene(after(1), clocks=(over,), runs=(run("tension"),))
    assert next_moment(of, [line for line in schedule(of, {}) if line.request]) is None
    assert all(line.key.scope == CASE for line in schedule(of, {}))
    assert BOOK.rules[RuleId("tension")].severity is Severity.HIGH
