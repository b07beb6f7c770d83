"""Two judges: they agree, or the union acts and someone is told; without the engine the reference decides."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta, timezone

import pytest

from alertd.model.conditions import FieldCondition, Op
from alertd.model.errors import MatcherError
from alertd.model.ids import ExprId, LeafId, Version
from alertd.model.rulebook import Expression, RuleBook
from alertd.model.values import Answer, Kind, Value
from alertd.model.view import Answers, View
from alertd.rulebook.cage import Cage, Limits
from alertd.rulebook.judges import Disagreement, TwoJudges, view_digest
from alertd.rulebook.reference import Reference
from tests.engine.books import NOW

YES, NO, UNKNOWN = Answer.YES, Answer.NO, Answer.UNKNOWN
YOUNG = Expression(ExprId("rule:young"), Kind.INCIDENT, FieldCondition("person.age", Op.LESS_THAN, 18))
BOOK = RuleBook(Version("v"), expressions=(YOUNG,))
CHILD = View(Kind.INCIDENT, {"person.age": 15}, NOW)


class Fixed:
    """A judge whose mind is made up."""

    def __init__(self, *given: Answer) -> None:
        self._given = given

    def match(self, views: Sequence[View]) -> Sequence[Answers]:
        return [{ExprId(f"e{n}"): answer for n, answer in enumerate(self._given)} for _ in views]

    @contextmanager
    def asking(self, views: Sequence[View]) -> Iterator[Callable[[], Sequence[Answers]]]:
        yield lambda: self.match(views)


class Told:
    """What was reported."""

    def __init__(self) -> None:
        self.disagreements: list[Disagreement] = []
        self.failures: list[tuple[MatcherError, int]] = []

    def failed(self, failure: MatcherError, views: int) -> None:
        self.failures.append((failure, views))

    def judges(self, reference: Fixed | Reference, engine: Fixed | Cage) -> TwoJudges:
        return TwoJudges(reference, engine, self.disagreements.append, self.failed)


@pytest.fixture
def told() -> Told:
    return Told()


def test_agreed_answers_stand_and_nobody_is_told(told: Told) -> None:
    given = told.judges(Fixed(NO, UNKNOWN, YES), Fixed(NO, UNKNOWN, YES)).match([CHILD])
    assert list(given[0].values()) == [NO, UNKNOWN, YES]
    assert told.disagreements == []


def test_where_they_differ_the_answer_nearer_to_alerting_acts_and_both_are_told(told: Told) -> None:
    given = told.judges(reference=Fixed(NO, YES, YES), engine=Fixed(UNKNOWN, NO, YES)).match([CHILD])
    assert list(given[0].values()) == [UNKNOWN, YES, YES]
    digest = view_digest(CHILD)
    assert told.disagreements == [
        Disagreement(ExprId("e0"), Kind.INCIDENT, digest, engine=UNKNOWN, reference=NO),
        Disagreement(ExprId("e1"), Kind.INCIDENT, digest, engine=NO, reference=YES),
    ]


@pytest.mark.parametrize("signal_", [signal.SIGKILL, signal.SIGSTOP], ids=["killed", "hung"])
def test_without_the_engine_the_reference_decides_and_the_next_batch_has_both(told: Told, signal_: int) -> None:
    cage = Cage(BOOK, Limits(answer=timedelta(milliseconds=300)))
    judges = told.judges(Reference(BOOK), cage)
    try:
        cage.wait_ready()
        os.kill(cage.pid or 0, signal_)
        assert judges.match([CHILD] * 50) == [{YOUNG.id: YES}] * 50, "nothing is lost"
        assert [views for _, views in told.failures] == [50]
        assert cage.restarts == 1
        assert judges.match([CHILD]) == [{YOUNG.id: YES}]
        assert len(told.failures) == 1
    finally:
        cage.close()


def test_no_views_ask_nobody(told: Told) -> None:
    cage = Cage(BOOK)
    cage.close()
    assert told.judges(Reference(BOOK), cage).match([]) == []
    assert told.failures == []


def test_the_digest_is_the_same_for_the_same_input() -> None:
    fields: dict[str, Value] = {"person.age": 15, "incident.offence": ("abh",), "occurred_at": NOW}
    elsewhere = NOW.astimezone(timezone(timedelta(hours=1)))
    turned = dict(reversed(fields.items())) | {"occurred_at": elsewhere}
    assert view_digest(replace(CHILD, fields=fields)) == view_digest(replace(CHILD, fields=turned, at=elsewhere))


@pytest.mark.parametrize(
    "other",
    [
        replace(CHILD, fields={"person.age": 16}),
        replace(CHILD, fields={"person.age": "15"}),
        replace(CHILD, fields={"person.age": 15, "incident.ward": ""}),
        replace(CHILD, kind=Kind.CASE),
        replace(CHILD, at=NOW + timedelta(microseconds=1)),
        replace(CHILD, cross={LeafId("count:1"): NO}),
    ],
)
def test_the_digest_changes_with_everything_an_answer_depends_on(other: View) -> None:
    assert view_digest(other) != view_digest(CHILD)
