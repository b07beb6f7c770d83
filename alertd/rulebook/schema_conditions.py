"""JSON Schema of conditions: which fields a record carries, and which operators and words fit each."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping

from alertd.core.strata import LABELS
from alertd.model.conditions import Heading, Op
from alertd.model.contract import FIELDS, LIST_FIELDS, FieldSpec
from alertd.model.values import FieldType, Kind
from alertd.rulebook.operands import OPERATORS
from alertd.rulebook.schema_parts import (
    COUNT,
    DAY,
    LENGTH,
    MOMENT,
    NUMBER,
    TEXT,
    TRUTH,
    Schema,
    choice,
    listed,
    one_or_more,
    settings,
    words,
)

Names = Mapping[str, Collection[str] | None]
"""Ids by kind: what the loaded set holds; None where nothing is known of it."""

_SINGLE = {FieldType.NUMBER: NUMBER, FieldType.TRUTH: TRUTH, FieldType.TIME: MOMENT, FieldType.DATE: DAY}
_IF_MISSING: Schema = {"enum": ["match", "no_match"]}
_HEADINGS = [heading.value for heading in Heading]


def condition_definitions(names: Names) -> dict[str, Schema]:
    """Everything under `$defs` that conditions need, for records of each kind and for definitions (`any`)."""
    shapes: dict[str, Schema] = {"typed": {"allOf": list(_typed(names))}}
    for kind in (None, *Kind):
        called = kind.value if kind else "any"
        crossing = _crossing(kind) if kind not in (Kind.CASE, Kind.CLOCK) else {}
        shapes[f"condition_{called}"] = _condition(names, called, f"condition_{called}", crossing)
        shapes[f"field_{called}"] = _field(fields_of(kind))
        shapes[f"joined_{called}"] = {
            "if": {"anyOf": [{"required": ["same_as_this"]}, {"required": ["includes_this"]}]},
            "then": _join(kind),
            "else": {"$ref": f"#/$defs/where_{called}"},
        }
        shapes[f"where_{called}"] = _condition(names, called, f"where_{called}", {})
    return shapes


def fields_of(kind: Kind | None) -> list[str]:
    """Fields that records of a kind carry; of any, without one."""
    return [name for name, spec in FIELDS.items() if kind is None or kind in spec.kinds]


def groups(kind: str) -> dict[str, Schema]:
    """The headings `all`, `any` and `none` over conditions of a kind."""
    return {heading: _group(f"condition_{kind}") for heading in _HEADINGS}


def _group(called: str) -> Schema:
    return {"type": "array", "items": {"$ref": f"#/$defs/{called}"}, "minItems": 1}


def _condition(names: Names, called: str, inner: str, crossing: dict[str, Schema]) -> Schema:
    """One condition; `inner` names the shape of those inside its groups."""
    return choice(
        {
            "field": {"$ref": f"#/$defs/field_{called}"},
            "definition": settings({"definition": words(names["definition"])}),
            **{heading: settings({heading: _group(inner)}) for heading in _HEADINGS},
            **crossing,
        }
    )


def _crossing(kind: Kind | None) -> dict[str, Schema]:
    """Looks at other cases, which stand in no `where` and in no rule of a case or clock."""
    return {"count": settings({"count": _count(kind)}), "another": settings({"another": _another()})}


def _field(carried: list[str]) -> Schema:
    operators: dict[str, Schema] = {op.value: {} for op in Op}
    return {
        **settings({"field": {"enum": carried}}, {**operators, "if_missing": _IF_MISSING}),
        "oneOf": [{"required": [op.value]} for op in Op],
        "$ref": "#/$defs/typed",
    }


def _typed(names: Names) -> Iterator[Schema]:
    """For every group of fields alike: the operators that fit, and what they compare with."""
    alike: defaultdict[tuple[FieldType, tuple[str, ...]], list[str]] = defaultdict(list)
    for spec in FIELDS.values():
        alike[spec.type, _vocabulary(spec, names)].append(spec.name)
    for (kind, vocabulary), fields in alike.items():
        operands = {op.value: _operand(op, kind, vocabulary, names) for op in OPERATORS[kind]}
        yield {
            "if": {"properties": {"field": {"enum": fields}}},
            "then": {"propertyNames": {"enum": ["field", "if_missing", *operands]}, "properties": operands},
        }


def _vocabulary(spec: FieldSpec, names: Names) -> tuple[str, ...]:
    if spec.name == LABELS:
        return tuple(sorted(names["label"] or ()))
    return tuple(sorted(names["clock"] or ())) if spec.name == "clock.id" else spec.words


def _operand(op: Op, kind: FieldType, vocabulary: tuple[str, ...], names: Names) -> Schema:
    single = words(vocabulary) if vocabulary else _SINGLE.get(kind, TEXT)
    if op in (Op.EXISTS, Op.WITHIN):
        return TRUTH if op is Op.EXISTS else LENGTH
    if op is Op.BETWEEN:
        return {"type": "array", "items": single, "minItems": 2, "maxItems": 2}
    if op in (Op.IN, Op.NOT_IN, Op.HAS_ANY, Op.HAS_ALL):
        return {"anyOf": [words(names["list"]), listed(single)]}
    return one_or_more(TEXT) if op is Op.CONTAINS_WORDS else single


def _count(kind: Kind | None) -> Schema:
    return _by_kind(
        "messages",
        {
            messages: settings(
                {"messages": {"const": messages.value}, "within": LENGTH, "at_least": COUNT},
                {
                    "where": _group(f"where_{messages.value}"),
                    "same": {"enum": [name for name in fields_of(kind) if messages in FIELDS[name].kinds]},
                    "different": {"enum": fields_of(messages)},
                },
            )
            for messages in (Kind.INCIDENT, Kind.STATUS)
        },
    )


def _another() -> Schema:
    case = settings({"case": {"enum": ["open", "any"]}, "where": _joined(Kind.CASE)}, {"within": LENGTH})
    messages = {
        each: settings({"message": {"const": each.value}, "where": _joined(each)}, {"within": LENGTH})
        for each in (Kind.INCIDENT, Kind.STATUS)
    }
    return choice({"case": case, "message": _by_kind("message", messages)})


def _by_kind(key: str, shapes: Mapping[Kind, Schema]) -> Schema:
    return {
        "properties": {key: {"enum": [kind.value for kind in shapes]}},
        "required": [key],
        "allOf": [
            {"if": {"properties": {key: {"const": kind.value}}}, "then": shape} for kind, shape in shapes.items()
        ],
    }


def _joined(kind: Kind) -> Schema:
    return {"type": "array", "items": {"$ref": f"#/$defs/joined_{kind.value}"}, "minItems": 1}


def _join(kind: Kind | None) -> Schema:
    everything: Schema = {"enum": list(FIELDS)}
    same = settings({"field": {"enum": fields_of(kind)}, "same_as_this": everything})
    lists: Schema = {"enum": [name for name in fields_of(kind) if name in LIST_FIELDS]}
    return choice({"same_as_this": same, "includes_this": settings({"field": lists, "includes_this": everything})})
