"""Pieces of the JSON Schema of rule files: texts, words, durations, one or several.

An editor reads a file as YAML 1.2, where `18` is a number and `yes` a text, while every value of the rule language is
text until its setting decides: so a text may come as either.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from alertd.rulebook.quantities import UNITS

Schema = dict[str, Any]

TEXT: Schema = {"type": ["string", "number", "boolean"]}
IDENTIFIER: Schema = {"type": "string", "pattern": "^[a-z][a-z0-9_]{0,63}$"}
NUMBER: Schema = {"type": ["integer", "string"], "pattern": "^-?[0-9]{1,9}$"}
COUNT: Schema = {**NUMBER, "minimum": 0, "pattern": "^[0-9]{1,9}$"}
TRUTH: Schema = {"enum": ["yes", "no", "true", "false", True, False]}
DAY: Schema = {"type": "string", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}$"}
TIME: Schema = {"type": "string", "pattern": "^([01]?[0-9]|2[0-3]):[0-5][0-9]$"}
CLOSING: Schema = {"type": "string", "pattern": "^(([01]?[0-9]|2[0-3]):[0-5][0-9]|24:00)$"}
CALENDAR: Schema = {"type": "string", "pattern": "^[^/\\\\]+[.][iI][cC][sS]$"}
MOMENT: Schema = {"type": "string", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}[ T][0-9]{1,2}:[0-9]{2}"}

_ISO = "P(?=.)([0-9]+D)?(T(?=.)([0-9]+H)?([0-9]+M)?([0-9]+S)?)?"
_LENGTH = f"[0-9]{{1,6}} *({'|'.join(UNITS)})"
LENGTH: Schema = {
    "type": "string",
    "pattern": f"^({_LENGTH}|{_ISO})$",
    "description": "a number and a unit: '48 hours', '30 minutes', '7 days'",
}
DURATION: Schema = {
    "type": "string",
    "pattern": f"^({_LENGTH}|[0-9]{{1,6}} *working days?|{_ISO})$",
    "description": "a number and a unit: '48 hours', '30 minutes', '5 working days'",
}


def words(known: Collection[str] | None) -> Schema:
    """One of these words; any text while they are not known."""
    return TEXT if known is None else {"enum": sorted(known)}


def listed(item: Schema) -> Schema:
    """A list of at least one, none twice."""
    return {"type": "array", "items": item, "minItems": 1, "uniqueItems": True}


def one_or_more(item: Schema) -> Schema:
    """One, or a list."""
    return {"anyOf": [item, listed(item)]}


def settings(required: Mapping[str, Schema], optional: Mapping[str, Schema] | None = None) -> Schema:
    """Settings by name: those that must be there, and those that may."""
    return {
        "type": "object",
        "properties": {**required, **(optional or {})},
        "required": list(required),
        "additionalProperties": False,
    }


def pairs(value: Schema) -> Schema:
    """Any names, each with such a value."""
    return {"type": "object", "additionalProperties": value}


def choice(ways: Mapping[str, Schema]) -> Schema:
    """Settings of which exactly one name says the shape of the whole."""
    return {
        "type": "object",
        "oneOf": [{"required": [name]} for name in ways],
        "allOf": [{"if": {"required": [name]}, "then": shape} for name, shape in ways.items()],
    }
