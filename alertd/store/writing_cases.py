"""Decisions into the store.

Changes are held back until the transaction ends or reads, then checked and written together: every check is one query
for all of them, every table one statement.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import replace

from sqlalchemy import Connection, delete, select, update

from alertd.model.case import StoredMessage
from alertd.model.ids import CaseId, Token
from alertd.service.ports import CaseChange
from alertd.store.bulk import Bulk, On
from alertd.store.case_checks import CaseChecking
from alertd.store.case_steps import Before, Step, own_rows, weigh, write_alerts, write_cross, write_leads
from alertd.store.codec import micros
from alertd.store.dialect import Speech
from alertd.store.documents import CaseState
from alertd.store.keys import Keyring
from alertd.store.rows import case_columns, obligation_columns, recorded_at
from alertd.store.tables import cases, decisions, keys, obligations, rechecks, referrals, strong
from alertd.store.writing_codes import CodeWriting
from alertd.store.writing_ledger import LedgerWriting
from alertd.store.writing_messages import MessageWriting

Links = dict[int, tuple[StoredMessage, Token | None]]
"""Messages newly linked to a case, by which it will be found, with the token of their incident."""


class CaseWriting(MessageWriting, LedgerWriting, CodeWriting, CaseChecking):
    """Writing decisions."""

    def __init__(self, connection: Connection, keyring: Keyring, speech: Speech) -> None:
        super().__init__(connection, keyring, speech)
        self._changes: list[CaseChange] = []
        self._touched: set[CaseId] = set()

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
        steps = self._checked(changes)
        bulk = Bulk()
        links = self._links(steps)
        self._seal_new(changes, bulk)
        for one in steps:
            self._write_step(one, links, bulk)
        bulk.write(self._connection, self._speech)
        self._set_obligations([each for change in changes for each in change.changed])

    def _links(self, steps: Sequence[Step]) -> Links:
        fresh = frozenset[int]().union(*(one.fresh for one in steps))
        linked = {seq: self._new[seq].stored for seq in fresh & self._new.keys()}
        linked |= self._stored_messages(fresh - self._new.keys())
        return {seq: (stored, self._incident_token(stored.message)) for seq, stored in linked.items()}

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

    def _write_step(self, one: Step, links: Links, bulk: Bulk) -> None:
        change, row = one.change, one.change.row
        after = CaseState(
            messages=change.messages,
            strong=change.strong | one.strong_before,
            runs=change.runs,
            clocks=change.clocks,
            alerts=self._with_codes(change.alerts),
            cross=change.cross,
        )
        bulk.add(cases, [case_columns(row, after)], On.FAIL if one.before is None else On.REPLACE)
        bulk.add(strong, [(token, row.id) for token in after.strong - one.strong_before])
        write_leads(one, after, links, bulk)
        write_cross(one, after, bulk)
        write_alerts(one, after, bulk)
        self._write_record(one, bulk)
        for other in one.joined:
            self._make_alias(other, row.id, bulk)
        weigh(one, after, self._tally)
        self._written |= dict.fromkeys((row.id, *(other.row.id for other in one.joined)), own_rows(one, after))

    def _write_record(self, one: Step, bulk: Bulk) -> None:
        """Obligations, referrals and the trace; what is renamed or joined goes first, at once."""
        change, row = one.change, one.change.row
        if change.joined or change.renamed:
            self._rename(change)
        bulk.add(obligations, map(obligation_columns, change.new), On.KEEP)
        bulk.add(referrals, [(row.id, to, micros(at)) for to, at in change.referrals], On.KEEP)
        if change.trace:
            at = recorded_at(row, change.decided_at)
            bulk.add(decisions, [(row.id, row.revision + 1, micros(at), change.trace)])

    def _make_alias(self, other: Before, survivor: CaseId, bulk: Bulk) -> None:
        """Make a joined case, and its own aliases, lead to the survivor; it keeps its state."""
        bulk.add(cases, [case_columns(replace(other.row, alias_of=survivor), other.state)], On.REPLACE)
        self._connection.execute(update(cases).where(cases.c.alias_of == other.row.id).values(alias_of=survivor))
        waiting = delete(rechecks).where(rechecks.c.case_id == other.row.id).returning(rechecks.c.at)
        for row in self._stored(waiting):
            adding = self._speech.insert(rechecks).values(case_id=survivor, at=row["at"])
            self._connection.execute(adding.on_conflict_do_nothing())
