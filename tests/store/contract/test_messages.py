"""Messages: stored once, counted always, back as they were."""

from __future__ import annotations

from datetime import timedelta

import pytest

from alertd.model.case import MessageOutcome, Tokens
from alertd.model.ids import CaseId
from alertd.model.message import Unreadable
from alertd.service.explain_port import Again
from alertd.service.ports import Rank
from alertd.store import SqlStore
from tests.store.rows import (
    HOUR,
    NOW,
    changed,
    full_message,
    incident,
    incident_tokens,
    make_case,
    status,
    status_tokens,
    token,
    tokens,
)

ACTED, ORPHAN = MessageOutcome.ACTED, MessageOutcome.ORPHAN


def test_a_message_comes_back_exactly_as_it_was(store: SqlStore) -> None:
    message = full_message("full")
    make_case(store, "c1", message=message)
    with store.read() as reading:
        facts = reading.case(CaseId("c1"))
    assert facts is not None
    assert [stored.message for stored in facts.messages] == [message]


def test_tokens_come_back_exactly_as_they_were(store: SqlStore) -> None:
    odd = Tokens(token("r"), tokens("s"), tokens("not strong"), (token("b"), token("a")), True, token("person"))
    with store.write(Rank.INTAKE) as writing:
        writing.add_messages([(status("s1"), odd, ORPHAN)])
    with store.read() as reading:
        assert [each.tokens for each in reading.orphans(NOW, 9)] == [odd]


def test_the_same_pair_of_source_and_id_is_stored_once(store: SqlStore) -> None:
    row = (incident("m1"), incident_tokens("r"), ACTED)
    with store.write(Rank.INTAKE) as writing:
        first, again = writing.add_messages([row, row])
        (third,) = writing.add_messages([row])
    with store.write(Rank.INTAKE) as writing:
        (fourth,) = writing.add_messages([row])
    assert first > 0
    assert (again, third, fourth) == (0, 0, 0)


def test_another_source_may_use_the_same_id(store: SqlStore) -> None:
    with store.write(Rank.INTAKE) as writing:
        seqs = writing.add_messages(
            [
                (incident("m1"), incident_tokens("r1"), ACTED),
                (incident("m1", source="hospital"), incident_tokens("r2"), ACTED),
            ]
        )
    assert 0 < seqs[0] < seqs[1]


def test_seen_tells_what_is_stored_and_not_what_is_quarantined(store: SqlStore) -> None:
    with store.write(Rank.INTAKE) as writing:
        writing.add_messages([(incident("m1"), incident_tokens("r"), ACTED)])
        writing.quarantine_add(Unreadable("police", "m2", "not JSON", b"{", NOW))
        assert writing.seen([("police", "m1"), ("police", "m2")]) == {("police", "m1")}
    with store.read() as reading:
        assert reading.seen([("police", "m1"), ("police", "m2"), ("hospital", "m1")]) == {("police", "m1")}
        assert reading.seen([]) == set()


def test_totals_add_up_whatever_happens(store: SqlStore) -> None:
    rows = [(incident(f"m{n}"), incident_tokens(f"r{n}"), ACTED) for n in range(4)]
    with store.write(Rank.INTAKE) as writing:
        seqs = writing.add_messages([*rows, rows[0]])
        writing.set_outcomes({seqs[1]: MessageOutcome.SUPERSEDED})
        writing.count_duplicates(2)
        writing.quarantine_add(Unreadable("police", "m9", "not JSON", b"{", NOW))
    with store.write(Rank.INTAKE) as writing:
        writing.set_outcomes({seqs[1]: ACTED, seqs[2]: MessageOutcome.NO_MATCH, seqs[3]: ACTED, 999: ORPHAN})
    with store.read() as reading:
        totals = dict(reading.message_totals())
    assert totals.pop("received") == 8 == sum(totals.values())
    assert totals == {
        "acted": 3,
        "no_match": 1,
        "duplicate": 3,
        "superseded": 0,
        "orphan": 0,
        "quarantined": 1,
    }


def test_a_rolled_back_batch_counts_nothing(store: SqlStore) -> None:
    def fail_halfway() -> None:
        with store.write(Rank.INTAKE) as writing:
            writing.add_messages([(incident("m1"), incident_tokens("r"), ACTED)])
            raise KeyError("m1")

    with pytest.raises(KeyError):
        fail_halfway()
    with store.read() as reading:
        assert set(reading.message_totals().values()) == {0}
        assert reading.seen([("police", "m1")]) == set()


def test_orphans_are_the_statuses_without_a_case_oldest_first(store: SqlStore) -> None:
    late, early = status("late"), status("early", received_at=NOW - HOUR)
    with store.write(Rank.INTAKE) as writing:
        seqs = writing.add_messages(
            [
                (late, status_tokens("r1", ["p"]), ORPHAN),
                (early, status_tokens("r2", ["p"]), ORPHAN),
                (status("resolved", received_at=NOW - HOUR), status_tokens("r3", ["p"]), ACTED),
            ]
        )
    with store.read() as reading:
        assert [each.message for each in reading.orphans(NOW, 9)] == [early, late]
        assert [each.message for each in reading.orphans(NOW, 1)] == [early]
        assert [each.message for each in reading.orphans(NOW - timedelta(microseconds=1), 9)] == [early]
    with store.write(Rank.INTAKE) as writing:
        writing.set_outcomes({seqs[1]: ACTED})
    with store.read() as reading:
        assert [each.message for each in reading.orphans(NOW, 9)] == [late]


def test_a_status_that_finds_its_case_later_still_opens(store: SqlStore) -> None:
    with store.write(Rank.INTAKE) as writing:
        (seq,) = writing.add_messages([(status("s1"), status_tokens("rs", ["p"]), ORPHAN)])
    first = make_case(store, "c1", names=["p"])
    with store.write(Rank.INTAKE) as writing:
        writing.put_case(changed(store, "c1", messages=(*first.messages, seq)))
        writing.set_outcomes({seq: ACTED})
    with store.read() as reading:
        facts = reading.case(CaseId("c1"))
    assert facts is not None
    assert {each.message.id for each in facts.messages} == {"m-c1", "s1"}


def test_what_came_again_is_known_by_how_often_and_when_last(store: SqlStore) -> None:
    with store.write(Rank.INTAKE) as writing:
        first, other = writing.add_messages(
            [(incident("m1"), incident_tokens("r1"), ACTED), (incident("m2"), incident_tokens("r2"), ORPHAN)]
        )
        writing.heard_again([("police", "m1"), ("police", "never stored")], NOW)
    with store.write(Rank.INTAKE) as writing:
        writing.heard_again([("police", "m1"), ("police", "m1")], NOW + HOUR)
    with store.read() as reading:
        assert reading.received_again([first, other]) == {first: Again(3, NOW + HOUR)}
        assert reading.received_again([]) == {}


def test_outcomes_are_read_back(store: SqlStore) -> None:
    with store.write(Rank.INTAKE) as writing:
        first, other = writing.add_messages(
            [(incident("m1"), incident_tokens("r1"), ACTED), (incident("m2"), incident_tokens("r2"), ORPHAN)]
        )
    with store.read() as reading:
        assert reading.outcomes([first, other, 99_999]) == {first: ACTED, other: ORPHAN}
        assert reading.outcomes([]) == {}
