"""Reconcile what should be told with what is recorded: the difference, and nothing else.

Reconciling twice adds nothing. A row whose source vanished is withdrawn; who was told is stood down.

Source: RULES, "Obligations and keys" and "Corrections".
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from alertd.core.lines import Line
from alertd.core.on_call import DUTY
from alertd.core.schedule import OUTAGE
from alertd.model.case import LineState, Obligation, ObligationKey
from alertd.model.ids import CaseId, Version
from alertd.model.values import Rest

STAND_DOWN = "stand_down"
UNDONE = "undone"
"""Why a breach was withdrawn whose deadline has moved into the future."""
_LIVE = (LineState.PENDING, LineState.HELD)
_NEVER_STOOD_DOWN = ("quality", "system")


@dataclass(frozen=True, slots=True)
class Difference:
    """What to write: obligations to add, and those that change."""

    new: tuple[Obligation, ...]
    changed: tuple[Obligation, ...]


def reconcile(
    case: CaseId, lines: Sequence[Line], ledger: Sequence[Obligation], now: datetime, version: Version
) -> Difference:
    """Compare the schedule with the ledger.

    Args:
        case: The case they speak of.
        lines: Everything that should be told, past and future, one a key.
        ledger: Everything recorded about the same scopes.
        now: Aware UTC; lines due at it count as due.
        version: Rules in force, recorded with what is new.
    """
    recorded = {row.key: row for row in ledger}
    wanted = {line.key: line for line in lines}
    new = [_made(case, line, state, reason, now, version) for line, state, reason in _due(lines, recorded, now)]
    changed: list[Obligation] = []
    for row in ledger:
        if row.key.step.endswith("!"):
            continue
        line = wanted.get(row.key)
        after = _withdrawn(row, line) if _vanished(row, line, now) else _moved(row, line)
        if after is not None and after != row:
            changed.append(after)
            if (
                row.state is LineState.TOLD
                and _stands_down(row)
                and (down := _stand_down(row, now)).key not in recorded
            ):
                new.append(down)
    return Difference(tuple(new), tuple(changed))


def _due(
    lines: Sequence[Line], recorded: dict[ObligationKey, Obligation], now: datetime
) -> Iterable[tuple[Line, LineState, str]]:
    """Lines whose time has come and that nobody recorded, with the state in which to record them."""
    latest = _latest(lines, now)
    for line in lines:
        if line.key not in recorded and (line.request or line.at <= now):
            yield line, *_fresh_state(line, latest)


def _fresh_state(line: Line, latest: dict[str, datetime]) -> tuple[LineState, str]:
    """State in which a line is recorded: to be told, or passed over with the reason."""
    if line.request:
        return (LineState.DONE if line.done else LineState.OPEN), ""
    if line.at < line.known_at:
        return LineState.SKIPPED, "past_when_learned"
    if line.series and line.at < latest[line.series]:
        return LineState.SKIPPED, "overtaken"
    return LineState.PENDING, ""


def _latest(lines: Iterable[Line], now: datetime) -> dict[str, datetime]:
    """The last time that has come in each series; what was past when learned overtakes nothing."""
    latest: dict[str, datetime] = {}
    for line in lines:
        if line.series and line.known_at <= line.at <= now:
            latest[line.series] = max(line.at, latest.get(line.series, line.at))
    return latest


def _made(case: CaseId, line: Line, state: LineState, reason: str, now: datetime, version: Version) -> Obligation:
    return Obligation(
        key=line.key,
        case=case,
        at=line.at,
        made_at=now,
        state=state,
        reason=reason,
        template=line.template,
        by=line.by,
        rest=line.rest,
        severity=line.severity,
        ladder=line.ladder,
        late=now - line.at > OUTAGE,
        repeat=line.repeat,
        clock=line.clock,
        reasons=line.reasons,
        check=line.check,
        digest=line.digest,
        version=version,
    )


def _vanished(row: Obligation, line: Line | None, now: datetime) -> bool:
    if line is None:
        return row.state in (*_LIVE, LineState.OPEN, LineState.TOLD) and row.key.about not in _NEVER_STOOD_DOWN
    undone = line.undoable and line.at > now
    return undone and row.state in (*_LIVE, LineState.TOLD)


def _withdrawn(row: Obligation, line: Line | None) -> Obligation:
    reason = UNDONE if line is not None else "no_longer_true"
    return replace(row, state=LineState.WITHDRAWN, reason=reason, not_before=None)


def _moved(row: Obligation, line: Line | None) -> Obligation | None:
    """What waits follows its line; what was told stays as it was. A finished request is done."""
    if line is None:
        return None
    if line.request:
        return replace(row, state=LineState.DONE) if line.done and row.state is LineState.OPEN else None
    if row.state not in _LIVE:
        return None
    return replace(
        row,
        at=line.at,
        reasons=line.reasons,
        check=line.check,
        clock=line.clock,
        ladder=line.ladder,
        rest=line.rest,
        by=line.by,
        digest=line.digest,
    )


def _stands_down(row: Obligation) -> bool:
    return row.template not in ("", STAND_DOWN)


def _stand_down(row: Obligation, now: datetime) -> Obligation:
    """Tell whoever was told that it is over: the recorded recipients, found when it is sent."""
    key = replace(row.key, step=row.key.step + "!")
    return replace(
        row,
        key=key,
        at=now,
        made_at=now,
        state=LineState.PENDING,
        reason="",
        template=STAND_DOWN,
        rest=Rest.WAKE if row.key.role == DUTY else Rest.HOLD,
        ladder=False,
        late=False,
        repeat=False,
        digest=False,
        not_before=None,
    )
