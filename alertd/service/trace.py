"""Why a decision came out as it did, compact: version, every record with its answers, keys. No personal value.

Conditions are bits (`model.view.Answered`), numbered by the rules of `version`; `alertd explain` writes them out by the
text of that version, which stays in the store. Read back by `service.explain.traces`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping

from alertd.core.decide import Decision
from alertd.core.judged import Seen
from alertd.model.case import SHOWN_KEY, Run
from alertd.model.ids import RuleId
from alertd.model.rulebook import RuleBook, RuleStatus


def trace_text(decision: Decision, book: RuleBook, seqs: Mapping[int, int]) -> str:
    """The reasons of a decision as JSON text.

    Args:
        decision: What was decided.
        book: The rules it was decided by.
        seqs: Provisional seq → stored seq of new messages.

    Returns:
        `version`; `rules`: those that match, as `yes`, `presumed`, `asks` or `shadow`; `labels`; `clocks`: id → start
        and due; `lines`: keys added or changed, with their state and reason; `seen`: for each record judged its kind,
        the message or clock that it is, its yes and unknown bits with their numbering, rules that matched with their
        keys, and rules that were kept from matching, with why.
    """
    runs = [run for run in decision.history.runs if run.ended_at is None]
    rules = {run.rule: _how(run, book) for run in runs}
    clocks = {
        f"{clock.clock}#{clock.episode}": [clock.start_at.isoformat(), clock.due_at.isoformat()]
        for clock in decision.history.clocks
        if clock.withdrawn_at is None
    }
    lines = [
        [f"{o.key.about}#{o.key.step}@{o.key.role}", o.state.value, o.reason] for o in decision.new + decision.changed
    ]
    content = {
        "version": book.version,
        "rules": rules,
        "labels": decision.labels,
        "clocks": clocks,
        "lines": lines,
        "seen": [_seen(each, seqs) for each in decision.seen],
    }
    return json.dumps(content, separators=(",", ":"))


def _short(each: Seen) -> dict[RuleId, str]:
    """Rules that matched, with as much of their keys as names of lines show."""
    return {rule: key[:SHOWN_KEY] for rule, key in each.matched}


def _how(run: Run, book: RuleBook) -> str:
    rule = book.rules.get(run.rule)
    if rule is not None and rule.status is RuleStatus.SHADOW:
        return "shadow"
    return "asks" if run.asks else "presumed" if run.presumed else "yes"


def _seen(each: Seen, seqs: Mapping[int, int]) -> list[object]:
    what = each.clock if each.seq is None else seqs.get(each.seq, each.seq)
    return [each.kind, what, f"{each.yes:x}", f"{each.unknown:x}", each.numbering, _short(each), each.passed]
