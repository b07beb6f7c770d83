"""The schedule of clocks: warnings, breaches, and the ladder that a missed Golden Hour climbs.

Source: protocol notes, "The clocks" and "Who is woken".
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta

from alertd.core.calendar import RestHours
from alertd.core.clocks import ClockState, state, warn_at
from alertd.core.episodes import Episode
from alertd.core.lines import Line, Scene, clock_name, repeats
from alertd.core.schedule_alerts import climb, climbs, repeat_lines
from alertd.model.case import ClockRun, ObligationKey
from alertd.model.ids import LadderId, RoleId
from alertd.model.rulebook import Clock, Ladder, Notify, Warn
from alertd.model.values import Channel, Rest, Severity

DUTY_LEAD = timedelta(minutes=10)
"""Nobody but the duty role gets a warning or breach of a clock with a ladder sooner than this after the first alert."""


def clock_lines(scene: Scene, clock: ClockRun) -> Iterable[Line]:
    """All lines of one clock, past and future; none once it is withdrawn."""
    block = scene.book.clocks.get(clock.clock)
    if block is None or clock.withdrawn_at is not None:
        return
    for number, warn in enumerate(block.warn):
        yield from _warnings(scene, clock, block, number, warn)
    if _breach_stands(scene, clock):
        yield from _breach(scene, clock, block)


def _key(scene: Scene, clock: ClockRun, step: str, role: RoleId) -> ObligationKey:
    return ObligationKey(scene.case, f"clock:{clock.clock}", clock.key, clock.episode, step, role)


def _warnings(scene: Scene, clock: ClockRun, block: Clock, number: int, warn: Warn) -> Iterable[Line]:
    due = warn_at(block, warn, clock.start_at, clock.due_at, scene.book)
    # A clock with a ladder takes the place of an unaccepted alert's own steps, so its warnings wake as they would.
    rest = warn.rest or (Rest.HOLD if block.breach_ladder is None else Rest.WAKE)
    for role in warn.roles:
        at = _not_too_soon(scene, block, role, due)
        if at is None or at >= clock.due_at or (clock.stop_known_at is not None and clock.stop_known_at <= at):
            continue
        if rest is Rest.HOLD:
            at = brought_forward(scene.rest, at, clock.due_at, clock.due_known_at)
        yield Line(
            key=_key(scene, clock, f"warn{number}", role),
            at=at,
            known_at=clock.due_known_at,
            series=f"warn/{clock_name(clock)}/{role}",
            template=warn.template,
            by=warn.by,
            rest=rest,
            severity=Severity.HIGH,
            reasons=(clock.clock,),
            ladder=block.breach_ladder is not None,
            clock=clock_name(clock),
        )


def _not_too_soon(scene: Scene, block: Clock, role: RoleId, at: datetime) -> datetime | None:
    """When somebody besides the duty role may hear of a clock with a ladder; None once the alert is accepted."""
    alert = next((e for e in reversed(scene.episodes) if e.alert.opened_at <= at), None)
    if block.breach_ladder is None or (alert is not None and role == alert.alert.duty):
        return at
    if alert is None:
        return at
    later = max(at, alert.alert.opened_at + DUTY_LEAD)
    return later if alert.open_at(later) else None


def brought_forward(rest: RestHours, at: datetime, due: datetime, known_at: datetime) -> datetime:
    """A held warning that would lose more than half of the remaining time goes at 21:00 that evening.

    When 21:00 has passed by the time it is known, its own time stays: it is held, and goes with the next permitted
    message.
    """
    if not waits_too_long(rest, at, due):
        return at
    early = rest.early_before(at)
    return early if known_at <= early else at


def waits_too_long(rest: RestHours, at: datetime, due: datetime) -> bool:
    """Whether a warning that falls in rest hours would lose more than half of the remaining time by waiting."""
    return rest.contains(at) and due - rest.end_after(at) < (due - at) / 2


def _breach_stands(scene: Scene, clock: ClockRun) -> bool:
    """Whether the breach is to be told (now or later): not once met in time, and met late only where it was told."""
    stands = state(clock, max(scene.now, clock.due_at))
    if stands is ClockState.MET_LATE:
        return any(
            (k.about, k.key) == (f"clock:{clock.clock}", clock.key) and k.step.startswith("breach0")
            for k in scene.recorded
        )
    return stands is ClockState.BREACHED


def _breach(scene: Scene, clock: ClockRun, block: Clock) -> Iterable[Line]:
    if block.breach is not None:
        yield from _simple_breach(scene, clock, block.breach)
    if block.breach_ladder is not None:
        yield from _ladder_breach(scene, clock, block)


def _breach_line(scene: Scene, clock: ClockRun, step: str, role: RoleId, at: datetime, **more: object) -> Line:
    values: dict[str, object] = {
        "key": told_anew(scene, _key(scene, clock, step, role)),
        "at": at,
        "known_at": at,
        "series": "",
        "severity": Severity.HIGH,
        "reasons": (clock.clock,),
        "clock": clock_name(clock),
        "undoable": True,
        "rest": Rest.HOLD,
    }
    return Line(**(values | more))  # type: ignore[arg-type]  # the dict above names every field with its type


def told_anew(scene: Scene, key: ObligationKey) -> ObligationKey:
    """The key under which a breach is told: one that a correction had undone is told again when it is missed again."""
    again, number = key, 1
    while again in scene.undone:
        number += 1
        again = replace(key, step=f"{key.step}~{number}")
    return again


def _simple_breach(scene: Scene, clock: ClockRun, tell: Notify) -> Iterable[Line]:
    at = max(clock.due_at, clock.due_known_at)
    for role in tell.roles:
        yield _breach_line(
            scene, clock, "breach0", role, at, template=tell.template, by=tell.by, rest=tell.rest or Rest.HOLD
        )


def _ladder_breach(scene: Scene, clock: ClockRun, block: Clock) -> Iterable[Line]:
    at = max(clock.due_at, clock.due_known_at)
    open_alert = scene.alert_open_at(at)
    ladder = _ladder(scene, block, open_alert)
    if ladder is None or not ladder.steps:
        return
    first = ladder.steps[0]
    if open_alert is None or not climbs(clock):
        yield _breach_line(scene, clock, "breach0", first.roles[0], at, template=first.template, by=(Channel.EMAIL,))
        return
    earliest = open_alert.alert.opened_at + DUTY_LEAD
    times: list[datetime] = []
    for number, step in enumerate(ladder.steps):
        times.append(max(clock.due_at + step.after, earliest))
        if not _still_climbing(scene, clock, times[-1]) or not open_alert.open_at(times[-1]):
            return
        for role in step.roles:
            yield _breach_line(
                scene, clock, f"breach{number}", role, times[-1],
                template=step.template, by=step.by, rest=step.rest or Rest.WAKE, ladder=True,
                severity=Severity.URGENT, series=f"breach/{clock_name(clock)}",
            )  # fmt: skip
    time = told_anew(scene, _key(scene, clock, "breach0", first.roles[0])).step.removeprefix("breach0")
    for number, at in enumerate(repeats(times[-1], ladder.repeat_every, ladder.repeat_times, scene.now)):
        if _still_climbing(scene, clock, at) and open_alert.open_at(at):
            name = f"{clock.clock}.{clock.key[:8]}{time}.repeat{number + 1}"
            yield from repeat_lines(climb(scene, open_alert), name, at, ladder)


def _ladder(scene: Scene, block: Clock, speaking_for: Episode | None) -> Ladder | None:
    """The clock's ladder, as it was when the alert opened for which it speaks."""
    name = block.breach_ladder or LadderId("")
    frozen = speaking_for.alert.ladder_named(name) if speaking_for is not None else None
    return frozen or scene.book.ladders.get(name)


def _still_climbing(scene: Scene, clock: ClockRun, at: datetime) -> bool:
    stopped = clock.stop_known_at is not None and clock.stop_known_at <= at
    closed = scene.fold.closed_at is not None and scene.fold.closed_at <= at
    return not stopped and not closed
