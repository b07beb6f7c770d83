"""The cage survives what the engine can do to it: crash, hang, refuse, grow."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from alertd.model.conditions import DefinitionCondition, FieldCondition, Group, Heading, Op
from alertd.model.errors import MatcherError
from alertd.model.ids import DefinitionId, ExprId, Version
from alertd.model.rulebook import Expression, RuleBook
from alertd.model.values import Answer, Kind
from alertd.model.view import View
from alertd.rulebook.cage import Cage, Limits, try_compile
from tests.engine.books import NOW

YOUNG = FieldCondition("person.age", Op.LESS_THAN, 18)
BOOK = RuleBook(Version("v"), expressions=(Expression(ExprId("rule:young"), Kind.INCIDENT, YOUNG),))
CHILD, ADULT, SOMEBODY = (View(Kind.INCIDENT, fields, NOW) for fields in ({"person.age": 15}, {"person.age": 40}, {}))
QUICK = Limits(answer=timedelta(milliseconds=300))


@pytest.fixture
def cage() -> Iterator[Cage]:
    made = Cage(BOOK, QUICK)
    yield made
    made.close()


def answers(cage: Cage, *views: View) -> list[Answer]:
    return [answer for of_view in cage.match(views) for answer in of_view.values()]


def test_a_batch_is_answered_in_order(cage: Cage) -> None:
    assert answers(cage, CHILD, ADULT, SOMEBODY) == [Answer.YES, Answer.NO, Answer.UNKNOWN]


def test_a_batch_larger_than_the_sockets_buffer_is_answered(cage: Cage) -> None:
    assert answers(cage, *[CHILD, ADULT] * 5000) == [Answer.YES, Answer.NO] * 5000


def test_no_views_have_no_answers(cage: Cage) -> None:
    assert cage.match([]) == []


def test_a_killed_child_costs_one_batch_and_is_replaced(cage: Cage) -> None:
    cage.wait_ready()
    first = cage.pid
    assert first is not None
    os.kill(first, signal.SIGKILL)
    with pytest.raises(MatcherError, match="did not answer"):
        cage.match([CHILD])
    assert cage.restarts == 1
    assert cage.pid != first
    assert answers(cage, CHILD) == [Answer.YES]


def test_a_child_killed_while_it_works_is_noticed(cage: Cage) -> None:
    cage.wait_ready()
    with cage.asking([CHILD] * 20_000) as wait:
        os.kill(cage.pid or 0, signal.SIGKILL)
        with pytest.raises(MatcherError, match="it ended"):
            wait()
    assert answers(cage, ADULT) == [Answer.NO]


def test_a_hung_child_is_given_up_at_the_limit_and_leaves_no_process(cage: Cage) -> None:
    cage.wait_ready()
    hung = cage.pid
    assert hung is not None
    os.kill(hung, signal.SIGSTOP)
    with pytest.raises(MatcherError, match="no answer in time"):
        cage.match([CHILD])
    assert not Path(f"/proc/{hung}").exists()
    assert answers(cage, CHILD) == [Answer.YES]


def test_a_hung_child_that_does_not_take_the_batch_is_given_up_too(cage: Cage) -> None:
    cage.wait_ready()
    os.kill(cage.pid or 0, signal.SIGSTOP)
    large = View(Kind.INCIDENT, {"incident.ward": "x" * 4_000_000}, NOW)
    with pytest.raises(MatcherError, match="no answer in time"):
        cage.match([large])
    assert answers(cage, CHILD) == [Answer.YES]


def test_an_answer_that_nobody_waited_for_never_meets_the_next_question(cage: Cage) -> None:
    with cage.asking([CHILD]):
        pass
    assert answers(cage, ADULT) == [Answer.NO]


def test_a_child_that_has_grown_is_replaced_without_losing_an_answer() -> None:
    cage = Cage(BOOK, replace(QUICK, resident=1))
    try:
        cage.wait_ready()
        first = cage.pid
        assert answers(cage, CHILD) == [Answer.YES]
        assert cage.pid != first
        assert answers(cage, ADULT) == [Answer.NO]
        assert cage.restarts == 0, "growing is no failure"
    finally:
        cage.close()


def test_a_child_past_its_address_space_costs_one_batch() -> None:
    cage = Cage(BOOK, replace(Limits(), address_space=160 << 20))
    try:
        assert answers(cage, CHILD) == [Answer.YES]
        with pytest.raises(MatcherError, match="it ended"):
            cage.match([View(Kind.INCIDENT, {"incident.ward": "x" * (200 << 20)}, NOW)])
        assert answers(cage, ADULT) == [Answer.NO]
    finally:
        cage.close()


def test_a_closed_cage_says_so_and_has_no_child(cage: Cage) -> None:
    cage.close()
    assert cage.pid is None
    with pytest.raises(MatcherError, match="closed"):
        cage.match([CHILD])


def test_rules_that_cannot_be_compiled_are_refused_in_a_child_of_their_own() -> None:
    missing = Expression(ExprId("rule:x"), Kind.CASE, DefinitionCondition(DefinitionId("nowhere")))
    with pytest.raises(MatcherError, match="there is no definition nowhere"):
        try_compile(replace(BOOK, expressions=(missing,)))


def test_rules_of_every_size_compile() -> None:
    wide = tuple(FieldCondition("person.age", Op.EQUALS, number) for number in range(700))
    shapes = [Group(heading, wide) for heading in Heading] + [YOUNG] * 300
    expressions = tuple(Expression(ExprId(f"e{n}"), Kind.INCIDENT, shape) for n, shape in enumerate(shapes))
    try_compile(replace(BOOK, expressions=expressions))


def test_after_a_failed_start_the_next_question_does_not_wait_again() -> None:
    broken = replace(BOOK, expressions=(Expression(ExprId("e"), Kind.CASE, DefinitionCondition(DefinitionId("no"))),))
    cage = Cage(broken)
    try:
        with pytest.raises(MatcherError, match="there is no definition"):
            cage.match([CHILD])
        with pytest.raises(MatcherError, match="a moment ago"):
            cage.match([CHILD])
    finally:
        cage.close()
