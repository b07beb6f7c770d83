"""What the verbs need of the world: the store, the clock, randomness.

One implementation of `Store` serves SQLite and PostgreSQL; one contract suite runs against both.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from enum import Enum, IntEnum
from typing import Protocol

from alertd.model.case import (
    Alert,
    CaseRow,
    ClockRun,
    CrossRow,
    Facts,
    MessageOutcome,
    Notification,
    NotificationState,
    Obligation,
    ObligationKey,
    Run,
    StoredMessage,
    Tokens,
)
from alertd.model.counts import QuietCount, RoleCount
from alertd.model.delivery import Awaited
from alertd.model.ids import CaseId, LeafId, RuleId, Token, Version
from alertd.model.message import Message, Unreadable
from alertd.model.values import Channel
from alertd.service.explain_port import ExplainReading, ExplainWriting
from alertd.service.handover_ports import HandoverReading, HandoverWriting
from alertd.service.swap_port import SwapReading, SwapWriting

Spans = Sequence[tuple[datetime, datetime]]
"""Stretches of time, each [begin, end), aware UTC."""


class Rank(IntEnum):
    """Who goes first at SQLite's one writer lock; within a rank, first come first served."""

    PEOPLE = 0
    DELIVER = 0
    PLAN = 1
    TICK = 1
    INTAKE = 2


class Task(Enum):
    """What time makes due, each worked by a loop of its own."""

    DECIDE = "cases to look at, receipts to give up"
    PLAN = "lines that become messages"
    SEND = "messages to send"
    LOOK_UP = "messages in doubt"


@dataclass(frozen=True, slots=True)
class Snapshot:
    """All cases and statuses that hang together by the tokens asked for, read at one moment.

    Attributes:
        facts: Live cases (no aliases), each with its messages.
        orphans: Statuses that resolve to no case yet.
    """

    facts: tuple[Facts, ...]
    orphans: tuple[StoredMessage, ...] = ()


@dataclass(frozen=True, slots=True)
class CrossQuery:
    """Targets of other cases for one anchor: key equal, `since` < at <= `until`.

    Attributes:
        open_at: With case targets: only those opened at or before it and not closed by then.
        exclude: Case whose own rows are not wanted (they are judged in memory).
        joined: Cases that join it in the same decision, whose rows are its own as well.
    """

    leaf: LeafId
    key: Token
    since: datetime | None
    until: datetime
    exclude: CaseId
    open_at: datetime | None = None
    joined: frozenset[CaseId] = frozenset()


@dataclass(frozen=True, slots=True)
class AnchorWindow:
    """Anchors whose answer a changed target may change: key equal, `since` <= at < `until` (None: no end)."""

    leaf: LeafId
    key: Token
    since: datetime
    until: datetime | None


@dataclass(frozen=True, slots=True)
class CaseChange:
    """Everything a decision writes about one case, in full.

    Attributes:
        row: The row to store; `row.revision` is the revision read (0 for a new case); stored as one more.
        strong: Tokens that now lead to this case.
        messages: Seqs of all messages that belong to it (statuses noted on several cases are in several).
        joined: Cases that became its aliases, with the revisions read.
        runs, clocks, alerts: All of them, replacing what is stored. An alert with code "" needs a code.
        new: Obligations to add. Adding a key that exists changes nothing.
        changed: Obligations whose state, time or flags change.
        renamed: (about, old key, new key) to apply to obligations of this case before anything else.
        episodes: (joined case, old episode, new episode): its alerts' obligations become this case's under the new one.
        cross: All its cross rows, replacing what is stored.
        verify: Queries whose answers were used, with the rows seen; other rows now make the write stale.
        trace: Compact reasons of the decision (JSON text, no personal values).
        referrals: (referred to, known at): recorded once each, never undone.
        decided_at: Moment of the decision, for the record; None stands for `row.settled_at`.
        shared: Rules whose runs `global_runs` must find by their keys; None for all of them, which costs a row a run.
    """

    row: CaseRow
    strong: frozenset[Token] = frozenset()
    messages: tuple[int, ...] = ()
    joined: tuple[CaseRow, ...] = ()
    runs: tuple[Run, ...] = ()
    clocks: tuple[ClockRun, ...] = ()
    alerts: tuple[Alert, ...] = ()
    new: tuple[Obligation, ...] = ()
    changed: tuple[Obligation, ...] = ()
    renamed: tuple[tuple[str, str, str], ...] = ()
    episodes: tuple[tuple[CaseId, int, int], ...] = ()
    cross: tuple[CrossRow, ...] = ()
    verify: tuple[tuple[CrossQuery, tuple[CrossRow, ...]], ...] = ()
    trace: str = ""
    referrals: tuple[tuple[str, datetime], ...] = ()
    decided_at: datetime | None = None
    shared: frozenset[RuleId] | None = None


@dataclass(frozen=True, slots=True)
class Attempt:
    """One try at sending a notification."""

    notification: str
    number: int
    begun_at: datetime
    outcome: str
    detail: str
    settled_at: datetime | None


@dataclass(frozen=True, slots=True)
class AttemptEnd:
    """What became of a try that was recorded before."""

    notification: str
    number: int
    outcome: str
    detail: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Overdue:
    """Work whose time came and that nobody did.

    Attributes:
        cases: Cases that time should have made somebody look at.
        lines: Things to tell that were neither told nor held.
        messages: Messages to people that were neither sent nor given up.
        oldest: The moment at which the first of them was due; None when there is none.
    """

    cases: int
    lines: int
    messages: int
    oldest: datetime | None

    def __bool__(self) -> bool:
        return self.oldest is not None


@dataclass(frozen=True, slots=True)
class QuarantineRow:
    """An unreadable message, kept until a person settles it; `beside` is what the delivery said beside the bytes."""

    id: int
    source: str
    message_id: str
    reason: str
    received_at: datetime
    settled_at: datetime | None
    settled_by: str
    settled_why: str
    beside: tuple[tuple[str, str | int], ...] = ()


class Reading(HandoverReading, SwapReading, ExplainReading, Protocol):
    """A consistent view of the store."""

    def closure(self, tokens: Collection[Token], cases: Collection[CaseId] = ()) -> Snapshot:
        """Load what hangs together with these tokens or cases, transitively.

        From an incident: its strong tokens lead to cases; its names lead to the statuses that are `about` them; from a
        status, its `about` and strong tokens lead to the cases whose incidents carry them as names. Repeated until
        nothing new comes. An alias leads to its survivor. Messages in receive order (ties by source, id).
        """
        ...

    def closures(self, groups: Sequence[frozenset[Token]]) -> Sequence[Snapshot]:
        """As `closure`, for each of many groups at the price of one, in their order.

        Groups that share a token, or hang together by what is stored, get the same snapshot object; only they do.
        """
        ...

    def seen(self, identities: Collection[tuple[str, str]]) -> set[tuple[str, str]]:
        """Which (source, id) pairs are stored already (quarantined ones do not count)."""
        ...

    def same_identity(self, identity: Token) -> tuple[CaseId, ...]:
        """Live cases with a message of this name-and-birth-date hash, by opening."""
        ...

    def orphans(self, received_before: datetime, limit: int) -> tuple[StoredMessage, ...]:
        """Statuses that resolve to no case, received at or before a moment, oldest first."""
        ...

    def cross(self, query: CrossQuery) -> tuple[CrossRow, ...]:
        """Target rows for an anchor, ordered by (at, record)."""
        ...

    def crosses(self, queries: Sequence[CrossQuery]) -> Sequence[tuple[CrossRow, ...]]:
        """As `cross`, for each of many anchors in one query, in their order."""
        ...

    def anchored(self, windows: Sequence[AnchorWindow]) -> Sequence[set[CaseId]]:
        """For each window, the cases with an anchor row in it; all in one query, in their order."""
        ...

    def global_runs(self, rule: str, key: str) -> tuple[tuple[CaseId, Run], ...]:
        """Runs of all live cases under a global key."""
        ...

    def global_obligations(self, about: str, key: str) -> tuple[Obligation, ...]:
        """Obligations of scope "*" for a key."""
        ...

    def due_cases(self, now: datetime, limit: int) -> tuple[CaseId, ...]:
        """Cases whose `wake_at` has come, earliest first."""
        ...

    def rechecks(self, limit: int) -> tuple[CaseId, ...]:
        """Cases enqueued to be judged again, oldest first."""
        ...

    def waiting(self, now: datetime, limit: int) -> tuple[Obligation, ...]:
        """Obligations PENDING or HELD whose time (`not_before`, else `at`) has come, by (severity, at)."""
        ...

    def obligations(self, keys: Collection[ObligationKey]) -> tuple[Obligation, ...]:
        """These obligations, as far as they exist."""
        ...

    def sendable(self, now: datetime, limit: int) -> tuple[Notification, ...]:
        """Notifications PENDING with `next_at` come: urgent first, of these what wakes before mails, then oldest."""
        ...

    def in_doubt(self, now: datetime, limit: int) -> tuple[Notification, ...]:
        """Notifications IN_DOUBT to look up (`next_at` come), and SENDING ones whose lease ran out."""
        ...

    def unconfirmed(self, now: datetime, limit: int) -> tuple[Notification, ...]:
        """Urgent notifications SENT whose receipt is due and has not come, nor been given up; earliest first."""
        ...

    def awaited(self, channel: Channel, since: datetime) -> tuple[Awaited, ...]:
        """Messages over a channel, sent at or after a moment, whose providers confirm; oldest first."""
        ...

    def notifications(self, case: CaseId) -> tuple[Notification, ...]:
        """All notifications that carry a line of this case, oldest first."""
        ...

    def carrying(self, keys: Collection[ObligationKey]) -> tuple[Notification, ...]:
        """All notifications that carry any of these lines, oldest first."""
        ...

    def notification(self, id_: str) -> Notification | None:
        """One notification."""
        ...

    def personal_values(self, cases: Collection[CaseId]) -> frozenset[str]:
        """All personal values on record for these cases, decrypted, for checking a rendered text."""
        ...

    def revisions(self, cases: Collection[CaseId]) -> Mapping[CaseId, int]:
        """Present revision of each case; a case that became an alias is left out."""
        ...

    def load_without_lines(self, cases: Collection[CaseId]) -> None:
        """Load these cases at the price of one: in a reading, asking for them afterwards costs nothing more.

        Their `Facts.obligations` are left empty: what a text says of a case stands in none of them, and to read them
        takes as long as all the rest.
        """
        ...

    def case(self, id_: CaseId) -> Facts | None:
        """One live case (an alias leads to its survivor)."""
        ...

    def case_by_ref(self, ref: str) -> CaseId | None:
        """The live case behind a public reference, through aliases; not case-sensitive."""
        ...

    def alert_by_code(self, code: str) -> tuple[CaseId, Alert] | None:
        """The newest alert that carries this code."""
        ...

    def incident_parts(self, case: CaseId) -> tuple[int, int]:
        """(n, m): this case is the nth, by opening, of m live cases of the same incident; (1, 1) when alone."""
        ...

    def list_cases(self, limit: int, open_only: bool = False) -> tuple[CaseRow, ...]:
        """Live cases, newest first."""
        ...

    def list_clocks(self, running_only: bool, limit: int) -> tuple[tuple[CaseRow, ClockRun], ...]:
        """Clocks of live cases, by due time."""
        ...

    def list_alerts(self, open_only: bool, limit: int) -> tuple[tuple[CaseRow, Alert], ...]:
        """Alerts of live cases, newest first."""
        ...

    def list_notifications(self, states: Collection[NotificationState], limit: int) -> tuple[Notification, ...]:
        """Notifications in these states (all when empty), newest first."""
        ...

    def attempts(self, notification: str) -> tuple[Attempt, ...]:
        """Attempts of one notification, in order."""
        ...

    def requests(self, case: CaseId | None) -> tuple[Obligation, ...]:
        """Request obligations (`about` begins with `request:`) of one case, or all."""
        ...

    def referrals(self, case: CaseId) -> tuple[tuple[str, datetime], ...]:
        """Referrals on record, oldest first."""
        ...

    def decisions(self, case: CaseId) -> tuple[tuple[datetime, str], ...]:
        """(decided at, trace) of one case, oldest first."""
        ...

    def quarantine(self, open_only: bool, limit: int) -> tuple[QuarantineRow, ...]:
        """Unreadable messages, newest first."""
        ...

    def quarantined(self, id_: int) -> tuple[QuarantineRow, bytes] | None:
        """One unreadable message with its raw bytes, decrypted."""
        ...

    def message_totals(self) -> Mapping[str, int]:
        """How many messages were received, and how many ended in each outcome (current ones, so that they add up)."""
        ...

    def statistics(self, now: datetime) -> Mapping[str, int]:
        """Counts for `alertd status`.

        Open cases, running clocks, open alerts, waiting lines, notifications by state, open quarantine, re-checks.
        """
        ...

    def messages_by_role(self, since: datetime, until: datetime, nights: Spans) -> Sequence[RoleCount]:
        """Messages that left in [since, until), by role reached, night (by these stretches) and channel."""
        ...

    def kept_quiet(self, since: datetime, until: datetime) -> Sequence[QuietCount]:
        """Lines held for a list that went in [since, until) or still waits, and messages suppressed, with reasons."""
        ...

    def next_wake(self, now: datetime, *tasks: Task) -> datetime | None:
        """The earliest moment, not before `now`, at which any of these tasks has something to do; None for never.

        Args:
            now: Aware UTC.
            tasks: None for all.
        """
        ...

    def overdue(self, before: datetime) -> Overdue:
        """What fell due at or before a moment and still waits for tick or deliver."""
        ...

    def clock_totals(self, now: datetime) -> Mapping[tuple[str, str], int]:
        """Clocks of live cases by (clock, state): running, breached, met, met_late, withdrawn."""
        ...

    def database_now(self) -> datetime | None:
        """The database's own time, aware UTC, to compare with ours; None where it has no clock of its own."""
        ...

    def note(self, key: str) -> str | None:
        """A small stored fact (a loop's mark, a told-once mark)."""
        ...

    def version_text(self, version: Version) -> str | None:
        """The text of a loaded rule set, as `record_version` kept it."""
        ...


class Writing(Reading, HandoverWriting, SwapWriting, ExplainWriting, Protocol):
    """A transaction. Everything or nothing."""

    def add_messages(self, rows: Sequence[tuple[Message, Tokens, MessageOutcome]]) -> tuple[int, ...]:
        """Store readable messages encrypted, and return their seqs.

        A (source, id) already there is counted as DUPLICATE and gets seq 0.
        """
        ...

    def count_duplicates(self, number: int) -> None:
        """Count messages that were duplicates of stored ones."""
        ...

    def set_outcomes(self, outcomes: Mapping[int, MessageOutcome]) -> None:
        """Set what became of messages."""
        ...

    def put_case(self, change: CaseChange) -> None:
        """Write a decision.

        Raises:
            StaleWrite: the revision moved on, a strong token leads elsewhere, or a verified query answers otherwise.
                Raised here, by a later read, or on leaving the transaction: redo all of it.
        """
        ...

    def enqueue_rechecks(self, cases: Iterable[CaseId], at: datetime) -> None:
        """Ask for these cases to be judged again; a decision about one that is under way becomes stale."""
        ...

    def clear_rechecks(self, cases: Iterable[CaseId]) -> None:
        """They have been judged again."""
        ...

    def add_obligations(self, rows: Sequence[Obligation]) -> int:
        """Add obligations that no case owns (system, global); returns how many were new. Known keys change nothing."""
        ...

    def set_obligations(self, rows: Sequence[Obligation]) -> None:
        """Store changed states, times and flags; a decision about their cases that is under way becomes stale."""
        ...

    def add_notifications(self, rows: Sequence[Notification]) -> None:
        """Put messages in the outbox; the pair (line, person, channel) is unique: a second one is ignored."""
        ...

    def set_notification(self, row: Notification, expected: NotificationState) -> bool:
        """Store a changed notification if it still is in `expected` and was not tried again since; else False."""
        ...

    def set_notifications(self, changes: Sequence[tuple[Notification, NotificationState]]) -> frozenset[str]:
        """Store changed notifications, each as `set_notification` does; the ids of those that were stored."""
        ...

    def give_up_receipt(self, id_: str) -> bool:
        """Mark a notification as not confirmed if it still waits for its receipt; False when it does not any more."""
        ...

    def add_attempts(self, begun: Sequence[Attempt]) -> None:
        """Record that requests are about to leave; before they do."""
        ...

    def settle_attempts(self, answers: Sequence[AttemptEnd]) -> None:
        """Record what became of requests."""
        ...

    def quarantine_add(self, unreadable: Unreadable) -> int:
        """Keep an unreadable message, encrypted; returns its id."""
        ...

    def quarantine_settle(self, id_: int, by: str, why: str, at: datetime) -> bool:
        """Mark it settled; False when it was already."""
        ...

    def allocate_ref(self, prefix: str, year: int) -> str:
        """A new random public reference, unused by any case or alias."""
        ...

    def allocate_code(self, now: datetime) -> str:
        """A new random six-digit code, unused among open alerts and for 90 days."""
        ...

    def record_version(self, version: Version, text: str, at: datetime) -> None:
        """Keep a loaded rule set under its hash; again changes nothing."""
        ...

    def set_note(self, key: str, value: str) -> None:
        """Store a small fact."""
        ...


class Store(Protocol):
    """Where everything lives."""

    def read(self) -> AbstractContextManager[Reading]:
        """Open a consistent view.

        Raises:
            StoreUnavailable: it cannot be reached.
        """
        ...

    def write(self, rank: Rank) -> AbstractContextManager[Writing]:
        """Begin a transaction; commits on leaving, rolls back on an exception.

        Raises:
            StaleWrite: on leaving, when a decision was made on what has changed since.
            StoreUnavailable: it cannot be reached or written.
        """
        ...

    def close(self) -> None:
        """Give back connections."""
        ...
