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
from zlib import crc32

from alertd.core.conditions import Definitions, Leaf
from alertd.core.leaf_text import ListNames, leaf_text
from alertd.core.normal_form import negated_leaf, normal_form
from alertd.core.reasons import deciding, form_answer
from alertd.model.conditions import Condition, DefinitionCondition, Group, Heading
from alertd.model.ids import ExprId
from alertd.model.rulebook import Expression, RuleBook
from alertd.model.values import Answer, Kind
from alertd.model.view import Answered, View
from alertd.rulebook.leaf_memory import readers

_ANSWERS = (Answer.NO, Answer.UNKNOWN, Answer.YES)


@dataclass(frozen=True, slots=True)
class Trace:
    """What every leaf answered for one record, compactly; means something only with the rule version it was made by.

    Attributes:
        kind: Which leaves are numbered.
        yes: Bit i set: leaf i is YES.
        unknown: Bit i set: leaf i is UNKNOWN; never set in both.
        numbering: Which leaves, in which order.
    """

    kind: Kind
    yes: int
    unknown: int
    numbering: str


@dataclass(frozen=True, slots=True)
class Said:
    """A condition in the rule's words, what it answered, and whether the rule's answer hung on it."""

    text: str
    answer: Answer
    decided: bool


@dataclass(frozen=True, slots=True)
class Written:
    """An expression written out from a trace: its answer, and its conditions in the order of the rule."""

    answer: Answer
    conditions: tuple[Said, ...]


class OtherNumbers(Exception):
    """A trace cannot be written out by these rules: its conditions are numbered otherwise."""


class Reference:
    """Answers every expression of a rule book in pure Python; a `Matcher` that never fails.

    Args:
        book: Its `expressions` and `definitions` are read, once.

    Raises:
        ConfigError: a definition is not there, or leads back to itself.
    """

    def __init__(self, book: RuleBook) -> None:
        lists: dict[frozenset[str], str] = {}
        for name, each in book.lists.items():
            lists |= {frozenset(each.words): name, frozenset((*each.words, *each.synonyms)): name}
        by_kind = {kind: [each for each in book.expressions if each.kind is kind] for kind in Kind}
        self._programs = {kind: _Program(each, book.definitions, lists) for kind, each in by_kind.items()}

    def match(self, views: Sequence[View]) -> Sequence[Answered]:
        """Answer every expression of each view's kind, in the order of the views."""
        return [self._programs[view.kind].answers(view) for view in views]

    def numbering(self, kind: Kind) -> str:
        """How the conditions of a kind are numbered in traces."""
        return self._programs[kind].numbering

    def written(self, trace: Trace) -> Mapping[ExprId, Written]:
        """Write a trace out: every expression of its kind with its conditions, looking at no record.

        Raises:
            OtherNumbers: the trace was made by other rules, or by a program that numbers conditions otherwise.
        """
        program = self._programs[trace.kind]
        if trace.numbering != program.numbering:
            raise OtherNumbers
        return program.written(trace)


class _Program:
    """The expressions of one kind as masks."""

    def __init__(self, expressions: Sequence[Expression], definitions: Definitions, lists: ListNames) -> None:
        forms = [(expression.id, normal_form(expression.condition, definitions)) for expression in expressions]
        self._leaves = tuple(dict.fromkeys(leaf for _, form in forms for leaf, _ in _literals(form)))
        negated = dict.fromkeys(leaf for _, form in forms for leaf, positive in _literals(form) if not positive)
        number = {leaf: bit for bit, leaf in enumerate(self._leaves)}
        negation = {leaf: len(number) + bit for bit, leaf in enumerate(negated)}
        masks = _Masks(number, negation)
        self._readers = readers(self._leaves, masks.literals)
        self._all_leaves = (1 << len(self._leaves)) - 1
        self._forms = forms
        self._lists = lists
        self.numbering = f"{crc32(repr(self._leaves).encode()):08x}"
        self._needs = [(name, masks.need(form)) for name, form in forms]
        self._steps = masks.steps

    def answers(self, view: View) -> Answered:
        sure, open_ = self._read(view)
        yes, unknown = sure & self._all_leaves, open_ & ~sure & self._all_leaves
        sure = self._with_groups(sure)
        open_ = self._with_groups(open_)
        no, maybe, sure_yes = _ANSWERS
        given = {
            name: no if open_ & need != need else sure_yes if sure & need == need else maybe
            for name, need in self._needs
        }
        return Answered(given, yes, unknown, self.numbering)

    def written(self, trace: Trace) -> dict[ExprId, Written]:
        given: dict[Condition, Answer] = {leaf: _traced(trace, bit) for bit, leaf in enumerate(self._leaves)}
        return {name: self._written(form, given) for name, form in self._forms}

    def _written(self, form: Condition, given: Mapping[Condition, Answer]) -> Written:
        decided = set(deciding(form, given.__getitem__))
        leaves = dict.fromkeys(leaf for leaf, _ in _literals(form))
        said = tuple(Said(leaf_text(leaf, self._lists), given[leaf], leaf in decided) for leaf in leaves)
        return Written(form_answer(form, given.__getitem__), said)

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
