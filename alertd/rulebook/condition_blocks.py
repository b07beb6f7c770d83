"""Conditions as rule files write them: groups, fields, definitions, `count` and `another`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from alertd.model.conditions import (
    ALWAYS,
    Another,
    Condition,
    Count,
    DefinitionCondition,
    FieldCondition,
    Group,
    Heading,
    Join,
    Op,
    conjunction,
)
from alertd.model.contract import FIELDS, LIST_FIELDS
from alertd.model.ids import DefinitionId, LeafId
from alertd.model.values import Kind
from alertd.rulebook import items, operands, scalars
from alertd.rulebook import reading as r
from alertd.rulebook.contradictions import warn_of_contradiction
from alertd.rulebook.problems import Fault
from alertd.rulebook.suggestions import allowed, nearest
from alertd.rulebook.tree import Entries, Items, Node

HEADINGS = tuple(heading.value for heading in Heading)
_UNNAMED = LeafId("")
_MESSAGES = (Kind.INCIDENT.value, Kind.STATUS.value)
_JOIN_WORDS = ("same_as_this", "includes_this")


@dataclass(frozen=True, slots=True)
class Scope:
    """Where a condition stands.

    Attributes:
        kind: Kind of record judged; None in a definition, whose uses decide.
        cross: Whether `count` and `another` may stand here.
        this: Inside `where`: the kind of the judged record that joins name; None elsewhere.
    """

    kind: Kind | None
    cross: bool
    this: Kind | None = None


def groups(reading: r.Reading, settings: r.Settings, scope: Scope) -> Condition:
    """Read at most one each of `all`, `any` and `none`, joined by *and*; without any it is always yes."""
    parts = [_group(reading, settings, heading, scope) for heading in HEADINGS if heading in settings]
    settings.asked.extend(HEADINGS)
    return conjunction(*parts) if parts else ALWAYS


def _group(reading: r.Reading, settings: r.Settings, heading: str, scope: Scope) -> Condition:
    return Group(Heading(heading), settings.need(heading, _items(reading, scope, heading), instead=()))


def _items(reading: r.Reading, scope: Scope, heading: str) -> scalars.Read[tuple[Condition, ...]]:
    def read(node: Node) -> tuple[Condition, ...]:
        found = items.each(reading, lambda item: condition(reading, item, scope))(node)
        if heading == Heading.ALL and isinstance(node, Items):
            warn_of_contradiction(reading, found, node)
        return found

    return read


def condition(reading: r.Reading, node: Node, scope: Scope) -> Condition:
    """Read one condition.

    Raises:
        Fault: E014 two headings, E016 unknown or out of place, and whatever its parts refuse.
        Broken: something inside was refused and is noted.
    """
    if not isinstance(node, Entries):
        raise Fault("E014", node.place, "a condition is written as settings", "start it with 'field:' or 'definition:'")
    with r.Settings(reading, node, "this condition") as settings:
        kind = _kind(settings)
        if kind in HEADINGS:
            return _group(reading, settings, kind, scope)
        if kind == "definition":
            return _definition(reading, settings, scope)
        if kind == "field":
            return _field(reading, settings, scope)
        return _cross(reading, settings, scope, kind)


_KINDS = ("field", "definition", "count", "another", *HEADINGS)


def _kind(settings: r.Settings) -> str:
    written = [kind for kind in _KINDS if kind in settings]
    if len(written) > 1 and all(kind in HEADINGS for kind in written):
        message = f"two headings in one group: {' and '.join(repr(kind) for kind in written)}"
        raise Fault("E014", settings.place, message, "give each heading a dash of its own")
    if written:
        return r.exactly_one(settings, _KINDS)
    meant = nearest(settings.first, _KINDS)
    known = f": did you mean '{meant}'?" if meant else ""
    raise Fault("E016", settings.place, f"there is no condition '{settings.first}'{known}", allowed(_KINDS))


def _field(reading: r.Reading, settings: r.Settings, scope: Scope) -> Condition:
    name = settings.need("field", operands.field_name(scope.kind))
    joins = [join for join in _JOIN_WORDS if join in settings]
    if joins:
        message = f"'{joins[0]}' joins two records: it stands at the top level of 'where' in 'another'"
        raise Fault("E016", settings.place_of(joins[0]), message, "move it there")
    settings.asked += [*Op, "if_missing"]
    settings.close()
    spec = FIELDS[name]
    return operands.condition(reading, settings, spec, operands.operator(settings, spec))


def _definition(reading: r.Reading, settings: r.Settings, scope: Scope) -> DefinitionCondition:
    name = settings.need("definition", reading.refer("definition"))
    settings.close()
    if scope.kind is not None:
        reading.uses.append(r.Use(name, scope.kind, scope.cross, reading.references[-1].place))
    return DefinitionCondition(DefinitionId(name))


def _cross(reading: r.Reading, settings: r.Settings, scope: Scope, kind: str) -> Count | Another:
    if not scope.cross:
        message = f"'{kind}' looks at other cases, which cannot be done here"
        remedy = "use it in a rule of 'message: incident' or 'status' that classifies, and read the label here"
        raise Fault("E016", settings.place_of(kind), message, remedy)
    read = _count if kind == "count" else _another
    leaf = settings.need(kind, lambda node: read(reading, node, scope))
    settings.close()
    reading.leaves.append((leaf, settings.place_of(kind)))
    return leaf


def _count(reading: r.Reading, node: Node, scope: Scope) -> Count | Another:
    with r.Settings(reading, node, "'count'") as settings:
        counted = settings.need("messages", _message_kind)
        inner = Scope(counted, cross=False)
        count = Count(
            leaf=_UNNAMED,
            messages=counted,
            where=_joined_by_and(settings.may("where", _items(reading, inner, Heading.ALL), ())),
            same=settings.may("same", _shared_field(scope.kind, counted), None),
            different=settings.may("different", operands.field_name(counted), None),
            within=settings.need("within", _window),
            at_least=settings.need("at_least", scalars.count_of(1)),
        )
        if counted is Kind.INCIDENT and count.different is None and "at_least" in settings:
            reading.report.warn(
                "W105",
                settings.place,
                "this counts people, not incidents: three people in one fight count as three",
                "add 'different: incident.ref'",
            )
    return count


def _message_kind(node: Node) -> Kind:
    return Kind(scalars.word(_MESSAGES)(node))


def _joined_by_and(conditions: Sequence[Condition]) -> Condition:
    return conjunction(*conditions) if conditions else ALWAYS


def _window(node: Node) -> timedelta:
    found = scalars.length(node)
    if not found:
        raise Fault("E014", node.place, "a window of no length holds nothing", "write how far to look back")
    return found


def _shared_field(this: Kind | None, other: Kind | None) -> scalars.Read[str]:
    """A field that both the judged record and the other one carry."""

    def read(node: Node) -> str:
        operands.field_name(this)(node)
        return operands.field_name(other)(node)

    return read


def _another(reading: r.Reading, node: Node, scope: Scope) -> Count | Another:
    with r.Settings(reading, node, "'another'") as settings:
        what = r.exactly_one(settings, ("case", "message"))
        word = settings.need(what, scalars.word(("open", "any") if what == "case" else _MESSAGES), instead="any")
        settings.asked.extend(("case", "message"))
        kind = Kind(word) if word in _MESSAGES else Kind.CASE
        read_where = items.each(reading, lambda item: _joined(reading, item, kind, scope.kind))
        parts = settings.need("where", read_where, instead=())
        within = settings.may("within", _window, None)
        joins = tuple(part for part in parts if isinstance(part, Join))
        conditions = [part for part in parts if not isinstance(part, Join)]
        if parts and not joins:
            message = "nothing says how the other record hangs together with this one"
            settings.refuse(Fault("E011", settings.place_of("where"), message, "add 'field: …' with 'same_as_this: …'"))
    return Another(_UNNAMED, kind, _joined_by_and(conditions), joins, open_only=word != "any", within=within)


def _joined(reading: r.Reading, node: Node, kind: Kind, this: Kind | None) -> Condition | Join:
    """Read an item of `where`: a join, or a condition over the other record."""
    if not isinstance(node, Entries) or not any(join in node.entries for join in _JOIN_WORDS):
        return condition(reading, node, Scope(kind, cross=False))
    with r.Settings(reading, node, "this condition") as settings:
        word = r.exactly_one(settings, _JOIN_WORDS)
        other = settings.need("field", operands.field_name(kind))
        mine = settings.need(word, operands.field_name(this))
        if other and word == "includes_this" and other not in LIST_FIELDS:
            message = f"'includes_this' looks into lists; '{other}' is no list"
            settings.refuse(Fault("E023", settings.place_of(word), message, "use same_as_this"))
        settings.asked.extend(_JOIN_WORDS)
    return Join(other, mine, word == "includes_this")


def event_is(event: str) -> FieldCondition:
    """The condition that a status reports this event."""
    return FieldCondition("event", Op.EQUALS, event)
