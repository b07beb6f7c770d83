"""The `data` of a message in a story: text typed by the message contract into plain JSON data.

What the contract refuses is left as written: a story must be able to send what a sender may get wrong.
"""

from __future__ import annotations

import re
from typing import Any
from zoneinfo import ZoneInfo

from alertd.model.contract import FIELDS
from alertd.model.values import FieldType
from alertd.rulebook import quantities
from alertd.rulebook.problems import Fault, Place
from alertd.rulebook.quantities import Misread
from alertd.rulebook.tree import Entries, Items, Node, Text

_LONDON = ZoneInfo("Europe/London")


def message_data(node: Node) -> dict[str, Any]:
    """Read the data of an incident or a status as plain JSON data, times as London's with their offset."""
    if not isinstance(node, Entries):
        raise Fault("E014", node.place, "the data of a message are settings", "write {setting: custody, ...}")
    return _entries(node, "")


def _entries(node: Entries, path: str) -> dict[str, Any]:
    found = node.entries.items()
    return {key: _value(entry.value, f"{path}{key}") for key, entry in found if entry.value is not None}


def _value(node: Node, path: str) -> object:
    match node:
        case Entries():
            return _entries(node, f"{path}.")
        case Items():
            return [_value(item, path) for item in node.items if item]
        case Text():
            return _typed(node, path)


def _typed(node: Text, path: str) -> object:
    spec = FIELDS.get(path)
    kind = spec.type if spec else None
    text = node.value
    if kind is FieldType.NUMBER and re.fullmatch(r"-?[0-9]{1,18}", text):
        return int(text)
    if kind is FieldType.TRUTH and text in ("yes", "no", "true", "false"):
        return text in ("yes", "true")
    return _time(text, node.place) if kind is FieldType.TIME else text


def _time(text: str, place: Place) -> str:
    try:
        return quantities.moment(text).astimezone(_LONDON).isoformat()
    except Misread as wrong:
        if "clocks" in wrong.message:
            raise Fault("E014", place, wrong.message, wrong.remedy) from None
        return text
