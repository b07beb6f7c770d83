"""One round of judging: what it has found, and what is kept of it for the trace."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from alertd.core.judged import Match, Seen, WantedClock
from alertd.core.wanted import Slot
from alertd.model.ids import RuleId, Token
from alertd.model.rulebook import Rule, RuleStatus
from alertd.model.view import Answered, Answers

NOT_IN_FORCE, UNKNOWN, REPLACED = "not_in_force", "unknown", "replaced"
"""Why a rule does nothing although its condition does not say no."""

Matched = tuple[Rule, Slot, Match]
Passed = tuple[Token, RuleId, str, str]
"""Name of the record, rule, word, and the rule that replaces it."""
_UNTRACED = Answered({}, 0, 0, "")


@dataclass(slots=True)
class Round:
    """What one fixpoint has found so far, up to which stratum."""

    level: int = -1
    labels: tuple[str, ...] = ()
    labelled_at: datetime | None = None
    clocks: tuple[WantedClock, ...] = ()
    matches: dict[tuple[RuleId, str], Match] = field(default_factory=dict)
    records: frozenset[Token] = frozenset()
    judged: list[tuple[Slot, Answers]] = field(default_factory=list)
    matched: Sequence[Matched] = ()
    passed: Sequence[Passed] = ()


def without_replaced(matched: list[Matched]) -> tuple[list[Matched], list[Passed]]:
    """Part what a narrower live rule replaces while it matches (`instead_of`) from what stands."""
    narrower = [
        (rule, slot)
        for rule, slot, match in matched
        if rule.instead_of and not match.asks and rule.status is RuleStatus.LIVE
    ]
    if not narrower:
        return matched, []
    kept: list[Matched] = []
    gone: list[Passed] = []
    for each in matched:
        wider, slot, _ = each
        others = (rule.id for rule, own in narrower if wider.id in rule.instead_of and _covers(own, each, matched))
        by = next(others, "")
        if by:
            gone.append((slot.name, wider.id, REPLACED, by))
        else:
            kept.append(each)
    return kept, gone


def _covers(own: Slot, wide: Matched, matched: Sequence[Matched]) -> bool:
    """Whether a narrower rule that matches a record stands for a match of the wider rule.

    It does for the same record, and for whatever the wider rule would tell under the same key: another incident, of
    which the wider rule tells apart, is not silenced.
    """
    rule, slot, match = wide
    if slot.kind is not own.kind or set(rule.once_per) <= {"case_ref"}:
        return True
    keys = (key.key for each, place, key in matched if each.id == rule.id and place.name == own.name)
    return slot.name == own.name or match.key in keys


def seen(found: Round) -> Iterable[Seen]:
    """What each record of the last round answered, and which rules acted on it."""
    matched: dict[Token, list[tuple[RuleId, str]]] = {}
    passed: dict[Token, list[tuple[RuleId, str, str]]] = {}
    for rule, slot, match in found.matched:
        matched.setdefault(slot.name, []).append((rule.id, match.key))
    for name, rule_id, word, by in found.passed:
        passed.setdefault(name, []).append((rule_id, word, by))
    for slot, given in found.judged:
        traced = given if isinstance(given, Answered) else _UNTRACED
        yield Seen(
            kind=slot.kind,
            seq=slot.record.stored.seq if slot.record is not None else None,
            clock=f"{slot.clock.clock} {slot.fields['clock.state']}" if slot.clock is not None else "",
            yes=traced.yes,
            unknown=traced.unknown,
            numbering=traced.numbering,
            matched=tuple(matched.get(slot.name, ())),
            passed=tuple(passed.get(slot.name, ())),
        )
