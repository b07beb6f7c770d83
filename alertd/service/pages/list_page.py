"""All open cases: what nobody has accepted first, then by what is due soonest."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime

from alertd.core.clocks import is_over
from alertd.core.wording import cohort_word
from alertd.model.case import Alert, AlertState, CaseRow, ClockRun
from alertd.model.ids import CaseId
from alertd.model.rulebook import RuleBook
from alertd.service.pages.clock_view import ClockView, clock_view
from alertd.service.pages.words import clock_time, person_words
from alertd.service.ports import Reading

MOST = 200
"""Cases on one page; the ladders tell of the others, and a page of thousands helps nobody at night."""
_MOST_ROWS = 20 * MOST


@dataclass(frozen=True, slots=True)
class ListLine:
    """A case in the list.

    Attributes:
        ref, cohort: Of the case.
        waits: Nobody has accepted its alert.
        since: Since when it waits, or was accepted.
        holder: Who has accepted it; "" for nobody.
        next: What is due next; None when nothing is.
        missed: Words of the clocks that were missed and still wait.
    """

    ref: str
    cohort: str
    waits: bool
    since: str
    holder: str
    next: ClockView | None
    missed: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ListPage:
    """The list, in two parts; `more` when there are cases that it does not show."""

    waiting: tuple[ListLine, ...]
    others: tuple[ListLine, ...]
    more: bool


def list_page(book: RuleBook, cohort_words: dict[str, str], now: datetime, reading: Reading) -> ListPage:
    """The open cases as they stand; no message is read for it."""
    rows = reading.list_cases(MOST + 1, open_only=True)
    # An alert that nobody has accepted stands here however old its case is.
    waiting = reading.list_alerts(open_only=True, limit=MOST)
    shown = {row.id: row for row in (*rows[:MOST], *(row for row, _ in waiting))}
    alerts, clocks = defaultdict[CaseId, list[Alert]](list), defaultdict[CaseId, list[ClockRun]](list)
    for row, alert in (*waiting, *reading.list_alerts(open_only=False, limit=_MOST_ROWS)):
        alerts[row.id].append(alert)
    for row, run in reading.list_clocks(running_only=True, limit=_MOST_ROWS):
        if not is_over(run, now):
            clocks[row.id].append(run)
    lines = [
        _line(row, alerts[row.id], clocks[row.id], book, cohort_word(row.cohort, cohort_words), now)
        for row in shown.values()
    ]
    lines.sort(key=lambda line: (line.next is None, line.next.due_at if line.next else now, line.ref))
    return ListPage(
        tuple(line for line in lines if line.waits), tuple(line for line in lines if not line.waits), len(rows) > MOST
    )


def _line(
    row: CaseRow, alerts: list[Alert], clocks: list[ClockRun], book: RuleBook, cohort: str, now: datetime
) -> ListLine:
    waiting = next((a for a in alerts if a.state is AlertState.OPEN), None)
    held = next((a for a in alerts if a.state is AlertState.ACCEPTED), None)
    ahead = min((run for run in clocks if run.due_at > now), key=lambda run: (run.due_at, run.clock), default=None)
    since = waiting.opened_at if waiting else held.closed_at if held else None
    return ListLine(
        ref=row.ref,
        cohort=cohort,
        waits=waiting is not None,
        since=clock_time(since, now) if since is not None else "",
        holder=person_words(book, held.accepted_by) if held and not waiting else "",
        next=clock_view(ahead, book, now) if ahead is not None else None,
        missed=_missed(clocks, book, now),
    )


def _missed(clocks: list[ClockRun], book: RuleBook, now: datetime) -> tuple[str, ...]:
    late = sorted((run for run in clocks if run.due_at <= now), key=lambda run: (run.due_at, run.clock))
    return tuple(dict.fromkeys(clock_view(run, book, now).word for run in late))
