"""A store in memory for a replay: what deciding and planning read and write, for some cases, and nothing that lasts.

It serves the verbs themselves (`Casework`, `Tick`, `Planner`), so that a replay decides as the daemon does. Personal
data stands in it as long as the replay takes and nowhere else. What no verb of a replay asks for is not there.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime

from alertd.core.judged import Remembered
from alertd.daemon.replay_names import Names
from alertd.daemon.replay_rows import AgendaOf, CrossRows, Ledger
from alertd.model.case import (
    CaseRow,
    CrossRow,
    Facts,
    MessageOutcome,
    Notification,
    NotificationState,
    Obligation,
    ObligationKey,
    Run,
    StoredMessage,
    Tokens,
)
from alertd.model.ids import CaseId, CaseRef, ClockId, Token
from alertd.model.message import Message
from alertd.model.shifts import Swap
from alertd.service.ports import AnchorWindow, CaseChange, CrossQuery, Rank, Snapshot

Component = int
"""Number of a set of cases and statuses that hang together by any token that any of their messages carries."""


class Memory:
    """Cases, lines and messages of one side of a replay.

    Args:
        components: Token of a record → the component that its messages belong to.
        names: The references and codes that the cases and alerts have in the real store.
        swaps: On record, the newest first.
    """

    def __init__(self, components: dict[Token, Component], names: Names, swaps: Sequence[Swap] = ()) -> None:
        self._component = components
        self._names = names
        self._swaps = tuple(swaps)
        self.ledger = Ledger()
        self.cross_rows = CrossRows()
        self.wakes: AgendaOf[CaseId] = AgendaOf()
        self.clocks_seen: set[ClockId] = set()
        self.remembered: dict[CaseId, Remembered] = {}
        self._cases: dict[CaseId, Facts] = {}
        self._aliases: dict[CaseId, CaseId] = {}
        self._messages: dict[int, StoredMessage] = {}
        self._held: dict[Component, tuple[dict[CaseId, None], dict[int, StoredMessage]]] = {}
        self._of_case: dict[CaseId, Component] = {}
        self._shared_runs: dict[tuple[str, str], dict[CaseId, None]] = {}
        self._again: dict[CaseId, None] = {}
        self._arriving: dict[tuple[str, str], StoredMessage] = {}

    # --- opening it

    @contextmanager
    def read(self) -> Iterator[Memory]:
        """Itself: one replay works in one thread."""
        yield self

    @contextmanager
    def write(self, rank: Rank) -> Iterator[Memory]:  # noqa: ARG002 (nobody else waits)
        """Itself."""
        yield self

    def close(self) -> None:
        """Nothing to give back."""

    # --- messages and cases

    def arrive(self, stored: Sequence[StoredMessage]) -> list[StoredMessage]:
        """Messages about to be decided; they have the seqs of the real store, not provisional ones as in intake."""
        self._arriving = {(each.message.source, each.message.id): each for each in stored}
        return list(stored)

    def add_messages(self, rows: Sequence[tuple[Message, Tokens, MessageOutcome]]) -> tuple[int, ...]:
        """Keep messages under the seqs that they have in the real store."""
        found = [self._arriving[message.source, message.id] for message, _, _ in rows]
        for each in found:
            self._messages[each.seq] = each
            _, statuses = self._here(self.component_of(each))
            statuses[each.seq] = each
        return tuple(each.seq for each in found)

    def component_of(self, stored: StoredMessage) -> Component:
        """The component of a message."""
        return self._component[stored.tokens.record]

    def add_record(self, stored: StoredMessage, beside: StoredMessage) -> None:
        """Let a record that is in no store hang together with a message that is."""
        self._component[stored.tokens.record] = self.component_of(beside)

    def _here(self, component: Component) -> tuple[dict[CaseId, None], dict[int, StoredMessage]]:
        return self._held.setdefault(component, ({}, {}))

    def closure(self, tokens: Collection[Token], cases: Collection[CaseId] = ()) -> Snapshot:  # noqa: ARG002
        """Everything of the components of these cases."""
        return self._snapshot(dict.fromkeys(self._of_case[self._alive(case)] for case in cases))

    def closures(self, groups: Sequence[frozenset[Token]]) -> Sequence[Snapshot]:
        """Everything of each group's component; one object for groups of the same one."""
        places = [next(self._component[token] for token in group if token in self._component) for group in groups]
        found = {place: self._snapshot((place,)) for place in places}
        return [found[place] for place in places]

    def _snapshot(self, components: Iterable[Component]) -> Snapshot:
        facts: list[Facts] = []
        orphans: list[StoredMessage] = []
        for component in components:
            cases, messages = self._here(component)
            here = [self._facts(case) for case in cases]
            taken = {m.seq for each in here for m in each.messages}
            facts += here
            orphans += [each for seq, each in messages.items() if seq not in taken]
        facts.sort(key=lambda each: (each.row.opened_at, each.row.id))
        return Snapshot(tuple(facts), tuple(orphans))

    def case(self, id_: CaseId) -> Facts | None:
        """One live case (an alias leads to its survivor)."""
        id_ = self._alive(id_)
        return self._facts(id_) if id_ in self._cases else None

    def _alive(self, id_: CaseId) -> CaseId:
        return self._aliases.get(id_, id_)

    def _facts(self, id_: CaseId) -> Facts:
        return replace(self._cases[id_], obligations=self.ledger.of_scope(id_))

    def facts(self) -> Iterator[Facts]:
        """Every live case."""
        return map(self._facts, self._cases)

    def same_identity(self, identity: Token) -> tuple[CaseId, ...]:  # noqa: ARG002
        """None: possible duplicates are told the same whatever the rules say."""
        return ()

    def put_case(self, change: CaseChange) -> None:
        """Take over a decision."""
        row = replace(change.row, revision=change.row.revision + 1)
        before = [self._cases[id_] for id_ in (row.id, *(each.id for each in change.joined)) if id_ in self._cases]
        for other in change.joined:
            self._join(other, row.id)
        if change.joined or change.renamed:
            self.ledger.rename(change)
        messages = sorted((self._messages[seq] for seq in dict.fromkeys(change.messages)), key=_received)
        strong = change.strong.union(*(each.strong for each in before))
        alerts = self._names.with_codes(change.alerts, messages)
        facts = Facts(row, tuple(messages), change.runs, change.clocks, alerts, (), change.cross, strong)
        self._cases[row.id] = facts
        component = self.component_of(messages[0])
        self._of_case[row.id] = component
        self._here(component)[0][row.id] = None
        self.wakes.put(row.id, row.wake_at)
        self.ledger.add(change.new)
        self.ledger.put(change.changed)
        self.cross_rows.put(row.id, change.cross)
        self.clocks_seen.update(clock.clock for clock in change.clocks)
        for run in change.runs:
            if change.shared is None or run.rule in change.shared:
                self._shared_runs.setdefault((run.rule, run.key), {})[row.id] = None

    def _join(self, other: CaseRow, survivor: CaseId) -> None:
        gone = self._cases.pop(other.id, None)
        self._aliases |= {id_: survivor for id_, to in self._aliases.items() if to == other.id}
        self._aliases[other.id] = survivor
        self.cross_rows.put(other.id, ())
        self.wakes.put(other.id, None)
        if gone is not None:
            self._here(self._of_case[other.id])[0].pop(other.id, None)
        if self._again.pop(other.id, survivor) is None:
            self._ask_again(survivor)

    def set_outcomes(self, outcomes: Mapping[int, MessageOutcome]) -> None:
        """What becomes of a message is told nobody."""

    # --- other cases

    def crosses(self, queries: Sequence[CrossQuery]) -> Sequence[tuple[CrossRow, ...]]:
        """Target rows for each anchor."""
        return [self.cross_rows.targets(query) for query in queries]

    def anchored(self, windows: Sequence[AnchorWindow]) -> Sequence[set[CaseId]]:
        """For each window, the cases with an anchor row in it."""
        return [self.cross_rows.anchored(window) for window in windows]

    def global_runs(self, rule: str, key: str) -> tuple[tuple[CaseId, Run], ...]:
        """Runs of all live cases under a global key."""
        cases = [case for case in self._shared_runs.get((rule, key), ()) if case in self._cases]
        cases.sort(key=lambda id_: (self._cases[id_].row.opened_at, id_))
        found = [(id_, run) for id_ in cases for run in self._cases[id_].runs if (run.rule, run.key) == (rule, key)]
        return tuple(found)

    def global_obligations(self, about: str, key: str) -> tuple[Obligation, ...]:
        """Obligations of scope "*" for a key."""
        return tuple(row for row in self.ledger.of_scope("*") if (row.key.about, row.key.key) == (about, key))

    # --- time

    def due_cases(self, now: datetime, limit: int) -> tuple[CaseId, ...]:
        """Cases whose `wake_at` has come."""
        return tuple(self.wakes.due(now, limit))

    def rechecks(self, limit: int) -> tuple[CaseId, ...]:
        """Cases to be judged again."""
        return tuple(self._again)[:limit]

    def enqueue_rechecks(self, cases: Iterable[CaseId], at: datetime) -> None:  # noqa: ARG002
        """Ask for these cases to be judged again."""
        for case in cases:
            self._ask_again(self._alive(case))

    def _ask_again(self, case: CaseId) -> None:
        self._again[case] = None
        self.remembered.pop(case, None)

    def clear_rechecks(self, cases: Iterable[CaseId]) -> None:
        """They have been judged again."""
        for case in cases:
            self._again.pop(case, None)

    def swaps(self, after: datetime | None = None) -> tuple[Swap, ...]:
        """Swaps on record that end after a moment."""
        return tuple(swap for swap in self._swaps if after is None or swap.to > after)

    # --- lines and messages to people

    def waiting(self, now: datetime, limit: int) -> tuple[Obligation, ...]:
        """Lines whose time has come, by (severity, at)."""
        return self.ledger.waiting(now, limit)

    def obligations(self, keys: Collection[ObligationKey]) -> tuple[Obligation, ...]:
        """These lines, as far as they exist."""
        return self.ledger.rows(keys)

    def add_obligations(self, rows: Sequence[Obligation]) -> int:
        """Add lines; known keys change nothing. What is told of the system itself is left out: no rule changes it."""
        return self.ledger.add(row for row in rows if row.key.scope != "system")

    def set_obligations(self, rows: Sequence[Obligation]) -> None:
        """Store changed lines."""
        self.ledger.put(rows)

    def notifications(self, case: CaseId) -> tuple[Notification, ...]:
        """All messages that carry a line of this case, oldest first."""
        return self.ledger.notes_about(self._alive(case))

    def carrying(self, keys: Collection[ObligationKey]) -> tuple[Notification, ...]:
        """All messages that carry any of these lines, oldest first."""
        return self.ledger.carrying(keys)

    def add_notifications(self, rows: Sequence[Notification]) -> None:
        """Put messages in the outbox; a line goes to a person over a channel once."""
        self.ledger.add_notes(rows)

    def set_notification(self, row: Notification, expected: NotificationState) -> bool:
        """Store a changed message if it still is in `expected`."""
        return self.ledger.set_note(row, expected)

    # --- names

    def allocate_ref(self, prefix: str, year: int) -> str:  # noqa: ARG002 (it has one already)
        """The reference that the case has in the real store."""
        return self._names.next_ref()

    def allocate_code(self, now: datetime) -> str:  # noqa: ARG002
        """A code that nobody was sent; the one on record is put in its place when the alert is stored."""
        return self._names.new_code()

    def ref_of(self, id_: CaseId) -> CaseRef:
        """Public reference of a case, live or joined."""
        return self._cases[self._alive(id_)].row.ref


def _received(stored: StoredMessage) -> tuple[datetime, str, str]:
    return (stored.message.received_at, stored.message.source, stored.message.id)
