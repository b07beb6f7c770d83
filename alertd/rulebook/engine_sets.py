"""Rule sets inside the engine: how durable-rules is driven so that its known faults cannot bite.

Facts, never events (an event is consumed by the first rule that matches); one session for ever, never deleted; a
sentinel that always fires, so that no session is ever without an action; no timers, no threads.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import durable_rules_engine  # type: ignore[import-not-found]  # the C extension under the binding, without stubs
from durable import engine

from alertd.model.errors import MatcherError
from alertd.model.values import Answer, Kind
from alertd.model.view import View
from alertd.rulebook.engine_columns import Filled
from alertd.rulebook.engine_plan import ALWAYS, KindPlan, PlannedSet

_FACT = '{"sid":"x","id":"k"'
_RETRACTED = _FACT + "}"
_SENTINEL = "z"
_LAST = 9999
"""The engine fires lower priorities first; a rule without one has 0."""


class _QuietHost(engine.Host):  # type: ignore[misc]  # the binding ships no types
    """A host without the two timer threads that the stock one starts, on which actions could run."""

    def _run(self) -> None:
        return


class EngineBook:
    """A planned rule book, compiled in this process. Only the caged child makes one.

    Raises:
        MatcherError: the engine refused a rule set.
    """

    def __init__(self, plans: Mapping[Kind, KindPlan]) -> None:
        host = _QuietHost()
        self._kinds = {kind: _EngineKind(host, kind, planned) for kind, planned in plans.items()}

    def answers(self, view: View) -> bytes:
        """Answer the expressions of the view's kind, one byte each, in the order of the rule book.

        Raises:
            MatcherError: the engine reported an error or lost the sentinel: it must not be asked again.
        """
        return self._kinds[view.kind].answers(view)


class _EngineKind:
    def __init__(self, host: engine.Host, kind: Kind, planned: KindPlan) -> None:
        self._size = planned.size
        self._filler = planned.filler
        self._certain = [_RuleSet(host, f"{kind.value}_c{n}", each) for n, each in enumerate(planned.certain)]
        self._possible = [_RuleSet(host, f"{kind.value}_p{n}", each) for n, each in enumerate(planned.possible)]

    def answers(self, view: View) -> bytes:
        filled = self._filler.fill(view)
        given = bytearray(self._size)
        for rules in self._possible:
            # With everything it reads known, the possible variant says what the certain one does.
            if not rules.columns.isdisjoint(filled.unknown):
                _mark(given, rules.fired(filled), Answer.UNKNOWN)
        for rules in self._certain:
            _mark(given, rules.fired(filled), Answer.YES)
        return bytes(given)


def _mark(given: bytearray, numbers: Sequence[int], answer: Answer) -> None:
    for number in numbers:
        given[number] = answer


class _RuleSet:
    def __init__(self, host: engine.Host, name: str, planned: PlannedSet) -> None:
        self.columns = planned.columns
        self._in_order = sorted(planned.columns)
        rules = {f"r{number}": _rule(pattern) for number, pattern in planned.patterns.items()}
        sentinel = {**_rule({ALWAYS: 1}), "pri": _LAST}
        try:
            host.set_rulesets({name: {**rules, _SENTINEL: sentinel}})
        except durable_rules_engine.error as refusal:
            raise MatcherError(f"the engine refused rule set {name}: {refusal}") from refusal
        self._handle = host.get_ruleset(name)._handle  # noqa: SLF001  # the binding has no public way to step actions

    def fired(self, filled: Filled) -> list[int]:
        """Assert the record as a fact, collect the numbers of the rules that fire, retract it."""
        try:
            names = self._stepped(filled.cells)
        except durable_rules_engine.error as fault:  # its text is an error code, nothing of the record
            raise MatcherError(f"the engine failed: {fault}") from fault
        if not names or names.pop() != _SENTINEL:
            raise MatcherError("the engine lost the sentinel rule")
        return [int(name[1:]) for name in names]

    def _stepped(self, cells: Mapping[str, str]) -> list[str]:
        members = [f'{_FACT},"{ALWAYS}":1', *(cells[column] for column in self._in_order if column in cells)]
        code, state = durable_rules_engine.assert_fact(self._handle, ",".join(members) + "}")
        if code:
            raise MatcherError(f"the engine reported code {code}")
        names = list(self._names(state))
        durable_rules_engine.retract_fact(self._handle, _RETRACTED)
        return names

    def _names(self, state: int) -> Iterator[str]:
        started = durable_rules_engine.start_action_for_state(self._handle, state)
        fired = started[1] if started else None
        while fired:
            # {"r12":{…: the name is ours, letters and digits; the record behind it is not read again.
            yield fired[2 : fired.index('"', 2)]
            fired = durable_rules_engine.complete_and_start_action(self._handle, state)


def _rule(pattern: Mapping[str, object]) -> dict[str, object]:
    whole = pattern if "$and" in pattern else {"$and": [pattern]}
    return {"all": [{"m": whole}], "run": _nothing}


def _nothing(_closure: object) -> None:
    """Stand where the binding wants an action; names are collected by stepping, so it never runs."""
