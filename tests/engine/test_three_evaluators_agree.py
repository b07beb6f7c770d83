"""The engine in its cage, the reference masks and the plain walk give one answer, whatever rules and records say."""

from __future__ import annotations

from contextlib import closing
from random import Random

import pytest

from alertd.core.conditions import answer
from alertd.model.rulebook import RuleBook
from alertd.model.view import Answers, View
from alertd.rulebook.cage import Cage
from alertd.rulebook.reference import Reference
from tests.engine.books import book, fields_of, merged, view

BOOKS_A_CHILD = 25
VIEWS_A_CHILD = 40
WALKED = 8  # the plain walk is a hundred times slower, so it judges every book but not every record


def plain_walk(rules: RuleBook, record: View) -> Answers:
    return {
        expression.id: answer(expression.condition, record, rules.definitions)
        for expression in rules.expressions
        if expression.kind is record.kind
    }


def hostile_views(random: Random, rules: RuleBook) -> list[View]:
    conditions = [each.condition for each in rules.expressions]
    conditions += [each.condition for each in rules.definitions.values()]
    fields = fields_of(conditions)
    return [view(random, fields) for _ in range(VIEWS_A_CHILD)]


@pytest.mark.unmeasured
@pytest.mark.timeout(3600)
def test_engine_reference_and_plain_walk_agree_on_random_rule_books(how_many_books: int) -> None:
    seen = {0: 0, 1: 0, 2: 0}
    for seed in range(how_many_books // BOOKS_A_CHILD):
        random = Random(seed)
        rules = merged([book(random, f"b{number}") for number in range(BOOKS_A_CHILD)])
        views = hostile_views(random, rules)
        with closing(Cage(rules)) as cage:
            by_engine = cage.match(views)
        by_masks = Reference(rules).match(views)
        assert list(by_engine) == list(by_masks), f"seed {seed}"
        assert list(by_masks)[:WALKED] == [plain_walk(rules, record) for record in views[:WALKED]], f"seed {seed}"
        for answers in by_engine:
            for given in answers.values():
                seen[given] += 1
    assert min(seen.values()) > how_many_books, "each answer must be common, or the comparison says little"
