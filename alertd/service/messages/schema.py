"""The published contract as documents: JSON Schema 2020-12, and AsyncAPI 3.

Source: JSON Schema, draft 2020-12; AsyncAPI 3.0.0.
"""

from __future__ import annotations

from typing import Any

from pydantic import TypeAdapter
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core import core_schema

from alertd.model.values import Kind
from alertd.service.messages.envelope import CLOUDEVENTS, TYPE_OF
from alertd.service.messages.published import MODELS, IncidentEvent, StatusEvent

DIALECT = "https://json-schema.org/draft/2020-12/schema"
QUEUE = "alertd.messages"

Document = dict[str, Any]
"""A JSON document."""


class _Plain(GenerateJsonSchema):
    """Writes a field that may be left out as its type alone: senders leave out what they do not know."""

    def nullable_schema(self, schema: core_schema.NullableSchema) -> JsonSchemaValue:
        return self.generate_inner(schema["schema"])

    def default_schema(self, schema: core_schema.WithDefaultSchema) -> JsonSchemaValue:
        return self.generate_inner(schema["schema"])

    def field_title_should_be_set(self, schema: object) -> bool:  # noqa: ARG002 -- the signature is pydantic's
        return False


def message_schema() -> Document:
    """Describe both message types as one JSON Schema, printed from the models of `published`."""
    return {
        "$schema": DIALECT,
        "$id": "urn:alertd:messages:v1",
        "title": "Messages to alertd",
        "description": "CloudEvents 1.0 in JSON. What is not known is left out; fields not named here are ignored.",
        **_printed("#/$defs/{model}"),
    }


def asyncapi_document(queue: str = QUEUE) -> Document:
    """Describe the queue and what may be sent to it, as AsyncAPI 3 with the same schemas."""
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "alertd",
            "version": "1.0.0",
            "description": "Messages about children and young people at risk of serious violence, and what was done.",
        },
        "defaultContentType": CLOUDEVENTS,
        "channels": {"messages": _channel(queue)},
        "operations": {
            "takeMessage": {
                "action": "receive",
                "channel": {"$ref": "#/channels/messages"},
                "summary": "Every message is acknowledged once it is stored; one that cannot be read is kept and told.",
            }
        },
        "components": {
            "messages": {kind.value: _message(kind) for kind in MODELS},
            "schemas": _printed("#/components/schemas/{model}")["$defs"],
        },
    }


def _channel(queue: str) -> Document:
    return {
        "address": queue,
        "messages": {kind.value: {"$ref": f"#/components/messages/{kind.value}"} for kind in MODELS},
        "bindings": {"amqp": {"is": "queue", "queue": {"name": queue, "durable": True, "exclusive": False}}},
    }


def _message(kind: Kind) -> Document:
    model = MODELS[kind]
    return {
        "name": TYPE_OF[kind],
        "title": model.__doc__,
        "contentType": CLOUDEVENTS,
        "payload": {"$ref": f"#/components/schemas/{model.__name__}"},
    }


def _printed(references: str) -> Document:
    either: TypeAdapter[IncidentEvent | StatusEvent] = TypeAdapter(IncidentEvent | StatusEvent)
    return either.json_schema(ref_template=references, schema_generator=_Plain)
