"""How many messages each role got: what shows whether phones buzz for nothing."""

from __future__ import annotations

from dataclasses import dataclass

from alertd.model.ids import RoleId
from alertd.model.values import Channel


@dataclass(frozen=True, slots=True, order=True)
class RoleCount:
    """Messages that left to one role over one channel, by day or in rest hours.

    Attributes:
        role: The role reached, after hours and routing.
        at_night: In rest hours, when only a few things may disturb.
    """

    role: RoleId
    at_night: bool
    channel: Channel
    number: int


@dataclass(frozen=True, slots=True, order=True)
class QuietCount:
    """What a role was not told at once: lines held for its list, and messages that were not sent after all.

    Attributes:
        role: The role asked.
        what: `held` or `suppressed`.
        reason: The word on record: `rest_hours`, `digest`, `closed`, `accepted`, `no_longer_true`.
    """

    role: RoleId
    what: str
    reason: str
    number: int
