"""What other rules would have done with the messages on record: the outcome of a replay."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum


class Difference(Enum):
    """How one alert, or one piece of work asked for, differs under the other rules.

    Attributes:
        NEW, LOST: Only the other rules tell it; only the rules in force do.
        EARLIER, LATER: Both tell it, the other rules at another time.
        SHADOW: A rule in shadow would have told it; nobody is told before that rule is live.
    """

    NEW = "new"
    LOST = "lost"
    EARLIER = "earlier"
    LATER = "later"
    SHADOW = "shadow"


@dataclass(frozen=True, slots=True)
class Change:
    """One alert that differs, or one piece of work asked for.

    Attributes:
        difference: How.
        case: Public reference; "" where it is about no one case.
        rule: Id of the rule or the clock that tells it; for work, the work.
        role: The role that is told, as the rules name it; for work, who is to do it.
        before, after: When, under the rules in force and under the others, aware UTC; None for never.
        because: The line that made the difference: "rules/custody.yaml:31: …".
        is_work: Work asked for rather than an alert.
    """

    difference: Difference
    case: str
    rule: str
    role: str
    before: datetime | None
    after: datetime | None
    because: str
    is_work: bool = False


@dataclass(frozen=True, slots=True)
class Differences:
    """Everything that differs.

    Attributes:
        messages: How many were read.
        changes: Alerts and work that differ, in order of time.
        by_role: Role reached → messages that it got before and after.
        by_role_at_night: The same for those that left in rest hours; they are in `by_role` too.
        cases: How many cases the messages belong to.
        supposed: Alerts of the other rules that nobody on record accepted: each was taken as accepted at its ladder's
            end.
    """

    messages: int
    changes: tuple[Change, ...]
    by_role: Mapping[str, tuple[int, int]]
    by_role_at_night: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    cases: int = 0
    supposed: int = 0

    @property
    def lost(self) -> tuple[Change, ...]:
        """What somebody must answer for before such rules are loaded; work counts like an alert."""
        return tuple(change for change in self.changes if change.difference is Difference.LOST)
