"""Listings for people and loops: what is there, what is due, how much."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, Select, Table, TextClause, func, select, text, union_all

from alertd.model.case import Alert, CaseRow, ClockRun, MessageOutcome, NotificationState
from alertd.model.ids import CaseId, Version
from alertd.service.ports import QuarantineRow, Task
from alertd.store.codec import loads, micros, moment, optional_moment
from alertd.store.documents import CaseState, is_running, unpack_state
from alertd.store.reading_cases import CaseReading
from alertd.store.rows import Stored, case_row
from alertd.store.tables import (
    IS_LIVE,
    TO_CONFIRM,
    TO_HANDLE,
    WAITING,
    alerts,
    cases,
    counters,
    decisions,
    notes,
    notifications,
    obligations,
    quarantine,
    rechecks,
    referrals,
    rule_versions,
)

RECEIVED = "received"


class ListReading(CaseReading):
    """Listings."""

    def due_cases(self, now: datetime, limit: int) -> tuple[CaseId, ...]:
        """Cases whose `wake_at` has come, earliest first."""
        due = select(cases.c.id).where(cases.c.wake_at <= micros(now)).order_by(cases.c.wake_at, cases.c.id)
        return tuple(CaseId(row["id"]) for row in self._rows(due.limit(limit)))

    def rechecks(self, limit: int) -> tuple[CaseId, ...]:
        """Cases enqueued to be judged again, oldest first."""
        oldest = select(rechecks.c.case_id).order_by(rechecks.c.at, rechecks.c.case_id).limit(limit)
        return tuple(CaseId(row["case_id"]) for row in self._rows(oldest))

    def list_cases(self, limit: int, open_only: bool = False) -> tuple[CaseRow, ...]:
        """Live cases, newest first."""
        newest = select(cases).where(text(IS_LIVE)).order_by(cases.c.opened_at.desc(), cases.c.id.desc()).limit(limit)
        return tuple(map(case_row, self._rows(newest.where(cases.c.closed_at.is_(None)) if open_only else newest)))

    def list_clocks(self, running_only: bool, limit: int) -> tuple[tuple[CaseRow, ClockRun], ...]:
        """Clocks of live cases, by due time.

        The first `limit` clocks are all found in the first `limit` cases by their own first due time: each of those
        cases has one that comes no later.
        """
        first = cases.c.next_due_at if running_only else cases.c.first_due_at
        held = select(cases).where(first.is_not(None)).order_by(first, cases.c.id).limit(limit)
        found = [
            (row, clock)
            for row, state in map(_case, self._rows(held))
            for clock in state.clocks
            if is_running(clock) or not running_only
        ]
        return tuple(sorted(found, key=lambda each: (each[1].due_at, each[0].id, each[1].clock, each[1].key))[:limit])

    def list_alerts(self, open_only: bool, limit: int) -> tuple[tuple[CaseRow, Alert], ...]:
        """Alerts of live cases, newest first."""
        newest = (
            select(cases, alerts.c.episode)
            .join(alerts, alerts.c.case_id == cases.c.id)
            .where(text(IS_LIVE))
            .order_by(alerts.c.opened_at.desc(), alerts.c.case_id, alerts.c.episode.desc())
            .limit(limit)
        )
        rows = self._rows(newest.where(alerts.c.closed_at.is_(None)) if open_only else newest)
        return tuple((_case(row)[0], alert) for row in rows for alert in _episodes(row, row["episode"]))

    def alert_by_code(self, code: str) -> tuple[CaseId, Alert] | None:
        """The newest alert that carries this code; as the living case has it, where an alias has it too."""
        carrying = (
            select(cases, alerts.c.episode)
            .join(alerts, alerts.c.case_id == cases.c.id)
            .where(alerts.c.code == code)
            .order_by(alerts.c.opened_at.desc(), cases.c.alias_of.is_not(None))
            .limit(1)
        )
        for row in self._rows(carrying):
            for alert in _episodes(row, row["episode"]):
                return CaseId(row["alias_of"] or row["id"]), alert
        return None

    def referrals(self, case: CaseId) -> tuple[tuple[str, datetime], ...]:
        """Referrals on record, oldest first; one that joined cases both made counts from the first."""
        made = (
            select(referrals.c.referred_to, func.min(referrals.c.known_at).label("known_at"))
            .where(referrals.c.case_id.in_(self._family(case)))
            .group_by(referrals.c.referred_to)
        )
        found = [(row["referred_to"], moment(row["known_at"])) for row in self._rows(made)]
        return tuple(sorted(found, key=lambda each: (each[1], each[0])))

    def decisions(self, case: CaseId) -> tuple[tuple[datetime, str], ...]:
        """(decided at, trace) of one case, those of its aliases included, oldest first."""
        made = select(decisions).where(decisions.c.case_id.in_(self._family(case)))
        ordered = made.order_by(decisions.c.decided_at, decisions.c.case_id, decisions.c.revision)
        return tuple((moment(row["decided_at"]), row["trace"]) for row in self._rows(ordered))

    def quarantine(self, open_only: bool, limit: int) -> tuple[QuarantineRow, ...]:
        """Unreadable messages, newest first."""
        newest = select(quarantine).order_by(quarantine.c.id.desc()).limit(limit)
        rows = self._rows(newest.where(text("settled_at IS NULL")) if open_only else newest)
        return tuple(map(self._quarantine_row, rows))

    def quarantined(self, id_: int) -> tuple[QuarantineRow, bytes] | None:
        """One unreadable message with its raw bytes, decrypted."""
        row = next(iter(self._rows(select(quarantine).where(quarantine.c.id == id_))), None)
        return None if row is None else (self._quarantine_row(row), self._keyring.open_own(row["raw"], "quarantine"))

    def _quarantine_row(self, row: Stored) -> QuarantineRow:
        source, message_id, beside = loads(self._keyring.open_own(row["sender"], "sender"))
        return QuarantineRow(
            id=row["id"],
            source=source,
            message_id=message_id,
            reason=row["reason"],
            received_at=moment(row["received_at"]),
            settled_at=optional_moment(row["settled_at"]),
            settled_by=row["settled_by"],
            beside=tuple((str(name), value) for name, value in beside),
            settled_why=str(loads(self._keyring.open_own(row["settled_why"], "settled why"))[0]),
        )

    def message_totals(self) -> Mapping[str, int]:
        """How many messages were received, and how many ended in each outcome (current ones, so that they add up).

        Keys: `received` and the words of `MessageOutcome`.
        """
        return {RECEIVED: 0, **dict.fromkeys(map(str, MessageOutcome), 0), **self._counted("messages.")}

    def statistics(self, now: datetime) -> Mapping[str, int]:
        """Counts for `alertd status`.

        Keys: `open_cases`, `running_clocks`, `open_alerts`, `waiting_lines` (those whose time has come),
        `notifications.STATE` for each state, `open_quarantine`, `rechecks`.
        """
        came = obligations.c.due_at <= micros(now)
        return {
            **dict.fromkeys(("open_cases", "running_clocks", "open_alerts"), 0),
            **self._counted("cases."),
            **{f"notifications.{state}": 0 for state in NotificationState},
            **{f"notifications.{state}": n for state, n in self._counted("notifications.").items()},
            "waiting_lines": self._number(obligations, text(WAITING), came),
            "open_quarantine": self._number(quarantine, text("settled_at IS NULL")),
            "rechecks": self._number(rechecks),
        }

    def _number(self, table: Table, *conditions: ColumnElement[bool] | TextClause) -> int:
        return self._scalar(select(func.count()).select_from(table).where(*conditions)) or 0

    def _counted(self, prefix: str) -> dict[str, int]:
        rows = self._rows(select(counters).where(counters.c.name.startswith(prefix)))
        return {row["name"].removeprefix(prefix): row["value"] for row in rows}

    def next_wake(self, now: datetime, *tasks: Task) -> datetime | None:
        """The earliest moment, not before `now`, at which any of these tasks has something to do; None for never."""
        first = self._scalar(_earliest(tasks or tuple(Task)))
        return None if first is None else max(now, moment(first))

    def note(self, key: str) -> str | None:
        """A small stored fact (a loop's mark, a told-once mark)."""
        value: str | None = self._scalar(select(notes.c.value).where(notes.c.name == key))
        return value

    def version_text(self, version: Version) -> str | None:
        """The text of a loaded rule set, as `record_version` kept it."""
        content = self._scalar(select(rule_versions.c.content).where(rule_versions.c.version == version))
        return None if content is None else str(loads(self._keyring.open_own(content, "rules"))[0])


def _case(row: Stored) -> tuple[CaseRow, CaseState]:
    return case_row(row), unpack_state(row["state"])


def _episodes(row: Stored, episode: int) -> Iterable[Alert]:
    return (alert for alert in _case(row)[1].alerts if alert.episode == episode)


def _first_of(state: NotificationState) -> Select[Any]:
    return select(func.min(notifications.c.next_at)).where(text(TO_HANDLE), notifications.c.state == state.value)


_FIRSTS: Mapping[Task, tuple[Select[Any], ...]] = {
    Task.DECIDE: (
        select(func.min(cases.c.wake_at)).where(cases.c.wake_at.is_not(None)),
        select(func.min(rechecks.c.at)),
        select(func.min(notifications.c.receipt_due_at)).where(text(TO_CONFIRM)),
    ),
    Task.PLAN: (select(func.min(obligations.c.due_at)).where(text(WAITING)),),
    Task.SEND: (_first_of(NotificationState.PENDING),),
    Task.LOOK_UP: (_first_of(NotificationState.SENDING), _first_of(NotificationState.IN_DOUBT)),
}


@cache
def _earliest(tasks: tuple[Task, ...]) -> Select[Any]:
    """The first moment of all these kinds: each found by its own index, all in one question."""
    firsts = union_all(*(first for task in tasks for first in _FIRSTS[task])).subquery()
    return select(func.min(firsts.c[0]))
