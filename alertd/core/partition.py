"""Which case: connected components of incidents, and statuses resolved to them, anew at every change.

Source: MESSAGES, "Which case?". The order of arrival cannot change the answer.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from alertd.core.fold import event_time, newest
from alertd.model.case import CaseRow, Facts, StoredMessage
from alertd.model.ids import Token
from alertd.model.values import Kind


@dataclass(slots=True)
class Group:
    """One case as it should be.

    Attributes:
        messages: Incidents of every version and the statuses resolved to it.
        noted: Seqs of statuses that several cases share.
        cases: Stored cases that it consists of, earliest opened first; empty for a new case.
        strong: Tokens that lead to it.
        names: Tokens by which a status may name it.
    """

    messages: list[StoredMessage] = field(default_factory=list)
    noted: set[int] = field(default_factory=set)
    cases: list[CaseRow] = field(default_factory=list)
    strong: set[Token] = field(default_factory=set)
    names: set[Token] = field(default_factory=set)

    @property
    def opened_at(self) -> datetime:
        """Earliest receipt of any of its incidents."""
        return min(m.message.received_at for m in self.messages if m.message.kind is Kind.INCIDENT)


class _Union:
    """Union-find over tokens."""

    def __init__(self) -> None:
        self._parent: dict[Token, Token] = {}

    def find(self, token: Token) -> Token:
        parent = self._parent.setdefault(token, token)
        while parent != token:
            grand = self._parent[parent]
            self._parent[token] = grand
            token, parent = parent, grand
        return token

    def join(self, tokens: Iterable[Token]) -> None:
        first: Token | None = None
        for token in tokens:
            root = self.find(token)
            first = root if first is None else first
            if root != first:
                self._parent[root] = first


def partition(facts: Sequence[Facts], messages: Sequence[StoredMessage]) -> tuple[list[Group], list[StoredMessage]]:
    """Divide messages into cases.

    Args:
        facts: Stored cases that hang together with the messages.
        messages: All messages of these cases, orphans, and new ones; each once.

    Returns:
        The cases, and the statuses that resolve to none.
    """
    union = _Union()
    incidents = [m for m in messages if m.message.kind is Kind.INCIDENT]
    statuses = [m for m in messages if m.message.kind is Kind.STATUS]
    for fact in facts:
        union.join(fact.strong)
    for incident in incidents:
        union.join((incident.tokens.record, *incident.tokens.strong))
    for status in statuses:
        union.join(status.tokens.strong)
    groups = _groups(union, facts, incidents)
    return groups, _resolve(groups, statuses)


def _groups(union: _Union, facts: Sequence[Facts], incidents: Sequence[StoredMessage]) -> list[Group]:
    by_root: dict[Token, Group] = {}
    for incident in sorted(incidents, key=_received):
        group = by_root.setdefault(union.find(incident.tokens.record), Group())
        group.messages.append(incident)
        group.strong |= {incident.tokens.record, *incident.tokens.strong}
        group.names |= incident.tokens.names | incident.tokens.strong
    for fact in facts:
        if fact.strong and (root := union.find(next(iter(fact.strong)))) in by_root:
            by_root[root].cases.append(fact.row)
            by_root[root].strong |= fact.strong
            by_root[root].names |= fact.strong
    for group in by_root.values():
        group.cases.sort(key=lambda row: (row.opened_at, row.id))
    return list(by_root.values())


def _received(stored: StoredMessage) -> tuple[datetime, str, str]:
    return (stored.message.received_at, stored.message.source, stored.message.id)


def _resolve(groups: Sequence[Group], statuses: Sequence[StoredMessage]) -> list[StoredMessage]:
    """Hand each status record to its cases; the newest version decides where all its versions go."""
    versions: dict[Token, list[StoredMessage]] = {}
    for status in statuses:
        versions.setdefault(status.tokens.record, []).append(status)
    tops = {record: max(each, key=_version) for record, each in versions.items()}
    orphans: list[StoredMessage] = []
    order = sorted(
        tops.values(), key=lambda s: (s.tokens.person_only, event_time(s.message), s.message.source, s.message.id)
    )
    for top in order:
        found = _candidates(groups, top)
        if not found:
            orphans += versions[top.tokens.record]
        for group in found:
            group.messages += versions[top.tokens.record]
            if len(found) > 1:
                group.noted |= {each.seq for each in versions[top.tokens.record]}
    return orphans


def _version(stored: StoredMessage) -> tuple[int, datetime, str, str]:
    message = stored.message
    return (message.version, message.sent_at, message.id, message.source)


def _candidates(groups: Sequence[Group], status: StoredMessage) -> list[Group]:
    about = set(status.tokens.about)
    if not about:
        return []
    found = [group for group in groups if about <= group.names]
    if not status.tokens.person_only or len(found) < 2:
        return found
    at = event_time(status.message)
    return [g for g in found if _open_at(g, at)] or [g for g in found if _open_at(g, None)] or found


def _open_at(group: Group, at: datetime | None) -> bool:
    """Whether a case is open at an event time (None: at the end of what is known), by the newest versions."""
    incidents, _ = newest(m for m in group.messages if m.message.kind is Kind.INCIDENT)
    if at is not None and incidents[0].at > at:
        return False
    is_open = True
    statuses, _ = newest((m for m in group.messages if m.message.kind is Kind.STATUS), frozenset(group.noted))
    for each in statuses:
        event = each.message.fields.get("event")
        if event in ("closed", "reopened") and not each.noted and (at is None or each.at <= at):
            is_open = event == "reopened"
    return is_open
