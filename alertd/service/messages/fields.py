"""Which fields each message type carries, and how a nested object becomes typed values under dotted names."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from alertd.model.contract import ABOUT_FIELDS, DROPPED_AT_INTAKE, FIELDS, FieldSpec
from alertd.model.message import Problem
from alertd.model.values import FieldType, Kind, Value
from alertd.service.messages.readers import READERS, Reader, Reading
from alertd.service.messages.text import wrong

MADE_BY_ALERTD = frozenset({"received_at", "incident_at", "person.turns_18"})
"""Fields of an incident that no sender gives."""

_OWN_BLOCKS = frozenset({"case", "clock"})
_MOST_UNKNOWN_NAMES = 20
_PLAUSIBLE_NAME = re.compile(r"[a-z_.]{1,40}")

Raw = dict[str, object]
"""Raw JSON values by dotted name, of the fields that are not kept as they come."""


def _block(name: str) -> str:
    return name.partition(".")[0]


def _aside(kind: Kind) -> tuple[FieldSpec, ...]:
    names = [name for name in DROPPED_AT_INTAKE if ("." in name) == (kind is Kind.INCIDENT)]
    return tuple(FieldSpec(name, FieldType.TEXT, personal=True) for name in names)


SENT_INCIDENT: Mapping[str, FieldSpec] = MappingProxyType(
    {
        name: spec
        for name, spec in FIELDS.items()
        if Kind.INCIDENT in spec.kinds and name not in MADE_BY_ALERTD and _block(name) not in _OWN_BLOCKS
    }
)
"""Fields of the contract that an incident's sender may give."""

SENT_STATUS: Mapping[str, FieldSpec] = MappingProxyType(
    {name: spec for name, spec in FIELDS.items() if spec.kinds == {Kind.STATUS} or _block(name) == "record"}
)
"""Fields of the contract that a status's sender may give."""

SET_ASIDE: Mapping[Kind, tuple[FieldSpec, ...]] = {kind: _aside(kind) for kind in (Kind.INCIDENT, Kind.STATUS)}
"""Fields that are dropped at intake unless an owner has agreed to keep them."""

VALUE = FIELDS["value"]
"""Set aside when read: what type it has depends on the status's event."""

CASE_REF = FieldSpec("case_ref", FieldType.TEXT)
ABOUT = {
    "case_ref": FieldSpec("about.case_ref", FieldType.TEXT),
    **{key: FieldSpec(f"about.{key}", FieldType.TEXT, personal=True) for key in ABOUT_FIELDS},
}
"""Keys of a status's `about`."""


@dataclass(frozen=True, slots=True)
class Leaf:
    """A field that a message may carry; without a reader its raw value is set aside."""

    spec: FieldSpec
    read: Reader | None


Block = Mapping[str, Leaf]
Layout = Mapping[str, Leaf | Block]


def layout(kept: Iterable[FieldSpec], aside: Iterable[FieldSpec]) -> Layout:
    """Arrange fields as their message nests them: one level of blocks."""
    alone: dict[str, Leaf] = {}
    blocks: dict[str, dict[str, Leaf]] = {}
    for leaf in [*(Leaf(spec, READERS[spec.type]) for spec in kept), *(Leaf(spec, None) for spec in aside)]:
        block, _, key = leaf.spec.name.partition(".")
        place = blocks.setdefault(block, {}) if key else alone
        place[key or block] = leaf
    return {**alone, **blocks}


INCIDENT_LAYOUT = layout([*SENT_INCIDENT.values(), CASE_REF], SET_ASIDE[Kind.INCIDENT])
STATUS_LAYOUT = layout(
    [*(spec for spec in SENT_STATUS.values() if spec is not VALUE), *ABOUT.values()], [*SET_ASIDE[Kind.STATUS], VALUE]
)


def read_fields(data: Mapping[str, object], fields: Layout, reading: Reading) -> tuple[dict[str, Value], Raw]:
    """Read every field of a message's data.

    Returns:
        Typed values by dotted name, and the raw values set aside. What is absent is unknown; why is in the notes.

    Raises:
        InvalidMessage: a list passes a limit of the protocol.
    """
    found: dict[str, Value] = {}
    aside: Raw = {}
    for name, raw in data.items():
        place = fields.get(name)
        if place is None:
            _note_unknown(name, reading)
        elif isinstance(place, Leaf):
            _read_leaf(place, raw, found, aside, reading)
        elif isinstance(raw, dict):
            _read_block(name, place, raw, found, aside, reading)
        elif raw is not None:
            reading.note(name, wrong(raw))
    return found, aside


def _read_block(
    name: str, block: Block, raw: Mapping[str, object], found: dict[str, Value], aside: Raw, reading: Reading
) -> None:
    for key, value in raw.items():
        leaf = block.get(key)
        if leaf is None:
            _note_unknown(f"{name}.{key}", reading)
        else:
            _read_leaf(leaf, value, found, aside, reading)


def _read_leaf(leaf: Leaf, raw: object, found: dict[str, Value], aside: Raw, reading: Reading) -> None:
    if raw is None:
        return
    if leaf.read is None:
        aside[leaf.spec.name] = raw
        return
    value = leaf.read(leaf.spec, raw, reading)
    if value is not None:
        found[leaf.spec.name] = value


def _note_unknown(name: str, reading: Reading) -> None:
    # A sender writes these names: only what looks like a field's name is repeated, and not thousands of them.
    plausible = _PLAUSIBLE_NAME.fullmatch(name) is not None and len(reading.notes) < _MOST_UNKNOWN_NAMES
    reading.note(name if plausible else "other", Problem.UNKNOWN_FIELD)
