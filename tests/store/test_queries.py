"""No query that runs for every message, tick or send reads a whole table, however much is stored."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event

from alertd.model.case import MessageOutcome, NotificationState
from alertd.model.ids import CaseId, LeafId
from alertd.service.ports import AnchorWindow, CaseChange, Rank
from alertd.store import Keyring, SqlStore, migrate, open_store
from alertd.store.database import SqlReading, SqlWriting
from tests.store.contract.test_lists import query
from tests.store.rows import (
    NOW,
    alert,
    case_row,
    changed,
    clock,
    incident,
    incident_tokens,
    key,
    make_case,
    notification,
    obligation,
    put,
    run,
    status,
    status_tokens,
    target,
    token,
    tokens,
)

SMALL = {"rechecks", "counters", "quarantine", "meta", "notes", "alembic_version"}
"""Tables whose rows are few or leave again, and are read whole by nobody but people."""

HARMLESS = re.compile(r"SCAN (wanted|listed|json_each|anon_\d+)\b|VIRTUAL TABLE|CONSTANT ROW|SCAN \d+ CONSTANT")
ORDERED = re.compile(r"SCAN \w+ USING (COVERING )?INDEX")
"""Reading an index in its order, for the first few rows."""

READS: dict[str, Callable[[SqlReading], object]] = {
    "closure": lambda r: r.closures([tokens("crime", "name"), tokens("person")]),
    "seen": lambda r: r.seen([("police", "m1")]),
    "case": lambda r: r.case(CaseId("c1")),
    "case by ref": lambda r: r.case_by_ref("WF-UR-26-C1"),
    "alert by code": lambda r: r.alert_by_code("111111"),
    "same identity": lambda r: r.same_identity(token("same")),
    "incident parts": lambda r: r.incident_parts(CaseId("c1")),
    "orphans": lambda r: r.orphans(NOW, 9),
    "cross": lambda r: r.cross(query()),
    "anchored": lambda r: r.anchored([AnchorWindow(LeafId("leaf"), token("ward"), NOW, None)]),
    "global runs": lambda r: r.global_runs("r", "k"),
    "global obligations": lambda r: r.global_obligations("rule:r", "k"),
    "due cases": lambda r: r.due_cases(NOW, 9),
    "rechecks": lambda r: r.rechecks(9),
    "waiting": lambda r: r.waiting(NOW, 9),
    "obligations": lambda r: r.obligations([key("c1"), key("c2")]),
    "requests of a case": lambda r: r.requests(CaseId("c1")),
    "requests": lambda r: r.requests(None),
    "sendable": lambda r: r.sendable(NOW, 9),
    "in doubt": lambda r: r.in_doubt(NOW, 9),
    "notifications of a case": lambda r: r.notifications(CaseId("c1")),
    "notifications of lines": lambda r: r.carrying([key("c1"), key("c2")]),
    "notification": lambda r: r.notification("n1"),
    "newest notifications": lambda r: r.list_notifications((), 9),
    "attempts": lambda r: r.attempts("n1"),
    "personal values": lambda r: r.personal_values([CaseId("c1")]),
    "referrals": lambda r: r.referrals(CaseId("c1")),
    "decisions": lambda r: r.decisions(CaseId("c1")),
    "running clocks": lambda r: r.list_clocks(True, 9),
    "newest cases": lambda r: r.list_cases(9),
    "newest alerts": lambda r: r.list_alerts(False, 9),
    "totals": lambda r: r.message_totals(),
    "statistics": lambda r: r.statistics(NOW),
    "next wake": lambda r: r.next_wake(NOW),
}


@pytest.fixture
def store(tmp_path: Path, keyring: Keyring) -> Iterator[SqlStore]:
    url = f"sqlite:///{tmp_path / 'alertd.db'}"
    migrate(url)
    store = open_store(url, None, None, keyring)
    for id_ in ("c1", "c2"):
        make_case(
            store,
            id_,
            message=incident(f"m-{id_}", {"incident.ref": "INC-1"}, identity=token("same")),
            names=["person"],
            runs=(run("r"),),
            clocks=(clock("g"),),
            alerts=(alert(""),),
            new=(obligation(key(id_)), obligation(key(id_, "request:cia"))),
            cross=(target("leaf", "ward", id_),),
        )
    with store.write(Rank.INTAKE) as writing:
        writing.add_messages([(status("s1"), status_tokens("rs", ["person"]), MessageOutcome.ORPHAN)])
        writing.add_notifications([notification("n1", key("c1"))])
    yield store
    store.close()


class Spy:
    """Runs every statement's EXPLAIN QUERY PLAN beside it."""

    def __init__(self, store: SqlStore) -> None:
        self.scans: list[tuple[str, str]] = []
        self.statements = 0
        event.listen(store._engine, "before_cursor_execute", self._explain)

    def _explain(self, _connection: object, cursor: Any, statement: str, parameters: Any, *_: object) -> None:  # noqa: ANN401  # the driver's own
        if not statement.startswith(("SELECT", "UPDATE", "DELETE", "INSERT")):
            return
        self.statements += 1
        first = parameters[0] if isinstance(parameters, list) else parameters  # of many rows, the first
        plan = cursor.connection.execute(f"EXPLAIN QUERY PLAN {statement}", first).fetchall()
        for *_, detail in plan:
            if "SCAN" in detail and not HARMLESS.search(detail) and not self._is_small(detail):
                self.scans.append((detail, statement))

    @staticmethod
    def _is_small(detail: str) -> bool:
        table = detail.split("SCAN ", 1)[1].split(maxsplit=1)[0]
        return table in SMALL or ORDERED.search(detail) is not None


@pytest.mark.parametrize("name", READS)
def test_no_read_goes_through_a_whole_table(store: SqlStore, name: str) -> None:
    spy = Spy(store)
    with store.read() as reading:
        READS[name](reading)
    assert spy.statements
    assert spy.scans == []


def test_no_write_goes_through_a_whole_table(store: SqlStore) -> None:
    gone, kept = changed(store, "c2"), changed(store, "c1")
    spy = Spy(store)
    own = incident_tokens("r9", ["crime"])
    with store.write(Rank.INTAKE) as writing:
        seqs = writing.add_messages([(incident("m9"), own, MessageOutcome.ACTED)])
        verify = ((query(exclude=CaseId("c9")), (target("leaf", "ward", "c1"), target("leaf", "ward", "c2"))),)
        ref = writing.allocate_ref("WF-UR", 2026)
        writing.put_case(
            CaseChange(case_row("c9", ref=ref), strong=own.strong, messages=seqs, alerts=(alert(""),), verify=verify)
        )
        writing.set_outcomes({1: MessageOutcome.NO_MATCH})
        writing.enqueue_rechecks([CaseId("c1")], NOW)
        writing.clear_rechecks([CaseId("c1")])
    put(
        store,
        changed(store, "c1", joined=(gone.row,), messages=kept.messages + gone.messages, renamed=(("a", "b", "c"),)),
    )
    deliver(store)
    assert spy.statements > 30
    assert spy.scans == []


def deliver(store: SqlStore) -> None:
    with store.write(Rank.DELIVER) as writing:
        writing.add_notifications([notification("n2", key("c1", step="s1"))])
        writing.set_notification(notification("n2", state=NotificationState.SENT), NotificationState.PENDING)
        writing.set_obligations([obligation(key("c1"))])
        writing.add_obligations([obligation(key("system"))])


def test_a_batch_that_hits_nothing_takes_one_look(store: SqlStore) -> None:
    spy = Spy(store)
    with store.read() as reading:
        found = reading.closures([tokens(f"strong {n}", f"name {n}") for n in range(200)])
    assert spy.statements == 1
    assert all(snapshot.facts == () for snapshot in found)


def test_a_batch_of_decisions_takes_as_many_statements_as_one(store: SqlStore) -> None:
    def statements(first: int, number: int) -> int:
        spy = Spy(store)
        with store.write(Rank.INTAKE) as writing:
            put_new(writing, range(first, first + number))
        event.remove(store._engine, "before_cursor_execute", spy._explain)
        return spy.statements

    assert statements(100, 1) == statements(200, 50)


def put_new(writing: SqlWriting, numbers: range) -> None:
    toks = [incident_tokens(f"record {n}", [f"crime {n}"], [f"name {n}"]) for n in numbers]
    rows = [(incident(f"new {n}"), own, MessageOutcome.ACTED) for n, own in zip(numbers, toks, strict=True)]
    for n, own, seq in zip(numbers, toks, writing.add_messages(rows), strict=True):
        new = (obligation(key(f"n{n}")),)
        writing.put_case(CaseChange(case_row(f"n{n}"), strong=own.strong, messages=(seq,), runs=(run("r"),), new=new))
