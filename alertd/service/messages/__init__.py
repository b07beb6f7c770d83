"""Messages in and out: what arrives is read here, and what alertd publishes is written here."""

from alertd.service.messages.decode import decode, sender_of
from alertd.service.messages.encode import encode, encode_incident, encode_status, write_event
from alertd.service.messages.envelope import Properties
from alertd.service.messages.fields import SENT_INCIDENT
from alertd.service.messages.schema import asyncapi_document, message_schema
from alertd.service.messages.status import ANSWERS, PERSON_SOURCE, canonical
from alertd.service.messages.text import fold_word
from alertd.service.messages.validate import validate_text

__all__ = [
    "ANSWERS",
    "PERSON_SOURCE",
    "SENT_INCIDENT",
    "Properties",
    "asyncapi_document",
    "canonical",
    "decode",
    "encode",
    "encode_incident",
    "encode_status",
    "fold_word",
    "message_schema",
    "sender_of",
    "validate_text",
    "write_event",
]
