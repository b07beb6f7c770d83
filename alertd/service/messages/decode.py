"""Bytes from outside to a message that can be trusted to be typed, stripped and small; nothing is raised on the way.

Source: MESSAGES, Messages in.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from types import MappingProxyType

from alertd.model.contract import FieldSpec
from alertd.model.errors import MessageError
from alertd.model.ids import Token
from alertd.model.message import Message, Unreadable
from alertd.model.values import FieldType, Kind, Value
from alertd.service.messages.envelope import Claim, Envelope, Properties, check, claim_of, shown_id, shown_source
from alertd.service.messages.incident import read_incident
from alertd.service.messages.readers import Reading, read_time
from alertd.service.messages.status import read_status
from alertd.service.messages.wire import parse

NO_SYNONYMS: Mapping[str, str] = MappingProxyType({})
_SENT = FieldSpec("time", FieldType.TIME)


def decode(
    body: bytes,
    properties: Properties,
    received_at: datetime,
    *,
    keyed_hash: Callable[[str], Token],
    keep: frozenset[str] = frozenset(),
    synonyms: Mapping[str, str] = NO_SYNONYMS,
) -> Message | Unreadable:
    """Read any bytes: a message with notes on what became unknown, or an unreadable one with the reason.

    Args:
        body: As delivered; anything at all.
        properties: What the delivery says beside the body.
        received_at: When alertd first received these bytes, aware UTC; a replay passes the first time again.
        keyed_hash: HMAC-SHA256 of a normalised text, under the installation's key.
        keep: Of the fields dropped at intake (`model.contract.DROPPED_AT_INTAKE`), those an owner agreed to keep.
        synonyms: Other word → word of the vocabulary, for all fields; keys folded by `fold_word`.

    Returns:
        A Message, or an Unreadable when the envelope, the `data`, an incident's person or a status's event cannot be
        read, or when a limit is passed (256 KiB, 32 levels, 64 associates).
    """
    claim = claim_of({}, properties)
    try:
        claim = claim_of(parse(body), properties)
        return _read(check(claim), Reading(received_at, synonyms), keyed_hash, keep)
    except MessageError as error:
        return _unreadable(claim, str(error), body, received_at, properties)


def sender_of(body: bytes, properties: Properties) -> tuple[str, str]:
    """Source and id of any bytes, as far as they can be told and shown to people; nothing is raised."""
    try:
        claim = claim_of(parse(body), properties)
    except MessageError:
        claim = claim_of({}, properties)
    return shown_source(claim), shown_id(claim)


def _read(envelope: Envelope, reading: Reading, keyed_hash: Callable[[str], Token], keep: frozenset[str]) -> Message:
    if envelope.kind is Kind.STATUS:
        status = read_status(envelope.data, envelope.source, reading, keep)
        return _message(envelope, reading, status.fields, about=status.about)
    incident = read_incident(envelope.data, reading, keyed_hash, keep)
    return _message(envelope, reading, incident.fields, identity=incident.identity, case_ref=incident.case_ref)


def _message(
    envelope: Envelope,
    reading: Reading,
    fields: Mapping[str, Value],
    *,
    about: Mapping[str, str] | None = None,
    identity: Token | None = None,
    case_ref: str | None = None,
) -> Message:
    sent_at = None if envelope.time is None else read_time(_SENT, envelope.time, reading)
    version = fields.get("record.version", 1)
    return Message(
        source=envelope.source,
        id=envelope.id,
        kind=envelope.kind,
        sent_at=reading.received_at if sent_at is None else sent_at,
        received_at=reading.received_at,
        system=str(fields.get("record.system", envelope.source)),
        record=str(fields.get("record.ref", envelope.id)),
        version=version if isinstance(version, int) else 1,
        fields=fields,
        about=about or {},
        notes=tuple(reading.notes),
        identity=identity,
        case_ref=case_ref,
    )


def _unreadable(claim: Claim, reason: str, body: bytes, received_at: datetime, properties: Properties) -> Unreadable:
    return Unreadable(shown_source(claim), shown_id(claim), reason, body, received_at, properties.given())
