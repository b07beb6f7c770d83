from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest

from alertd.core.decide import Decision
from alertd.core.judged import GlobalRecord
from alertd.model.case import AlertState, CrossRow, CrossSide, LineState, Obligation, ObligationKey, StoredMessage
from alertd.model.conditions import Count
from alertd.model.ids import LeafId, Token
from alertd.model.message import Message
from alertd.model.values import Answer
from tests.core.book import load, small_book
from tests.core.make import after, custody, facts, incident, obligation, status, stored
from tests.core.play import Others, decided, recorded

BOOK = small_book()


def _all(*messages: Message) -> list[StoredMessage]:
    return [stored(number, each) for number, each in enumerate(messages, start=1)]


def _steps(rows: Sequence[Obligation]) -> set[str]:
    return {f"{each.key.about}#{each.key.step}@{each.key.role}" for each in rows if each.state is LineState.PENDING}


def test_a_first_message_opens_an_alert_starts_clocks_and_says_when_to_look_again() -> None:
    found = decided(facts(), _all(custody()), after())
    assert [(each.code, each.state) for each in found.alerts] == [("", AlertState.OPEN)]
    assert {clock.clock for clock in found.history.clocks} == {"golden_hour", "contact_48h"}
    assert _steps(found.new) == {"alert#0@safeguarding_duty"}
    assert (found.settled_at, found.wake_at) == (after(), after(5))
    assert found.labels == ("urgent_response",)


def test_a_case_needs_an_incident() -> None:
    with pytest.raises(ValueError, match="incident"):
        decided(facts(), _all(status("contact")), after())


def test_statuses_received_before_the_incident_belong_to_its_history() -> None:
    early = _all(status("police_contacted_mash", at=after(-5), happened_at=after(-6)), custody())
    (golden,) = [c for c in decided(facts(), early, after()).history.clocks if c.clock == "golden_hour"]
    assert (golden.known_at, golden.stopped_at, golden.stop_known_at) == (after(), after(-6), after(-5))


def _stepped(first: Sequence[StoredMessage], *more: Sequence[StoredMessage]) -> Decision:
    """Decide after each step, at the newest receipt so far."""
    so_far = list(first)
    found = decided(facts(), so_far, max(m.message.received_at for m in so_far))
    for messages in more:
        known = recorded(found, so_far)
        so_far += messages
        found = decided(known, so_far, max(m.message.received_at for m in so_far))
    return found


def test_a_correction_that_no_longer_matches_stands_down_everyone_who_was_told() -> None:
    first, second = _all(custody(), custody(version=2, at=after(30), incident__offence=("other",)))
    begun = decided(facts(), [first], after())
    told = recorded(begun, [first])
    later = decided(told, [first], after(11))
    everything = recorded(later, [first], told)
    everything = replace(
        everything, obligations=tuple(replace(o, state=LineState.TOLD) for o in everything.obligations)
    )
    found = decided(everything, [first, second], after(30))
    assert found.alerts[0].state is AlertState.WITHDRAWN
    assert {each.withdrawn_at for each in found.history.clocks} == {after(30)}
    assert _steps(found.new) == {
        "alert#0!@safeguarding_duty",
        "alert#s1!@safeguarding_duty",
        "alert#s2!@safeguarding_backup",
    }
    assert found.wake_at is None


def test_messages_out_of_order_give_what_they_would_have_given_in_order() -> None:
    one, two, three = _all(custody(), custody(version=2, at=after(10), person__age=16), status("contact", at=after(20)))
    ordered = _stepped([one], [two], [three])
    jumbled = _stepped([three, one], [two])
    assert jumbled.history.runs == ordered.history.runs
    assert jumbled.history.clocks == ordered.history.clocks


def test_what_was_told_under_a_keys_old_name_was_told() -> None:
    nameless = incident(setting="custody", person__age=15, incident__offence=("bladed_article",))
    named = incident(
        setting="custody",
        person__age=15,
        incident__offence=("bladed_article",),
        custody__ref="C-1",
        version=2,
        at=after(1),
    )
    one, two = _all(nameless, named)
    begun = recorded(decided(facts(), [one], after()), [one])
    (old,) = [clock.key for clock in begun.clocks if clock.clock == "golden_hour"]
    warned = obligation("clock:golden_hour", "safeguarding_duty", state=LineState.TOLD)
    warned = replace(warned, key=replace(warned.key, key=old, step="warn0"))
    found = decided(replace(begun, obligations=(*begun.obligations, warned)), [one, two], after(31))
    ((about, before, now),) = found.history.renamed
    assert (about, before) == ("clock:golden_hour", old)
    assert now in {clock.key for clock in found.history.clocks}
    assert not [o for o in (*found.new, *found.changed) if o.key.step.startswith("warn0")]


def test_a_step_found_unreachable_moves_the_ladder_on() -> None:
    one = _all(custody())
    begun = recorded(decided(facts(), one, after()), one)
    silent = [replace(o, state=LineState.UNREACHABLE, not_before=after(1)) for o in begun.obligations]
    found = decided(replace(begun, obligations=tuple(silent)), one, after(1))
    assert _steps(found.new) == {"alert#s1@safeguarding_duty"}


def test_time_alone_tells_what_has_come_due() -> None:
    one = _all(custody())
    begun = recorded(decided(facts(), one, after()), one)
    found = decided(begun, one, after(20))
    assert "alert#s2@safeguarding_backup" in _steps(found.new)
    assert found.history.runs == begun.runs
    assert found.settled_at == after()


# --- keys that are global over cases

GBH = custody(incident__offence=("gbh_intent",), incident__ward="Leyton", incident__ref="I-1")
(LEAF,) = [name for name, leaf in BOOK.leaves.items() if isinstance(leaf, Count)]


def _rows(leaf: LeafId) -> dict[LeafId, tuple[CrossRow, ...]]:
    zero = Token(bytes(32))
    distinct = (Token(b"a"), Token(b"b"))
    return {
        leaf: tuple(
            CrossRow(leaf, CrossSide.TARGET, zero, each, after(-60), None, each, Answer.YES) for each in distinct
        )
    }


def _tension(
    *shared: Obligation, elsewhere: bool = False, cluster: bool = True, known: Decision | None = None
) -> Decision:
    others = Others(BOOK, _rows(LEAF) if cluster else {}, GlobalRecord(elsewhere, shared))
    one = _all(GBH)
    before = recorded(known, one) if known else facts()
    return decided(before, one, after(), others=others)


def _of_tension(rows: Sequence[Obligation]) -> dict[tuple[str, int], LineState]:
    return {(each.key.about, each.key.episode): each.state for each in rows if each.key.scope == "*"}


REQUEST = "request:community_impact_assessment"


def test_a_cluster_is_told_once_over_all_cases() -> None:
    first = _tension()
    assert _of_tension(first.new) == {("rule:tension", 1): LineState.PENDING, (REQUEST, 1): LineState.OPEN}
    shared = [row for row in first.new if row.key.scope == "*"]
    assert _of_tension(_tension(*shared, elsewhere=True).new) == {}


def test_a_cluster_is_told_again_only_after_its_time() -> None:
    shared = [row for row in _tension().new if row.key.scope == "*"]
    week_ago = [replace(row, at=row.at - timedelta(days=7), state=LineState.TOLD) for row in shared]
    assert {episode for _, episode in _of_tension(_tension(*week_ago).new)} == {2}
    recent = [replace(row, at=row.at - timedelta(days=6, hours=23)) for row in week_ago]
    recent = [replace(row, at=after(-60)) for row in recent]
    assert _of_tension(_tension(*recent).new) == {}


def test_a_cluster_that_was_withdrawn_is_told_anew() -> None:
    gone = [replace(row, state=LineState.WITHDRAWN) for row in _tension().new if row.key.scope == "*"]
    assert {episode for _, episode in _of_tension(_tension(*gone).new)} == {2}


def test_a_cluster_is_withdrawn_by_the_last_case_that_saw_it() -> None:
    first = _tension()
    shared = [replace(row, state=LineState.TOLD) for row in first.new if row.key.about == "rule:tension"]
    last = _tension(*shared, cluster=False, known=first)
    assert _of_tension(last.changed) == {("rule:tension", 1): LineState.WITHDRAWN}
    assert [row.key.step for row in last.new if row.key.scope == "*"] == ["0!"]
    assert _of_tension(_tension(*shared, elsewhere=True, cluster=False, known=first).changed) == {}


def test_a_case_without_such_rules_asks_nothing_of_global_keys() -> None:
    others = Others(BOOK, shared=GlobalRecord(elsewhere=True, obligations=(obligation(),)))
    found = decided(facts(), _all(custody()), after(), others=others)
    assert found.changed == ()
    key = ObligationKey("*", "rule:tension", "k", 1, "0", "community_safety")
    assert str(key) == "*/rule:tension:k/1#0@community_safety"
    assert str(replace(key, about="alert", key="")) == "*/alert/1#0@community_safety"


# --- looking late


WATCH = """\
- rule: warned_once
  title: Told while it is warned
  source: Protocol
  owner: head_of_service
  review_by: 2027-03-31
  severity: routine
  status: live
  if_missing: no_match
  once_per: [case_ref]
  when:
    message: clock
    all:
      - field: clock.id
        equals: contact_48h
      - field: clock.state
        equals: warned
  then:
    - refer: somebody
"""


def test_after_an_outage_every_turn_of_a_clock_is_judged_at_its_own_time() -> None:
    book = load(WATCH)
    one = _all(custody())
    late = decided(facts(), one, after(hours=60), book=book)
    begun = decided(facts(), one, after(), book=book)
    woken = decided(recorded(begun, one), one, after(hours=60), book=book)
    watched = [(r.known_at, r.ended_at) for r in late.history.runs if r.rule == "warned_once"]
    assert watched == [(after(-10, hours=36), after(-10, hours=48))]
    assert [(r.known_at, r.ended_at) for r in woken.history.runs if r.rule == "warned_once"] == watched
    assert {str(r.rule): r.known_at for r in late.history.runs}["missed_contact"] == after(-10, hours=48)
    assert {str(c.clock): c.known_at for c in woken.history.clocks}["panel_listing"] == after(-10, hours=48)


def test_a_stop_between_two_turns_leaves_the_second_out() -> None:
    contact = status("contact", at=after(hours=40), contact__outcome="contacted_family")
    found = decided(facts(), _all(custody(), contact), after(hours=60), book=load(WATCH))
    watched = [(r.known_at, r.ended_at) for r in found.history.runs if r.rule == "warned_once"]
    assert watched == [(after(-10, hours=36), after(hours=40))]
    assert "missed_contact" not in {r.rule for r in found.history.runs}
