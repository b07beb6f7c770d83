"""Where the engine refuses, hangs or crashes, and that the plan's limits stay clear of it (durable-rules 2.0.28)."""

from __future__ import annotations

import pytest

from alertd.rulebook.engine_plan import MOST_LEAVES, MOST_PATHS, MOST_TERMS, MOST_WORDS
from tests.contract.engine_process import run

HANGS_S = 3


@pytest.mark.parametrize(("matching", "fired"), [(62, 63), (63, 64)])
def test_up_to_64_leaves_that_match_one_fact_fire(matching: int, fired: int) -> None:
    said = run(f"""
h = rule_set({{f"r{{n}}": {{f"f{{n}}": 1}} for n in range({matching})}})
say(len(fire(h, {{f"f{{n}}": 1 for n in range({matching})}})))
""").said
    assert said == [fired]


def test_more_than_64_leaves_that_match_one_fact_fire_nothing() -> None:
    outcome = run("""
h = rule_set({f"r{n}": {f"f{n}": 1} for n in range(65)})
fire(h, {f"f{n}": 1 for n in range(65)})
""")
    assert "error code: 303" in outcome.complaint
    assert MOST_LEAVES <= 64 - 1


@pytest.mark.parametrize(
    "rules", ['{f"r{n}": {"i": n} for n in range(600)}', '{"r": {"$or": [{"i": n} for n in range(600)]}}']
)
def test_creating_a_set_of_512_leaves_never_ends(rules: str) -> None:
    outcome = run(f'say("begun"); rule_set({rules}); say("made")', seconds=HANGS_S)
    assert outcome.said in ([], ["begun"])  # what was said may still be in its buffer
    assert outcome.code is None


def test_255_rules_that_share_a_condition_crash_it() -> None:
    outcome = run('h = rule_set({f"r{n}": {"p": 1} for n in range(255)}); fire(h, {})')
    assert outcome.code is not None
    assert outcome.code < 0, "ended by a signal"
    assert MOST_LEAVES < 255


def test_a_fact_of_240_properties_is_taken_and_one_of_252_is_not() -> None:
    outcome = run("""
h = rule_set({"r": {"f1": 1}})
say([fire(h, {f"f{n}": 1 for n in range(count)}) for count in (56, 240)])
fire(h, {f"f{n}": 1 for n in range(252)})
""")
    assert outcome.said == [[["r", "z"], ["r", "z"]]]
    assert "error code: 302" in outcome.complaint
    assert MOST_LEAVES <= 240, "a fact has the columns of one rule set"


def test_a_rule_with_too_many_groups_is_refused() -> None:
    outcome = run("""
alternatives = [{"$and": [{f"f{n}": 1}, {"$or": [{f"g{n}": 1}, {f"h{n}": 1}]}]} for n in range(7)]
rule_set({"a": {"$and": [{"p": 1}, {"$or": alternatives}]}})
""")
    assert "error code: 113" in outcome.complaint


@pytest.mark.parametrize(
    "pattern",
    [
        f'[{{"$or": [{{"s": f"w{{n}}"}} for n in range({MOST_WORDS})] + [{{"u": 1}}]}}]',
        f'[{{f"f{{n}}": 1}} for n in range({MOST_TERMS - 3})]',
        '[{"$or": [{f"f{n}": 1}, {f"g{n}": 1}]} for n in range(6)]',
        '[{"$or": [{"$and": [{f"f{n}": 1}, {"$or": [{f"g{n}": 1}, {f"h{n}": 1}]}]} for n in range(3)]}]',
    ],
    ids=["longest in", "widest all", "most alternatives", "deepest"],
)
def test_rules_as_large_as_the_plan_makes_them_are_taken(pattern: str) -> None:
    outcome = run(f"""
h = rule_set({{"a": {{"$and": [{{"p": 1}}, *{pattern}]}}}})
fact = {{f"{{letter}}{{n}}": 1 for n in range({MOST_TERMS}) for letter in "fgh"}}
say(sorted(set(fire(h, {{**fact, "s": "w3"}}))))
""")
    assert outcome.said == [["a", "z"]]


def test_a_full_rule_set_with_every_rule_satisfied_in_every_way_fires_all() -> None:
    rules = (MOST_LEAVES - 1) // 9
    said = run(f"""
ways = [{{"$or": [{{f"f{{n}}": 1}} for n in range(2 * group, 2 * group + 2)]}} for group in range(4)]
h = rule_set({{f"r{{n}}": {{"$and": [{{"p": 1}}, *ways]}} for n in range({rules})}})
say(len(fire(h, {{f"f{{n}}": 1 for n in range(8)}})))
""").said
    assert said == [rules * MOST_PATHS + 1]


def test_the_stock_host_starts_threads_and_a_quiet_one_does_not() -> None:
    said = run("""
import threading
from durable import engine as binding
class Quiet(binding.Host):
    def _run(self): pass
Quiet(); say(threading.active_count()); binding.Host(); say(threading.active_count() > 1)
""").said
    assert said == [1, True]
