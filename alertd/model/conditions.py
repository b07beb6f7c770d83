"""Conditions of the rule language, typed: what stands under `when`, `where`, `stops_when` and in definitions."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from alertd.model.ids import DefinitionId, LeafId
from alertd.model.values import Answer, Kind, Value


class Op(StrEnum):
    """Operators of a field condition, spelled as rule files spell them."""

    EQUALS = "equals"
    NOT_EQUALS = "not_equals"
    IN = "in"
    NOT_IN = "not_in"
    AT_LEAST = "at_least"
    AT_MOST = "at_most"
    LESS_THAN = "less_than"
    MORE_THAN = "more_than"
    BETWEEN = "between"
    HAS_ANY = "has_any"
    HAS_ALL = "has_all"
    CONTAINS_WORDS = "contains_words"
    EXISTS = "exists"
    WITHIN = "within"


class Heading(StrEnum):
    """Headings of a group."""

    ALL = "all"
    ANY = "any"
    NONE = "none"


Operand = Value | timedelta | tuple[int, int]
"""Typed by the field's contract: number for numbers, aware UTC for times, words as a tuple, a pair for `between`,
`timedelta` for `within`, `bool` for `exists`. Text is compared folded (`str.casefold`, spaces collapsed)."""


@dataclass(frozen=True, slots=True)
class FieldCondition:
    """`field: NAME` with exactly one operator.

    Attributes:
        field: Dotted name in the contract.
        op: The operator. `in`/`not_in` on a `words`/`refs` field do not exist: there it is `has_any`.
        value: The typed operand.
        if_missing: YES (`match`) or NO (`no_match`) when the field is unknown; None leaves it unknown.
    """

    field: str
    op: Op
    value: Operand
    if_missing: Answer | None = None


@dataclass(frozen=True, slots=True)
class DefinitionCondition:
    """`definition: NAME`, answered by that definition's own condition."""

    name: DefinitionId


@dataclass(frozen=True, slots=True)
class Count:
    """`count:` over stored messages of all cases, judged per anchor message over (t − within, t].

    Attributes:
        leaf: Its name; two identical texts share one.
        messages: Which messages are counted.
        where: What each counted message must satisfy (never `count` or `another` inside).
        same: Field whose value counted message and anchor share; None counts everywhere.
        different: Count distinct values of this field; None counts records.
        within: Length of the window.
        at_least: How many make the answer yes.
    """

    leaf: LeafId
    messages: Kind
    where: Condition
    same: str | None
    different: str | None
    within: timedelta
    at_least: int


@dataclass(frozen=True, slots=True)
class Join:
    """How the other record of `another:` hangs together with this one.

    Attributes:
        other: Field of the other record.
        this: Field of the judged record (equal to `other` for `same_as_this`).
        includes: True when `other` is a list that must hold `this` (`includes_this`).
    """

    other: str
    this: str
    includes: bool


@dataclass(frozen=True, slots=True)
class Another:
    """`another:`: another message, or another case, satisfies `where` and hangs together by the joins.

    Attributes:
        leaf: Its name.
        kind: INCIDENT or STATUS for messages, CASE for cases.
        where: Conditions over the other record alone.
        joins: At least one.
        open_only: With CASE: only cases open at the anchor's time.
        within: Only records in (t − within, t] of the anchor; None for any time up to the anchor (messages) or any
            case opened by then.
    """

    leaf: LeafId
    kind: Kind
    where: Condition
    joins: tuple[Join, ...]
    open_only: bool = True
    within: timedelta | None = None


@dataclass(frozen=True, slots=True)
class Group:
    """`all:`, `any:` or `none:` over its items. An empty `all` is yes, an empty `any` is no."""

    heading: Heading
    items: tuple[Condition, ...]


Condition = FieldCondition | DefinitionCondition | Count | Another | Group

ALWAYS = Group(Heading.ALL, ())
"""The condition that is always yes."""


def conjunction(*parts: Condition) -> Condition:
    """Join parts by *and*, without a group around a single part."""
    return parts[0] if len(parts) == 1 else Group(Heading.ALL, tuple(parts))
