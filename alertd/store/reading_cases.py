"""Cases and messages, decrypted."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import Select, and_, bindparam, select, text

from alertd.model.case import CaseRow, Facts, Obligation, StoredMessage
from alertd.model.contract import FIELDS
from alertd.model.ids import CaseId, Token
from alertd.model.message import Message
from alertd.model.values import Kind, Value
from alertd.store.codec import HALF, micros, receive_order, unpack_message, unpack_tokens
from alertd.store.dialect import Speech
from alertd.store.documents import CaseState, Lead, unpack_state
from alertd.store.rows import Stored, case_row, obligation, ref_key
from alertd.store.session import Session
from alertd.store.tables import cases, keys, leads, messages, obligations


class CaseReading(Session):
    """Cases by id, reference or what they share; messages by pair or as orphans."""

    def load_without_lines(self, cases: Collection[CaseId]) -> None:
        """Within a transaction nothing is kept: what was loaded may be written since."""

    def case(self, id_: CaseId) -> Facts | None:
        """One live case (an alias leads to its survivor)."""
        return self._facts([id_]).get(id_)

    def revisions(self, cases: Collection[CaseId]) -> dict[CaseId, int]:
        """Present revision of each case; a case that became an alias is left out."""
        return {CaseId(row["id"]): row["revision"] for row in self._cases(sorted(cases)) if row["alias_of"] is None}

    def case_by_ref(self, ref: str) -> CaseId | None:
        """The live case behind a public reference, through aliases; not case-sensitive."""
        found = self._rows(select(cases.c.id, cases.c.alias_of).where(cases.c.ref_key == ref_key(ref)))
        return next((CaseId(row["alias_of"] or row["id"]) for row in found), None)

    def seen(self, identities: Collection[tuple[str, str]]) -> set[tuple[str, str]]:
        """Which (source, id) pairs are stored already (quarantined ones do not count)."""
        self._settle()
        return set(self._stored_pairs({self._pair(*each): each for each in identities}).values())

    def _stored_pairs(self, pairs: dict[bytes, tuple[str, str]]) -> dict[bytes, tuple[str, str]]:
        names = list(pairs)
        found = self._stored(_known_pairs(self._speech), self._speech.probing(names)) if names else ()
        return {names[row["place"]]: pairs[names[row["place"]]] for row in found}

    def _pair(self, source: str, id_: str) -> bytes:
        return self._keyring.token(f"message\0{source}\0{id_}")

    def same_identity(self, identity: Token) -> tuple[CaseId, ...]:
        """Live cases with a message of this name-and-birth-date hash, by opening."""
        return tuple(self._led_by(Lead.IDENTITY, identity[:HALF]))

    def incident_parts(self, case: CaseId) -> tuple[int, int]:
        """(n, m): this case is the nth, by opening, of m live cases of the same incident; (1, 1) when alone.

        Cases are of one incident when the standing versions of their messages share an `incident.ref`.
        """
        facts = self.case(case)
        tokens = self._incidents(facts) if facts else frozenset()
        if facts is None or not tokens:
            return (1, 1)
        candidates = {id_ for token in tokens for id_ in self._led_by(Lead.INCIDENT, token[:HALF])}
        others = self._facts(candidates - {facts.row.id})
        rows = [facts.row, *(each.row for each in others.values() if self._incidents(each) & tokens)]
        rows.sort(key=lambda row: (row.opened_at, row.id))
        return (rows.index(facts.row) + 1, len(rows))

    def _incidents(self, facts: Facts) -> frozenset[Token]:
        newest: dict[Token, Message] = {}
        for stored in facts.messages:
            known = newest.get(stored.tokens.record)
            if known is None or _rank(stored.message) > _rank(known):
                newest[stored.tokens.record] = stored.message
        tokens = (self._incident_token(message) for message in newest.values())
        return frozenset(token for token in tokens if token)

    def _incident_token(self, message: Message) -> Token | None:
        ref = message.fields.get("incident.ref")
        if message.kind is not Kind.INCIDENT or not isinstance(ref, str):
            return None
        return self._keyring.token("incident\0" + " ".join(ref.casefold().split()))

    def _led_by(self, kind: Lead, token: bytes) -> list[CaseId]:
        """Live cases to which a token of this kind leads, by opening."""
        return self._led(kind, [token])[token]

    def _led(self, kind: Lead, tokens: Sequence[bytes]) -> dict[bytes, list[CaseId]]:
        """Live cases to which each of these tokens leads, by opening."""
        asked = {**self._speech.probing(tokens), "kind": int(kind)}
        found = self._rows(_led_cases(self._speech), asked) if tokens else ()
        aliases = [row["id"] for row in found if row["alias_of"] is not None]
        survivors = {id_: row for id_, (row, _) in self._live(aliases).items()} if aliases else {}
        opened: list[dict[CaseId, int]] = [{} for _ in tokens]
        for row in found:
            survivor = survivors.get(row["id"])
            if survivor is not None:
                opened[row["place"]][survivor.id] = micros(survivor.opened_at)
            elif row["alias_of"] is None:
                opened[row["place"]][CaseId(row["id"])] = row["opened_at"]
        by_opening = (sorted(cases, key=lambda id_: (cases[id_], id_)) for cases in opened)
        return dict(zip(tokens, by_opening, strict=True))

    def orphans(self, received_before: datetime, limit: int) -> tuple[StoredMessage, ...]:
        """Statuses that resolve to no case, received at or before a moment, oldest first."""
        orphaned = (
            _opened_messages()
            .where(text("outcome = 'orphan'"), messages.c.received_at <= micros(received_before))
            .order_by(messages.c.received_at, messages.c.seq)
            .limit(limit)
        )
        return tuple(self._message(row) for row in self._rows(orphaned))

    def personal_values(self, cases: Collection[CaseId]) -> frozenset[str]:
        """All personal values on record for these cases, decrypted, for checking a rendered text."""
        loaded = self._facts(cases)
        return frozenset(
            value for each in loaded.values() for stored in each.messages for value in _personal(stored.message)
        )

    # ------------------------------------------------------------------------------------------------------- loading

    def _facts(self, ids: Iterable[str]) -> dict[str, Facts]:
        """All that is stored about the live cases behind these ids, by the id asked for."""
        live = self._live(ids)
        distinct = {row.id: (row, state) for row, state in live.values()}
        content = self._messages(seq for _, state in distinct.values() for seq in state.messages)
        owed = self._owed(list(distinct))
        facts = {id_: _assembled(*each, content, owed.get(id_, [])) for id_, each in distinct.items()}
        return {asked: facts[row.id] for asked, (row, _) in live.items()}

    def _live(self, ids: Iterable[str]) -> dict[str, tuple[CaseRow, CaseState]]:
        """Live cases by the id asked for; an alias gives its survivor."""
        wanted = sorted(set(ids))
        rows = {row["id"]: row for row in self._cases(wanted)}
        rows |= {row["id"]: row for row in self._cases({r["alias_of"] for r in rows.values()} - {None, *rows})}
        read = {id_: (case_row(row), unpack_state(row["state"])) for id_, row in rows.items() if not row["alias_of"]}
        survivors = {id_: rows[id_]["alias_of"] or id_ for id_ in wanted if id_ in rows}
        return {id_: read[survivor] for id_, survivor in survivors.items()}

    def _cases(self, ids: Collection[str]) -> Sequence[Stored]:
        return self._rows(_cases_by_id(self._speech), {"ids": self._many(ids)}) if ids else ()

    def _family(self, case: CaseId) -> list[str]:
        """Ids of a live case and its aliases, given any of them; empty when there is none."""
        survivors = [row["alias_of"] or row["id"] for row in self._cases([case])]
        aliases = select(cases.c.id).where(cases.c.alias_of == survivors[0]) if survivors else None
        return survivors if aliases is None else [*survivors, *(row["id"] for row in self._rows(aliases))]

    def _messages(self, seqs: Iterable[int]) -> dict[int, StoredMessage]:
        """Messages by seq. One whose key was removed has been erased on purpose and is left out."""
        self._settle()
        return self._stored_messages(seqs)

    def _stored_messages(self, seqs: Iterable[int]) -> dict[int, StoredMessage]:
        wanted = sorted(set(seqs))
        rows = self._stored(_messages_by_seq(self._speech), {"seqs": self._many(wanted)}) if wanted else ()
        return {row["seq"]: self._message(row) for row in rows}

    def _message(self, row: Stored) -> StoredMessage:
        key = self._keyring.unwrap(row["wrapped"], row["key_owner"])
        packed = self._keyring.open(key, row["sealed"], row["pair"])
        message = unpack_message(packed, row["received_at"], row["identity"])
        return StoredMessage(row["seq"], message, unpack_tokens(row["tokens"]))

    def _owed(self, scopes: Sequence[str]) -> dict[str, list[Obligation]]:
        owed: dict[str, list[Obligation]] = {}
        if not scopes:
            return owed
        for row in self._rows(_obligations_by_scope(self._speech), {"scopes": self._many(scopes)}):
            owed.setdefault(row["scope"], []).append(obligation(row))
        return owed


def _assembled(row: CaseRow, state: CaseState, content: dict[int, StoredMessage], owed: Sequence[Obligation]) -> Facts:
    own = [content[seq] for seq in state.messages if seq in content]
    return Facts(
        row=row,
        messages=tuple(sorted(own, key=receive_order)),
        runs=state.runs,
        clocks=state.clocks,
        alerts=state.alerts,
        obligations=tuple(sorted(owed, key=lambda each: each.key)),
        cross=state.cross,
        strong=state.strong,
    )


def _rank(message: Message) -> tuple[int, datetime, str, str]:
    """Of versions of one record the greatest stands. Source: MESSAGES, `record`."""
    return (message.version, message.sent_at, message.id, message.source)


def _personal(message: Message) -> Iterable[str]:
    yield message.record
    yield from message.about.values()
    for name, value in message.fields.items():
        spec = FIELDS.get(name)
        # What the contract does not know was kept on purpose, by `privacy.keep`: names, numbers, summaries.
        if spec is None or spec.personal:
            yield from _texts(value)


def _texts(value: Value) -> Iterable[str]:
    if isinstance(value, tuple):
        return value
    return () if isinstance(value, (bool, datetime)) else (str(value),)


@cache
def _led_cases(speech: Speech) -> Select[Any]:
    probe = speech.probe(HALF)
    led = and_(leads.c.token == probe.token, leads.c.kind == bindparam("kind"))
    return (
        select(probe.place.label("place"), cases.c.id, cases.c.alias_of, cases.c.opened_at)
        .select_from(probe.source)
        .join(leads, led)
        .join(cases, leads.c.case_id == cases.c.id)
    )


@cache
def _cases_by_id(speech: Speech) -> Select[Any]:
    return select(cases).where(speech.among(cases.c.id, "ids"))


def _opened_messages() -> Select[Any]:
    return select(messages, keys.c.wrapped).join(keys, keys.c.owner == messages.c.key_owner)


@cache
def _messages_by_seq(speech: Speech) -> Select[Any]:
    return _opened_messages().where(speech.among(messages.c.seq, "seqs"))


@cache
def _obligations_by_scope(speech: Speech) -> Select[Any]:
    return select(obligations).where(speech.among(obligations.c.scope, "scopes"))


@cache
def _known_pairs(speech: Speech) -> Select[Any]:
    probe = speech.probe(32)
    return select(probe.place.label("place")).select_from(probe.source).join(messages, messages.c.pair == probe.token)
