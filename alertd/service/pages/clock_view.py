"""A clock as a page shows it: in words, never by colour alone."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from alertd.core.clocks import ClockState, is_over, state_now
from alertd.core.wording import clock_word, moment, time_left
from alertd.model.case import ClockRun, Facts
from alertd.model.rulebook import RuleBook
from alertd.service.pages.words import CLOCK_STATES, clock_time, sentence

POLICE = "police_contacted_mash"
_WEIGHT = {"missed": 0, "soon": 1, "runs": 2, "done": 3, "gone": 4}
_KINDS = {
    ClockState.RUNNING: "runs",
    ClockState.WARNED: "soon",
    ClockState.MET: "done",
    ClockState.MET_LATE: "done",
    ClockState.BREACHED: "missed",
    ClockState.WITHDRAWN: "gone",
}


@dataclass(frozen=True, slots=True)
class ClockView:
    """A clock.

    Attributes:
        word: `Golden Hour`.
        title: What is to be done, in a line; "" where a page may not say it.
        kind: missed, soon, runs, done or gone: how it is drawn.
        state: How it stands, in words.
        due: `04:00 Sun 22 Nov`.
        due_at: The same for a script, aware UTC.
        left: Time left; "" when there is none, or nothing waits for it.
        stopped: When what it waits for happened; "" when it has not.
        estimated: Nobody gave the start.
    """

    word: str
    title: str
    kind: str
    state: str
    due: str
    due_at: datetime
    left: str
    stopped: str = ""
    estimated: bool = False

    @property
    def is_open(self) -> bool:
        """Whether it still waits for somebody."""
        return self.kind in ("missed", "soon", "runs") and not self.stopped


def clock_view(run: ClockRun, book: RuleBook, now: datetime) -> ClockView:
    """A clock as somebody signed in sees it."""
    state, block = state_now(run, book, now), book.clocks.get(run.clock)
    over = is_over(run, now)
    late = state is ClockState.BREACHED and over
    return ClockView(
        word=sentence(clock_word(run.clock)),
        title=block.header.title if block is not None else "",
        kind="done" if late else _KINDS[state],
        state="done late: missed" if late else CLOCK_STATES[state],
        due=moment(run.due_at),
        due_at=run.due_at,
        left="" if over else time_left(run.due_at, now),
        stopped=clock_time(run.stopped_at, now) if over and run.stopped_at is not None else "",
        estimated=run.estimated,
    )


def clock_views(facts: Facts, book: RuleBook, now: datetime) -> tuple[ClockView, ...]:
    """Clocks of a case: what was missed, what is due next, what is done."""
    views = (clock_view(run, book, now) for run in facts.clocks)
    return tuple(sorted(views, key=lambda view: (_WEIGHT[view.kind], view.due_at, view.word)))


def waits_for(event: str, clocks: Iterable[ClockRun], book: RuleBook, now: datetime) -> bool:
    """Whether a clock still waits for such a status."""
    return any(
        not is_over(run, now) and any(stop.status == event for stop in book.clocks[run.clock].stops_when)
        for run in clocks
        if run.clock in book.clocks
    )
