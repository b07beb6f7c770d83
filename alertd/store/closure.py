"""What hangs together: from tokens to cases to statuses and back, until nothing new comes.

Tokens of a whole batch are looked up together, and every find is tied to what led to it; the ties then divide what was
loaded. Source: MESSAGES, "Which case?".
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable, Iterable, Sequence
from functools import cache
from typing import Any

from sqlalchemy import (
    BigInteger,
    CompoundSelect,
    Executable,
    Select,
    Text,
    and_,
    cast,
    func,
    literal_column,
    null,
    select,
    union_all,
)

from alertd.model.case import Facts, StoredMessage
from alertd.model.ids import CaseId, Token
from alertd.model.values import Kind
from alertd.service.ports import Snapshot
from alertd.store.codec import HALF, receive_order
from alertd.store.dialect import Speech
from alertd.store.documents import Lead
from alertd.store.reading_cases import CaseReading
from alertd.store.tables import leads, sought, strong

Node = Hashable
"""A group asked for (its place), a case (its id) or a status (its seq, in a tuple)."""

Askers = dict[Token, list[Node]]
"""Tokens to look up, each with what asks by it."""


class ClosureReading(CaseReading):
    """Loading for decisions."""

    def closure(self, tokens: Collection[Token], cases: Collection[CaseId] = ()) -> Snapshot:
        """Load what hangs together with these tokens or cases, transitively.

        From an incident: its strong tokens lead to cases; its names lead to the statuses that are `about` them. From a
        status, its `about` and strong tokens lead to the cases whose incidents carry them as names, its record to its
        other versions. Repeated until nothing new comes. An alias leads to its survivor. Messages in receive order.
        """
        return self._search([tokens], cases)[0]

    def closures(self, groups: Sequence[frozenset[Token]]) -> list[Snapshot]:
        """As `closure`, for each of many groups at the price of one.

        Returns:
            One snapshot a group, in their order. Groups that share a token, or hang together by what is stored, get the
            same object, and only they do.
        """
        return self._search(groups, ())

    def _search(self, groups: Sequence[Collection[Token]], cases: Collection[CaseId]) -> list[Snapshot]:
        asked: Askers = {}
        for place, tokens in enumerate(groups):
            for token in tokens:
                asked.setdefault(token, []).append(place)
        search = _Search()
        search.take_groups(asked)
        self._look(_anything, asked, search)
        for case in cases:
            search.found_cases.setdefault(case, []).append(0)
        while search.found_cases or search.found_statuses:
            fresh_cases = search.found_cases.keys() - search.cases.keys()
            fresh_statuses = search.found_statuses.keys() - search.statuses.keys()
            search.take_cases(self._facts(fresh_cases))
            search.take_statuses(self._messages(fresh_statuses))
            about, records, named = search.next_steps()
            self._look(_cases_named, about, search)
            self._look(_statuses_about, _together(records, named), search)
        return search.snapshots(len(groups))

    def _look(self, statement: Callable[[Speech], Executable], asked: Askers, search: _Search) -> None:
        """Look tokens up, and note who asked for what is found."""
        tokens = list(asked)
        for row in self._rows(statement(self._speech), self._speech.probing(tokens)) if tokens else ():
            askers = asked[tokens[row["place"]]]
            if row["case_id"] is None:
                search.found_statuses.setdefault(row["seq"], []).extend(askers)
            else:
                search.found_cases.setdefault(row["case_id"], []).extend(askers)


class _Search:
    """What one search has found.

    Attributes:
        found_cases, found_statuses: Found by the last look-ups, with those who asked.
        cases: Loaded cases by id; aliases give their survivor.
        statuses: Loaded statuses by seq.
    """

    def __init__(self) -> None:
        self.found_cases: dict[str, list[Node]] = {}
        self.found_statuses: dict[int, list[Node]] = {}
        self.cases: dict[str, Facts] = {}
        self.statuses: dict[int, StoredMessage] = {}
        self._parent: dict[Node, Node] = {}
        self._new_cases: list[Facts] = []
        self._new_statuses: list[StoredMessage] = []

    def take_groups(self, asked: Askers) -> None:
        """Tie groups that share a token: what is not stored yet may join them just as well."""
        for first, *others in asked.values():
            self._tie(first, others)

    def take_cases(self, loaded: dict[str, Facts]) -> None:
        """Take what was loaded, and tie every case found to those who asked for it."""
        known = {facts.row.id for facts in self.cases.values()}
        self._new_cases = list({f.row.id: f for f in loaded.values() if f.row.id not in known}.values())
        self.cases |= loaded
        for id_, askers in self.found_cases.items():
            if id_ in self.cases:
                self._tie(self.cases[id_].row.id, askers)
        self.found_cases = {}

    def take_statuses(self, loaded: dict[int, StoredMessage]) -> None:
        """The same for statuses."""
        self._new_statuses = list(loaded.values())
        self.statuses |= loaded
        for seq, askers in self.found_statuses.items():
            self._tie((seq,), askers)
        self.found_statuses = {}

    def next_steps(self) -> tuple[Askers, Askers, Askers]:
        """Tokens that the new statuses are about, their records, and what the new cases are named by."""
        about: Askers = {}
        records: Askers = {}
        named: Askers = {}
        for status in self._new_statuses:
            records.setdefault(status.tokens.record, []).append((status.seq,))
            for token in {*status.tokens.about, *status.tokens.strong}:
                about.setdefault(token, []).append((status.seq,))
        for facts in self._new_cases:
            for token in _names(facts):
                named.setdefault(token, []).append(facts.row.id)
        return about, records, named

    def snapshots(self, groups: int) -> list[Snapshot]:
        """One snapshot a group; one object for those that are tied together."""
        facts: dict[Node, list[Facts]] = {}
        orphans: dict[Node, list[StoredMessage]] = {}
        live = {each.row.id: each for each in self.cases.values()}
        for id_, each in live.items():
            facts.setdefault(self._root(id_), []).append(each)
        resolved = {stored.seq for each in live.values() for stored in each.messages}
        for seq, status in self.statuses.items():
            if seq not in resolved:
                orphans.setdefault(self._root((seq,)), []).append(status)
        roots = [self._root(place) for place in range(groups)]
        made = {root: _snapshot(facts.get(root, ()), orphans.get(root, ())) for root in set(roots)}
        return [made[root] for root in roots]

    def _tie(self, node: Node, others: Iterable[Node]) -> None:
        root = self._root(node)
        for other in others:
            self._parent[self._root(other)] = root

    def _root(self, node: Node) -> Node:
        while (parent := self._parent.setdefault(node, node)) != node:
            self._parent[node] = self._parent[parent]
            node = parent
        return node


def _snapshot(facts: Iterable[Facts], orphans: Iterable[StoredMessage]) -> Snapshot:
    by_opening = sorted(facts, key=lambda each: (each.row.opened_at, each.row.id))
    return Snapshot(tuple(by_opening), tuple(sorted(orphans, key=receive_order)))


def _names(facts: Facts) -> set[Token]:
    incidents = [stored.tokens for stored in facts.messages if stored.message.kind is Kind.INCIDENT]
    return set(facts.strong).union(*(tokens.strong | tokens.names for tokens in incidents))


def _together(first: Askers, second: Askers) -> Askers:
    return {token: first.get(token, []) + second.get(token, []) for token in {**first, **second}}


_NO_SEQ = cast(null(), BigInteger).label("seq")
_NO_CASE = cast(null(), Text).label("case_id")


def _strong_hits(speech: Speech) -> Select[Any]:
    probe = speech.probe(32)
    columns = (probe.place.label("place"), strong.c.case_id.label("case_id"), _NO_SEQ)
    return select(*columns).select_from(probe.source).join(strong, strong.c.token == probe.token)


def _name_hits(speech: Speech) -> Select[Any]:
    probe = speech.probe(32)
    columns = (probe.place.label("place"), leads.c.case_id.label("case_id"), _NO_SEQ)
    led = and_(leads.c.token == func.substr(probe.token, 1, HALF), leads.c.kind == literal_column(str(Lead.NAME.value)))
    return select(*columns).select_from(probe.source).join(leads, led)


def _status_hits(speech: Speech) -> Select[Any]:
    probe = speech.probe(32)
    columns = (probe.place.label("place"), _NO_CASE, sought.c.seq.label("seq"))
    about = sought.c.token == func.substr(probe.token, 1, HALF)
    return select(*columns).select_from(probe.source).join(sought, about)


@cache
def _anything(speech: Speech) -> CompoundSelect[Any]:
    return union_all(_strong_hits(speech), _name_hits(speech), _status_hits(speech))


@cache
def _cases_named(speech: Speech) -> CompoundSelect[Any]:
    return union_all(_strong_hits(speech), _name_hits(speech))


@cache
def _statuses_about(speech: Speech) -> Select[Any]:
    return _status_hits(speech)
