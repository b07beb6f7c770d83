"""The schedule of an urgent alert: first telling, ladder, repeats, hand-over.

Source: protocol notes, "Who is woken"; RULES, "One alert per case and episode".
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from alertd.core.episodes import Episode
from alertd.core.lines import Line, Scene, clock_name, repeats
from alertd.core.on_call import DUTY, handovers
from alertd.model.case import AlertState, ClockRun, ObligationKey
from alertd.model.ids import RoleId
from alertd.model.message import Problem
from alertd.model.rulebook import Clock, Ladder, LadderStep, RuleBook
from alertd.model.values import Channel, Rest, Severity

FIRST_TEXT = "urgent_response"
STEP_TEXT = "escalation"
REPEAT_TEXT = "repeat_alert"
_HANDED_OVER = "handover%Y%m%d%H%M"
"""Name of the step that re-sends an alert at a hand-over, by its UTC time."""


@dataclass(frozen=True, slots=True)
class Climb:
    """An alert whose lines are worked out, with what its texts name: the clock, and fields to check."""

    scene: Scene
    episode: Episode
    clock: str
    check: tuple[str, ...]


def climb(scene: Scene, episode: Episode) -> Climb:
    """Work out what all texts of an alert name."""
    return Climb(scene, episode, running_clock(scene, episode.alert.duty), check_of(scene, episode))


def alert_lines(scene: Scene, episode: Episode) -> Iterable[Line]:
    """All lines of one alert, past and future; none once it is withdrawn, so that all who were told are stood down."""
    if episode.alert.state is AlertState.WITHDRAWN:
        return
    of = climb(scene, episode)
    yield from _first(of)
    ladder = episode.alert.ladder_named(episode.alert.ladder)
    if ladder is not None:
        for number, start in enumerate(episode.alert.rounds):
            yield from _round(of, ladder, number, start)
    yield from _handovers(of)


@dataclass(frozen=True, slots=True)
class Saying:
    """How something is told."""

    template: str
    by: tuple[Channel, ...] = (Channel.SMS, Channel.EMAIL)
    rest: Rest = Rest.WAKE


def _line(of: Climb, step: str, role: RoleId, at: datetime, how: Saying) -> Line:
    """A line of an alert's climb; callers change what is otherwise."""
    alert = of.episode.alert
    return Line(
        key=ObligationKey(of.scene.case, "alert", "", alert.episode, step, role),
        at=at,
        known_at=at,
        series=f"alert/{alert.episode}",
        template=how.template,
        by=how.by,
        rest=how.rest,
        severity=Severity.URGENT,
        reasons=alert.reasons,
        ladder=True,
        clock=of.clock,
        check=of.check,
    )


def check_of(scene: Scene, episode: Episode) -> tuple[str, ...]:
    """Fields that the alert asks people to check: deciding unknowns and what could not be read."""
    fields = [name for run in episode.runs if run.ended_at is None for name in run.check]
    for record in scene.fold.incidents:
        fields += [note.field for note in record.message.notes if note.problem is not Problem.UNKNOWN_FIELD]
    return tuple(dict.fromkeys(fields))


def running_clock(scene: Scene, duty: RoleId) -> str:
    """The clock that an alert's text names.

    One with a ladder of its own first, then one of which the duty role is warned, then any; the next one due of these.
    """
    live = [
        c for c in scene.clocks if c.withdrawn_at is None and c.stop_known_at is None and c.clock in scene.book.clocks
    ]
    if not live:
        return ""
    return clock_name(min(live, key=lambda c: (_distance(scene.book.clocks[c.clock], duty), c.due_at, c.clock, c.key)))


def _distance(clock: Clock, duty: RoleId) -> int:
    """How far a clock is from the duty role's own work."""
    if clock.breach_ladder is not None:
        return 0
    return 1 if any(duty in warn.roles for warn in clock.warn) else 2


def _first(of: Climb) -> Iterable[Line]:
    """Step 0: each reason's own notifies, once a role."""
    told: set[RoleId] = set()
    duty = of.episode.alert.duty
    for run in of.episode.runs:
        if run.ended_at is not None:
            continue
        for notify in of.scene.book.rules[run.rule].notifies:
            for role in notify.roles:
                if role not in told:
                    told.add(role)
                    rest = notify.rest or (Rest.WAKE if role == duty else Rest.HOLD)
                    line = _line(of, "0", role, run.known_at, Saying(notify.template, notify.by, rest))
                    yield replace(line, series="", ladder=role == duty)


def _round(of: Climb, ladder: Ladder, number: int, start: datetime) -> Iterable[Line]:
    """One climb of the ladder: from the alert's opening, or again from a release."""
    scene = of.scene
    until = _round_end(scene, of.episode, number)
    name = f"r{number}." if number else ""
    if number:
        yield _line(of, f"{name}s0", of.episode.alert.duty, start, Saying(FIRST_TEXT))
    times = _step_times(scene, of.episode, ladder, name, start)
    for index, (step, at) in enumerate(zip(ladder.steps, times, strict=True)):
        if at < until:
            how = Saying(step.template, step.by, step.rest or Rest.WAKE)
            lines = [_line(of, f"{name}s{index + 1}", role, at, how) for role in step.roles]
            # What was told was true when it was told: a clock that leads from now on stands nobody down.
            is_replaced = _replaced(scene, of.episode, step, at)
            yield from (line for line in lines if not is_replaced or line.key in scene.recorded)
    last = times[-1] if times else start
    for index, at in enumerate(repeats(last, ladder.repeat_every, ladder.repeat_times, min(scene.now, until))):
        if at < until and not precedence(scene, of.episode, at):
            yield from repeat_lines(of, f"{name}repeat{index + 1}", at, ladder)


def repeat_lines(of: Climb, name: str, at: datetime, ladder: Ladder) -> Iterable[Line]:
    """One repetition after the last step: the present duty role by SMS and call, and the last role."""
    how = Saying(REPEAT_TEXT, (Channel.SMS, Channel.CALL))
    for role in dict.fromkeys((of.episode.alert.duty, ladder.exhausted)):
        yield replace(_line(of, name, role, at, how), repeat=True)


def _round_end(scene: Scene, episode: Episode, number: int) -> datetime:
    """When this climb ends: its acceptance, withdrawal or closing; a release begins the next one."""
    far = scene.now + timedelta(days=36500)
    ends = [episode.alert.closed_at or far]
    if number < len(episode.accepted):
        ends.append(episode.accepted[number][0])
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
    return precedence(scene, episode, at) and not set(step.roles) <= team


def precedence(scene: Scene, episode: Episode, at: datetime) -> bool:
    """Whether a clock with a ladder of its own speaks for an alert at a moment.

    It does while it runs; once breached, only for the alert that was open then and whose managers its ladder tells. An
    alert that opened later, or was released, climbs its own ladder.
    """
    return any(_leads(scene, episode, clock, at) for clock in scene.clocks)


def _leads(scene: Scene, episode: Episode, clock: ClockRun, at: datetime) -> bool:
    block = scene.book.clocks.get(clock.clock)
    if block is None or block.breach_ladder is None or not climbs(clock):
        return False
    over = [t for t in (clock.stop_known_at, clock.withdrawn_at) if t is not None]
    if at < clock.known_at or any(at >= t for t in over):
        return False
    if at < clock.due_at:
        return True
    climbing = scene.alert_open_at(clock.due_at)
    return climbing is not None and climbing.alert.episode == episode.alert.episode


def climbs(clock: ClockRun) -> bool:
    """Whether a breach of this clock climbs: one already past when it was learned never does."""
    return clock.due_at > clock.due_known_at


def _handovers(of: Climb) -> Iterable[Line]:
    """Re-send an unaccepted alert to the incoming team whenever the duty passes over."""
    episode, scene = of.episode, of.scene
    if episode.alert.duty != DUTY:
        return
    until = _round_end(scene, episode, len(episode.alert.rounds) - 1)
    # What was re-sent stays true when somebody changes the hours later: it stands nobody down, and is not sent twice.
    told = _resent_at(of)
    since = max((episode.alert.opened_at, *told))
    for at in (*told, *handovers(scene.book, since, min(scene.now, until))):
        if at < until and episode.open_at(at):
            yield replace(_line(of, f"{at:{_HANDED_OVER}}", DUTY, at, Saying(FIRST_TEXT)), series="")


def _resent_at(of: Climb) -> list[datetime]:
    """When the ledger says that the alert was re-sent to an incoming team, earliest first."""
    steps = (
        key.step for key in of.scene.recorded
        if key.about == "alert" and key.episode == of.episode.alert.episode and key.step.startswith("handover")
    )  # fmt: skip
    names = {step.removesuffix("!") for step in steps}
    return sorted(datetime.strptime(name, _HANDED_OVER).replace(tzinfo=UTC) for name in names)
