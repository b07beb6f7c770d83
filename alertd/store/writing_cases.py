"""Decisions into the store.

Changes are held back until the transaction ends or reads, then checked and written together: every check is one query
for all of them, every table one statement.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

from sqlalchemy import Connection, Select, delete, select, update

from alertd.model.case import Alert, CaseRow, CrossRow, CrossSide, StoredMessage
from alertd.model.errors import StaleWrite
from alertd.model.ids import CaseId, Token
from alertd.model.values import Kind
from alertd.service.ports import CaseChange
from alertd.store.bulk import Bulk, On
from alertd.store.codec import HALF, channel, micros, optional_micros, run_token
from alertd.store.dialect import Speech
from alertd.store.documents import CaseState, Lead, is_running, unpack_state
from alertd.store.keys import Keyring
from alertd.store.reading_cross import CrossReading
from alertd.store.rows import case_columns, case_row, obligation_columns, recorded_at
from alertd.store.tables import (
    alerts,
    cases,
    cross,
    decisions,
    keys,
    leads,
    obligations,
    rechecks,
    referrals,
    strong,
)
from alertd.store.writing_codes import CodeWriting
from alertd.store.writing_ledger import LedgerWriting
from alertd.store.writing_messages import MessageWriting


@dataclass(frozen=True, slots=True)
class Before:
    """A case as stored before a change."""

    row: CaseRow
    state: CaseState


_NOTHING = CaseState()
_NO_TOKENS: frozenset[Token] = frozenset()
Known = dict[str, Before]


class CaseWriting(MessageWriting, LedgerWriting, CodeWriting, CrossReading):
    """Writing decisions."""

    def __init__(self, connection: Connection, keyring: Keyring, speech: Speech) -> None:
        super().__init__(connection, keyring, speech)
        self._changes: list[CaseChange] = []
        self._touched: set[CaseId] = set()
        self._written: dict[CaseId, set[CrossRow]] = {}

    def put_case(self, change: CaseChange) -> None:
        """Write a decision.

        Raises:
            StaleWrite: the revision moved on, a strong token leads elsewhere, or a verified query answers otherwise.
                Raised here, by a later read, or on leaving the transaction.
        """
        touched = {change.row.id, *(row.id for row in change.joined)}
        if touched & self._touched:
            self._settle()
        self._touched |= touched
        self._changes.append(change)

    def _settle(self) -> None:
        """Write what is held back."""
        if not self._changes and not self._new:
            return
        changes, self._changes, self._touched = self._changes, [], set()
        known = self._checked(changes)
        bulk = Bulk()
        links = self._linked(changes, known)
        self._seal_new(changes, bulk)
        for change in changes:
            self._write_change(change, known, links, bulk)
        bulk.write(self._connection, self._speech)
        self._set_obligations([each for change in changes for each in change.changed])

    # ------------------------------------------------------------------------------------------------------- checking

    def _checked(self, changes: list[CaseChange]) -> Known:
        """The cases as stored, after making sure that every change was decided on just that."""
        self._lock(changes)
        read = [row for change in changes for row in (change.row, *change.joined) if row.revision]
        known = self._held({row.id for row in read})
        for row in read:
            before = known.get(row.id)
            if before is None or before.row.revision != row.revision or before.row.alias_of is not None:
                raise StaleWrite(f"case {row.id} has changed since it was read")
        self._check_strong(changes, known)
        self._check_cross(changes)
        return known

    def _lock(self, changes: list[CaseChange]) -> None:
        names: set[bytes] = set()
        for change in changes:
            names |= change.strong
            names |= {channel(row.leaf, row.side, row.key) for row in change.cross}
            names |= {channel(query.leaf, CrossSide.TARGET, query.key) for query, _ in change.verify}
        self._speech.lock(self._connection, names)

    def _held(self, ids: Collection[str]) -> Known:
        if not ids:
            return {}
        held = select(cases).where(self._speech.among(cases.c.id, "ids")).order_by(cases.c.id).with_for_update()
        rows = self._stored(held, {"ids": self._many(ids)})
        return {row["id"]: Before(case_row(row), unpack_state(row["state"])) for row in rows}

    def _check_strong(self, changes: list[CaseChange], known: Known) -> None:
        new = [token for change in changes for token in sorted(change.strong - _strong_before(change, known))]
        if new and self._stored(_owners(self._speech), self._speech.probing(new)):
            raise StaleWrite("an identifier of this case leads to another case since it was read")

    def _check_cross(self, changes: list[CaseChange]) -> None:
        """Compare look-ups with now; what this transaction itself wrote is for the re-checks that it enqueues."""
        asked = [each for change in changes for each in change.verify]
        now = self._stored_crosses([query for query, _ in asked], self._written.keys())
        for (_, seen), found in zip(asked, now, strict=True):
            gone = set(seen) - set(found)
            own = {row for rows in self._written.values() for row in rows} if gone else set()
            if set(found) - set(seen) or gone - own:
                raise StaleWrite("what other cases show has changed since it was read")

    # -------------------------------------------------------------------------------------------------------- writing

    def _seal_new(self, changes: Collection[CaseChange], bulk: Bulk) -> None:
        """Seal new messages: under the key of their case, or one of their own while they have none or several."""
        holders = Counter(seq for change in changes for seq in change.messages)
        owners = {seq: str(c.row.id) for c in changes for seq in c.messages if holders[seq] == 1 and seq in self._new}
        data_keys = self._data_keys(set(owners.values()))
        new, self._new = self._new, {}
        made: dict[str, bytes] = {}
        for seq, each in new.items():
            owner = owners.get(seq, f"message:{seq}")
            key = data_keys.get(owner) or made.setdefault(owner, self._keyring.new_case_key())
            self._write_message(each, owner, key, bulk)
        bulk.add(keys, [(owner, self._keyring.wrap(key, owner)) for owner, key in made.items()])

    def _data_keys(self, owners: Collection[str]) -> dict[str, bytes]:
        among = self._speech.among(keys.c.owner, "owners")
        rows = self._stored(select(keys).where(among), {"owners": self._many(owners)}) if owners else ()
        return {row["owner"]: self._keyring.unwrap(row["wrapped"], row["owner"]) for row in rows}

    def _linked(self, changes: Collection[CaseChange], known: Known) -> dict[int, StoredMessage]:
        """Content of the messages that are newly linked to a case, by which it will be found."""
        fresh = {seq for change in changes for seq in _linked_now(change, known)}
        linked = {seq: self._new[seq].stored for seq in fresh & self._new.keys()}
        return linked | self._stored_messages(fresh - self._new.keys())

    def _write_change(self, change: CaseChange, known: Known, links: dict[int, StoredMessage], bulk: Bulk) -> None:
        before = known[change.row.id].state if change.row.revision else _NOTHING
        others = [known[row.id] for row in change.joined]
        after = CaseState(
            messages=change.messages,
            strong=change.strong | _strong_before(change, known),
            runs=change.runs,
            clocks=change.clocks,
            alerts=self._with_codes(change.alerts),
            cross=change.cross,
        )
        on = On.REPLACE if change.row.revision else On.FAIL
        bulk.add(cases, [case_columns(change.row, after)], on)
        bulk.add(strong, [(token, change.row.id) for token in after.strong - _strong_before(change, known)])
        bulk.add(leads, self._leads(change, before, after, links, known), On.KEEP)
        _replace_cross(change.row.id, before, after, bulk)
        _replace_alerts(change.row.id, before, after, bulk)
        self._write_ledger(change, bulk)
        for other in others:
            self._write_alias(other, change.row.id, after, bulk)
        self._weigh(known.get(change.row.id), others, change.row, after)
        self._written.setdefault(change.row.id, set()).update(before.cross, after.cross)

    def _write_ledger(self, change: CaseChange, bulk: Bulk) -> None:
        """Obligations, referrals and the trace; what is renamed or joined goes first, at once."""
        id_, joined = change.row.id, [row.id for row in change.joined]
        if joined or change.renamed:
            self._rename(id_, joined, change.renamed)
        bulk.add(obligations, map(obligation_columns, change.new), On.KEEP)
        bulk.add(referrals, [(id_, to, micros(at)) for to, at in change.referrals], On.KEEP)
        if change.trace:
            at = recorded_at(change.row, change.decided_at)
            bulk.add(decisions, [(id_, change.row.revision + 1, micros(at), change.trace)])

    def _write_alias(self, other: Before, survivor: CaseId, after: CaseState, bulk: Bulk) -> None:
        """Make a joined case lead to its survivor; it keeps its state, and alerts whose codes live on only there."""
        bulk.add(cases, [case_columns(replace(other.row, alias_of=survivor), other.state)], On.REPLACE)
        bulk.remove(cross, [_cross_key(other.row.id, row) for row in _cross_rows(other.state)])
        codes = {alert.code for alert in after.alerts}
        bulk.remove(alerts, [(other.row.id, alert.episode) for alert in other.state.alerts if alert.code in codes])
        self._connection.execute(update(cases).where(cases.c.alias_of == other.row.id).values(alias_of=survivor))
        self._hand_on_recheck(other.row.id, survivor)
        self._written.setdefault(other.row.id, set()).update(other.state.cross)

    def _hand_on_recheck(self, other: CaseId, survivor: CaseId) -> None:
        waiting = delete(rechecks).where(rechecks.c.case_id == other).returning(rechecks.c.at)
        for row in self._stored(waiting):
            adding = self._speech.insert(rechecks).values(case_id=survivor, at=row["at"])
            self._connection.execute(adding.on_conflict_do_nothing())

    def _leads(
        self,
        change: CaseChange,
        before: CaseState,
        after: CaseState,
        links: dict[int, StoredMessage],
        known: Known,
    ) -> Iterable[tuple[bytes, int, str]]:
        found: set[tuple[bytes, Lead]] = {(run_token(*key), Lead.RUN) for key in _run_keys(after) - _run_keys(before)}
        for seq in _linked_now(change, known) & links.keys():
            message, tokens = links[seq].message, links[seq].tokens
            if message.identity is not None:
                found.add((message.identity[:HALF], Lead.IDENTITY))
            if (incident := self._incident_token(message)) is not None:
                found.add((incident[:HALF], Lead.INCIDENT))
            if message.kind is Kind.INCIDENT:
                # A strong token leads here by itself.
                found |= {(token[:HALF], Lead.NAME) for token in (tokens.names | tokens.strong) - after.strong}
        return ((token, kind.value, change.row.id) for token, kind in found)

    def _weigh(self, before: Before | None, joined: Iterable[Before], row: CaseRow, after: CaseState) -> None:
        """Count what changes in the totals of `statistics`."""
        self._tally.update(_weight(row, after))
        for gone in (before, *joined):
            if gone is not None:
                self._tally.subtract(_weight(gone.row, gone.state))


def _linked_now(change: CaseChange, known: Known) -> set[int]:
    """Seqs that no case of this change held before."""
    held = (known[id_].state.messages for id_ in (change.row.id, *(row.id for row in change.joined)) if id_ in known)
    return set(change.messages).difference(*held)


def _strong_before(change: CaseChange, known: Known) -> frozenset[Token]:
    """Strong tokens that led to the case, or to one that it takes in."""
    held = (known[id_].state.strong for id_ in (change.row.id, *(row.id for row in change.joined)) if id_ in known)
    return _NO_TOKENS.union(*held)


def _run_keys(state: CaseState) -> set[tuple[str, str]]:
    return {(run.rule, run.key) for run in state.runs}


def _weight(row: CaseRow, state: CaseState) -> Counter[str]:
    return Counter(
        {
            "cases.open_cases": int(row.closed_at is None),
            "cases.running_clocks": sum(map(is_running, state.clocks)),
            "cases.open_alerts": sum(alert.closed_at is None for alert in state.alerts),
        }
    )


def _replace_cross(case: CaseId, before: CaseState, after: CaseState, bulk: Bulk) -> None:
    old, new = _cross_rows(before), _cross_rows(after)
    bulk.remove(cross, [_cross_key(case, row) for row in old - new])
    bulk.add(
        cross,
        [(*_cross_key(case, row), optional_micros(row.until), int(row.answer)) for row in new - old],
    )


def _cross_rows(state: CaseState) -> set[CrossRow]:
    return set(state.cross)


def _cross_key(case: CaseId, row: CrossRow) -> tuple[bytes, int, str, bytes, bytes]:
    return (channel(row.leaf, row.side, row.key), micros(row.at), case, row.record, row.distinct)


def _replace_alerts(case: CaseId, before: CaseState, after: CaseState, bulk: Bulk) -> None:
    old, new = ({_alert_columns(case, alert) for alert in state.alerts} for state in (before, after))
    bulk.remove(alerts, {row[:2] for row in old} - {row[:2] for row in new})
    bulk.add(alerts, new - old, On.REPLACE)


def _alert_columns(case: CaseId, alert: Alert) -> tuple[str, int, str, int, int | None]:
    return (case, alert.episode, alert.code, micros(alert.opened_at), optional_micros(alert.closed_at))


@cache
def _owners(speech: Speech) -> Select[Any]:
    probe = speech.probe(32)
    return select(probe.place.label("place")).select_from(probe.source).join(strong, strong.c.token == probe.token)
