"""The plan: a rule book as rule sets that the engine is known to match rightly.

Every expression has two variants. *Certain* holds when the answer is YES, *possible* when it is not NO; the second is
asked only where something is unknown. A condition that the engine cannot be trusted with becomes a flag computed in
Python. Limits are facts about durable-rules 2.0.28, each pinned by a contract test.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from alertd.core.normal_form import FALSE, normal_form
from alertd.model.conditions import Condition, FieldCondition, Group, Heading, Op, Operand
from alertd.model.contract import FIELDS
from alertd.model.ids import DefinitionId
from alertd.model.rulebook import Definition, Expression
from alertd.model.values import Answer, Kind
from alertd.rulebook.engine_columns import COLUMN_TYPES, Columns, ColumnType, Filler, Scalar, operand

MOST_LEAVES = 56
"""Condition leaves in one rule set: past 64 that match one fact the engine reports error 303 and fires nothing."""

MOST_TERMS = 30
"""Comparisons and groups, two for each, in one rule: at 32 of its own reckoning the engine reports error 113."""

MOST_PATHS = 16
"""Ways in which one record may satisfy one rule: the engine fires the rule once for each."""

MOST_WORDS = 20
"""Words of an `in` that the engine compares itself."""

ALWAYS = "p"
"""Column that is 1 in every fact: the sentinel's condition, and the first of every rule."""

Pattern = Mapping[str, object]
"""A condition in the engine's JSON."""

_COMPARED = {Op.AT_LEAST: "$gte", Op.AT_MOST: "$lte", Op.LESS_THAN: "$lt", Op.MORE_THAN: "$gt"}


@dataclass(frozen=True, slots=True)
class Term:
    """A piece of a pattern.

    Attributes:
        pattern: The piece itself.
        leaves: Comparisons in it, for `MOST_LEAVES`.
        terms: Comparisons and groups in it, for `MOST_TERMS`.
        paths: Ways in which one record may satisfy it, for `MOST_PATHS`.
        columns: Columns that it reads.
    """

    pattern: Pattern
    leaves: int
    terms: int
    paths: int
    columns: frozenset[str]

    def fits(self, more: int = 0) -> bool:
        """Tell whether the engine takes it as a rule, with as many single comparisons more."""
        return self.terms + more <= MOST_TERMS and self.paths <= MOST_PATHS


@dataclass(frozen=True, slots=True)
class PlannedSet:
    """One rule set.

    Attributes:
        patterns: Number of the expression within its kind → its whole pattern.
        columns: Columns that any of them reads.
    """

    patterns: Mapping[int, Pattern]
    columns: frozenset[str]


@dataclass(frozen=True, slots=True)
class KindPlan:
    """How the expressions of one kind are matched: `size` of them, in the order of the rule book."""

    size: int
    filler: Filler
    certain: tuple[PlannedSet, ...]
    possible: tuple[PlannedSet, ...]


def plan(expressions: Sequence[Expression], definitions: Mapping[DefinitionId, Definition]) -> Mapping[Kind, KindPlan]:
    """Plan every kind of record for itself, so that a record meets only rules that judge it.

    Raises:
        ConfigError: a definition is not there, or leads back to itself.
    """
    forms: dict[Kind, list[Condition]] = {kind: [] for kind in Kind}
    for expression in expressions:
        forms[expression.kind].append(normal_form(expression.condition, definitions))
    return {kind: _kind_plan(found) for kind, found in forms.items()}


def _kind_plan(forms: Sequence[Condition]) -> KindPlan:
    columns = Columns()
    certain = _sets(forms, _Terms(columns, possible=False))
    possible = _sets(forms, _Terms(columns, possible=True))
    used = frozenset().union(*(each.columns for each in (*certain, *possible)))
    return KindPlan(len(forms), columns.filler(used), certain, possible)


def _sets(forms: Iterable[Condition], terms: _Terms) -> tuple[PlannedSet, ...]:
    rules = [(number, terms.rule(form)) for number, form in enumerate(forms) if form != FALSE]
    return tuple(
        PlannedSet({number: term.pattern for number, term in share}, frozenset().union(*(t.columns for _, t in share)))
        for share in _shares(rules)
    )


def _shares(rules: Iterable[tuple[int, Term]]) -> Iterator[list[tuple[int, Term]]]:
    share: list[tuple[int, Term]] = []
    leaves = 1  # the sentinel's
    for rule in rules:
        if share and leaves + rule[1].leaves > MOST_LEAVES:
            yield share
            share, leaves = [], 1
        share.append(rule)
        leaves += rule[1].leaves
    if share:
        yield share


class _Terms:
    """Writes conditions in the engine's JSON for one of the two variants."""

    def __init__(self, columns: Columns, *, possible: bool) -> None:
        self._columns = columns
        self._possible = possible

    def rule(self, form: Condition) -> Term:
        """Write a whole rule, small enough for the engine: what would be too much for it becomes flags."""
        conjuncts = form.items if isinstance(form, Group) and form.heading is Heading.ALL else (form,)
        whole = _ALWAYS
        for left, item in zip(reversed(range(len(conjuncts))), conjuncts, strict=True):
            grown = _all_of([whole, self._term(item)])
            whole = grown if grown.fits(left) else _all_of([whole, self._flag(item)])
        return whole if whole.fits() else _all_of([_ALWAYS, self._flag(form)])

    def _term(self, form: Condition) -> Term:
        if isinstance(form, Group) and form.heading is Heading.ANY:
            return _any_of([self._alternative(item) for item in form.items])
        return self._single(form)

    def _alternative(self, form: Condition) -> Term:
        # An `all` inside an `any` inside a rule is as deep as the engine is asked to go.
        if isinstance(form, Group) and form.heading is Heading.ALL:
            return _all_of([self._single(item) for item in form.items])
        return self._single(form)

    def _single(self, form: Condition) -> Term:
        return self._comparison(form) if isinstance(form, FieldCondition) else self._flag(form)

    def _flag(self, form: Condition) -> Term:
        return _equal(self._columns.flag(form, possible=self._possible), 1)

    def _comparison(self, leaf: FieldCondition) -> Term:
        if leaf.field not in FIELDS or leaf.if_missing is Answer.YES:
            return self._flag(leaf)
        term = _native(leaf, self._columns)
        if term is None:
            return self._flag(leaf)
        if self._possible and leaf.if_missing is None:
            return _either([term, _equal(self._columns.unknown(leaf.field), 1)])
        return term


def _native(leaf: FieldCondition, columns: Columns) -> Term | None:
    """Write a comparison that the engine is trusted with; None for every other."""
    kind = COLUMN_TYPES.get(FIELDS[leaf.field].type)
    if kind is None or leaf.op not in _NATIVE[kind]:
        return None
    values = _several(leaf.value) if leaf.op in {Op.IN, Op.BETWEEN} else (leaf.value,)
    wanted = list(dict.fromkeys(map(operand, values)))
    fitting = str if kind is ColumnType.TEXT else int
    if not 0 < len(wanted) <= MOST_WORDS or not all(isinstance(value, fitting) for value in wanted):
        return None
    return _written(leaf.op, columns.value(leaf.field), wanted)


_NATIVE: Mapping[ColumnType, frozenset[Op]] = {
    ColumnType.TEXT: frozenset({Op.EQUALS, Op.IN}),
    ColumnType.INTEGER: frozenset({Op.EQUALS, Op.IN, Op.BETWEEN, *_COMPARED}),
}


def _several(value: Operand) -> tuple[object, ...]:
    return value if isinstance(value, tuple) else ()


def _written(op: Op, column: str, wanted: Sequence[Scalar | None]) -> Term:
    if op is Op.BETWEEN:
        return _all_of([_compared("$gte", column, wanted[0]), _compared("$lte", column, wanted[-1])])
    if op in _COMPARED:
        return _compared(_COMPARED[op], column, wanted[0])
    return _either([_equal(column, value) for value in wanted])


def _equal(column: str, value: Scalar | None) -> Term:
    return Term({column: value}, 1, 1, 1, frozenset({column}))


def _compared(sign: str, column: str, value: Scalar | None) -> Term:
    return Term({sign: {column: value}}, 1, 1, 1, frozenset({column}))


def _all_of(terms: Sequence[Term]) -> Term:
    return _combined("$and", terms, math.prod(term.paths for term in terms))


def _any_of(terms: Sequence[Term]) -> Term:
    return _combined("$or", terms, sum(term.paths for term in terms))


def _either(terms: Sequence[Term]) -> Term:
    """Combine terms of which no record satisfies two: a column has one value, or is unknown."""
    return _combined("$or", terms, max(term.paths for term in terms))


def _combined(sign: str, terms: Sequence[Term], paths: int) -> Term:
    """Combine terms, one `$or` never straight inside another nor an `$and` inside an `$and`."""
    if len(terms) == 1:
        return terms[0]
    patterns: list[object] = []
    size = 2
    for term in terms:
        inner = term.pattern.get(sign)
        if isinstance(inner, list):
            patterns += inner
            size += term.terms - 2
        else:
            patterns.append(term.pattern)
            size += term.terms
    columns = frozenset().union(*(term.columns for term in terms))
    return Term({sign: patterns}, sum(term.leaves for term in terms), size, paths, columns)


_ALWAYS = _equal(ALWAYS, 1)
