"""Count messages by role, day and night: the same way for a replay, a rehearsal and what the store holds."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import datetime

from alertd.core.calendar import RestHours
from alertd.model.counts import RoleCount
from alertd.model.ids import RoleId
from alertd.model.values import Channel


def counted(sent: Iterable[tuple[RoleId, Channel, datetime]], rest: RestHours) -> tuple[RoleCount, ...]:
    """Count messages.

    Args:
        sent: Of each message the role reached, the channel, and when it left (aware UTC).
        rest: When only a few things may disturb.

    Returns:
        Counts by role, day before night, channel.

    Source: protocol notes, "Who is woken": waking is rationed, so it is counted.
    """
    totals = Counter((role, rest.contains(at), channel) for role, channel, at in sent)
    return tuple(sorted(RoleCount(*key, number) for key, number in totals.items()))


def by_role(counts: Iterable[RoleCount]) -> Mapping[RoleId, Mapping[bool, Mapping[Channel, int]]]:
    """Counts as a table: role → at night → channel → number, in the order given."""
    table: dict[RoleId, dict[bool, dict[Channel, int]]] = {}
    for each in counts:
        table.setdefault(each.role, {}).setdefault(each.at_night, {})[each.channel] = each.number
    return table
