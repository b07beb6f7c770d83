"""What the schedule says should be told: one line for each thing, step and role, past and future."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from alertd.core.calendar import RestHours
from alertd.core.episodes import Episode
from alertd.core.fold import Fold
from alertd.model.case import ClockRun, ObligationKey, Run
from alertd.model.ids import CaseId
from alertd.model.rulebook import RuleBook
from alertd.model.values import Channel, Rest, Severity


@dataclass(frozen=True, slots=True)
class Line:
    """Something that should be told to a role at a time.

    Attributes:
        key: Its name in the ledger.
        at: When it falls due.
        known_at: When it became known that it falls due then; a line due before that was past when learned.
        series: Lines of one series overtake each other: after an outage only the latest passed one is sent. Empty for
            lines that nothing overtakes.
        ladder: Part of an unaccepted urgent alert's ladder: may disturb.
        repeat: Sent again after the ladder's end.
        clock: `CLOCK/KEY/EPISODE` it tells of, or "".
        digest: Goes by digest whatever the hour.
        undoable: Stands its recipients down when its time moves into the future (a breach undone).
        request: Tracked, not sent.
        done: With a request: the work was reported.
    """

    key: ObligationKey
    at: datetime
    known_at: datetime
    series: str
    template: str
    by: tuple[Channel, ...]
    rest: Rest
    severity: Severity
    reasons: tuple[str, ...]
    ladder: bool = False
    repeat: bool = False
    clock: str = ""
    check: tuple[str, ...] = ()
    digest: bool = False
    undoable: bool = False
    request: bool = False
    done: bool = False


@dataclass(frozen=True, slots=True)
class Scene:
    """What a schedule is made from.

    Attributes:
        case: Internal id.
        fold: The case.
        runs, clocks: Their history.
        episodes: Its alerts.
        book: Rules in force.
        rest: Rest hours.
        now: Aware UTC; repeats are worked out up to the next one after it.
        recorded: Keys that the ledger holds, with when each was found unreachable (None otherwise).
        undone: Keys of breaches that a correction has undone; missed again, they are told again.
    """

    case: CaseId
    fold: Fold
    runs: Sequence[Run]
    clocks: Sequence[ClockRun]
    episodes: Sequence[Episode]
    book: RuleBook
    rest: RestHours
    now: datetime
    recorded: dict[ObligationKey, datetime | None]
    undone: frozenset[ObligationKey] = frozenset()

    def alert_open_at(self, at: datetime) -> Episode | None:
        """The alert that nobody had accepted at a moment, if any."""
        return next((e for e in self.episodes if e.alert.opened_at <= at and e.open_at(at)), None)


def clock_name(clock: ClockRun) -> str:
    """Name of a clock within its case: `CLOCK/KEY/EPISODE`."""
    return f"{clock.clock}/{clock.key}/{clock.episode}"


HOURLY = timedelta(hours=1)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def repeats(after: datetime, every: timedelta, times: int, until: datetime) -> list[datetime]:
    """Moments of repetition after a ladder's end: `times` at `every`, then hourly; up to the first after `until`.

    They stand on the round times of the day (with 15 minutes: the quarter hours, then the full ones), so that all
    alerts that nobody has accepted meet there and share one text. The first comes one interval after the end, give or
    take half of one; every other at most one interval, then at most an hour, after the one before.

    Args:
        after: When the last step was told, aware UTC.
        every: Interval of the first ones.
        times: How many these are.
        until: As far as is asked.
    """
    found: list[datetime] = []
    at = after
    while at <= until:
        at = _next_round(at, every if len(found) < times else HOURLY, first=not found)
        found.append(at)
    return found


def _next_round(at: datetime, every: timedelta, *, first: bool) -> datetime:
    """The next multiple of an interval after a moment; the first one is never sooner than half an interval."""
    since = at - _EPOCH + (every / 2 if first else timedelta(0))
    return _EPOCH + (since // every + 1) * every
