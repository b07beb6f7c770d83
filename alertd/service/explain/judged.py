"""One decision with every record it judged, every rule and every condition, written out from its trace."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from alertd.model.case import SHOWN_KEY, LineState, Obligation
from alertd.model.ids import RuleId
from alertd.service.explain.account import ConditionSaid, Judged, RecordJudged, RuleSaid
from alertd.service.explain.rules_then import PastRules, RulesThen
from alertd.service.explain.traces import SeenRecord, Trace

NO_RULES = "the rules of that version are not on record"
NO_RECORDS = "conditions were not kept at that time"
OTHER_NUMBERS = "another version of alertd decided it, which numbered conditions otherwise"


def judged(trace: Trace, numbers: Mapping[int, int], owed: Sequence[Obligation], past: PastRules) -> Judged:
    """Write a decision out.

    Args:
        trace: Of the decision.
        numbers: Seq of a message → its number in the case.
        owed: Everything recorded about the case, to say which lines a key has made.
        past: Rules by version.
    """
    rules = past(trace.version)
    if rules is None or not trace.seen:
        return Judged(trace.at, trace.version, (), NO_RECORDS if rules is not None else NO_RULES)
    lines = first_lines(owed)
    records = [_record(each, trace, numbers, lines, rules) for each in trace.seen]
    trouble = "" if all(record is not None for record in records) else OTHER_NUMBERS
    return Judged(trace.at, trace.version, tuple(record for record in records if record is not None), trouble)


Lines = Mapping[tuple[str, str], datetime]


def first_lines(owed: Sequence[Obligation]) -> Lines:
    """When the first line of (about, key) was made: to be told, told, or asked for."""
    found: dict[tuple[str, str], datetime] = {}
    for row in sorted(owed, key=lambda each: each.made_at):
        if row.state not in (LineState.SKIPPED, LineState.WITHDRAWN):
            found.setdefault((row.key.about, row.key.key[:SHOWN_KEY]), row.made_at)
            for reason in row.reasons if row.key.about == "alert" else ():
                found.setdefault((f"rule:{reason}", ""), row.made_at)
    return found


def _record(
    seen: SeenRecord, trace: Trace, numbers: Mapping[int, int], lines: Lines, rules: RulesThen
) -> RecordJudged | None:
    said = rules.said(seen)
    if said is None:
        return None
    number = numbers.get(seen.seq) if seen.seq is not None else None
    what = f"message {number}" if number else f"clock {seen.clock}" if seen.clock else "the case"
    names = [name for name, rule in rules.book.rules.items() if name in said and rule.message is seen.kind]
    return RecordJudged(
        what, seen.kind, number, tuple(_rule(name, seen, trace, said[name], lines, rules) for name in names)
    )


def _rule(
    name: RuleId,
    seen: SeenRecord,
    trace: Trace,
    said: tuple[str, tuple[ConditionSaid, ...]],
    lines: Lines,
    rules: RulesThen,
) -> RuleSaid:
    key = seen.matched.get(name, "")
    word, by = seen.passed.get(name, ("", ""))
    did = _did(name, trace) if name in seen.matched else "nothing"
    return RuleSaid(
        rule=name,
        title=rules.book.rules[name].header.title,
        answer=said[0],
        did=did,
        why_not=(word or "no") if did == "nothing" else "",
        by=by,
        key=key,
        line_at=lines.get((f"rule:{name}", key)) or lines.get((f"rule:{name}", "")) if key else None,
        conditions=said[1],
    )


def _did(name: RuleId, trace: Trace) -> str:
    return {"shadow": "recorded", "asks": "asked"}.get(trace.rules.get(name, ""), "acted")
