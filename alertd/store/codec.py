"""How values become columns and bytes, and come back exactly as they were."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from hashlib import blake2b
from typing import Any

import orjson

from alertd.model.case import CrossSide, StoredMessage, Tokens
from alertd.model.ids import LeafId, Token
from alertd.model.message import DataNote, Message, Problem
from alertd.model.values import Kind, Value

TOKEN_BYTES = 32
HALF = 16
"""Bytes of a token that are enough to look up by."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_TIME = "@"


def micros(moment: datetime) -> int:
    """Microseconds since 1970 UTC of an aware moment, exact.

    Raises:
        TypeError: it is naive: a programming error, never caught.
    """
    return (moment - _EPOCH) // _MICROSECOND


@lru_cache(maxsize=4096)
def moment(stored: int) -> datetime:
    """The aware UTC moment that `micros` stored."""
    return _EPOCH + timedelta(microseconds=stored)


def optional_micros(at: datetime | None) -> int | None:
    """As `micros`; None stays None."""
    return None if at is None else micros(at)


def optional_moment(stored: int | None) -> datetime | None:
    """As `moment`; None stays None."""
    return None if stored is None else moment(stored)


def dumps(value: list[Any]) -> bytes:
    """Compact JSON of a list.

    Half a surrogate pair or an integer of over 64 bits is no reason to lose a message: the slower writer takes both,
    and a space in front says that only the slower reader gives them back unchanged.
    """
    try:
        return orjson.dumps(value)
    except TypeError:
        return b" " + json.dumps(value, separators=(",", ":")).encode()


def loads(stored: bytes | str) -> list[Any]:
    """Read back what `dumps` wrote."""
    value: list[Any] = json.loads(stored) if stored[:1] in (b" ", " ") else orjson.loads(stored)
    return value


def channel(leaf: LeafId, side: CrossSide, key: Token) -> bytes:
    """What rows of one leaf, side and key share: 16 bytes to find them by."""
    return blake2b(b"\0".join((leaf.encode(), str(side).encode(), key)), digest_size=HALF).digest()


def run_token(rule: str, key: str) -> bytes:
    """What runs of one rule under one key share: 16 bytes to find their cases by."""
    return blake2b(f"{rule}\0{key}".encode(), digest_size=HALF).digest()


# ------------------------------------------------------------------------------------------------------------ messages


def _stored_value(value: Value) -> object:
    return {_TIME: micros(value)} if isinstance(value, datetime) else value


def _read_value(stored: str | int | bool | list[str] | dict[str, int]) -> Value:
    if isinstance(stored, dict):
        return moment(stored[_TIME])
    return tuple(stored) if isinstance(stored, list) else stored


def pack_message(message: Message) -> bytes:
    """Everything of a message but `identity` and `received_at`, which are columns.

    Values say their own type (a time is an object, a tuple a list), so that a later contract still reads them.
    """
    return dumps(
        [
            message.source,
            message.id,
            message.kind,
            micros(message.sent_at),
            message.system,
            message.record,
            message.version,
            {name: _stored_value(value) for name, value in message.fields.items()},
            dict(message.about),
            [[note.field, note.problem] for note in message.notes],
            message.case_ref,
        ]
    )


def unpack_message(packed: bytes, received_at: int, identity: bytes | None) -> Message:
    """The message that `pack_message` packed."""
    source, id_, kind, sent_at, system, record, version, fields, about, notes, case_ref = loads(packed)
    return Message(
        source=source,
        id=id_,
        kind=Kind(kind),
        sent_at=moment(sent_at),
        received_at=moment(received_at),
        system=system,
        record=record,
        version=version,
        fields={name: _read_value(value) for name, value in fields.items()},
        about=about,
        notes=tuple(DataNote(name, Problem(problem)) for name, problem in notes),
        identity=None if identity is None else Token(identity),
        case_ref=case_ref,
    )


def pack_tokens(tokens: Tokens) -> bytes:
    """Tokens as bytes: flags, the numbers of strong, other names and about, then the tokens, 32 bytes each.

    `names` mostly repeats `strong`: only what it adds is stored, and bit 2 says that it holds all of `strong`.
    """
    holds_strong = tokens.strong <= tokens.names
    names = tokens.names - tokens.strong if holds_strong else tokens.names
    flags = tokens.person_only | (tokens.person is not None) << 1 | holds_strong << 2
    head = b"".join(n.to_bytes(2, "big") for n in (flags, len(tokens.strong), len(names), len(tokens.about)))
    person = b"" if tokens.person is None else tokens.person
    return b"".join((head, tokens.record, *tokens.strong, *names, *tokens.about, person))


def unpack_tokens(packed: bytes) -> Tokens:
    """The tokens that `pack_tokens` packed."""
    flags, strong_number, names_number, about_number = (int.from_bytes(packed[i : i + 2], "big") for i in (0, 2, 4, 6))
    all_tokens = [Token(packed[i : i + TOKEN_BYTES]) for i in range(8, len(packed), TOKEN_BYTES)]
    names_from = 1 + strong_number
    about_from = names_from + names_number
    strong = frozenset(all_tokens[1:names_from])
    names = frozenset(all_tokens[names_from:about_from])
    return Tokens(
        record=all_tokens[0],
        strong=strong,
        names=names | strong if flags & 4 else names,
        about=tuple(all_tokens[about_from : about_from + about_number]),
        person_only=bool(flags & 1),
        person=all_tokens[-1] if flags & 2 else None,
    )


def receive_order(stored: StoredMessage) -> tuple[datetime, str, str]:
    """Sort key: the order in which messages were received, ties by source and id."""
    return (stored.message.received_at, stored.message.source, stored.message.id)
