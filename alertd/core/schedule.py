"""Everything that should be told about a case, past and future, with key and time; the ledger holds what was done."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from alertd.core.clocks import first_warning_at, is_over
from alertd.core.history import live_runs
from alertd.core.lines import Line, Scene
from alertd.core.on_call import DUTY
from alertd.core.schedule_alerts import STEP_TEXT, alert_lines
from alertd.core.schedule_clocks import clock_lines
from alertd.model.case import ObligationKey, Run
from alertd.model.message import Problem
from alertd.model.rulebook import Escalate, Notify, Request, Rule
from alertd.model.values import Channel, Rest, Severity


def schedule(scene: Scene, scopes: dict[tuple[str, str], tuple[str, int]]) -> list[Line]:
    """Work out every line of a case.

    Args:
        scene: The case as it stands.
        scopes: For runs whose key is global, (rule, key) → (scope, episode) under which they are told.

    Returns:
        Lines, one a key (the earliest where two rules give the same), by time.
    """
    lines: dict[ObligationKey, Line] = {}
    for line in _all(scene, scopes):
        known = lines.get(line.key)
        if known is None or line.at < known.at:
            lines[line.key] = line
    return sorted(lines.values(), key=lambda line: (line.at, line.key))


def _all(scene: Scene, scopes: dict[tuple[str, str], tuple[str, int]]) -> Iterable[Line]:
    for episode in scene.episodes:
        yield from alert_lines(scene, episode)
    for clock in scene.clocks:
        yield from clock_lines(scene, clock)
    running = [run for run in live_runs(scene.runs, scene.book) if run.ended_at is None]
    newest = {(run.rule, run.key, run.asks): run for run in running}
    for run in running:
        # Under a key that cases share, the newest run of `again_after` speaks; the ledger knows what the others told.
        if (run.rule, run.key) not in scopes or newest[run.rule, run.key, run.asks] is run:
            scope, number = scopes.get((run.rule, run.key), (scene.case, run.episode))
            yield from _run_lines(scene, run, scope, number)
    yield from _quality(scene)


def _run_lines(scene: Scene, run: Run, scope: str, number: int) -> Iterable[Line]:
    rule = scene.book.rules[run.rule]
    if run.asks:
        yield _question(scene, run, rule)
        return
    if rule.severity is not Severity.URGENT:
        for notify in rule.notifies:
            yield from _notify(run, rule, notify, scope, number)
    for action in rule.then:
        if isinstance(action, Request):
            yield _request(scene, run, action, scope, number)
        elif isinstance(action, Escalate):
            yield from _escalate(scene, run, rule, action, scope, number)


def _notify(run: Run, rule: Rule, notify: Notify, scope: str, number: int) -> Iterable[Line]:
    for role in notify.roles:
        only_email = notify.by == (Channel.EMAIL,)
        yield Line(
            key=ObligationKey(scope, f"rule:{rule.id}", run.key, number, "0", role),
            at=run.known_at,
            known_at=run.known_at,
            series="",
            template=notify.template,
            by=notify.by,
            rest=notify.rest or Rest.HOLD,
            severity=rule.severity,
            reasons=(rule.id,),
            check=run.check,
            digest=rule.severity is Severity.ROUTINE and role != DUTY and only_email,
        )


def _question(scene: Scene, run: Run, rule: Rule) -> Line:
    """One "answer needed" line naming the deciding fields."""
    role = rule.notifies[0].roles[0] if rule.notifies else DUTY
    by = rule.notifies[0].by if rule.notifies else (Channel.EMAIL,)
    return Line(
        key=ObligationKey(scene.case, f"ask:{rule.id}", run.key, run.episode, "0", role),
        at=run.known_at,
        known_at=run.known_at,
        series="",
        template="answer_needed",
        by=by,
        rest=Rest.HOLD,
        severity=rule.severity,
        reasons=(rule.id,),
        check=run.check,
    )


def _request(scene: Scene, run: Run, action: Request, scope: str, number: int) -> Line:
    return Line(
        key=ObligationKey(scope, f"request:{action.request}", run.key, number, "request", action.role),
        at=run.known_at + action.due,
        known_at=run.known_at,
        series="",
        template="",
        by=(),
        rest=Rest.HOLD,
        severity=Severity.ROUTINE,
        reasons=(run.rule,),
        request=True,
        done=_reported(scene, run, action),
    )


def _reported(scene: Scene, run: Run, action: Request) -> bool:
    return any(
        status.message.fields.get("event") in action.done_when and status.first_received_at >= run.known_at
        for status in scene.fold.statuses
    )


def _escalate(scene: Scene, run: Run, rule: Rule, action: Escalate, scope: str, number: int) -> Iterable[Line]:
    """A ladder climbed from its first step at once, until the case's alert is accepted or the case closed."""
    ladder = scene.book.ladders[action.ladder]
    for index, step in enumerate(ladder.steps):
        at = run.known_at + step.after
        closed = scene.fold.closed_at is not None and scene.fold.closed_at <= at
        if closed or (scene.episodes and not scene.episodes[-1].open_at(at)):
            return
        for role in step.roles:
            yield Line(
                key=ObligationKey(scope, f"rule:{rule.id}", run.key, number, f"e{index}", role),
                at=at,
                known_at=run.known_at,
                series=f"escalate/{rule.id}/{run.key}",
                template=step.template or STEP_TEXT,
                by=step.by,
                rest=step.rest or Rest.WAKE,
                severity=rule.severity,
                reasons=(rule.id,),
                ladder=True,
            )


def _quality(scene: Scene) -> Iterable[Line]:
    """Data-quality notes on what is in force, to the duty team; field names only."""
    for record in scene.fold.incidents:
        fields = [n.field for n in record.message.notes if n.problem is not Problem.UNKNOWN_FIELD]
        if record.conflict:
            fields.append("record.version")
        if not fields:
            continue
        name = f"{record.stored.tokens.record.hex()[:24]}.{record.message.version}"
        yield Line(
            key=ObligationKey(scene.case, "quality", name, 1, "0", DUTY),
            at=record.message.received_at,
            known_at=record.message.received_at,
            series="",
            template="data_quality",
            by=(Channel.EMAIL,),
            rest=Rest.HOLD,
            severity=Severity.ROUTINE,
            reasons=("data_quality",),
            check=tuple(dict.fromkeys(fields)),
        )


def next_moment(scene: Scene, lines: Iterable[Line]) -> datetime | None:
    """When time alone will next change something: a line falls due, a clock is warned or breached."""
    times = [line.at for line in lines if not line.request]
    for clock in scene.clocks:
        if not is_over(clock, scene.now):
            times.append(clock.due_at)
            if (warned := first_warning_at(clock, scene.book)) is not None:
                times.append(warned)
    return min((at for at in times if at > scene.now), default=None)


OUTAGE = timedelta(minutes=2)
"""A line told this long after its time says "late"."""
