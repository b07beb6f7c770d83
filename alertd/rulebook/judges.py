"""Two judges: every live decision is made by the engine and by the reference, and they must agree.

Where they differ the union acts, towards alerting; where the engine gives no answer the reference decides. Both are
told to someone. Source: ENGINE, Two judges; ARCHITECTURE, invariant 7.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol

from alertd.model.errors import MatcherError
from alertd.model.ids import ExprId
from alertd.model.values import Answer, Kind, Value
from alertd.model.view import Answers, Matcher, View, with_answers


class Engine(Matcher, Protocol):
    """A matcher that works while its caller does; `Cage` is one."""

    def asking(self, views: Sequence[View]) -> AbstractContextManager[Callable[[], Sequence[Answers]]]:
        """Send the views; what is yielded waits for the answers, or raises MatcherError."""
        ...


@dataclass(frozen=True, slots=True)
class Disagreement:
    """The judges differ on one expression for one record.

    Attributes:
        expr: The expression.
        kind: Kind of the record.
        view_digest: See `view_digest`; the same until something of the record changes.
        engine: The engine's answer.
        reference: The reference's answer.
    """

    expr: ExprId
    kind: Kind
    view_digest: str
    engine: Answer
    reference: Answer


class TwoJudges:
    """Asks the engine, evaluates the reference meanwhile, and compares; a `Matcher` that never fails.

    Stateless: that a disagreement goes on acting until an agreed *no* after changed input is for the caller to keep,
    by expression and `view_digest`.

    Args:
        reference: Always has an answer.
        engine: May fail.
        on_disagreement: Told each difference, before the answers are returned.
        on_engine_failure: Told why a batch had no answer from the engine, and how many records were in it.
    """

    def __init__(
        self,
        reference: Matcher,
        engine: Engine,
        on_disagreement: Callable[[Disagreement], None],
        on_engine_failure: Callable[[MatcherError, int], None],
    ) -> None:
        self._reference = reference
        self._engine = engine
        self._on_disagreement = on_disagreement
        self._on_engine_failure = on_engine_failure

    def match(self, views: Sequence[View]) -> Sequence[Answers]:
        """Answer every expression of each view's kind: the greater of both answers, in the order of the views."""
        if not views:
            return []
        with self._engine.asking(views) as wait:
            second = self._reference.match(views)
            try:
                first = wait()
            except MatcherError as failure:
                self._on_engine_failure(failure, len(views))
                return second
        return [self._union(view, *both) for view, *both in zip(views, first, second, strict=True)]

    def _union(self, view: View, engine: Answers, reference: Answers) -> Answers:
        if engine == reference:
            return reference
        digest = view_digest(view)
        for expr, answer in reference.items():
            if engine[expr] is not answer:
                self._on_disagreement(Disagreement(expr, view.kind, digest, engine[expr], answer))
        union = {expr: max(answer, engine[expr]) for expr, answer in reference.items()}
        return with_answers(reference, union)


def view_digest(view: View) -> str:
    """Digest all that a record's answers depend on: the same for the same input, whatever the order of its fields.

    Returns:
        64 hexadecimal digits: SHA-256 over kind, event time, the fields by name with their types, and the cross-case
        answers. It identifies a state of a record, not a person, but is personal data all the same: someone who
        guessed every field could confirm the guess. Store it beside the case, never log it.
    """
    parts = [view.kind.value, _written(view.at)]
    parts += [f"{name}={_written(view.fields[name])}" for name in sorted(view.fields)]
    parts += [f"{leaf}={int(view.cross[leaf])}" for leaf in sorted(view.cross)]
    return hashlib.sha256("\0".join(map(ascii, parts)).encode("ascii")).hexdigest()


def _written(value: Value) -> str:
    # One instant is one input, whatever the offset it was written with.
    known = value.astimezone(UTC) if isinstance(value, datetime) and value.tzinfo else value
    return f"{type(known).__name__}:{known!r}"
