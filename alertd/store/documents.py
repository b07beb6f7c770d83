"""A case's state as one JSON document.

Lists instead of objects: these are written for every decision. A new attribute goes to the end of its list and gets a
default on reading, so that an older document still reads.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import IntEnum
from functools import lru_cache
from typing import Any

from alertd.model.case import (
    Alert,
    AlertState,
    ClockRun,
    CrossRow,
    CrossSide,
    Run,
)
from alertd.model.ids import ClockId, LadderId, LeafId, RoleId, RuleId, Token, Version
from alertd.model.rulebook import Ladder, LadderStep
from alertd.model.values import Answer, Channel, Rest
from alertd.store.codec import dumps, loads, micros, moment, optional_micros, optional_moment


class Lead(IntEnum):
    """What kind of thing leads to a case; values are stored."""

    NAME = 0
    IDENTITY = 1
    INCIDENT = 2
    RUN = 3


@dataclass(frozen=True, slots=True)
class CaseState:
    """What a case owns and is always read and written whole."""

    messages: tuple[int, ...] = ()
    strong: frozenset[Token] = frozenset()
    runs: tuple[Run, ...] = ()
    clocks: tuple[ClockRun, ...] = ()
    alerts: tuple[Alert, ...] = ()
    cross: tuple[CrossRow, ...] = ()


def is_running(clock: ClockRun) -> bool:
    """Whether a clock still waits for its stop; one that was missed does too, until it is stopped or withdrawn."""
    return clock.stopped_at is None and clock.withdrawn_at is None


def pack_state(state: CaseState) -> str:
    """A case's state as JSON."""
    packed = [
        state.messages,
        [token.hex() for token in sorted(state.strong)],
        [_pack_run(run) for run in state.runs],
        [_pack_clock(clock) for clock in state.clocks],
        [_pack_alert(alert) for alert in state.alerts],
        [_pack_cross(row) for row in state.cross],
    ]
    return dumps(packed).decode()


def unpack_state(packed: str) -> CaseState:
    """The state that `pack_state` packed."""
    messages, strong, runs, clocks, alerts, cross = loads(packed)
    return CaseState(
        messages=tuple(messages),
        strong=frozenset(_token(each) for each in strong),
        runs=tuple(_run(each) for each in runs),
        clocks=tuple(_clock(each) for each in clocks),
        alerts=tuple(_alert(each) for each in alerts),
        cross=tuple(_cross(each) for each in cross),
    )


def unpack_deadlines(packed: str) -> tuple[tuple[Alert, ...], tuple[ClockRun, ...]]:
    """Alerts and clocks of the state that `pack_state` packed, at a fraction of the price of all of it."""
    _, _, _, clocks, alerts, _ = loads(packed)
    return tuple(map(_alert, alerts)), tuple(map(_clock, clocks))


def _token(stored: str) -> Token:
    return Token(bytes.fromhex(stored))


def _pack_run(r: Run) -> list[Any]:
    times = [micros(r.known_at), optional_micros(r.ended_at), micros(r.at)]
    return [r.rule, r.key, r.episode, *times, r.asks, r.presumed, r.check, r.record.hex(), r.version]


def _run(stored: list[Any]) -> Run:
    rule, key, episode, known_at, ended_at, at, asks, presumed, check, record, version = stored
    return Run(
        rule=RuleId(rule),
        key=key,
        episode=episode,
        known_at=moment(known_at),
        ended_at=optional_moment(ended_at),
        asks=asks,
        presumed=presumed,
        at=moment(at),
        check=tuple(check),
        record=_token(record),
        version=Version(version),
    )


def _pack_clock(c: ClockRun) -> list[Any]:
    sure = map(micros, (c.known_at, c.start_at, c.due_at, c.due_known_at))
    later = map(optional_micros, (c.stopped_at, c.stop_known_at, c.withdrawn_at))
    return [c.clock, c.key, c.episode, c.rule, *sure, *later, c.estimated, c.version]


def _clock(stored: list[Any]) -> ClockRun:
    clock, key, episode, rule, known_at, start_at, due_at, due_known_at, *more = stored
    stopped_at, stop_known_at, withdrawn_at, estimated, version = more
    return ClockRun(
        clock=ClockId(clock),
        key=key,
        episode=episode,
        rule=RuleId(rule),
        known_at=moment(known_at),
        start_at=moment(start_at),
        due_at=moment(due_at),
        due_known_at=moment(due_known_at),
        estimated=estimated,
        stopped_at=optional_moment(stopped_at),
        stop_known_at=optional_moment(stop_known_at),
        withdrawn_at=optional_moment(withdrawn_at),
        version=Version(version),
    )


def _pack_alert(a: Alert) -> list[Any]:
    times = [micros(a.opened_at), [micros(each) for each in a.rounds], optional_micros(a.closed_at)]
    ladders = [_pack_ladder(each) for each in a.ladders]
    return [a.episode, a.code, *times, a.state, a.accepted_by, a.ladder, a.duty, a.reasons, ladders]


def _alert(stored: list[Any]) -> Alert:
    episode, code, opened_at, rounds, closed_at, state, accepted_by, ladder, duty, reasons, *more = stored
    return Alert(
        episode=episode,
        code=code,
        opened_at=moment(opened_at),
        rounds=tuple(map(moment, rounds)),
        state=AlertState(state),
        closed_at=optional_moment(closed_at),
        accepted_by=accepted_by,
        ladder=ladder,
        duty=RoleId(duty),
        reasons=tuple(map(RuleId, reasons)),
        ladders=tuple(_ladder(dumps(each)) for ladders in more for each in ladders),
    )


def _pack_ladder(each: Ladder) -> list[Any]:
    steps = [[_seconds(s.after), s.roles, s.template, s.by, s.rest] for s in each.steps]
    return [each.id, each.title, steps, each.exhausted, _seconds(each.repeat_every), each.repeat_times]


def _seconds(length: timedelta) -> float:
    return length.total_seconds()


@lru_cache(maxsize=128)
def _ladder(stored: bytes) -> Ladder:
    """A ladder as it stood when an alert began; most alerts began with the same few."""
    id_, title, steps, exhausted, every, times = loads(stored)
    return Ladder(LadderId(id_), title, tuple(map(_step, steps)), RoleId(exhausted), timedelta(seconds=every), times)


def _step(stored: list[Any]) -> LadderStep:
    after, roles, template, by, rest = stored
    return LadderStep(
        after=timedelta(seconds=after),
        roles=tuple(map(RoleId, roles)),
        template=template,
        by=tuple(map(Channel, by)),
        rest=Rest(rest) if rest else None,
    )


def _pack_cross(c: CrossRow) -> list[Any]:
    tokens = [c.key.hex(), c.record.hex(), c.distinct.hex()]
    return [c.leaf, c.side, *tokens, micros(c.at), optional_micros(c.until), int(c.answer)]


def _cross(stored: list[Any]) -> CrossRow:
    leaf, side, key, record, distinct, at, until, answer = stored
    return CrossRow(
        leaf=LeafId(leaf),
        side=CrossSide(side),
        key=_token(key),
        record=_token(record),
        at=moment(at),
        until=optional_moment(until),
        distinct=_token(distinct),
        answer=Answer(answer),
    )
