"""What the engine does with facts, rules and values, as far as the cage builds on it (durable-rules 2.0.28)."""

from __future__ import annotations

from importlib.metadata import version

from tests.contract.engine_process import run


def test_it_is_the_version_whose_faults_are_known() -> None:
    assert version("durable-rules") == "2.0.28"


def test_a_fact_fires_every_rule_that_matches_and_the_sentinel_last() -> None:
    said = run('h = rule_set({"a": {"f": 1}, "b": {"f": 1}, "c": {"g": 1}}); say(fire(h, {"f": 1}))').said
    assert said == [["a", "b", "z"]]


def test_an_event_is_consumed_by_the_first_rule() -> None:
    said = run("""
h = rule_set({"a": {"f": 1}, "b": {"f": 1}})
code, state = engine.assert_event(h, '{"sid":"x","id":"k","p":1,"f":1}')
say(list(step(h, state)))
""").said
    assert said == [["a"]]


def test_without_a_sentinel_a_fact_that_fires_nothing_is_reported_as_a_code() -> None:
    said = run("""
h = engine.create_ruleset("q", json.dumps({"a": {"all": [{"m": {"f": 1}}]}}))
say(engine.assert_fact(h, '{"sid":"x","id":"k","f":2}')[0])
""").said
    assert said == [1]


def test_a_fact_that_was_not_retracted_is_not_judged_again() -> None:
    said = run("""
h = rule_set({"a": {"f": 1}})
say([engine.assert_fact(h, '{"sid":"x","id":"k","p":1}')[0] for _ in range(2)])
""").said
    assert said == [[0, 2]]


def test_a_retracted_fact_leaves_nothing_to_the_next() -> None:
    said = run("""
h = rule_set({"a": {"$and": [{"f": 1}, {"g": 1}]}})
say([fire(h, fact) for fact in ({"f": 1}, {"g": 1}, {"f": 1, "g": 1}, {})])
""").said
    assert said == [[["z"], ["z"], ["a", "z"], ["z"]]]


def test_one_session_for_ever_keeps_no_memory() -> None:
    said = run("""
h = rule_set({"a": {"f": 1}, "b": {"s": "ab"}})
def pages(): return int(open("/proc/self/statm").read().split()[1])
def ask(first, last):
    for number in range(first, last): fire(h, {"f": 1, "s": f"value {number}"})
ask(0, 2000); before = pages(); ask(2000, 12000); say(pages() - before)
""").said
    assert isinstance(said[0], int)
    assert said[0] < 256, "10,000 facts took more than a MiB"


def test_an_absent_column_satisfies_nothing() -> None:
    said = run('h = rule_set({"a": {"$lt": {"i": 5}}, "b": {"i": 0}, "c": {"s": ""}}); say(fire(h, {}))').said
    assert said == [["z"]]


def test_text_and_numbers_and_truths_are_compared_loosely() -> None:
    said = run("""
h = rule_set({"a": {"$gt": {"i": 5}}, "b": {"f": 1}})
say(fire(h, {"i": "6"})); say(fire(h, {"f": True})); say(fire(h, {"f": "1"}))
""").said
    assert said == [["a", "z"], ["b", "z"], ["b", "z"]]


def test_whole_numbers_are_exact_up_to_the_clamp() -> None:
    said = run("""
B = 2**62
h = rule_set({"a": {"i": B - 1}, "b": {"$gt": {"i": B - 2}}, "c": {"$lt": {"i": 2 - B}}})
say([fire(h, {"i": value}) for value in (B - 2, B - 1, B, 2 - B, 1 - B, -B)])
""").said
    assert said == [[["z"], ["a", "b", "z"], ["b", "z"], ["z"], ["c", "z"], ["c", "z"]]]


def test_text_lengths_are_taken_modulo_65536() -> None:
    said = run("""
h = rule_set({"a": {"s": "ab"}})
say([fire(h, {"s": value}) for value in ("ab", "ab" + "x" * 65536, "ab" + "x" * 4094)])
""").said
    assert said == [[["a", "z"], ["a", "z"], ["z"]]]


def test_escapes_and_letters_beyond_ascii_are_equal_when_rule_and_fact_spell_them_alike() -> None:
    said = run(r"""
texts = ['quote " inside', "back\\slash", "line\nbreak", "straße", "\U0001f600", "$m", "{}", "é", "e\u0301"]
h = rule_set({f"t{number}": {"s": text} for number, text in enumerate(texts)})
say([fire(h, {"s": text}) for text in texts])
""").said
    assert said == [[[f"t{number}", "z"] for number in range(9)]]


def test_a_letter_and_its_escape_are_two_texts_to_it() -> None:
    said = run(r"""
h = rule_set({"a": {"s": "é"}})
code, state = engine.assert_fact(h, r'{"sid":"x","id":"k","p":1,"s":"\u00e9"}')
say(list(step(h, state)))
""").said
    assert said == [["z"]]


def test_half_of_a_surrogate_pair_is_refused() -> None:
    outcome = run(r'h = rule_set({"a": {"s": "ab"}}); fire(h, {"s": "\udc80"})')
    assert outcome.code == 1
    assert "Invalid argument" in outcome.complaint


def test_a_float_with_an_exponent_is_refused() -> None:
    outcome = run('rule_set({"a": {"f": 1e-7}})')
    assert outcome.code == 1
    assert "error code: 204" in outcome.complaint


def test_a_rule_fires_once_for_each_way_of_satisfying_it() -> None:
    said = run("""
ors = [{"$or": [{f"f{n}": 1}, {f"g{n}": 1}]} for n in range(5)]
h = rule_set({"a": {"$and": [{"p": 1}, *ors]}})
say(len(fire(h, {f"{letter}{n}": 1 for n in range(5) for letter in "fg"})))
""").said
    assert said == [2**5 + 1]
