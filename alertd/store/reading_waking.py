"""How many messages each role got by day and by night, and what was kept from disturbing it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, case, func, or_, select, text

from alertd.model.case import LineState, NotificationState, Obligation
from alertd.model.counts import QuietCount, RoleCount
from alertd.model.ids import RoleId
from alertd.model.values import Channel
from alertd.service.ports import Spans
from alertd.store.codec import micros
from alertd.store.reading_outbox import SAME_KEY, OutboxReading
from alertd.store.rows import obligation
from alertd.store.tables import WAITING, lines, notifications, obligations

_LONGEST_WAIT = timedelta(days=40)
"""No message waits longer between its making and its sending: by it the index by age finds what left in a period."""


class WakingReading(OutboxReading):
    """Counts for people who ask whether phones buzz for nothing."""

    def messages_by_role(self, since: datetime, until: datetime, nights: Spans) -> Sequence[RoleCount]:
        """Messages that left in [since, until), by the role reached, night and channel.

        Args:
            since: Aware UTC.
            until: Aware UTC.
            nights: Stretches of rest hours, each [begin, end).
        """
        at = notifications.c.sent_at
        is_night = case((or_(text("1 = 0"), *(_between(at, *night) for night in nights)), 1), else_=0).label("night")
        made = _between(notifications.c.created_at, since - _LONGEST_WAIT, until)
        counting = (
            select(notifications.c.role, is_night, notifications.c.channel, func.count().label("number"))
            .where(made, _between(at, since, until))
            .group_by(notifications.c.role, is_night, notifications.c.channel)
        )
        return sorted(
            RoleCount(RoleId(row["role"]), bool(row["night"]), Channel(row["channel"]), row["number"])
            for row in self._rows(counting)
        )

    def kept_quiet(self, since: datetime, until: datetime) -> Sequence[QuietCount]:
        """Lines held for a list that went in [since, until) or still waits, and messages suppressed, with the reason.

        Args:
            since: Aware UTC.
            until: Aware UTC.
        """
        made = _between(notifications.c.created_at, since, until)
        gone = notifications.c.state == NotificationState.SUPPRESSED.value
        counting = (
            select(notifications.c.asked, notifications.c.reason, func.count().label("number"))
            .where(made, gone)
            .group_by(notifications.c.asked, notifications.c.reason)
        )
        suppressed = [
            QuietCount(RoleId(r["asked"]), "suppressed", r["reason"], r["number"]) for r in self._rows(counting)
        ]
        held = Counter((row.key.role, row.reason) for row in self._kept_for_lists(made))
        return sorted([*suppressed, *(QuietCount(RoleId(role), "held", why, n) for (role, why), n in held.items())])

    def _kept_for_lists(self, made: ColumnElement[bool]) -> Iterable[Obligation]:
        """Lines that waited and went by mail, once each however many read it; and those that wait now."""
        listed = (
            select(obligations)
            .join(lines, SAME_KEY)
            .join(notifications, notifications.c.id == lines.c.notification)
            .where(made, notifications.c.channel == Channel.EMAIL.value)
        )
        told = {row.key: row for row in map(obligation, self._rows(listed)) if row.reason}
        waiting = select(obligations).where(text(WAITING), obligations.c.state == LineState.HELD.value)
        return [*told.values(), *map(obligation, self._rows(waiting))]


def _between(column: ColumnElement[int | None], since: datetime, until: datetime) -> ColumnElement[bool]:
    return and_(column >= micros(since), column < micros(until))
