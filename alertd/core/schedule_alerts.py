"""The schedule of an urgent alert: first telling, ladder, repeats, hand-over.

Source: protocol notes, "Who is woken"; RULES, "One alert per case and episode".
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from alertd.core.episodes import Episode
from alertd.core.lines import Line, Scene, clock_name, repeats
from alertd.core.on_call import DUTY, handovers
from alertd.model.case import ClockRun, ObligationKey
from alertd.model.ids import LadderId, RoleId
from alertd.model.message import Problem
from alertd.model.rulebook import Ladder, LadderStep, RuleBook
from alertd.model.values import Channel, Rest, Severity

FIRST_TEXT = "urgent_response"
STEP_TEXT = "escalation"
REPEAT_TEXT = "repeat_alert"


def alert_lines(scene: Scene, episode: Episode) -> Iterable[Line]:
    """All lines of one alert, past and future."""
    yield from _first(scene, episode)
    ladder = scene.book.ladders.get(LadderId(episode.alert.ladder))
    if ladder is not None:
        for number, start in enumerate(episode.alert.rounds):
            yield from _round(scene, episode, ladder, number, start)
    yield from _handovers(scene, episode)


def _line(scene: Scene, episode: Episode, step: str, role: RoleId, at: datetime, **rest: object) -> Line:
    check = check_of(scene, episode)
    values: dict[str, object] = {
        "key": ObligationKey(scene.case, "alert", "", episode.alert.episode, step, role),
        "at": at,
        "known_at": at,
        "series": f"alert/{episode.alert.episode}",
        "template": STEP_TEXT,
        "by": (Channel.SMS, Channel.EMAIL),
        "rest": Rest.WAKE,
        "severity": Severity.URGENT,
        "reasons": tuple(episode.alert.reasons),
        "ladder": True,
        "clock": running_clock(scene),
        "check": check,
    }
    return Line(**(values | rest))  # type: ignore[arg-type]  # the dict above names every field with its type


def check_of(scene: Scene, episode: Episode) -> tuple[str, ...]:
    """Fields that the alert asks people to check: deciding unknowns and what could not be read."""
    fields = [name for run in episode.runs if run.ended_at is None for name in run.check]
    for record in scene.fold.incidents:
        fields += [note.field for note in record.message.notes if note.problem is not Problem.UNKNOWN_FIELD]
    return tuple(dict.fromkeys(fields))


def running_clock(scene: Scene) -> str:
    """The clock that an alert's text names: the one with a ladder of its own first, then the next one due."""
    live = [
        c for c in scene.clocks if c.withdrawn_at is None and c.stop_known_at is None and c.clock in scene.book.clocks
    ]
    if not live:
        return ""
    first = min(live, key=lambda c: (scene.book.clocks[c.clock].breach_ladder is None, c.due_at, c.clock, c.key))
    return clock_name(first)


def _first(scene: Scene, episode: Episode) -> Iterable[Line]:
    """Step 0: each reason's own notifies, once a role."""
    told: set[RoleId] = set()
    for run in episode.runs:
        if run.ended_at is not None:
            continue
        for notify in scene.book.rules[run.rule].notifies:
            for role in notify.roles:
                if role in told:
                    continue
                told.add(role)
                is_duty = role == episode.alert.duty
                rest = notify.rest or (Rest.WAKE if is_duty else Rest.HOLD)
                yield _line(
                    scene, episode, "0", role, run.known_at,
                    series="", template=notify.template, by=notify.by, rest=rest, ladder=is_duty,
                )  # fmt: skip


def _round(scene: Scene, episode: Episode, ladder: Ladder, number: int, start: datetime) -> Iterable[Line]:
    """One climb of the ladder: from the alert's opening, or again from a release."""
    until = _round_end(scene, episode, number)
    name = f"r{number}." if number else ""
    if number:
        for line in _told(scene, episode, f"{name}s0", start, _again(episode.alert.duty)):
            yield line
    times = _step_times(scene, episode, ladder, name, start)
    for index, (step, at) in enumerate(zip(ladder.steps, times, strict=True)):
        if at < until and not _replaced(scene, episode, step, at):
            yield from _told(scene, episode, f"{name}s{index + 1}", at, step)
    last = times[-1] if times else start
    for index, at in enumerate(repeats(last, ladder.repeat_every, ladder.repeat_times, min(scene.now, until))):
        if at < until and not precedence(scene, at):
            yield from repeat_lines(scene, episode, f"{name}repeat{index + 1}", at, ladder)


def _again(role: RoleId) -> LadderStep:
    return LadderStep(timedelta(0), (role,), FIRST_TEXT, (Channel.SMS, Channel.EMAIL))


def _told(scene: Scene, episode: Episode, name: str, at: datetime, step: LadderStep) -> Iterable[Line]:
    for role in step.roles:
        yield _line(scene, episode, name, role, at, template=step.template, by=step.by, rest=step.rest or Rest.WAKE)


def repeat_lines(
    scene: Scene, episode: Episode, name: str, at: datetime, ladder: Ladder, **more: object
) -> Iterable[Line]:
    """One repetition after the last step: the present duty role by SMS and call, and the last role."""
    both = (Channel.SMS, Channel.CALL)
    yield _line(scene, episode, name, episode.alert.duty, at, template=REPEAT_TEXT, by=both, repeat=True, **more)
    if ladder.exhausted != episode.alert.duty:
        yield _line(scene, episode, name, ladder.exhausted, at, template=REPEAT_TEXT, by=both, repeat=True, **more)


def _round_end(scene: Scene, episode: Episode, number: int) -> datetime:
    """When this climb ends: acceptance, withdrawal or closing; a release begins the next one."""
    far = scene.now + timedelta(days=36500)
    ends = [episode.alert.closed_at or far]
    if number + 1 < len(episode.alert.rounds):
        ends.append(episode.alert.rounds[number + 1])
    if scene.fold.closed_at is not None:
        ends.append(scene.fold.closed_at)
    return min(ends)


def _step_times(scene: Scene, episode: Episode, ladder: Ladder, name: str, start: datetime) -> list[datetime]:
    """When each step falls due: by the ladder, sooner when somebody hands on or nobody could be reached."""
    times = [start + step.after for step in ladder.steps]
    for at in episode.hand_ons:
        upcoming = next((n for n, each in enumerate(times) if each > at >= start), None)
        if upcoming is not None:
            times = times[:upcoming] + [each - (times[upcoming] - at) for each in times[upcoming:]]
    for index in range(len(times)):
        before = f"{name}s{index}" if index else (f"{name}s0" if name else "0")
        silent = _unreachable(scene, episode, before)
        if silent is not None and silent < times[index]:
            times[index] = max(silent, times[index - 1] if index else start)
    return times


def _unreachable(scene: Scene, episode: Episode, step: str) -> datetime | None:
    """When the last line of a step was found to reach nobody; None while one of them reached somebody."""
    found = [
        at for key, at in scene.recorded.items()
        if key.about == "alert" and key.episode == episode.alert.episode and key.step == step
    ]  # fmt: skip
    reached = [at for at in found if at is None]
    return None if reached or not found else max(at for at in found if at is not None)


def _team(book: RuleBook, duty: RoleId) -> set[str]:
    """The duty role and its second contact, whose steps nothing replaces."""
    block = book.roles.get(duty)
    return {duty, *((block.backup,) if block is not None and block.backup else ())}


def _replaced(scene: Scene, episode: Episode, step: LadderStep, at: datetime) -> bool:
    """Whether a clock with a ladder of its own speaks to these managers instead.

    Source: "While a Golden Hour runs or has breached and the alert is unaccepted … its warnings and
    `golden_hour_missed` replace the steps from 20 minutes on".
    """
    team = _team(scene.book, episode.alert.duty)
    return precedence(scene, at) and not set(step.roles) <= team


def precedence(scene: Scene, at: datetime) -> bool:
    """Whether a clock with a ladder of its own was running or breached, and not yet stopped, at a moment."""
    return any(_leads(scene, clock, at) for clock in scene.clocks)


def _leads(scene: Scene, clock: ClockRun, at: datetime) -> bool:
    block = scene.book.clocks.get(clock.clock)
    if block is None or block.breach_ladder is None or not climbs(clock):
        return False
    over = [t for t in (clock.stop_known_at, clock.withdrawn_at) if t is not None]
    return clock.known_at <= at and all(at < t for t in over)


def climbs(clock: ClockRun) -> bool:
    """Whether a breach of this clock climbs: one already past when it was learned never does."""
    return clock.due_at > clock.due_known_at


def _handovers(scene: Scene, episode: Episode) -> Iterable[Line]:
    """Re-send an unaccepted alert to the incoming team whenever the duty passes over."""
    if episode.alert.duty != DUTY:
        return
    until = min(_round_end(scene, episode, len(episode.alert.rounds) - 1), scene.now + timedelta(days=5))
    for at in handovers(scene.book, episode.alert.opened_at, until):
        if at < until and scene.episodes and episode.open_at(at):
            yield _line(scene, episode, f"handover{at:%Y%m%d%H%M}", DUTY, at, series="", template=FIRST_TEXT)
