"""What a report says of its figures."""

from __future__ import annotations

import json

import pytest

from tests.bench.figure import Figure, Reach, percentile
from tests.bench.report import as_json


@pytest.mark.parametrize(("measured", "reached"), [(99.9, True), (100.0, True), (100.1, False)])
def test_a_time_reaches_its_limit_up_to_and_with_it(measured: float, reached: bool) -> None:
    assert Figure("late", "ms", (measured,), Reach(100.0, at_most=True)).verdict is reached


@pytest.mark.parametrize(("measured", "reached"), [(99.9, False), (100.0, True), (100.1, True)])
def test_a_rate_reaches_its_limit_from_it_on(measured: float, reached: bool) -> None:
    assert Figure("fast", "messages/s", (measured,), Reach(100.0)).verdict is reached


def test_one_slow_run_does_not_make_the_figure() -> None:
    assert Figure("fast", "messages/s", (5_000, 10, 5_100)).value == 5_000


def test_the_ninety_ninth_percentile_of_a_hundred_and_one_values_leaves_one_above() -> None:
    assert percentile(list(range(101)), 99) == 99
    assert percentile([7.0], 99) == 7.0


def test_a_figure_stands_beside_its_limit_of_the_same_run() -> None:
    limit = Figure("pika alone", "messages/s", (20_000,))
    figures = [limit, Figure("with commit", "messages/s", (5_000,), beside="pika alone")]
    rows = json.loads(as_json({}, figures))["figures"]
    assert [row["ratio"] for row in rows] == [None, 0.25]
    assert [row["reached"] for row in rows] == [None, None]
