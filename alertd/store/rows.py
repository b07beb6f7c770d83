"""Rows of the tables and the values that they stand for."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import RowMapping

from alertd.model.case import (
    CaseRow,
    LineState,
    Notification,
    NotificationState,
    Obligation,
    ObligationKey,
)
from alertd.model.ids import CaseId, CaseRef, PersonId, RoleId, Version
from alertd.model.values import Channel, Rest, Severity
from alertd.store.codec import dumps, loads, micros, moment, optional_micros, optional_moment
from alertd.store.documents import CaseState, is_running, pack_state

_URGENCY = {severity: severity.rank for severity in Severity}

Stored = RowMapping
"""A row as the database gives it, by column name."""


def case_columns(row: CaseRow, state: CaseState) -> tuple[Any, ...]:
    """One row of `cases`, in the table's order, with the revision that it will have."""
    due = [micros(clock.due_at) for clock in state.clocks]
    running = [micros(clock.due_at) for clock in state.clocks if is_running(clock)]
    is_alias = row.alias_of is not None
    return (
        row.id,
        row.ref,
        ref_key(row.ref),
        micros(row.opened_at),
        row.alias_of,
        row.revision + 1,
        optional_micros(row.settled_at),
        None if is_alias else optional_micros(row.wake_at),
        optional_micros(row.closed_at),
        row.cohort,
        row.version,
        None if is_alias else min(due, default=None),
        None if is_alias else min(running, default=None),
        pack_state(state),
    )


def case_row(stored: Stored) -> CaseRow:
    """The case of one row of `cases`."""
    alias_of = stored["alias_of"]
    return CaseRow(
        id=CaseId(stored["id"]),
        ref=CaseRef(stored["ref"]),
        opened_at=moment(stored["opened_at"]),
        alias_of=None if alias_of is None else CaseId(alias_of),
        revision=stored["revision"],
        settled_at=optional_moment(stored["settled_at"]),
        wake_at=optional_moment(stored["wake_at"]),
        closed_at=optional_moment(stored["closed_at"]),
        cohort=stored["cohort"],
        version=Version(stored["version"]),
    )


def ref_key(ref: str) -> str:
    """A public reference as it is looked up: letters of one case."""
    return ref.strip().upper()


def recorded_at(row: CaseRow, decided_at: datetime | None) -> datetime:
    """When a decision was made, as far as the one who decided said so."""
    return decided_at or row.settled_at or row.opened_at


def key_columns(key: ObligationKey) -> tuple[str, str, str, int, str, str]:
    """The six columns that name an obligation."""
    return (key.scope, key.about, key.key, key.episode, key.step, key.role)


def obligation_columns(o: Obligation) -> tuple[Any, ...]:
    """One row of `obligations`, in the table's order."""
    content = [
        micros(o.made_at), o.reason, o.template, o.by, o.rest, o.severity, o.ladder, o.late, o.repeat, o.clock,
        o.reasons, o.check, o.digest, optional_micros(o.not_before), o.version, o.note,
    ]  # fmt: skip
    due_at = micros(o.not_before or o.at)
    urgency = _URGENCY[o.severity]
    return (*key_columns(o.key), o.case, str(o.state), due_at, micros(o.at), urgency, dumps(content).decode())


def obligation(stored: Stored) -> Obligation:
    """The obligation of one row of `obligations`."""
    made_at, reason, template, by, rest, severity, ladder, late, repeat, *more = loads(stored["content"])
    clock, reasons, check, digest, not_before, version, note = more
    case_id = stored["case_id"]
    return Obligation(
        key=obligation_key(stored),
        case=None if case_id is None else CaseId(case_id),
        at=moment(stored["at"]),
        made_at=moment(made_at),
        state=LineState(stored["state"]),
        reason=reason,
        template=template,
        by=tuple(map(Channel, by)),
        rest=Rest(rest),
        severity=Severity(severity),
        ladder=ladder,
        late=late,
        repeat=repeat,
        clock=clock,
        reasons=tuple(reasons),
        check=tuple(check),
        digest=digest,
        not_before=optional_moment(not_before),
        version=Version(version),
        note=tuple((name, text) for name, text in note),
    )


def obligation_key(stored: Stored) -> ObligationKey:
    """The name in one row of `obligations` or `lines`."""
    scope, about, key = stored["scope"], stored["about"], stored["key"]
    return ObligationKey(scope, about, key, stored["episode"], stored["step"], stored["role"])


def notification_columns(n: Notification) -> dict[str, Any]:
    """One row of `notifications`."""
    return {
        "id": n.id,
        "case_id": n.case,
        "role": n.role,
        "asked": n.asked,
        "person": n.person,
        "channel": str(n.channel),
        "state": str(n.state),
        "reason": n.reason,
        "next_at": micros(n.next_at),
        "deadline_at": micros(n.deadline_at),
        "attempts": n.attempts,
        "urgent": n.urgent,
        "repeat": n.repeat,
        "provider_id": n.provider_id,
        "provider": n.provider,
        "created_at": micros(n.created_at),
        "sent_at": optional_micros(n.sent_at),
        "template": n.template,
        "code": n.code,
        "received_at": optional_micros(n.received_at),
        "receipt_due_at": optional_micros(n.receipt_due_at),
        "receipt_at": optional_micros(n.receipt_at),
        "why": n.why or None,
    }


def notification(stored: Stored, lines: tuple[ObligationKey, ...]) -> Notification:
    """The notification of one row of `notifications`, with the lines that it carries."""
    case_id = stored["case_id"]
    return Notification(
        id=stored["id"],
        case=None if case_id is None else CaseId(case_id),
        role=RoleId(stored["role"]),
        asked=RoleId(stored["asked"]),
        person=PersonId(stored["person"]),
        channel=Channel(stored["channel"]),
        state=NotificationState(stored["state"]),
        reason=stored["reason"],
        next_at=moment(stored["next_at"]),
        deadline_at=moment(stored["deadline_at"]),
        attempts=stored["attempts"],
        urgent=stored["urgent"],
        repeat=stored["repeat"],
        provider_id=stored["provider_id"],
        provider=stored["provider"],
        created_at=moment(stored["created_at"]),
        sent_at=optional_moment(stored["sent_at"]),
        lines=lines,
        template=stored["template"],
        code=stored["code"],
        received_at=optional_moment(stored["received_at"]),
        receipt_due_at=optional_moment(stored["receipt_due_at"]),
        receipt_at=optional_moment(stored["receipt_at"]),
        why=stored["why"] or "",
    )
