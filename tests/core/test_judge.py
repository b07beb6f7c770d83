from __future__ import annotations

from dataclasses import replace

import pytest

from alertd.core.cross import NO_TOKEN
from alertd.core.judged import Match
from alertd.core.plan import plan, stop_of
from alertd.model.case import CrossRow, CrossSide
from alertd.model.conditions import Another, Count
from alertd.model.errors import ConfigError, MatcherError
from alertd.model.ids import ClockId, LeafId, RuleId, Token
from alertd.model.message import Message
from alertd.model.rulebook import RuleBook, RuleStatus, StopClock
from alertd.model.values import Answer
from tests.core.book import load, small_book, small_plan
from tests.core.make import after, clock, custody, day, incident, status
from tests.core.play import Others, judged

BOOK = small_book()
HEADER = "  title: A rule\n  source: Protocol\n  owner: head_of_service\n  review_by: 2027-03-31\n"
ROUTINE = HEADER + "  severity: routine\n  status: live\n  if_missing: no_match\n  once_per: [case_ref]\n"


def _rules(*messages: Message, **more: object) -> set[str]:
    return {match.rule for match in judged(*messages, **more).matches}  # type: ignore[arg-type]


def _match(name: str, *messages: Message, **more: object) -> Match:
    return next(each for each in judged(*messages, **more).matches if each.rule == name)  # type: ignore[arg-type]


# --- rules, labels, referrals


def test_a_child_with_a_blade_in_custody_is_an_urgent_response() -> None:
    found = judged(custody())
    assert {match.rule for match in found.matches} == {"custody_cohort", "contact_clocks"}
    assert found.labels == ("urgent_response",)
    assert found.referrals == ()
    assert found.matched_records == {found.fold.incidents[0].stored.tokens.record}


def test_serious_violence_is_referred() -> None:
    assert judged(custody(incident__offence=("gbh_intent",))).referrals == ("mash",)


def test_an_unknown_matches_an_urgent_rule_and_says_what_to_check() -> None:
    match = _match("serious_violence", incident(setting="community", incident__offence=("gbh_intent",)))
    assert (match.presumed, match.asks, match.check) == (True, False, ("person.age",))


def test_an_unknown_asks_where_the_rule_says_so_and_acts_on_nothing() -> None:
    found = judged(incident(setting="community", person__age=40, incident__offence=("pwits",)))
    (match,) = found.matches
    assert (match.rule, match.asks, match.check) == ("which_ward", True, ("incident.ward",))
    assert (found.labels, found.clocks) == ((), ())


def test_a_sure_match_goes_before_a_presumed_one_of_the_same_key() -> None:
    unsure = incident(setting="community", incident__offence=("gbh_intent",))
    sure = incident(record="R-2", setting="community", person__age=16, incident__offence=("abh",))
    match = _match("serious_violence", unsure, sure)
    assert not match.presumed
    assert len(judged(unsure, custody(record="R-2")).matched_records) == 2


def test_a_shadow_rule_matches_but_gives_nothing_and_a_draft_is_not_judged() -> None:
    for status_, expected in ((RuleStatus.SHADOW, {"custody_cohort"}), (RuleStatus.DRAFT, set())):
        rule = replace(BOOK.rules[RuleId("custody_cohort")], status=status_)
        found = judged(custody(), book=replace(BOOK, rules={**BOOK.rules, rule.id: rule}))
        assert {match.rule for match in found.matches} == expected
        assert (found.labels, found.clocks) == ((), ())


def test_a_false_alarm_wants_nothing_of_incidents_or_statuses() -> None:
    found = judged(custody(), status("false_alarm", at=after(5)), status("contact", record="S-2"))
    assert (found.matches, found.clocks, found.seen, found.cross) == ((), (), (), ())


@pytest.mark.parametrize(
    ("from_", "until", "expected"),
    [
        ("2026-11-26", None, True),
        ("2026-11-27", None, False),
        (None, "2026-11-26", True),
        (None, "2026-11-25", False),
    ],
)
def test_a_rule_holds_on_the_day_of_what_it_judges_however_late_one_looks(
    from_: str | None, until: str | None, expected: bool
) -> None:
    rule = replace(
        BOOK.rules[RuleId("custody_cohort")],
        effective_from=day(from_) if from_ else None,
        effective_until=day(until) if until else None,
    )
    book = replace(BOOK, rules={**BOOK.rules, rule.id: rule})
    for now in (after(), after(hours=24 * 30)):
        assert ("custody_cohort" in _rules(custody(), now=now, book=book)) is expected


NARROWER = f"""\
- rule: narrower
{ROUTINE}\
  when:
    message: incident
    all:
      - field: custody.force
        equals: Norfolk
  then:
    - classify: far_away
  instead_of: [custody_cohort]
- rule: lack_of_label
{ROUTINE}\
  when:
    message: case
    none:
      - field: case.labels
        has_any: [urgent_response]
  then:
    - classify: calm
"""


def test_a_narrower_rule_replaces_the_wider_one_while_it_matches() -> None:
    book = load(NARROWER)
    assert _rules(custody(), book=book) == {"custody_cohort", "contact_clocks"}
    found = judged(custody(custody__force="Norfolk"), book=book)
    assert {match.rule for match in found.matches} == {"narrower", "lack_of_label"}
    assert found.labels == ("calm", "far_away")


def test_rules_that_never_settle_are_an_error() -> None:
    restless = f"""\
- rule: gives
{ROUTINE}\
  when:
    message: clock
    all:
      - field: clock.id
        equals: contact_48h
  then:
    - stop_clock: golden_hour
"""
    with pytest.raises(MatcherError, match="did not settle"):
        judged(custody(), book=_stopping("contact_48h", load(restless)))


def _stopping(clock: str, book: RuleBook) -> RuleBook:
    """The rule `gives` stops another clock, which loading would refuse."""
    rule = replace(book.rules[RuleId("gives")], then=(StopClock(ClockId(clock)),))
    return replace(book, rules={**book.rules, rule.id: rule})


# --- clocks


def test_clocks_start_when_it_happened_under_their_own_keys() -> None:
    found = {each.clock: each for each in judged(custody()).clocks}
    assert set(found) == {"golden_hour", "contact_48h"}
    assert {each.start_at for each in found.values()} == {after(-10)}
    assert not any(each.estimated for each in found.values())
    again = {each.clock: each.key for each in judged(custody(record="R-2")).clocks}
    assert again == {name: each.key for name, each in found.items()}


def test_a_clock_without_a_start_is_estimated_from_the_first_receipt() -> None:
    unclear = custody(custody__booked_in_at="")
    (golden,) = [each for each in judged(unclear).clocks if each.clock == "golden_hour"]
    assert (golden.start_at, golden.estimated) == (after(), True)


def test_a_missing_key_part_is_replaced_by_the_record_and_can_be_renamed() -> None:
    nameless = custody()
    fields = {name: value for name, value in nameless.fields.items() if name != "custody.ref"}
    (golden,) = [each for each in judged(replace(nameless, fields=fields)).clocks if each.clock == "golden_hour"]
    (named,) = [each for each in judged(nameless).clocks if each.clock == "golden_hour"]
    assert golden.key == golden.fallback == named.fallback != named.key


def test_two_bookings_in_are_two_golden_hours() -> None:
    second = custody(record="R-2", custody__ref="C-2", custody__booked_in_at=after(-5))
    assert [str(each.clock) for each in judged(custody(), second).clocks].count("golden_hour") == 2


def _golden(*messages: Message) -> dict[object, bool]:
    found = judged(*messages, now=after(30)).clocks
    return {each.start_at: each.stop is not None for each in found if each.clock == "golden_hour"}


SECOND = custody(record="R-2", custody__ref="C-2", custody__booked_in_at=after(-5))


@pytest.mark.parametrize(
    ("told", "stopped"),
    [
        (status("police_contacted_mash", at=after(1)), after(-5)),
        (status("police_contacted_mash", at=after(1), happened_at=after(-7)), after(-10)),
        (status("police_contacted_mash", at=after(1), happened_at=after(-60)), after(-10)),
    ],
    ids=["the latest begun by then", "the only one begun by then", "else the earliest"],
)
def test_a_status_without_a_key_stops_one_clock_of_several(told: Message, stopped: object) -> None:
    found = _golden(custody(), SECOND, told)
    assert {start for start, stop in found.items() if stop} == {stopped}


def test_a_status_that_names_a_key_stops_that_clock_or_none() -> None:
    told = status("police_contacted_mash", at=after(1))
    named = replace(told, about={**told.about, "custody.ref": "c-1"})
    assert _golden(custody(), SECOND, named) == {after(-10): True, after(-5): False}
    other = replace(told, about={**told.about, "custody.ref": "C-9"})
    assert not any(_golden(custody(), SECOND, other).values())


def test_only_the_evidence_that_a_clock_asks_for_stops_it() -> None:
    attempt = status("contact", contact__outcome="attempted_no_answer")
    contact = status("contact", record="S-2", contact__outcome="contacted_young_person")
    unknown = status("contact", record="S-3")
    stops = {
        each.message.record: judged(custody(), each.message, now=after(5)).clocks
        for each in judged(custody(), attempt, contact, unknown).fold.statuses
    }
    stopped = {record: [c.clock for c in clocks if c.stop] for record, clocks in stops.items()}
    assert stopped == {"S-1": [], "S-2": ["contact_48h"], "S-3": []}
    assert stop_of(BOOK, ClockId("golden_hour"), 0).status == "police_contacted_mash"


def test_a_death_withdraws_the_contact_clock_alone() -> None:
    died = status("contact", contact__outcome="deceased")
    found = judged(custody(), died)
    assert [each.clock for each in found.clocks] == ["golden_hour"]
    assert "death" in {match.rule for match in found.matches}


def test_a_breach_makes_its_clock_rules_known_at_the_deadline() -> None:
    late = after(hours=60)
    match = _match("missed_contact", custody(), now=late)
    assert match.since == after(-10, hours=48)
    panel = next(each for each in judged(custody(), now=late).clocks if each.clock == "panel_listing")
    assert (panel.start_at, panel.since) == (after(-10, hours=48), after(-10, hours=48))


def test_a_clock_met_late_was_breached_and_stays_so_for_its_rules() -> None:
    contact = status("contact", at=after(hours=50), happened_at=after(hours=1), contact__outcome="contacted_family")
    assert "missed_contact" in _rules(custody(), contact, now=after(hours=51))
    in_time = status("contact", at=after(hours=2), contact__outcome="contacted_family")
    assert "missed_contact" not in _rules(custody(), in_time, now=after(hours=51))


WATCHING = f"""\
- rule: watching
{ROUTINE}\
  when:
    message: clock
    all:
      - field: clock.id
        equals: contact_48h
      - field: clock.state
        in: [STATE]
  then:
    - refer: STATE
"""


@pytest.mark.parametrize(
    ("stands", "hours", "since"),
    [("running", 1, None), ("warned", 40, after(-10, hours=36)), ("met", 5, after(hours=2))],
)
def test_a_clocks_state_became_known_when_it_came_to_it(stands: str, hours: float, since: object) -> None:
    book = load(WATCHING.replace("STATE", stands))
    contact = status("contact", at=after(hours=2), contact__outcome="contacted_family")
    messages = (custody(), contact) if stands == "met" else (custody(),)
    assert _match("watching", *messages, now=after(hours=hours), book=book).since == since


LABEL_CLOCK = f"""\
- clock: listing
  title: Listing
  source: Protocol
  owner: head_of_service
  review_by: 2027-03-31
  one_per: case_ref
  starts_at: [case.labelled_at]
  due: 1 day
  counts: elapsed
  stops_when:
    - status: drm_listed
  on_breach: {{notify: head_of_service, template: clock_breach, by: [email]}}
- rule: list_it
{ROUTINE}\
  when:
    message: case
    all:
      - field: case.labels
        has_any: [urgent_response]
  then:
    - start_clock: listing
"""


def test_a_case_was_labelled_when_the_news_came_not_when_one_looked() -> None:
    book = load(LABEL_CLOCK)
    for now in (after(1), after(hours=30)):
        (listing,) = [each for each in judged(custody(), now=now, book=book).clocks if each.clock == "listing"]
        assert (listing.start_at, listing.estimated) == (after(), False)
    known = judged(custody(), now=after(90), book=book, labelled_at=after(-3)).clocks
    assert next(each.start_at for each in known if each.clock == "listing") == after(-3)


def test_a_kept_clock_stays_while_its_rule_is_silent_and_still_stops() -> None:
    kept = clock("panel_listing", hours=100)
    done = status("panel_listed", at=after(9))
    found = judged(incident(setting="community", person__age=40, incident__offence=("other",)), done, kept=(kept,))
    (panel,) = found.clocks
    assert (panel.key, panel.start_at, panel.due_at) == (kept.key, kept.start_at, kept.due_at)
    assert panel.stop is not None


# --- other cases


def _leaf(kind: type[Count | Another], book: RuleBook = BOOK, number: int = 0) -> LeafId:
    return sorted(name for name, leaf in book.leaves.items() if isinstance(leaf, kind))[number]


GBH = custody(incident__offence=("gbh_intent",), incident__ward="Leyton", incident__ref="I-1")


def _rows(leaf: LeafId, *distinct: bytes, given: Answer = Answer.YES) -> dict[LeafId, tuple[CrossRow, ...]]:
    return {
        leaf: tuple(
            CrossRow(leaf, CrossSide.TARGET, NO_TOKEN, Token(each), after(-60), None, Token(each), given)
            for each in distinct
        )
    }


def test_two_other_incidents_in_a_ward_and_this_one_are_a_cluster() -> None:
    leaf = _leaf(Count)
    others = Others(BOOK, _rows(leaf, b"a", b"b"))
    found = judged(GBH, others=others)
    assert "tension" in {match.rule for match in found.matches}
    assert "tension" not in _rules(GBH, others=Others(BOOK, _rows(leaf, b"a")))
    assert "tension" not in _rules(GBH, others=Others(BOOK, _rows(leaf, b"a", b"b", given=Answer.UNKNOWN)))
    assert {look.leaf for look, _ in found.verify} == {look.leaf for look in others.asked}


def test_what_hangs_on_no_other_case_asks_nobody() -> None:
    others = Others(BOOK)
    judged(incident(setting="community", person__age=40, incident__offence=("other",)), others=others)
    assert _leaf(Count) not in {each.leaf for each in others.asked}


def test_a_rule_that_reads_labels_looks_at_other_cases_too() -> None:
    earlier = [name for name, leaf in BOOK.leaves.items() if isinstance(leaf, Another) and leaf.within is not None]
    (leaf,) = earlier
    assert "known_offender" in _rules(custody(), others=Others(BOOK, _rows(leaf, b"a")))
    assert "known_offender" not in _rules(custody(), others=Others(BOOK))
    assert "repeat" in judged(custody(), others=Others(BOOK, _rows(leaf, b"a"))).labels


def test_a_case_shows_itself_to_others_by_what_they_look_for() -> None:
    rows = judged(replace(GBH, fields={**GBH.fields, "person.associates": ("P-7",)})).cross
    sides = {(row.leaf, row.side) for row in rows}
    assert (_leaf(Count), CrossSide.TARGET) in sides
    assert (_leaf(Count), CrossSide.ANCHOR) in sides
    assert len({row.leaf for row in rows if row.side is CrossSide.TARGET}) == 3


NAMED = f"""\
- definition: missed
  title: Missed
  source: Protocol
  owner: head_of_service
  review_by: 2027-03-31
  all:
    - field: clock.state
      equals: breached
- rule: by_definition
{ROUTINE}\
  when:
    message: clock
    all:
      - definition: missed
      - any:
          - field: clock.id
            equals: golden_hour
          - field: clock.id
            equals: contact_48h
  then:
    - refer: somebody
"""


def test_a_clock_rule_hears_only_of_the_clocks_and_states_that_it_names() -> None:
    loaded = plan(load(NAMED))
    assert loaded.hears_clock("golden_hour", "breached")
    assert not loaded.hears_clock("golden_hour", "running")
    assert small_plan().hears_clock("contact_48h", "met_late")
    assert not small_plan().hears_clock("golden_hour", "breached")
    assert judged(custody(), now=after(hours=2), book=load(NAMED)).referrals == ("somebody",)


LONELY = f"""\
- clock: panel_note
  title: Note
  source: Protocol
  owner: head_of_service
  review_by: 2027-03-31
  one_per: case_ref
  starts_at: [clock.stopped_at]
  or_else: [custody.charged_at]
  due: 1 day
  counts: elapsed
  stops_when:
    - status: panel_held
  on_breach: {{notify: head_of_service, template: clock_breach, by: [email]}}
- rule: note_it
{ROUTINE}\
  when:
    message: clock
    all:
      - field: clock.id
        equals: contact_48h
  then:
    - start_clock: panel_note
"""


def test_a_clock_with_no_time_at_all_starts_at_the_first_receipt_whenever_one_looks() -> None:
    book = load(LONELY)
    for now in (after(1), after(hours=70)):
        (note,) = [each for each in judged(custody(), now=now, book=book).clocks if each.clock == "panel_note"]
        assert (note.start_at, note.estimated) == (after(), True)


def test_replacing_each_other_in_a_circle_is_refused() -> None:
    rule = BOOK.rules[RuleId("custody_cohort")]
    reads = replace(BOOK.rules[RuleId("contact_clocks")], instead_of=(rule.id, RuleId("retired")))
    with pytest.raises(ConfigError, match="circle"):
        plan(replace(BOOK, rules={**BOOK.rules, reads.id: reads}))
