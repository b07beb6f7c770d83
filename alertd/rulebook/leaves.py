"""Names for `count` and `another`: the same condition keeps its name, a changed one gets a new one.

The name is what stored cross-case rows are filed under, so it is a hash over everything that decides the answer, the
definitions it uses included.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from alertd.model.conditions import Another, Condition, Count, DefinitionCondition, FieldCondition, Group, Operand
from alertd.model.ids import DefinitionId, LeafId
from alertd.model.rulebook import Definition

Definitions = Mapping[DefinitionId, Definition]


def canonical(condition: Condition, definitions: Definitions) -> str:
    """Say everything that decides a condition's answer as one text, definitions written out.

    Args:
        condition: Its definitions must not stand in a circle.
        definitions: By name; one that is not there stands by its name alone.
    """
    return json.dumps(_plain(condition, definitions), separators=(",", ":"), ensure_ascii=False)


def name_leaves(condition: Condition, definitions: Definitions) -> Condition:
    """Give every `count` and `another` inside its name: its kind and 10 hexadecimal digits of its content's hash."""
    if isinstance(condition, Group):
        return Group(condition.heading, tuple(name_leaves(item, definitions) for item in condition.items))
    if isinstance(condition, Count | Another):
        return named(condition, definitions)
    return condition


def named(leaf: Count | Another, definitions: Definitions) -> Count | Another:
    """Give one leaf its name."""
    digest = hashlib.sha256(canonical(leaf, definitions).encode()).hexdigest()[:10]
    return replace(leaf, leaf=LeafId(f"{'count' if isinstance(leaf, Count) else 'another'}:{digest}"))


def leaves_in(condition: Condition, definitions: Definitions) -> Iterator[Count | Another]:
    """List the cross-case leaves inside a condition, through the definitions that it names."""
    match condition:
        case Count() | Another():
            yield condition
        case Group():
            for item in condition.items:
                yield from leaves_in(item, definitions)
        case DefinitionCondition() if condition.name in definitions:
            yield from leaves_in(definitions[condition.name].condition, definitions)
        case _:
            return


def fields_in(condition: Condition, definitions: Definitions) -> Iterator[str]:
    """List the fields of the judged record that a condition reads, through definitions and joins."""
    match condition:
        case FieldCondition():
            yield condition.field
        case Group():
            for item in condition.items:
                yield from fields_in(item, definitions)
        case DefinitionCondition() if condition.name in definitions:
            yield from fields_in(definitions[condition.name].condition, definitions)
        case Count() if condition.same:
            yield condition.same
        case Another():
            yield from (join.this for join in condition.joins)
        case _:
            return


def _plain(condition: Condition, definitions: Definitions) -> list[object]:
    match condition:
        case FieldCondition():
            missing = None if condition.if_missing is None else int(condition.if_missing)
            return ["field", condition.field, condition.op.value, _operand(condition.value), missing]
        case DefinitionCondition():
            known = definitions.get(condition.name)
            return _plain(known.condition, definitions) if known else ["definition", condition.name]
        case Group():
            return [condition.heading.value, *(_plain(item, definitions) for item in condition.items)]
        case Count():
            where = _plain(condition.where, definitions)
            window = [condition.within.total_seconds(), condition.at_least]
            return ["count", condition.messages.value, where, condition.same, condition.different, *window]
        case Another():
            joins = [[join.other, join.this, join.includes] for join in condition.joins]
            within = condition.within.total_seconds() if condition.within else None
            where = _plain(condition.where, definitions)
            return ["another", condition.kind.value, where, joins, condition.open_only, within]


def _operand(value: Operand) -> object:
    if isinstance(value, datetime):
        return ["time", value.isoformat()]
    if isinstance(value, timedelta):
        return ["length", value.total_seconds()]
    return list(value) if isinstance(value, tuple) else value
