"""Invented cases, messages and obligations, with everything said that a test does not care about."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import TYPE_CHECKING, Any, TypeVar

from alertd.model.case import (
    Alert,
    AlertState,
    CaseRow,
    ClockRun,
    CrossRow,
    CrossSide,
    Facts,
    LineState,
    MessageOutcome,
    Notification,
    NotificationState,
    Obligation,
    ObligationKey,
    Run,
    Tokens,
)
from alertd.model.ids import CaseId, CaseRef, ClockId, LeafId, PersonId, RoleId, RuleId, Token, Version
from alertd.model.message import DataNote, Message, Problem
from alertd.model.values import Answer, Channel, Kind, Rest, Severity, Value
from alertd.service.ports import CaseChange, Rank
from alertd.store import SqlStore

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

T = TypeVar("T", bound="DataclassInstance")

NOW = datetime(2026, 11, 26, 14, 10, 0, 123456, tzinfo=UTC)
HOUR = timedelta(hours=1)
NO_TOKEN = Token(bytes(32))
V = Version("0123456789ab")


def altered(value: T, changes: Mapping[str, Any]) -> T:
    """The same value with some attributes changed."""
    return replace(value, **changes)


def token(text: str) -> Token:
    return Token(sha256(text.encode()).digest())


def tokens(*texts: str) -> frozenset[Token]:
    return frozenset(map(token, texts))


def incident(id_: str, fields: Mapping[str, Value] | None = None, **changes: object) -> Message:
    return altered(
        Message(
            source="police",
            id=id_,
            kind=Kind.INCIDENT,
            sent_at=NOW - HOUR,
            received_at=NOW,
            system="police",
            record=f"record of {id_}",
            version=1,
            fields=fields or {"setting": "custody", "person.age": 15},
        ),
        changes,
    )


def status(id_: str, fields: Mapping[str, Value] | None = None, **changes: object) -> Message:
    return altered(incident(id_, fields or {"event": "contact", "at": NOW}, kind=Kind.STATUS), changes)


def incident_tokens(record: str, strong: Iterable[str] = (), names: Iterable[str] = ()) -> Tokens:
    own = tokens(record, *strong)
    return Tokens(token(record), strong=own, names=own | tokens(*names))


def status_tokens(record: str, about: Iterable[str] = (), strong: Iterable[str] = ()) -> Tokens:
    return Tokens(token(record), strong=tokens(*strong), about=tuple(map(token, about)))


def case_row(id_: str, **changes: object) -> CaseRow:
    return altered(CaseRow(CaseId(id_), CaseRef(f"WF-UR-26-{id_.upper()}"), NOW), changes)


def run(rule: str, key: str = "k", **changes: object) -> Run:
    made = Run(RuleId(rule), key, 1, NOW, None, False, False, NOW, ("person.age",), token("anchor"), V)
    return altered(made, changes)


def clock(id_: str, **changes: object) -> ClockRun:
    due = NOW + HOUR
    made = ClockRun(ClockId(id_), "k", 1, RuleId("r"), NOW, NOW, due, NOW, False, None, None, None, V)
    return altered(made, changes)


def alert(code: str, **changes: object) -> Alert:
    made = Alert(1, code, NOW, (NOW,), AlertState.OPEN, None, "", "default_urgent", RoleId("mash"), (RuleId("r"),))
    return altered(made, changes)


def target(leaf: str, key: str, record: str, at: datetime = NOW, **changes: object) -> CrossRow:
    made = CrossRow(LeafId(leaf), CrossSide.TARGET, token(key), token(record), at, None, token("d"), Answer.YES)
    return altered(made, changes)


def key(scope: str = "c1", about: str = "alert", **changes: object) -> ObligationKey:
    return altered(ObligationKey(scope, about, "", 1, "0", "mash"), changes)


def obligation(named: ObligationKey | None = None, **changes: object) -> Obligation:
    named = named or key()
    made = Obligation(
        key=named,
        case=None if named.scope in ("*", "system") else CaseId(named.scope),
        at=NOW,
        made_at=NOW,
        state=LineState.PENDING,
        reason="",
        template="urgent_response",
        by=(Channel.SMS, Channel.EMAIL),
        rest=Rest.WAKE,
        severity=Severity.URGENT,
    )
    return altered(made, changes)


def notification(id_: str, *lines: ObligationKey, **changes: object) -> Notification:
    made = Notification(
        id=id_,
        case=CaseId("c1"),
        role=RoleId("mash"),
        asked=RoleId("safeguarding_duty"),
        person=PersonId("mash_desk"),
        channel=Channel.SMS,
        state=NotificationState.PENDING,
        reason="",
        next_at=NOW,
        deadline_at=NOW + HOUR,
        attempts=0,
        urgent=True,
        repeat=False,
        provider_id="",
        provider="",
        created_at=NOW,
        sent_at=None,
        lines=lines,
        template="urgent_response",
    )
    return altered(made, changes)


def full_message(id_: str) -> Message:
    """A message that uses every kind of value."""
    return incident(
        id_,
        {
            "setting": "custody",
            "person.age": 15,
            "person.age_disputed": True,
            "custody.booked_in_at": NOW - timedelta(microseconds=1),
            "incident.offence": ("bladed_article", "pwits"),
            "incident.ref": "INC-77",
            "missing.indicators": (),
            "host.force": "Norfölk “Police”\0",
        },
        about={"person.ref": "P-4711"},
        notes=(DataNote("person.home_borough", Problem.WRONG_TYPE),),
        identity=token("identity"),
        case_ref="WF-UR-26-7QK4",
    )


def put(store: SqlStore, *changes: CaseChange, rank: Rank = Rank.INTAKE) -> None:
    with store.write(rank) as writing:
        for change in changes:
            writing.put_case(change)


def make_case(
    store: SqlStore,
    id_: str,
    *,
    strong: str = "",
    names: Iterable[str] = (),
    message: Message | None = None,
    row: CaseRow | None = None,
    **changes: object,
) -> CaseChange:
    """Store a case with one incident; returns the change as it was put."""
    own = (strong or f"strong of {id_}",)
    found = incident_tokens(f"record of {id_}", own, names)
    with store.write(Rank.INTAKE) as writing:
        seqs = writing.add_messages([(message or incident(f"m-{id_}"), found, MessageOutcome.ACTED)])
        change = altered(CaseChange(row or case_row(id_), strong=found.strong, messages=seqs), changes)
        writing.put_case(change)
    return change


def facts_of(store: SqlStore, id_: str) -> Facts:
    with store.read() as reading:
        facts = reading.case(CaseId(id_))
    assert facts is not None
    return facts


def changed(store: SqlStore, id_: str, **changes: object) -> CaseChange:
    """What is stored about a case, as the change that would write just that again, with some of it changed."""
    facts = facts_of(store, id_)
    again = CaseChange(
        facts.row,
        strong=facts.strong,
        messages=tuple(stored.seq for stored in facts.messages),
        runs=facts.runs,
        clocks=facts.clocks,
        alerts=facts.alerts,
        cross=facts.cross,
    )
    return altered(again, changes)
