"""Statuses that no case answers to: told after an hour, unless their incident comes first.

Source: MESSAGES, "Which case?": "a status that resolves nothing waits as an orphan until its incident comes; after 1
hour it is told".
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from alertd.model.case import LineState, StoredMessage
from alertd.model.values import Kind
from alertd.service.deciding import Decided
from alertd.service.ports import Writing
from alertd.service.system_lines import orphan_line

ORPHAN_AFTER = timedelta(hours=1)
"""A status that no case answers to is told this long after it was received."""
_WAITING = (LineState.PENDING, LineState.HELD)


def tell_in_an_hour(orphans: Sequence[StoredMessage], writing: Writing, now: datetime) -> None:
    """Record that these are to be told, once a record; one whose case was lost again waits anew."""
    lines = [orphan_line(orphan, now, orphan.message.received_at + ORPHAN_AFTER) for orphan in orphans]
    if not lines:
        return
    known = {row.key: row.state for row in writing.obligations([line.key for line in lines])}
    writing.add_obligations(lines)
    writing.set_obligations([line for line in lines if known.get(line.key) is LineState.WITHDRAWN])


def found_their_case(decided: Iterable[Decided], writing: Writing, now: datetime) -> None:
    """Withdraw what was still to be told of statuses that a case answers to now."""
    found = [status for each in decided for status in _newly_answered(each)]
    if not found:
        return
    rows = writing.obligations([orphan_line(status, now, now).key for status in found])
    gone = [replace(row, state=LineState.WITHDRAWN, reason="case_found", not_before=None) for row in rows]
    writing.set_obligations([after for row, after in zip(rows, gone, strict=True) if row.state in _WAITING])


def _newly_answered(decided: Decided) -> Iterable[StoredMessage]:
    known = {m.seq for m in decided.candidate.facts.messages}
    for m in decided.candidate.group.messages:
        if m.message.kind is Kind.STATUS and m.seq not in known:
            yield m
