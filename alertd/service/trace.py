"""Why a decision came out as it did, compact: version, rules with their answers, labels, clocks. No personal value."""

from __future__ import annotations

import json

from alertd.core.decide import Decision
from alertd.model.rulebook import RuleBook


def trace_text(decision: Decision, book: RuleBook) -> str:
    """The reasons of a decision as JSON text.

    Returns:
        `version`; `rules`: those that match, as `yes`, `presumed` or `asks`; `labels`; `clocks`: id → start and due;
        `lines`: keys added or changed, with their state and reason.
    """
    runs = [run for run in decision.history.runs if run.ended_at is None]
    rules = {run.rule: "asks" if run.asks else "presumed" if run.presumed else "yes" for run in runs}
    clocks = {
        f"{clock.clock}#{clock.episode}": [clock.start_at.isoformat(), clock.due_at.isoformat()]
        for clock in decision.history.clocks
        if clock.withdrawn_at is None
    }
    lines = [
        [f"{o.key.about}#{o.key.step}@{o.key.role}", o.state.value, o.reason] for o in decision.new + decision.changed
    ]
    content = {"version": book.version, "rules": rules, "labels": decision.labels, "clocks": clocks, "lines": lines}
    return json.dumps(content, separators=(",", ":"))
