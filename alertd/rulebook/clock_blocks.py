"""The blocks that watch the time: clocks and ladders."""

from __future__ import annotations

from datetime import timedelta

from alertd.model.conditions import ALWAYS, Condition
from alertd.model.contract import EVENTS, TIME_FIELDS
from alertd.model.ids import ClockId, HoursId, LadderId
from alertd.model.rulebook import (
    Clock,
    Counts,
    Due,
    Ladder,
    LadderStep,
    NextMeeting,
    Notify,
    StopsWhen,
    Warn,
    WorkingDays,
)
from alertd.model.values import Kind
from alertd.rulebook import items, operands, scalars
from alertd.rulebook import reading as r
from alertd.rulebook.condition_blocks import Scope, groups
from alertd.rulebook.problems import Fault
from alertd.rulebook.rule_blocks import header, key_field, notify, role
from alertd.rulebook.tree import Entries, Node

WEEKDAYS = {"mon": 0, "tue": 1, "wed": 2, "thu": 3, "fri": 4, "sat": 5, "sun": 6}
_NO_TIME = timedelta(0)


def clock(reading: r.Reading, settings: r.Settings) -> Clock:
    """Read a `clock` block."""
    name = settings.need("clock", scalars.identifier)
    head = header(reading, settings)
    for key in ("due", "starts_at"):
        reading.places[name, key] = settings.place_of(key)
    due = settings.need("due", lambda node: _due(reading, node))
    counts = settings.need("counts", scalars.one_of(Counts))
    hours = settings.may("hours", reading.refer("hours"), None)
    ladder, breach = settings.need("on_breach", lambda node: _on_breach(reading, node), instead=(None, None))
    found = Clock(
        id=ClockId(name),
        header=head,
        one_per=settings.need("one_per", key_field(None)),
        starts_at=settings.need("starts_at", items.one_or_each(reading, _time_field)),
        due=due,
        counts=counts,
        stops_when=settings.need("stops_when", items.each(reading, lambda node: _stop(reading, node))),
        or_else=settings.may("or_else", items.one_or_each(reading, _time_field), ()),
        hours=HoursId(hours) if hours else None,
        warn=settings.may("warn", items.each(reading, lambda node: _warning(reading, node, due)), ()),
        breach_ladder=ladder,
        breach=breach,
    )
    settings.close()
    _check_counting(settings, found)
    _warn_of_wide_stop(reading, settings, found)
    return found


def _warn_of_wide_stop(reading: r.Reading, settings: r.Settings, found: Clock) -> None:
    """Warn (W106) of an alternative that stops on every status of its event beside narrower ones."""
    wide = {stop.status for stop in found.stops_when if stop.condition == ALWAYS}
    narrow = {stop.status for stop in found.stops_when if stop.condition != ALWAYS}
    for event in sorted(wide & narrow):
        message = f"one alternative stops on every '{event}', so the narrower ones decide nothing"
        reading.report.warn("W106", settings.place_of("stops_when"), message, "take out what is not meant")


def _time_field(node: Node) -> str:
    name = operands.field_name(None)(node)
    if name not in TIME_FIELDS:
        raise Fault("E023", node.place, f"'{name}' is not a time", "a clock starts at a time, such as occurred_at")
    return name


def _due(reading: r.Reading, node: Node) -> Due:
    if isinstance(node, Entries):
        with r.Settings(reading, node, "'due'") as settings:
            return settings.need("next", lambda inner: _meeting(reading, inner))
    found = scalars.duration(node)
    if found in (_NO_TIME, WorkingDays(0)):
        raise Fault("E014", node.place, "this clock is due at its start", "write how long, such as '1 hour'")
    return found


def _meeting(reading: r.Reading, node: Node) -> NextMeeting:
    with r.Settings(reading, node, "'next'") as settings:
        at = settings.need("at", scalars.time_of_day)
        days = settings.need("days", items.one_or_each(reading, scalars.word(tuple(WEEKDAYS))))
        cut_off = settings.may("cut_off", scalars.length, _NO_TIME)
    return NextMeeting(at, frozenset(WEEKDAYS[day] for day in days), cut_off)


def _check_counting(settings: r.Settings, found: Clock) -> None:
    """Refuse a way of counting that the due time does not fit."""
    days = isinstance(found.due, WorkingDays)
    if days != (found.counts is Counts.WORKING_DAYS):
        message = "'due' in working days and 'counts: working_days' go together"
        remedy = "write 'due: 5 working days' with 'counts: working_days'"
        settings.refuse(Fault("E014", settings.place_of("counts"), message, remedy))
    if isinstance(found.due, NextMeeting) and found.counts is not Counts.ELAPSED:
        message = "a clock that is due at a meeting counts elapsed time"
        settings.refuse(Fault("E014", settings.place_of("counts"), message, "write 'counts: elapsed'"))
    if found.counts is not Counts.ELAPSED and found.hours is None and "hours" not in settings:
        message = f"'counts: {found.counts}' needs the hours of an office"
        settings.refuse(Fault("E011", settings.place_of("counts"), message, "add 'hours: …'"))


def _stop(reading: r.Reading, node: Node) -> StopsWhen:
    with r.Settings(reading, node, "an alternative of 'stops_when'") as settings:
        event = settings.need("status", scalars.word(EVENTS))
        condition: Condition = groups(reading, settings, Scope(Kind.STATUS, cross=False))
    return StopsWhen(event, condition)


def _warning(reading: r.Reading, node: Node, due: Due | None) -> Warn:
    with r.Settings(reading, node, "this warning") as settings:
        when = r.exactly_one(settings, ("at", "before"))
        moment = settings.need(when, scalars.length if when == "at" else scalars.duration)
        told = notify(reading, settings)
        if when in settings and moment is not None:
            _check_warning(settings, when, moment, due)
    days = moment.days if isinstance(moment, WorkingDays) else None
    length = moment if isinstance(moment, timedelta) else None
    before = when == "before"
    at = None if before else length
    return Warn(told.roles, told.template, told.by, at, length if before else None, days, told.rest)


def _check_warning(settings: r.Settings, when: str, moment: timedelta | WorkingDays, due: Due | None) -> None:
    """Refuse a warning that would come after the due time, or before the start (E031)."""
    if not _fits(moment, due):
        message = "this warning does not lie between the start and the due time"
        settings.refuse(Fault("E031", settings.place_of(when), message, "warn earlier than due, or take it out"))


def _fits(moment: timedelta | WorkingDays, due: Due | None) -> bool:
    if isinstance(moment, WorkingDays) and isinstance(due, WorkingDays):
        return moment.days < due.days
    if isinstance(moment, timedelta) and isinstance(due, timedelta):
        return moment < due
    return True


def _on_breach(reading: r.Reading, node: Node) -> tuple[LadderId | None, Notify | None]:
    with r.Settings(reading, node, "'on_breach'") as settings:
        if r.exactly_one(settings, ("ladder", "notify")) == "ladder":
            return LadderId(settings.need("ladder", reading.refer("ladder"))), None
        return None, notify(reading, settings)


def ladder(reading: r.Reading, settings: r.Settings) -> Ladder:
    """Read a `ladder` block."""
    name = settings.need("ladder", scalars.identifier)
    every, times = settings.may("repeat", lambda node: _repeat(reading, node), (timedelta(minutes=15), 4))
    found = Ladder(
        id=LadderId(name),
        title=settings.need("title", scalars.text),
        steps=settings.need("steps", items.each(reading, lambda node: _step(reading, node))),
        exhausted=settings.need("exhausted", role(reading)),
        repeat_every=every,
        repeat_times=times,
    )
    settings.close()
    if any(later.after <= step.after for step, later in zip(found.steps, found.steps[1:], strict=False)):
        message = "the steps of this ladder are not in the order of time"
        settings.refuse(Fault("E014", settings.place_of("steps"), message, "give each step a later 'after'"))
    return found


def _step(reading: r.Reading, node: Node) -> LadderStep:
    with r.Settings(reading, node, "this step") as settings:
        after = settings.need("after", scalars.length)
        told = notify(reading, settings)
    return LadderStep(after, told.roles, told.template, told.by, told.rest)


def _repeat(reading: r.Reading, node: Node) -> tuple[timedelta, int]:
    with r.Settings(reading, node, "'repeat'") as settings:
        every = settings.need("every", scalars.length)
        times = settings.need("times", scalars.count_of(0))
        if every == _NO_TIME:
            message = "this repeats without a pause"
            settings.refuse(Fault("E014", settings.place_of("every"), message, "write '15 minutes'"))
    return every, times
