"""Clocks: when they are due, and how they stand at a moment."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from alertd.core.calendar import (
    add_working_days,
    add_working_time,
    next_meeting,
    subtract_working_days,
)
from alertd.model.case import ClockRun
from alertd.model.rulebook import Clock, Counts, Hours, NextMeeting, RuleBook, Warn, WorkingDays


class ClockState(StrEnum):
    """How a clock stands."""

    RUNNING = "running"
    WARNED = "warned"
    MET = "met"
    MET_LATE = "met_late"
    BREACHED = "breached"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True)
class Stop:
    """Evidence that stops a clock: when it happened, and when that became known."""

    at: datetime
    known_at: datetime


def due_at(clock: Clock, start: datetime, book: RuleBook) -> datetime:
    """The deadline of a clock that starts at an instant.

    Args:
        clock: The clock's block.
        start: Aware UTC.
        book: For the calendar that the clock names.

    Raises:
        ValueError: its calendar never opens again: refused when rules are loaded.
    """
    hours = _hours(clock, book)
    if isinstance(clock.due, NextMeeting):
        return next_meeting(clock.due, hours, start)
    if isinstance(clock.due, WorkingDays):
        return add_working_days(_needed(clock, hours), start, clock.due.days)
    if clock.counts is Counts.WORKING_HOURS:
        return add_working_time(_needed(clock, hours), start, clock.due)
    return start + clock.due


def _hours(clock: Clock, book: RuleBook) -> Hours | None:
    return book.hours[clock.hours] if clock.hours is not None else None


def _needed(clock: Clock, hours: Hours | None) -> Hours:
    if hours is None:
        raise ValueError(f"clock '{clock.id}' counts working time without 'hours:'")
    return hours


def warn_at(clock: Clock, warn: Warn, start: datetime, due: datetime, book: RuleBook) -> datetime:
    """When a warning falls due: after the start, before the due time, or working days before it."""
    if warn.at is not None:
        return start + warn.at
    if warn.before_days is not None:
        return subtract_working_days(_needed(clock, _hours(clock, book)), due, warn.before_days)
    return due - (warn.before or timedelta(0))


def best_stop(stops: Sequence[Stop]) -> Stop | None:
    """Choose among evidence: the earliest event, known since the first report of any.

    Two reports of contact in time, one recorded late, leave the clock *met* whichever came first; and a report of an
    earlier contact never brings back what the first report had ended.
    """
    if not stops:
        return None
    return Stop(min(stop.at for stop in stops), min(stop.known_at for stop in stops))


def state(clock: ClockRun, now: datetime, warned: bool = False) -> ClockState:
    """How a clock stands at a moment: a pure function of start, due, stop, the stop's receipt and now.

    Args:
        clock: Its recorded facts.
        now: Aware UTC. Equal to `due_at` counts as missed.
        warned: True when its first warning's time has come.

    Raises:
        ValueError: `now` is naive: a programming error, never caught.

    Source: Protocol, Approach (b): contact "within 48 hours"; a contact in time but recorded late keeps the breach on
    record and ends as `met_late`.
    """
    if now.tzinfo is None:
        raise ValueError("now must be aware")
    if clock.withdrawn_at is not None and clock.withdrawn_at <= now:
        return ClockState.WITHDRAWN
    if clock.stopped_at is not None and clock.stop_known_at is not None and clock.stop_known_at <= now:
        if clock.stopped_at > clock.due_at:
            return ClockState.BREACHED
        return ClockState.MET if clock.stop_known_at <= clock.due_at else ClockState.MET_LATE
    if now >= clock.due_at:
        return ClockState.BREACHED
    return ClockState.WARNED if warned else ClockState.RUNNING


def first_warning_at(clock: ClockRun, book: RuleBook) -> datetime | None:
    """When the first warning of a running clock falls due; None when it has none."""
    block = book.clocks.get(clock.clock)
    if block is None or not block.warn:
        return None
    return min(warn_at(block, warn, clock.start_at, clock.due_at, book) for warn in block.warn)


def state_now(clock: ClockRun, book: RuleBook, now: datetime) -> ClockState:
    """How a clock stands, warnings included."""
    stands = state(clock, now)
    if stands is not ClockState.RUNNING:
        return stands  # a warning makes no difference to it
    first = first_warning_at(clock, book)
    return ClockState.WARNED if first is not None and first <= now else stands


def is_over(clock: ClockRun, now: datetime) -> bool:
    """Whether evidence has stopped it, or it was withdrawn."""
    stopped = clock.stop_known_at is not None and clock.stop_known_at <= now
    return stopped or state(clock, now) is ClockState.WITHDRAWN
