from __future__ import annotations

from datetime import date, timedelta
from datetime import time as clock_time
from pathlib import Path

import pytest

from alertd.model.conditions import Count, FieldCondition, Group, Heading, Op, conjunction
from alertd.model.ids import ClockId, DefinitionId, ListId, PersonId, RoleId, RotaId, RuleId
from alertd.model.rulebook import Classify, NextMeeting, Notify, RuleBook, StartClock, Turns, WorkingDays
from alertd.model.values import Channel, Kind, Rest
from alertd.rulebook.loader import load, load_text
from alertd.rulebook.problems import Weight, format_problem
from alertd.shipped import shipped
from tests.rulebook.base import BASE, GOLDEN_HOUR, VALID

WAITING = "message: clock\n    all:\n      - {field: clock.id, equals: golden_houre}"


def loaded_book(texts: dict[str, str]) -> RuleBook:
    loaded = load_text(texts)
    assert loaded.book is not None, [*map(format_problem, loaded.problems)]
    return loaded.book


def codes(texts: dict[str, str], today: date | None = None) -> list[str]:
    return [problem.code for problem in load_text(texts, today=today).problems]


def test_a_valid_set_loads_without_a_word() -> None:
    assert load_text(VALID).problems == ()


def test_blocks_come_out_typed() -> None:
    book = loaded_book(VALID)
    rule = book.rules[RuleId("custody_cohort")]
    assert rule.then == (
        Classify("urgent_response"),
        StartClock(ClockId("golden_hour")),
        Notify((RoleId("safeguarding_duty"),), "urgent_response", (Channel.SMS, Channel.EMAIL)),
    )
    clock = book.clocks[ClockId("golden_hour")]
    assert (clock.due, clock.one_per, clock.warn[0].at) == (timedelta(hours=1), "custody.ref", timedelta(minutes=30))
    ladder = next(iter(book.ladders.values()))
    assert ladder.steps[1].rest is Rest.WAKE
    person = book.people[PersonId("desk")]
    assert (person.sms, person.call) == ("+447700900001", "+442079460001")


def test_hours_close_at_midnight_and_on_bank_holidays() -> None:
    hours = next(iter(loaded_book(VALID).hours.values()))
    assert hours.days[4].to is None
    assert hours.bank_holidays
    assert hours.also_closed == {date(2026, 12, 24)}
    assert sorted(hours.days) == [0, 4]


def test_a_list_holds_what_it_includes() -> None:
    assert loaded_book(VALID).lists[ListId("weapons")].words == (
        "firearm_possession",
        "bladed_article",
        "offensive_weapon",
    )


def test_a_condition_takes_the_words_and_synonyms_of_a_list() -> None:
    rule = GOLDEN_HOUR.replace(
        "field: incident.offence\n        has_any: weapons", "field: hospital.site\n        in: sites"
    )
    book = loaded_book({**BASE, "r.yaml": rule})
    when = book.rules[RuleId("custody_cohort")].when
    assert isinstance(when, Group)
    assert when.items[1] == FieldCondition("hospital.site", Op.IN, ("whipps_cross", "whipps x"))


def test_expressions_stand_in_a_fixed_order_and_stops_name_their_event() -> None:
    book = loaded_book(VALID)
    leaf = next(iter(book.leaves))
    assert [one.id for one in book.expressions] == [
        "rule:custody_cohort",
        "stop:golden_hour:0",
        "stop:golden_hour:1",
        f"where:{leaf}",
    ]
    assert [one.kind for one in book.expressions] == [Kind.INCIDENT, Kind.STATUS, Kind.STATUS, Kind.INCIDENT]
    contact = FieldCondition("event", Op.EQUALS, "contact")
    outcome = FieldCondition("contact.outcome", Op.EQUALS, "contacted_young_person")
    assert book.expressions[2].condition == conjunction(contact, Group(Heading.ALL, (outcome,)))


@pytest.mark.parametrize("status", ["draft", "retired"])
def test_a_rule_that_is_not_in_force_is_not_judged(status: str) -> None:
    book = loaded_book({**VALID, "rules/golden_hour.yaml": GOLDEN_HOUR.replace("status: live", f"status: {status}")})
    assert not [one for one in book.expressions if one.id.startswith("rule:")]
    assert not book.leaves


def test_a_leaf_is_named_by_all_that_decides_its_answer() -> None:
    (name,) = loaded_book(VALID).leaves
    assert name.startswith("count:")
    assert len(name.removeprefix("count:")) == 10
    same = GOLDEN_HOUR.replace("title: A child", "title: Another title")
    assert list(loaded_book({**BASE, "elsewhere.yaml": same}).leaves) == [name]
    for change in (
        ("at_least: 3", "at_least: 4"),
        ("less_than: 18", "less_than: 19"),
        ("within: 7 days", "within: 6 d"),
    ):
        assert list(loaded_book({**BASE, "r.yaml": GOLDEN_HOUR.replace(*change)}).leaves) != [name]


def test_the_leaf_inside_a_rule_bears_its_name() -> None:
    book = loaded_book(VALID)
    when = book.rules[RuleId("custody_cohort")].when
    assert isinstance(when, Group)
    assert [item.leaf for item in when.items if isinstance(item, Count)] == list(book.leaves)


def test_a_circle_leaves_out_its_definitions_and_nothing_else() -> None:
    assert DefinitionId("child") in loaded_book(VALID).definitions


def test_any_change_of_any_file_is_another_version() -> None:
    version = loaded_book(VALID).version
    assert len(version) == 12
    assert loaded_book(dict(reversed(VALID.items()))).version == version
    assert loaded_book({**VALID, "x.yaml": "# only a remark\n"}).version != version
    renamed = {("z.yaml" if name.endswith("golden_hour.yaml") else name): text for name, text in VALID.items()}
    assert loaded_book(renamed).version != version


def test_the_order_of_files_and_blocks_means_nothing() -> None:
    whole = "\n".join(reversed(list(VALID.values())))
    forward, backward = loaded_book(VALID), loaded_book({"all.yaml": whole})
    assert forward.expressions == backward.expressions
    assert list(forward.rules) == list(backward.rules)


def test_stories_are_no_rules() -> None:
    assert load_text({**VALID, "a.test.yaml": "- test: a story\n"}).problems == ()


def test_every_problem_is_told_at_once() -> None:
    text = (
        GOLDEN_HOUR.replace("severity: urgent", "severity: grave")
        .replace("less_than: 18", "less_than: eighteen")
        .replace("due: 1 hour", "due: 1m")
        .replace("by: [sms, email]", "by: [pigeon]")
    )
    found = codes({**BASE, "r.yaml": text})
    assert sorted(found) == ["E012", "E012", "E014", "E014"]


def test_a_block_that_cannot_be_read_is_not_blamed_for_missing_elsewhere() -> None:
    text = GOLDEN_HOUR.replace("title: Police contact within 1 hour", "title: Police: within 1 hour")
    assert codes({**BASE, "r.yaml": text}) == ["E001"]


def test_a_broken_block_hides_none_of_the_others() -> None:
    text = GOLDEN_HOUR.replace("title: A child", "title: 'A child").replace("due: 1 hour", "due: 48")
    assert codes({**BASE, "r.yaml": text}) == ["E001", "E014"]


def test_a_setting_in_the_wrong_place_is_told_where_it_belongs() -> None:
    text = GOLDEN_HOUR.replace("  if_missing: match\n  then:", "    if_corrected: keep\n  if_missing: match\n  then:")
    (problem,) = load_text({**BASE, "r.yaml": text}).problems
    assert problem.code == "E010"
    assert "belongs to the rule" in problem.message


def test_meetings_and_turns_are_read() -> None:
    meeting = "due: {next: {at: 10:30, days: [mon, fri], cut_off: 1 hour}}"
    rota = """\
- rota: weekly
  turns: [desk]
  change_over: {every: week, day: tue, at: 09:00}
  starting: 2026-11-02
  overrides: [{from: 2026-12-25 09:00, to: 2026-12-26 09:00, who: desk}]
- role: second
  title: Second contact
  rota: weekly
"""
    book = loaded_book({**BASE, "r.yaml": GOLDEN_HOUR.replace("due: 1 hour", meeting), "rota.yaml": rota})
    due = book.clocks[ClockId("golden_hour")].due
    assert due == NextMeeting(clock_time(10, 30), frozenset({0, 4}), timedelta(hours=1))
    weekly = book.rotas[RotaId("weekly")]
    assert weekly.turns == Turns((PersonId("desk"),), "week", clock_time(9), 1, date(2026, 11, 2))
    assert weekly.overrides[0].who == (PersonId("desk"),)


def test_a_label_that_no_rule_gives_is_never_held() -> None:
    label = "field: case.labels\n      has_any: [urgent_respons]"
    text = GOLDEN_HOUR.replace("field: person.age\n      less_than: 18", label)
    (problem,) = load_text({**BASE, "r.yaml": text}).problems
    assert problem.code == "E025"
    assert "did you mean 'urgent_response'" in problem.message


def test_a_clock_that_a_condition_names_must_be_there() -> None:
    text = GOLDEN_HOUR.replace("message: incident\n    all:\n      - definition: child", WAITING, 1)
    assert "E021" in codes({**BASE, "r.yaml": text})


def test_working_days_are_read() -> None:
    clock = GOLDEN_HOUR.replace(
        "due: 1 hour\n  counts: elapsed", "due: 5 working days\n  counts: working_days\n  hours: office"
    )
    clock = clock.replace("at: 30 minutes", "before: 2 working days")
    book = loaded_book({**BASE, "r.yaml": clock})
    found = book.clocks[ClockId("golden_hour")]
    assert found.due == WorkingDays(5)
    assert found.warn[0].before_days == 2


def test_review_dates_are_looked_at_only_when_the_day_is_known() -> None:
    assert codes(VALID) == []
    assert codes(VALID, today=date(2027, 3, 31)) == []
    assert set(codes(VALID, today=date(2027, 4, 1))) == {"W110"}


def test_a_warning_with_a_reason_is_silent() -> None:
    text = GOLDEN_HOUR.replace("if_missing: match", "if_missing: no_match")
    assert codes({**BASE, "r.yaml": text}) == ["W107"]
    silenced = text.replace(
        "  once_per: [case_ref]", "  once_per: [case_ref]\n  allow: {W107: ages are always known here}"
    )
    assert codes({**BASE, "r.yaml": silenced}) == []


def test_a_leaf_that_drops_unknowns_counts_unless_another_stays_open_beside_it() -> None:
    alone = GOLDEN_HOUR.replace("less_than: 18", "less_than: 18\n      if_missing: no_match")
    assert "W107" in codes({**BASE, "r.yaml": alone})
    beside = alone.replace(
        "  all:\n    - field: person.age", "  any:\n    - {field: setting, equals: custody}\n    - field: person.age"
    )
    assert codes({**BASE, "r.yaml": beside}) == []


def test_what_nothing_uses_is_a_warning() -> None:
    spare = GOLDEN_HOUR.replace("start_clock: golden_hour", "refer: mash")
    assert codes({**BASE, "r.yaml": spare}) == ["W103"]
    unused = BASE["rules/ladders.yaml"].replace("default_urgent", "spare")
    assert codes({**VALID, "l.yaml": unused}) == ["W104"]


def test_folders_are_read_from_disk_without_stories_and_settings(tmp_path: Path) -> None:
    for name, text in {**VALID, "rules/deep/a.test.yaml": "- test: x\n", "config/alertd.yaml": "a: b\n"}.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    loaded = load([tmp_path / "rules"], tmp_path / "config", None)
    assert loaded.problems == ()
    assert loaded.book is not None
    assert load([tmp_path / "rules"], tmp_path / "config", None).book == loaded.book


def test_a_folder_that_is_not_there_is_told(tmp_path: Path) -> None:
    loaded = load([tmp_path / "rules"], tmp_path / "config", tmp_path / "templates")
    assert loaded.book is None
    assert {problem.file for problem in loaded.problems if problem.code == "E001"} == {
        str(tmp_path / name) for name in ("rules", "config", "templates")
    }


def test_a_file_that_is_not_utf8_is_told_with_its_line(tmp_path: Path) -> None:
    (tmp_path / "rules.yaml").write_bytes(b"# fine\n- list: \xff\xfe\n")
    loaded = load([tmp_path / "rules.yaml"], tmp_path, None)
    assert ("E001", 2) in [(problem.code, problem.line) for problem in loaded.problems]


def test_deep_nesting_is_refused_and_does_not_crash() -> None:
    deep = "[" * 5000
    assert "E001" in codes({**BASE, "deep.yaml": f"- list: x\n  words: {deep}\n"})
    assert "E001" in codes({**BASE, "deep.yaml": f"- list: x\n  words: {deep}{']' * 5000}\n"})


def test_windows_line_ends_and_a_byte_order_mark_are_read() -> None:
    text = "\ufeff" + GOLDEN_HOUR.replace("\n", "\r\n")
    assert load_text({**BASE, "r.yaml": text}).problems == ()


def test_the_shipped_files_load_without_an_error() -> None:
    loaded = load([shipped("rules")], shipped("config"), shipped("templates"))
    assert [format_problem(found) for found in loaded.problems if found.severity is Weight.ERROR] == []


def test_forty_rules_load() -> None:
    rule = GOLDEN_HOUR[GOLDEN_HOUR.index("- rule") : GOLDEN_HOUR.index("- clock")]
    many = "".join(rule.replace("custody_cohort", f"rule_{number}") for number in range(40))
    loaded = load_text({**VALID, "many.yaml": many})
    assert loaded.book is not None
    assert len(loaded.book.rules) == 41


def test_a_label_that_looks_like_one_that_is_read_is_a_warning() -> None:
    reader = GOLDEN_HOUR[GOLDEN_HOUR.index("- rule") : GOLDEN_HOUR.index("- clock")].replace("custody_cohort", "second")
    reader = reader.replace("definition: child", "{field: case.labels, has_any: [urgent_response]}", 1)
    slip = GOLDEN_HOUR[GOLDEN_HOUR.index("- rule") : GOLDEN_HOUR.index("- clock")].replace("custody_cohort", "third")
    slip = slip.replace("urgent_response", "urgent_respons", 1)
    assert "W104" in codes({**VALID, "second.yaml": reader, "third.yaml": slip})


def test_a_stop_that_swallows_the_narrower_ones_is_a_warning() -> None:
    text = GOLDEN_HOUR.replace("    - status: police_contacted_mash\n", "    - status: contact\n")
    assert codes({**BASE, "r.yaml": text}) == ["W106"]


def test_a_list_item_too_far_right_is_not_swallowed_in_silence() -> None:
    text = "- list: spare\n  words:\n    - one\n      - two\n"
    (problem,) = load_text({**VALID, "spare.yaml": text}).problems
    assert (problem.code, problem.line) == ("E001", 4)
    folded = "- list: spare\n  about: a long text\n    in two lines - with a dash\n  words: [one]\n"
    assert codes({**VALID, "spare.yaml": folded}) == []
