"""What the matcher is given and what it answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from alertd.model.ids import ExprId, LeafId
from alertd.model.values import Answer, Kind, Value

_NOTHING: Mapping[LeafId, Answer] = {}


@dataclass(frozen=True, slots=True)
class View:
    """One record as rules see it: own fields, gaps filled from the case's fold.

    Attributes:
        kind: Which expressions judge it.
        fields: Dotted name → typed value; absent is unknown.
        at: The record's own event time, aware UTC: `within` is measured from it.
        cross: Answers of `count` and `another` leaves for this record; an absent leaf is unknown.
    """

    kind: Kind
    fields: Mapping[str, Value]
    at: datetime
    cross: Mapping[LeafId, Answer] = field(default_factory=lambda: _NOTHING)


Answers = Mapping[ExprId, Answer]
"""Answer of every expression of the view's kind."""


class Answered(dict[ExprId, Answer]):
    """Answers that also say what each single condition answered, compactly, for the trace of a decision.

    Attributes:
        yes: Bit i set: condition i of the kind is YES.
        unknown: Bit i set: it is UNKNOWN; never set in both.
        numbering: Which conditions, in which order: bits mean something only with it.
    """

    __slots__ = ("numbering", "unknown", "yes")

    def __init__(self, answers: Mapping[ExprId, Answer], yes: int, unknown: int, numbering: str) -> None:
        super().__init__(answers)
        self.yes = yes
        self.unknown = unknown
        self.numbering = numbering


def with_answers(traced: Answers, answers: Answers) -> Answers:
    """Other answers with the trace of these, as far as they have one."""
    return Answered(answers, traced.yes, traced.unknown, traced.numbering) if isinstance(traced, Answered) else answers


class Matcher(Protocol):
    """Judges views; the engine, the reference evaluator, and both together are matchers."""

    def match(self, views: Sequence[View]) -> Sequence[Answers]:
        """Answer every expression of each view's kind, in the order of the views.

        Raises:
            MatcherError: no answer can be given; nothing was decided.
        """
        ...
