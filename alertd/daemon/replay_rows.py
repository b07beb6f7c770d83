"""What a replay's memory keeps by time and by key: lines, messages to people, rows by which cases see each other."""

from __future__ import annotations

import heapq
from bisect import bisect_right, insort
from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Generic, TypeVar

from alertd.model.case import (
    CrossRow,
    CrossSide,
    LineState,
    Notification,
    NotificationState,
    Obligation,
    ObligationKey,
)
from alertd.model.ids import CaseId
from alertd.service.ports import AnchorWindow, CaseChange, CrossQuery
from alertd.store.writing_ledger import moved_line, progress

What = TypeVar("What")
_WAITING = (LineState.PENDING, LineState.HELD)
_NEVER = datetime.max.replace(tzinfo=UTC)


class AgendaOf(Generic[What]):
    """What is to be looked at when; each thing at most once, at the time that it was given last."""

    def __init__(self) -> None:
        self._times: dict[What, datetime] = {}
        self._heap: list[tuple[datetime, int, What]] = []
        self._number = 0

    def put(self, what: What, at: datetime | None) -> None:
        """Look at it at a moment; None for never."""
        if at is None:
            self._times.pop(what, None)
        elif self._times.get(what) != at:
            self._times[what] = at
            self._number += 1
            heapq.heappush(self._heap, (at, self._number, what))

    def next(self) -> datetime | None:
        """The earliest moment at which anything is to be looked at."""
        self._drop_stale()
        return self._heap[0][0] if self._heap else None

    def _drop_stale(self) -> None:
        while self._heap and self._times.get(self._heap[0][2]) != self._heap[0][0]:
            heapq.heappop(self._heap)

    def due(self, now: datetime, limit: int) -> list[What]:
        """What is due, earliest first; it stays so until it is put anew."""
        self._drop_stale()
        if not self._heap or self._heap[0][0] > now:
            return []
        taken: list[tuple[datetime, int, What]] = []
        found: dict[What, None] = {}
        while self._heap and self._heap[0][0] <= now and len(found) < limit:
            entry = heapq.heappop(self._heap)
            if self._times.get(entry[2]) == entry[0] and entry[2] not in found:
                taken.append(entry)
                found[entry[2]] = None
        for entry in taken:
            heapq.heappush(self._heap, entry)
        return list(found)


class CrossRows:
    """Rows by which cases see each other."""

    def __init__(self) -> None:
        self._of: dict[CaseId, frozenset[CrossRow]] = {}
        self._at: dict[tuple[str, CrossSide, bytes], list[tuple[datetime, CaseId, bytes, bytes, CrossRow]]] = {}

    def put(self, case: CaseId, rows: Iterable[CrossRow]) -> None:
        """Replace a case's rows."""
        before, after = self._of.get(case, frozenset()), frozenset(rows)
        self._of[case] = after
        if before == after:
            return
        for row in before - after:
            held = self._at[row.leaf, row.side, row.key]
            held.remove(_placed(case, row))
        for row in after - before:
            insort(self._at.setdefault((row.leaf, row.side, row.key), []), _placed(case, row), key=lambda e: e[:4])

    def targets(self, query: CrossQuery) -> tuple[CrossRow, ...]:
        """Target rows for an anchor, ordered by (at, record)."""
        held = self._at.get((query.leaf, CrossSide.TARGET, query.key), [])
        begin = 0 if query.since is None else bisect_right(held, query.since, key=lambda each: each[0])
        end = bisect_right(held, query.until, key=lambda each: each[0])
        own = {query.exclude, *query.joined}
        found = [row for _, case, _, _, row in held[begin:end] if case not in own and _is_open(row, query.open_at)]
        return tuple(sorted(found, key=lambda row: (row.at, row.record, row.distinct)))

    def anchored(self, window: AnchorWindow) -> set[CaseId]:
        """Cases with an anchor row in a window."""
        held = self._at.get((window.leaf, CrossSide.ANCHOR, window.key), ())
        until = window.until or _NEVER
        return {case for at, case, _, _, _ in held if window.since <= at < until}


def _placed(case: CaseId, row: CrossRow) -> tuple[datetime, CaseId, bytes, bytes, CrossRow]:
    return (row.at, case, row.record, row.distinct, row)


def _is_open(row: CrossRow, at: datetime | None) -> bool:
    return at is None or (row.at <= at and (row.until is None or row.until > at))


class Ledger:
    """Lines, and the messages that carry them."""

    def __init__(self) -> None:
        self._rows: dict[str, dict[ObligationKey, Obligation]] = {}
        self._due: AgendaOf[ObligationKey] = AgendaOf()
        self._notes: dict[str, Notification] = {}
        self._carried: dict[ObligationKey, dict[str, None]] = {}
        self._sendable: AgendaOf[str] = AgendaOf()
        self._waiting_of: dict[str, tuple[Obligation, ...]] = {}

    # --- lines

    def of_scope(self, scope: str) -> tuple[Obligation, ...]:
        """A case's lines by key."""
        if scope not in self._waiting_of:
            rows = self._rows.get(scope, {})
            self._waiting_of[scope] = tuple(rows[key] for key in sorted(rows))
        return self._waiting_of[scope]

    def rows(self, keys: Collection[ObligationKey]) -> tuple[Obligation, ...]:
        """These lines, as far as they exist."""
        found = ((key, self._rows.get(key.scope, {}).get(key)) for key in sorted(set(keys)))
        return tuple(row for _, row in found if row is not None)

    def add(self, rows: Iterable[Obligation]) -> int:
        """Add lines; known keys change nothing."""
        new = [row for row in rows if row.key not in self._rows.get(row.key.scope, {})]
        self._store(new)
        return len(new)

    def put(self, rows: Iterable[Obligation]) -> None:
        """Store changed lines; a key that is not there changes nothing."""
        self._store([row for row in rows if row.key in self._rows.get(row.key.scope, {})])

    def _store(self, rows: Iterable[Obligation]) -> None:
        for row in rows:
            self._rows.setdefault(row.key.scope, {})[row.key] = row
            self._waiting_of.pop(row.key.scope, None)
            self._due.put(row.key, (row.not_before or row.at) if row.state in _WAITING else None)

    def waiting(self, now: datetime, limit: int) -> tuple[Obligation, ...]:
        """Lines whose time has come, by (severity, at)."""
        found = [self._rows[key.scope][key] for key in self._due.due(now, limit)]
        return tuple(sorted(found, key=lambda row: (-row.severity.rank, row.at, row.key)))

    def next(self) -> datetime | None:
        """When the next line or message is due."""
        times = (self._due.next(), self._sendable.next())
        return min((at for at in times if at is not None), default=None)

    def rename(self, change: CaseChange) -> None:
        """Move lines of joined cases to the survivor, and to new keys; where two meet, the one further on stays."""
        case, joined = change.row.id, {row.id for row in change.joined}
        scopes = [case, *sorted(joined)]
        shared = [row for row in self.of_scope("*") if row.case in scopes]
        found = [*(row for scope in scopes for row in self.of_scope(scope)), *shared]
        moved = {row.key: moved_line(row, change) for row in found}
        changed = {old: row for old, row in moved.items() if row.key != old}
        for old, row in moved.items():
            if row.key == old and row != self._rows[old.scope][old]:
                self._store([row])
        for old in changed:
            self._rows[old.scope].pop(old)
            self._waiting_of.pop(old.scope, None)
            self._due.put(old, None)
        for old, row in changed.items():
            met = self._rows.get(row.key.scope, {}).get(row.key)
            self._store([row if met is None else max((row, met), key=progress)])
            for note in self._carried.pop(old, {}):
                self._carried.setdefault(row.key, {})[note] = None
                lines = tuple(row.key if line == old else line for line in self._notes[note].lines)
                self._notes[note] = replace(self._notes[note], lines=tuple(dict.fromkeys(lines)))

    # --- messages

    def add_notes(self, rows: Iterable[Notification]) -> None:
        """Put messages in the outbox; a line goes to a person over a channel once."""
        for row in rows:
            left = tuple(line for line in dict.fromkeys(row.lines) if not self._was_told(line, row))
            if row.id in self._notes or (row.lines and not left):
                continue
            self._keep(replace(row, lines=left))
            for line in left:
                self._carried.setdefault(line, {})[row.id] = None

    def _was_told(self, line: ObligationKey, row: Notification) -> bool:
        told = (self._notes[id_] for id_ in self._carried.get(line, ()))
        return any((each.person, each.channel) == (row.person, row.channel) for each in told)

    def _keep(self, row: Notification) -> None:
        self._notes[row.id] = row
        self._sendable.put(row.id, row.next_at if row.state is NotificationState.PENDING else None)

    def set_note(self, row: Notification, expected: NotificationState) -> bool:
        """Store a changed message if it still is in `expected`."""
        if self._notes[row.id].state is not expected:
            return False
        self._keep(row)
        return True

    def sendable(self, now: datetime, limit: int) -> Sequence[Notification]:
        """Messages to be sent now."""
        return [self._notes[id_] for id_ in self._sendable.due(now, limit)]

    def carrying(self, keys: Collection[ObligationKey]) -> tuple[Notification, ...]:
        """All messages that carry any of these lines, oldest first."""
        ids = {id_ for key in keys for id_ in self._carried.get(key, ())}
        return tuple(sorted((self._notes[id_] for id_ in ids), key=lambda note: (note.created_at, note.id)))

    def notes_about(self, case: CaseId) -> tuple[Notification, ...]:
        """All messages that carry a line of this case, oldest first."""
        shared = [row.key for row in self.of_scope("*") if row.case == case]
        return self.carrying([*self._rows.get(case, {}), *shared])
