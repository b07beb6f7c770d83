"""The reference evaluator: every leaf answered once a record, every rule a bit mask over the answers.

It decides together with the engine, alone when the engine fails, and makes the trace of every decision.

A record becomes two integers over the same bits: in `sure` a bit is set when its literal is YES, in `open` when it is
not NO. Bits 0 to n − 1 are the leaves, then come the negated leaves that some rule needs, then the inner groups. In
normal form every condition is monotone over these bits, so the same masks evaluated on `sure` tell YES, and on `open`
tell UNKNOWN from NO.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from alertd.core.conditions import Definitions, Leaf
from alertd.core.leaf_text import leaf_text
from alertd.core.normal_form import negated_leaf, normal_form
from alertd.model.conditions import Condition, DefinitionCondition, Group, Heading
from alertd.model.ids import ExprId
from alertd.model.rulebook import Expression, RuleBook
from alertd.model.values import Answer, Kind
from alertd.model.view import Answered, Answers, View
from alertd.rulebook.leaf_memory import readers

_ANSWERS = (Answer.NO, Answer.UNKNOWN, Answer.YES)


@dataclass(frozen=True, slots=True)
class Trace:
    """What every leaf answered for one record, compactly; means something only with the rule version it was made by.

    Attributes:
        kind: Which leaves are numbered.
        yes: Bit i set: leaf i is YES.
        unknown: Bit i set: leaf i is UNKNOWN; never set in both.
    """

    kind: Kind
    yes: int
    unknown: int


class Reference:
    """Answers every expression of a rule book in pure Python; a `Matcher` that never fails.

    Args:
        book: Its `expressions` and `definitions` are read, once.

    Raises:
        ConfigError: a definition is not there, or leads back to itself.
    """

    def __init__(self, book: RuleBook) -> None:
        self._programs = {
            kind: _Program([expression for expression in book.expressions if expression.kind is kind], book.definitions)
            for kind in Kind
        }

    def match(self, views: Sequence[View]) -> Sequence[Answers]:
        """Answer every expression of each view's kind, in the order of the views."""
        return [self._programs[view.kind].answers(view) for view in views]

    def trace(self, view: View) -> Trace:
        """Record what each leaf of the view's kind answers, whether or not a rule turned on it."""
        return self._programs[view.kind].trace(view)

    def answered(self, trace: Trace) -> Answers:
        """Answer every expression of a trace's kind from what its leaves answered, looking at no record."""
        return self._programs[trace.kind].answered(trace)

    def expand(self, trace: Trace, expression: ExprId | None = None) -> list[tuple[str, Answer]]:
        """Write a trace out: each leaf in the rule's words with its answer, in the order of the rules.

        Args:
            trace: Made by this rule version.
            expression: Only the leaves of this expression; None for all of the kind.

        Raises:
            KeyError: the expression is not judged for this kind.
        """
        return self._programs[trace.kind].expand(trace, expression)


class _Program:
    """The expressions of one kind as masks."""

    def __init__(self, expressions: Sequence[Expression], definitions: Definitions) -> None:
        forms = [(expression.id, normal_form(expression.condition, definitions)) for expression in expressions]
        self._leaves = tuple(dict.fromkeys(leaf for _, form in forms for leaf, _ in _literals(form)))
        negated = dict.fromkeys(leaf for _, form in forms for leaf, positive in _literals(form) if not positive)
        number = {leaf: bit for bit, leaf in enumerate(self._leaves)}
        negation = {leaf: len(number) + bit for bit, leaf in enumerate(negated)}
        masks = _Masks(number, negation)
        self._literals = masks.literals
        self._readers = readers(self._leaves, masks.literals)
        self._all_leaves = (1 << len(self._leaves)) - 1
        self._needs = [(name, masks.need(form)) for name, form in forms]
        self._steps = masks.steps
        self._leaves_of = {name: {number[leaf] for leaf, _ in _literals(form)} for name, form in forms}

    def answers(self, view: View) -> Answered:
        sure, open_ = self._read(view)
        leaves = self._all_leaves
        return Answered(self._answered(sure, open_), sure & leaves, open_ & ~sure & leaves)

    def answered(self, trace: Trace) -> Answers:
        """The same from what was recorded of the leaves: a negated leaf is sure where its leaf is no."""
        sure, open_ = self._bits(trace)
        return self._answered(sure, open_)

    def _answered(self, sure: int, open_: int) -> dict[ExprId, Answer]:
        sure = self._with_groups(sure)
        open_ = self._with_groups(open_)
        no, unknown, yes = _ANSWERS
        return {
            name: no if open_ & need != need else yes if sure & need == need else unknown for name, need in self._needs
        }

    def trace(self, view: View) -> Trace:
        sure, open_ = self._read(view)
        return Trace(view.kind, sure & self._all_leaves, open_ & ~sure & self._all_leaves)

    def _bits(self, trace: Trace) -> tuple[int, int]:
        sure = open_ = 0
        for bit, leaf in enumerate(self._leaves):
            more_sure, more_open = self._literals((leaf,), (_traced(trace, bit),))
            sure |= more_sure
            open_ |= more_open
        return sure, open_

    def expand(self, trace: Trace, expression: ExprId | None) -> list[tuple[str, Answer]]:
        wanted = range(len(self._leaves)) if expression is None else sorted(self._leaves_of[expression])
        return [(leaf_text(self._leaves[bit]), _traced(trace, bit)) for bit in wanted]

    def _read(self, view: View) -> tuple[int, int]:
        sure = open_ = 0
        for reader in self._readers:
            more_sure, more_open = reader.read(view)
            sure |= more_sure
            open_ |= more_open
        return sure, open_

    def _with_groups(self, bits: int) -> int:
        for conjunctive, mask, bit in self._steps:
            met = bits & mask
            if met == mask if conjunctive else met:
                bits |= bit
        return bits


def _traced(trace: Trace, bit: int) -> Answer:
    if trace.yes >> bit & 1:
        return Answer.YES
    return Answer.UNKNOWN if trace.unknown >> bit & 1 else Answer.NO


class _Masks:
    """Turns normal forms into masks; a group that several rules share gets one bit and is evaluated once."""

    def __init__(self, number: Mapping[Leaf, int], negation: Mapping[Leaf, int]) -> None:
        self.steps: list[tuple[bool, int, int]] = []
        self._number = number
        self._negation = negation
        self._bits: dict[Group, int] = {}

    def literals(self, leaves: Sequence[Leaf], answers: Sequence[Answer]) -> tuple[int, int]:
        """Give the `sure` and `open` bits of leaves that answered so."""
        sure = open_ = 0
        for leaf, given in zip(leaves, answers, strict=True):
            bit = 1 << self._number[leaf]
            negated = 1 << self._negation[leaf] if leaf in self._negation else 0
            sure |= (0, 0, bit)[given] | (negated, 0, 0)[given]
            open_ |= (0, bit, bit)[given] | (negated, negated, 0)[given]
        return sure, open_

    def need(self, form: Condition) -> int:
        """Give the bits that must all be set for the form to hold."""
        if isinstance(form, Group) and form.heading is Heading.ALL:
            return self._union(form)
        return self._bit(form)

    def _union(self, group: Group) -> int:
        mask = 0
        for item in group.items:
            mask |= self._bit(item)
        return mask

    def _bit(self, form: Condition) -> int:
        leaf = negated_leaf(form)
        if leaf is not None:
            return 1 << self._negation[_as_leaf(leaf)]
        return self._group_bit(form) if isinstance(form, Group) else 1 << self._number[_as_leaf(form)]

    def _group_bit(self, group: Group) -> int:
        if group not in self._bits:
            mask = self._union(group)  # first: inner groups take their bits, and their steps, before this one
            self._bits[group] = 1 << len(self._number) + len(self._negation) + len(self._bits)
            self.steps.append((group.heading is Heading.ALL, mask, self._bits[group]))
        return self._bits[group]


def _literals(form: Condition) -> list[tuple[Leaf, bool]]:
    leaf = negated_leaf(form)
    if leaf is not None:
        return [(_as_leaf(leaf), False)]
    if isinstance(form, Group):
        return [literal for item in form.items for literal in _literals(item)]
    return [(_as_leaf(form), True)]


def _as_leaf(form: Condition) -> Leaf:
    if isinstance(form, Group | DefinitionCondition):
        raise TypeError("not a leaf of a normal form")
    return form
