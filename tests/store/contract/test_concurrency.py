"""Several writers at once: one machine's threads, or several machines on one database."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from alertd.model.case import MessageOutcome, NotificationState
from alertd.model.errors import StaleWrite
from alertd.model.ids import CaseId
from alertd.service.ports import CaseChange, CrossQuery, Rank
from alertd.store import SqlStore
from tests.store.rows import (
    case_row,
    changed,
    facts_of,
    incident,
    incident_tokens,
    make_case,
    notification,
    put,
    run,
    target,
    token,
    tokens,
)

Opener = Callable[[], SqlStore]
WRITERS = 4


def together(work: Callable[[int], bool]) -> list[bool]:
    """Run writers at the same moment; which of them got through."""
    start = threading.Barrier(WRITERS)

    def one(number: int) -> bool:
        start.wait(20)
        try:
            return work(number)
        except StaleWrite:
            return False

    with ThreadPoolExecutor(WRITERS) as pool:
        return list(pool.map(one, range(WRITERS)))


def test_of_two_machines_only_one_makes_the_case(open_another: Opener) -> None:
    stores = [open_another() for _ in range(WRITERS)]

    def make(number: int) -> bool:
        change = CaseChange(case_row(f"c{number}"), strong=tokens("crime", f"own {number}"))
        put(stores[number], change)
        return True

    assert together(make).count(True) == 1
    with stores[0].read() as reading:
        assert len(reading.list_cases(9)) == 1


def test_of_two_decisions_on_one_revision_one_is_stale(open_another: Opener) -> None:
    stores = [open_another() for _ in range(WRITERS)]
    make_case(stores[0], "c1")
    decided = changed(stores[0], "c1")

    def decide(number: int) -> bool:
        put(stores[number], CaseChange(decided.row, messages=decided.messages, runs=(run(f"r{number}"),)))
        return True

    got_through = together(decide)
    assert got_through.count(True) == 1
    facts = facts_of(stores[0], "c1")
    assert facts.row.revision == 2
    assert [each.rule for each in facts.runs] == [f"r{got_through.index(True)}"]


def test_of_two_writers_one_takes_a_notification(open_another: Opener) -> None:
    stores = [open_another() for _ in range(WRITERS)]
    with stores[0].write(Rank.DELIVER) as writing:
        writing.add_notifications([notification("n1")])
    leased = notification("n1", state=NotificationState.SENDING)

    def take(number: int) -> bool:
        with stores[number].write(Rank.DELIVER) as writing:
            return writing.set_notification(leased, NotificationState.PENDING)

    assert together(take).count(True) == 1


def test_of_two_machines_only_one_stores_a_message(open_another: Opener) -> None:
    stores = [open_another() for _ in range(WRITERS)]
    row = (incident("m1"), incident_tokens("r"), MessageOutcome.ACTED)

    def add(number: int) -> bool:
        with stores[number].write(Rank.INTAKE) as writing:
            return writing.add_messages([row]) != (0,)

    assert together(add).count(True) == 1


def test_decisions_that_looked_at_each_other_do_not_both_get_through(open_another: Opener) -> None:
    """Each found nobody else; were both stored, neither would ever count the other."""
    stores = [open_another() for _ in range(WRITERS)]
    row = target("leaf", "ward", "r")

    def decide(number: int) -> bool:
        from_here = CrossQuery(row.leaf, token("ward"), None, row.at, CaseId(f"c{number}"))
        put(stores[number], CaseChange(case_row(f"c{number}"), cross=(row,), verify=((from_here, ()),)))
        return True

    assert together(decide).count(True) == 1


def test_totals_add_up_with_many_writers(open_another: Opener) -> None:
    stores = [open_another() for _ in range(WRITERS)]

    def add(number: int) -> bool:
        for turn in range(10):
            with stores[number].write(Rank.INTAKE) as writing:
                names = (f"{number}-{turn}", f"shared {turn}-{number}")
                rows = [(incident(n), incident_tokens(n), MessageOutcome.NO_MATCH) for n in names]
                writing.add_messages([*rows, rows[0]])
        return True

    assert all(together(add))
    with stores[0].read() as reading:
        totals = dict(reading.message_totals())
    assert totals.pop("received") == sum(totals.values()) == WRITERS * 30
    assert (totals["no_match"], totals["duplicate"]) == (WRITERS * 20, WRITERS * 10)


def test_a_reader_sees_one_moment_while_others_write(open_another: Opener) -> None:
    reader, writer = open_another(), open_another()
    make_case(writer, "c1")
    with reader.read() as reading:
        before = reading.case(CaseId("c1"))
        put(writer, changed(writer, "c1", runs=(run("later"),)))
        make_case(writer, "c2")
        assert reading.case(CaseId("c1")) == before
        assert reading.case(CaseId("c2")) is None
    assert facts_of(reader, "c1").runs != ()


def test_writers_that_touch_the_same_cases_in_any_order_all_end(open_another: Opener) -> None:
    stores = [open_another() for _ in range(WRITERS)]
    ids = ["a", "b", "c"]
    for id_ in ids:
        make_case(stores[0], id_)

    def work(number: int) -> bool:
        order = ids if number % 2 else ids[::-1]
        for _ in range(5):
            try:
                put(stores[number], *(changed(stores[number], id_) for id_ in order))
            except StaleWrite:
                continue
        return True

    assert together(work) == [True] * WRITERS
    revisions = {facts_of(stores[0], id_).row.revision for id_ in ids}
    assert len(revisions) == 1, "all or nothing: the three always move together"
    assert revisions.pop() > 1
