"""Traces of decisions, read back as `service.trace` wrote them; older ones say less."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from alertd.model.ids import RuleId, Version
from alertd.model.values import Kind


@dataclass(frozen=True, slots=True)
class SeenRecord:
    """A record as a trace keeps it: `seq` for a message, `clock` for a clock, neither for the case."""

    kind: Kind
    seq: int | None
    clock: str
    yes: int
    unknown: int
    numbering: str
    matched: Mapping[RuleId, str]
    passed: Mapping[RuleId, tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Trace:
    """A decision as its trace keeps it."""

    at: datetime
    version: Version
    rules: Mapping[RuleId, str]
    labels: tuple[str, ...]
    lines: tuple[tuple[str, str, str], ...]
    seen: tuple[SeenRecord, ...]

    @property
    def seqs(self) -> frozenset[int]:
        """Messages that it judged."""
        return frozenset(each.seq for each in self.seen if each.seq is not None)


def read_trace(at: datetime, text: str) -> Trace:
    """Read a decision's trace.

    Args:
        at: When it was decided.
        text: As `trace_text` wrote it; one from before conditions were kept has no records.
    """
    content: dict[str, Any] = json.loads(text)
    return Trace(
        at=at,
        version=Version(content["version"]),
        rules={RuleId(rule): how for rule, how in content["rules"].items()},
        labels=tuple(content["labels"]),
        lines=tuple((line, state, reason) for line, state, reason in content["lines"]),
        seen=tuple(_seen(each) for each in content.get("seen", ())),
    )


def _seen(each: list[Any]) -> SeenRecord:
    kind, what, yes, unknown, numbering, matched, passed = each
    return SeenRecord(
        kind=Kind(kind),
        seq=what if isinstance(what, int) else None,
        clock=what if isinstance(what, str) else "",
        yes=int(yes, 16),
        unknown=int(unknown, 16),
        numbering=numbering,
        matched={RuleId(rule): key for rule, key in matched.items()},
        passed={RuleId(rule): (word, by) for rule, word, by in passed},
    )
