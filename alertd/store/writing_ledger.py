"""Obligations, notifications and attempts into the store."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import Table, and_, bindparam, delete, insert, select, text, update

from alertd.model.case import NO_RECEIPT, LineState, Notification, NotificationState, Obligation, ObligationKey
from alertd.model.ids import CaseId
from alertd.service.ports import Attempt, AttemptEnd, CaseChange
from alertd.store.codec import dumps, micros, optional_micros
from alertd.store.reading_outbox import KEY, OutboxReading
from alertd.store.rows import (
    key_columns,
    notification_columns,
    obligation,
    obligation_columns,
    obligation_key,
)
from alertd.store.tables import TO_CONFIRM, attempts, lines, notifications, obligations

_PROGRESS = {
    state: place
    for place, state in enumerate(
        (
            LineState.PENDING,
            LineState.HELD,
            LineState.OPEN,
            LineState.WITHDRAWN,
            LineState.SKIPPED,
            LineState.UNREACHABLE,
            LineState.TOLD,
            LineState.DONE,
        )
    )
}
"""Of two obligations that turn out to be one the later here stands: what either has already done counts as done.
Source: MESSAGES, "Which case?"."""

_COLUMNS = [column.name for column in obligations.columns]
_LINE_COLUMNS = [column.name for column in lines.columns]

# Written once and given values as they come: putting a statement together costs more than running it.
_KNOWN_IDS = select(notifications.c.id).where(notifications.c.id.in_(bindparam("ids", expanding=True)))
_SET_NOTIFICATION = update(notifications).where(notifications.c.id == bindparam("the_id"))
_ADD_ATTEMPT = insert(attempts)
_SETTLE_ATTEMPT = update(attempts).where(
    attempts.c.notification == bindparam("the_notification"), attempts.c.number == bindparam("the_number")
)


class LedgerWriting(OutboxReading):
    """What must be told, and what became of it."""

    _tally: Counter[str]

    def add_obligations(self, rows: Sequence[Obligation]) -> int:
        """Add obligations that no case owns (system, global); existing keys change nothing.

        Returns:
            How many were new.
        """
        self._settle()
        return self._add_obligations(rows)

    def _add_obligations(self, rows: Iterable[Obligation]) -> int:
        values = [dict(zip(_COLUMNS, obligation_columns(row), strict=True)) for row in _by_key(rows)]
        if not values:
            return 0
        adding = self._speech.insert(obligations).on_conflict_do_nothing().returning(obligations.c.scope)
        return len(self._connection.execute(adding, values).all())  # psycopg does not count the rows of a batch

    def set_obligations(self, rows: Sequence[Obligation]) -> None:
        """Store changed states, times and flags; a key that is not there changes nothing.

        A decision that is under way was made on the lines as they stood: it becomes stale.
        """
        self._settle()
        self._touch(row.case for row in rows if row.case is not None)
        self._set_obligations(rows)

    def _set_obligations(self, rows: Iterable[Obligation]) -> None:
        values = [
            dict(zip((f"to_{name}" for name in _COLUMNS), obligation_columns(row), strict=True))
            for row in _by_key(rows)
        ]
        if values:
            matches = [obligations.c[name] == bindparam(f"to_{name}") for name in KEY]
            others: dict[str, Any] = {name: bindparam(f"to_{name}") for name in _COLUMNS if name not in KEY}
            self._connection.execute(update(obligations).where(*matches).values(others), values)

    # ------------------------------------------------------------------------------------------------------- renaming

    def _rename(self, change: CaseChange) -> None:
        """Move obligations of joined cases to the survivor, and to new keys.

        Where two meet, the one that is further on stays.
        """
        case, joined = change.row.id, [row.id for row in change.joined]
        moved = {each.key: moved_line(each, change) for each in self._of([case, *joined])}
        changed = {old: new.key for old, new in moved.items() if old != new.key}
        if not changed:
            return
        met = self._stored_obligations(set(changed.values()) - moved.keys())
        best: dict[ObligationKey, Obligation] = {}
        for each in (*moved.values(), *met):
            best[each.key] = max((each, best.get(each.key, each)), key=progress)
        self._remove(obligations, {*changed, *changed.values()})
        self._add_obligations(best[key] for key in set(changed.values()))
        self._move_lines(changed)

    def _of(self, family: Sequence[CaseId]) -> list[Obligation]:
        own = obligations.c.scope.in_(family)
        shared = and_(text("scope = '*'"), obligations.c.case_id.in_(family))
        return [obligation(row) for part in (own, shared) for row in self._stored(select(obligations).where(part))]

    def _move_lines(self, changed: dict[ObligationKey, ObligationKey]) -> None:
        """Let notifications carry the lines under their new names; one that is carried there already stays as it is."""
        carried = self._keyed(lines, changed)
        self._remove(lines, changed)
        renamed = [
            dict(row) | dict(zip(KEY, key_columns(changed[obligation_key(row)]), strict=True)) for row in carried
        ]
        if renamed:
            self._connection.execute(self._speech.insert(lines).on_conflict_do_nothing(), renamed)

    def _remove(self, table: Table, keys: Collection[ObligationKey]) -> None:
        matches = [table.c[name] == bindparam(f"the_{name}") for name in KEY]
        values = [dict(zip((f"the_{name}" for name in KEY), key_columns(key), strict=True)) for key in sorted(keys)]
        self._connection.execute(delete(table).where(*matches), values)

    # -------------------------------------------------------------------------------------------------- notifications

    def add_notifications(self, rows: Sequence[Notification]) -> None:
        """Put messages in the outbox.

        An obligation is carried to a person over a channel once: a line carried already is left out, and a
        notification of which no line is left is ignored, as is one whose id is there.
        """
        self._settle()
        known = set(self._connection.execute(_KNOWN_IDS, {"ids": [row.id for row in rows]}).scalars())
        carried = self._keyed(lines, [line for row in rows for line in row.lines])
        taken = {(obligation_key(c), c["person"], c["channel"]) for c in carried}
        new: list[dict[str, Any]] = []
        carrying: list[dict[str, Any]] = []
        for row in rows:
            to = (row.person, row.channel.value)
            left = [line for line in dict.fromkeys(row.lines) if (line, *to) not in taken]
            if row.id in known or (row.lines and not left):
                continue
            known.add(row.id)
            taken |= {(line, *to) for line in left}
            new.append(notification_columns(row))
            carrying += [
                dict(zip(_LINE_COLUMNS, (*key_columns(key), *to, row.id, place), strict=True))
                for place, key in enumerate(left)
            ]
            self._tally[f"notifications.{row.state}"] += 1
        if new:
            self._connection.execute(insert(notifications), new)
        if carrying:
            self._connection.execute(insert(lines), carrying)

    def set_notification(self, row: Notification, expected: NotificationState) -> bool:
        """Store a changed notification if it still is in `expected`; False when somebody else was faster.

        Also False when it has been tried more often since than `row` knows: an old answer settles no new attempt. Its
        lines stay as they were added.
        """
        return bool(self.set_notifications([(row, expected)]))

    def set_notifications(self, changes: Sequence[tuple[Notification, NotificationState]]) -> frozenset[str]:
        """Store changed notifications, each as `set_notification` does; the ids of those that were stored."""
        self._settle()
        held = self._standing([row.id for row, _ in changes])
        stored: dict[str, dict[str, Any]] = {}
        for row, expected in changes:
            state, tried = held.get(row.id, (None, 0))
            if row.id in stored or state != expected.value or tried > row.attempts:
                continue
            stored[row.id] = {"the_id": row.id, **notification_columns(row)}
            self._tally[f"notifications.{expected}"] -= 1
            self._tally[f"notifications.{row.state}"] += 1
        if stored:
            self._connection.execute(_SET_NOTIFICATION, list(stored.values()))
        return frozenset(stored)

    def _standing(self, ids: Collection[str]) -> dict[str, tuple[str, int]]:
        """State and tries of these notifications, which nobody else changes before this transaction ends."""
        columns = (notifications.c.id, notifications.c.state, notifications.c.attempts)
        among = self._speech.among(notifications.c.id, "ids")
        held = select(*columns).where(among).order_by(notifications.c.id).with_for_update()
        rows = self._stored(held, {"ids": self._many(ids)}) if ids else ()
        return {row["id"]: (row["state"], row["attempts"]) for row in rows}

    def give_up_receipt(self, id_: str) -> bool:
        """Mark a notification as not confirmed if it still waits for its receipt; False when it does not any more."""
        waits = and_(notifications.c.id == id_, text(TO_CONFIRM))
        return bool(self._connection.execute(update(notifications).where(waits).values(reason=NO_RECEIPT)).rowcount)

    def add_attempts(self, begun: Sequence[Attempt]) -> None:
        """Record that requests are about to leave; before they do."""
        rows = [
            {
                "notification": each.notification,
                "number": each.number,
                "begun_at": micros(each.begun_at),
                "outcome": each.outcome,
                "detail": self._sealed_detail(each.detail),
                "settled_at": optional_micros(each.settled_at),
            }
            for each in begun
        ]
        if rows:
            self._connection.execute(_ADD_ATTEMPT, rows)

    def settle_attempts(self, answers: Sequence[AttemptEnd]) -> None:
        """Record what became of requests."""
        rows = [
            {
                "the_notification": each.notification,
                "the_number": each.number,
                "outcome": each.outcome,
                "detail": self._sealed_detail(each.detail),
                "settled_at": micros(each.at),
            }
            for each in answers
        ]
        if rows:
            self._connection.execute(_SETTLE_ATTEMPT, rows)

    def _sealed_detail(self, detail: str) -> bytes:
        return self._keyring.seal_own(dumps([detail]), "attempt")


def _by_key(rows: Iterable[Obligation]) -> list[Obligation]:
    """In one order for all writers, so that none waits for another in a circle."""
    return sorted(rows, key=lambda row: row.key)


def _in_series(row: Obligation, episodes: Mapping[tuple[str, int], int]) -> Obligation:
    """A line of a joined case's alert under the episode that this alert has become part of."""
    key = row.key
    if key.about != "alert":
        return row
    return replace(row, key=replace(key, episode=episodes.get((key.scope, key.episode), key.episode)))


def _moved(
    row: Obligation, case: CaseId, joined: Collection[CaseId], renamed: Mapping[tuple[str, str], str]
) -> Obligation:
    key = row.key
    scope = case if key.scope in joined else key.scope
    named = replace(key, scope=scope, key=renamed.get((key.about, key.key), key.key))
    return replace(row, key=named, case=case if row.case in joined else row.case)


def moved_line(row: Obligation, change: CaseChange) -> Obligation:
    """A line of a case, or of one that joins it, under the name that it has after a change."""
    keys = {(about, old): new for about, old, new in change.renamed}
    episodes = {(str(other), old): new for other, old, new in change.episodes}
    return _moved(_in_series(row, episodes), change.row.id, [each.id for each in change.joined], keys)


def progress(row: Obligation) -> tuple[int, float]:
    """How far a line is: of two that turn out to be one, the greater stands."""
    return (_PROGRESS[row.state], -row.made_at.timestamp())
