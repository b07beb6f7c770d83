"""Messages into the store, and the running totals that account for every one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Connection, bindparam, select, update

from alertd.model.case import MessageOutcome, StoredMessage, Tokens
from alertd.model.message import Message
from alertd.model.values import Kind
from alertd.store.bulk import Bulk
from alertd.store.codec import HALF, micros, pack_message, pack_tokens
from alertd.store.dialect import Speech
from alertd.store.keys import Keyring
from alertd.store.reading_cases import CaseReading
from alertd.store.tables import counters, messages, sought


@dataclass(frozen=True, slots=True)
class NewMessage:
    """A message that this transaction adds and has not written yet: its case, and so its key, may still come."""

    stored: StoredMessage
    pair: bytes
    outcome: MessageOutcome


class MessageWriting(CaseReading):
    """Adding messages and saying what became of them."""

    def __init__(self, connection: Connection, keyring: Keyring, speech: Speech) -> None:
        super().__init__(connection, keyring, speech)
        self._new: dict[int, NewMessage] = {}
        self._tally: Counter[str] = Counter()

    def add_messages(self, rows: Sequence[tuple[Message, Tokens, MessageOutcome]]) -> tuple[int, ...]:
        """Store readable messages encrypted, and return their seqs.

        A (source, id) already there, or twice among the rows, is counted as DUPLICATE and gets seq 0.
        """
        pairs = [self._pair(message.source, message.id) for message, _, _ in rows]
        known = {*self._stored_pairs(dict.fromkeys(pairs, ("", ""))), *(new.pair for new in self._new.values())}
        first = {pair: place for place, pair in reversed(list(enumerate(pairs))) if pair not in known}
        fresh = sorted(first.values())
        seqs = dict(zip(fresh, self._speech.new_seqs(self._connection, len(fresh)) if fresh else (), strict=True))
        for place, seq in seqs.items():
            message, tokens, outcome = rows[place]
            self._new[seq] = NewMessage(StoredMessage(seq, message, tokens), pairs[place], outcome)
            self._count(outcome, 1)
        self.count_duplicates(len(rows) - len(fresh))
        return tuple(seqs.get(place, 0) for place in range(len(rows)))

    def count_duplicates(self, number: int) -> None:
        """Count messages that were duplicates of stored ones."""
        self._count(MessageOutcome.DUPLICATE, number)

    def _count(self, outcome: MessageOutcome, number: int) -> None:
        self._tally["messages.received"] += number
        self._tally[f"messages.{outcome}"] += number

    def set_outcomes(self, outcomes: Mapping[int, MessageOutcome]) -> None:
        """Set what became of messages; a seq that is not there changes nothing."""
        changed = dict(outcomes)
        for seq in changed.keys() & self._new.keys():
            new = self._new[seq]
            self._move(new.outcome, changed[seq])
            self._new[seq] = replace(new, outcome=changed.pop(seq))
        moved = []
        for seq, before in self._outcomes(changed):
            if before is not changed[seq]:
                self._move(before, changed[seq])
                moved.append({"of": seq, "to": changed[seq].value})
        if moved:
            setting = update(messages).where(messages.c.seq == bindparam("of")).values(outcome=bindparam("to"))
            self._connection.execute(setting, moved)

    def _outcomes(self, seqs: Collection[int]) -> list[tuple[int, MessageOutcome]]:
        if not seqs:
            return []
        among = self._speech.among(messages.c.seq, "seqs")
        held = select(messages.c.seq, messages.c.outcome).where(among).order_by(messages.c.seq).with_for_update()
        rows = self._stored(held, {"seqs": self._many(seqs)})
        return [(row["seq"], MessageOutcome(row["outcome"])) for row in rows]

    def _move(self, before: MessageOutcome, after: MessageOutcome) -> None:
        self._tally[f"messages.{before}"] -= 1
        self._tally[f"messages.{after}"] += 1

    def _write_message(self, new: NewMessage, owner: str, key: bytes, bulk: Bulk) -> None:
        message, tokens = new.stored.message, new.stored.tokens
        sealed = self._keyring.seal(key, pack_message(message), new.pair)
        received_at = micros(message.received_at)
        row = (new.pair, received_at, str(new.outcome), message.identity, pack_tokens(tokens), owner, sealed)
        bulk.add(messages, [(new.stored.seq, *row)])
        if message.kind is Kind.STATUS:
            asked_by = {token[:HALF] for token in (tokens.record, *tokens.strong, *tokens.about)}
            bulk.add(sought, [(token, new.stored.seq) for token in asked_by])

    def _write_tally(self) -> None:
        """Add this transaction's counts; last, because other writers wait for these rows until it commits."""
        rows: list[dict[str, Any]] = [{"name": name, "value": n} for name, n in sorted(self._tally.items()) if n]
        self._tally.clear()
        if rows:
            adding = self._speech.insert(counters)
            summed = {"value": counters.c.value + adding.excluded.value}
            self._connection.execute(adding.on_conflict_do_update(index_elements=["name"], set_=summed), rows)
