"""What must be told and what was: obligations, notifications, attempts."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import Select, Table, and_, select, text, union

from alertd.model.case import Notification, NotificationState, Obligation, ObligationKey
from alertd.model.delivery import Awaited
from alertd.model.ids import CaseId
from alertd.model.values import Channel
from alertd.service.ports import Attempt
from alertd.store.codec import loads, micros, moment, optional_moment
from alertd.store.dialect import Speech
from alertd.store.reading_cases import CaseReading
from alertd.store.rows import Stored, key_columns, notification, obligation, obligation_key
from alertd.store.tables import (
    CONFIRMED,
    TO_CONFIRM,
    TO_HANDLE,
    WAITING,
    attempts,
    lines,
    notifications,
    obligations,
)

KEY = ("scope", "about", "key", "episode", "step", "role")
"""The columns that name an obligation, in `obligations` and in `lines`."""

SAME_KEY = and_(*(lines.c[name] == obligations.c[name] for name in KEY))


class OutboxReading(CaseReading):
    """Obligations and notifications."""

    def waiting(self, now: datetime, limit: int) -> tuple[Obligation, ...]:
        """Obligations PENDING or HELD whose time (`not_before`, else `at`) has come, by (severity, at)."""
        due = (
            select(obligations)
            .where(text(WAITING), obligations.c.due_at <= micros(now))
            .order_by(obligations.c.urgency.desc(), obligations.c.at, *(obligations.c[name] for name in KEY))
            .limit(limit)
        )
        return tuple(map(obligation, self._rows(due)))

    def obligations(self, keys: Collection[ObligationKey]) -> tuple[Obligation, ...]:
        """These obligations, as far as they exist, by key."""
        self._settle()
        return tuple(sorted(self._stored_obligations(keys), key=lambda each: each.key))

    def _stored_obligations(self, keys: Collection[ObligationKey]) -> list[Obligation]:
        return [obligation(row) for row in self._keyed(obligations, keys)]

    def _keyed(self, table: Table, keys: Collection[ObligationKey]) -> Sequence[Stored]:
        """Rows of `obligations` or `lines` under these keys."""
        names = sorted({key_columns(key) for key in keys})
        return self._stored(_by_keys(self._speech, table), self._speech.listing(names)) if names else ()

    def requests(self, case: CaseId | None) -> tuple[Obligation, ...]:
        """Request obligations (`about` begins with `request:`) of one case, or all, by (at, key)."""
        if case is None:
            found = [obligation(row) for row in self._rows(select(obligations).where(text("about LIKE 'request:%'")))]
        else:
            found = [each for each in self._speaking_of(case) if each.key.about.startswith("request:")]
        return tuple(sorted(found, key=lambda each: (each.at, each.key)))

    def _speaking_of(self, case: CaseId) -> list[Obligation]:
        """A case's own obligations, and those under global keys that speak of it."""
        family = self._family(case)
        own = [each for owed in self._owed(family).values() for each in owed]
        shared = select(obligations).where(text("scope = '*'"), obligations.c.case_id.in_(family))
        return [*own, *map(obligation, self._rows(shared))]

    def sendable(self, now: datetime, limit: int) -> tuple[Notification, ...]:
        """Notifications PENDING with `next_at` come: urgent first, of these what wakes before mails, then oldest."""
        is_mail = notifications.c.channel == Channel.EMAIL.value
        due = _to_handle(now, NotificationState.PENDING).order_by(
            notifications.c.urgent.desc(), is_mail, notifications.c.created_at, notifications.c.id
        )
        return self._notifications(due.limit(limit))

    def in_doubt(self, now: datetime, limit: int) -> tuple[Notification, ...]:
        """Notifications IN_DOUBT to look up (`next_at` come), and SENDING ones whose lease ran out; earliest first."""
        due = _to_handle(now, NotificationState.IN_DOUBT, NotificationState.SENDING)
        return self._notifications(due.order_by(notifications.c.next_at, notifications.c.id).limit(limit))

    def unconfirmed(self, now: datetime, limit: int) -> tuple[Notification, ...]:
        """Urgent notifications SENT whose receipt is due and has not come, nor been given up; earliest first."""
        late = select(notifications).where(text(TO_CONFIRM), notifications.c.receipt_due_at <= micros(now))
        return self._notifications(late.order_by(notifications.c.receipt_due_at, notifications.c.id).limit(limit))

    def awaited(self, channel: Channel, since: datetime) -> tuple[Awaited, ...]:
        """Messages over a channel, sent at or after a moment, whose providers confirm; oldest first."""
        found = (
            select(notifications.c.sent_at, notifications.c.receipt_at)
            .where(text(CONFIRMED), notifications.c.channel == channel.value, notifications.c.sent_at >= micros(since))
            .order_by(notifications.c.sent_at, notifications.c.id)
        )
        rows = self._rows(found)
        return tuple(Awaited(moment(row["sent_at"]), optional_moment(row["receipt_at"])) for row in rows)

    def notifications(self, case: CaseId) -> tuple[Notification, ...]:
        """All notifications that speak of this case or carry a line of it, oldest first."""
        family = self._family(case)
        carrying = union(
            select(notifications.c.id).where(notifications.c.case_id.in_(family)),
            select(lines.c.notification).where(lines.c.scope.in_(family)),
            select(lines.c.notification)
            .join(obligations, SAME_KEY)
            .where(text("obligations.scope = '*'"), obligations.c.case_id.in_(family)),
        ).subquery()
        found = select(notifications).where(notifications.c.id.in_(select(carrying.c[0])))
        return self._notifications(found.order_by(notifications.c.created_at, notifications.c.id))

    def carrying(self, keys: Collection[ObligationKey]) -> tuple[Notification, ...]:
        """All notifications that carry any of these lines, oldest first."""
        self._settle()
        ids = sorted({row["notification"] for row in self._keyed(lines, keys)})
        found = select(notifications).where(notifications.c.id.in_(ids))
        return self._notifications(found.order_by(notifications.c.created_at, notifications.c.id)) if ids else ()

    def notification(self, id_: str) -> Notification | None:
        """One notification."""
        return next(iter(self._notifications(select(notifications).where(notifications.c.id == id_))), None)

    def list_notifications(self, states: Collection[NotificationState], limit: int) -> tuple[Notification, ...]:
        """Notifications in these states (all when empty), newest first."""
        newest = select(notifications).order_by(notifications.c.created_at.desc(), notifications.c.id.desc())
        if states:
            newest = newest.where(notifications.c.state.in_([state.value for state in states]))
        return self._notifications(newest.limit(limit))

    def attempts(self, notification: str) -> tuple[Attempt, ...]:
        """Attempts of one notification, in order."""
        made = select(attempts).where(attempts.c.notification == notification).order_by(attempts.c.number)
        return tuple(self._attempt(row) for row in self._rows(made))

    def _attempt(self, row: Stored) -> Attempt:
        return Attempt(
            notification=row["notification"],
            number=row["number"],
            begun_at=moment(row["begun_at"]),
            outcome=row["outcome"],
            detail=str(loads(self._keyring.open_own(row["detail"], "attempt"))[0]),
            settled_at=optional_moment(row["settled_at"]),
        )

    def _notifications(self, found: Select[Any]) -> tuple[Notification, ...]:
        rows = self._rows(found)
        carried = self._carried([row["id"] for row in rows])
        return tuple(notification(row, tuple(carried.get(row["id"], ()))) for row in rows)

    def _carried(self, ids: Sequence[str]) -> dict[str, list[ObligationKey]]:
        carried: dict[str, list[ObligationKey]] = {}
        for row in self._rows(_lines_of(self._speech), {"ids": self._many(ids)}) if ids else ():
            carried.setdefault(row["notification"], []).append(obligation_key(row))
        return carried


def _to_handle(now: datetime, *states: NotificationState) -> Select[Any]:
    among = notifications.c.state.in_([state.value for state in states])
    return select(notifications).where(text(TO_HANDLE), among, notifications.c.next_at <= micros(now))


@cache
def _lines_of(speech: Speech) -> Select[Any]:
    return select(lines).where(speech.among(lines.c.notification, "ids")).order_by(lines.c.place)


@cache
def _by_keys(speech: Speech, table: Table) -> Select[Any]:
    source, is_listed = speech.listed([table.c[name] for name in KEY])
    return select(table).select_from(source).join(table, is_listed)
