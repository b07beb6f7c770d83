from __future__ import annotations

from dataclasses import replace

from alertd.core.history import History, advance, in_order, kept_clocks, labelled_at, live_runs, points
from alertd.core.judged import Match, Moment, WantedClock
from alertd.model.ids import ClockId, RuleId, Token
from alertd.model.rulebook import RuleBook, RuleStatus
from tests.core.book import small_book
from tests.core.make import after, clock, custody, facts, incident, row, run, status, stored
from tests.core.play import judged

BOOK = small_book()
BLANK = replace(judged(incident(setting="community", person__age=40)), matches=(), clocks=())
NEWS = Moment(after(), after())


def _match(rule: str = "death", **more: object) -> Match:
    made = Match(
        rule=RuleId(rule), key="k", fallback="k", asks=False, presumed=False, at=after(), check=(),
        record=Token(b"r"), since=None,
    )  # fmt: skip
    return replace(made, **more)  # type: ignore[arg-type]


def _clock(**more: object) -> WantedClock:
    made = WantedClock(
        clock=ClockId("golden_hour"), key="k", fallback="k", rule=RuleId("custody_cohort"), start_at=after(-10),
        due_at=after(50), estimated=False, stop=None,
    )  # fmt: skip
    return replace(made, **more)  # type: ignore[arg-type]


def _step(before: History, *wanted: Match | WantedClock, at: Moment = NEWS, book: RuleBook = BOOK) -> History:
    matches = tuple(each for each in wanted if isinstance(each, Match))
    clocks = tuple(each for each in wanted if isinstance(each, WantedClock))
    return advance(before, replace(BLANK, matches=matches, clocks=clocks), at, book)


LATER = Moment(after(20), after(20))
LAST = Moment(after(40), after(40))


def test_a_run_begins_with_the_news_stays_and_ends_with_other_news() -> None:
    begun = _step(History(), _match())
    assert [(r.known_at, r.ended_at, r.episode) for r in begun.runs] == [(after(), None, 1)]
    assert _step(begun, _match(), at=LATER) == begun
    (ended,) = _step(begun, at=LATER).runs
    assert ended.ended_at == after(20)


def test_a_rule_that_matches_again_begins_its_next_episode() -> None:
    again = _step(_step(_step(History(), _match()), at=LATER), _match(), at=LAST)
    assert [(r.episode, r.known_at, r.ended_at) for r in again.runs] == [(1, after(), after(20)), (2, after(40), None)]


def test_a_run_follows_what_is_now_known_of_it_and_keeps_when_it_began() -> None:
    begun = _step(History(), _match(presumed=True, check=("person.age",)))
    (sure,) = _step(begun, _match(record=Token(b"s")), at=LATER).runs
    assert (sure.presumed, sure.check, sure.known_at, sure.record) == (False, (), after(), b"s")


def test_a_question_and_its_answer_are_two_runs() -> None:
    asked = _step(History(), _match(asks=True))
    found = _step(asked, _match(), at=LATER).runs
    assert [(r.asks, r.known_at, r.ended_at) for r in found] == [(False, after(20), None), (True, after(), after(20))]


def test_what_a_clock_brought_became_known_at_its_time_or_at_the_receipt_that_came_after() -> None:
    assert _step(History(), _match(since=after(15)), at=Moment(after(90), after(5))).runs[0].known_at == after(15)
    assert _step(History(), _match(since=after(-60)), at=LATER).runs[0].known_at == after(20)


def test_a_kept_rule_never_ends() -> None:
    keep = replace(BOOK.rules[RuleId("death")], keep=True)
    book = replace(BOOK, rules={**BOOK.rules, keep.id: keep})
    begun = _step(History(), _match(), book=book)
    assert _step(begun, at=LATER, book=book) == begun
    gone = replace(BOOK, rules={})
    assert _step(begun, at=LATER, book=gone).runs[0].ended_at == after(20)


def test_a_key_that_becomes_known_renames_all_that_ran_under_the_old_name() -> None:
    twice = _step(_step(_step(History(), _match(key="old", fallback="old")), at=LATER), _match(key="old"), at=LAST)
    other = _step(_step(twice, _match(key="old"), _match("associate"), at=LAST), _match(key="old"), at=LAST)
    named = _step(other, _match(key="new", fallback="old"), at=LAST)
    assert [(r.rule, r.key, r.episode) for r in named.runs] == [
        ("associate", "k", 1),
        ("death", "new", 1),
        ("death", "new", 2),
    ]
    assert named.renamed == (("rule:death", "old", "new"),)
    asked = _step(_step(History(), _match(key="old", asks=True)), _match(key="new", fallback="old", asks=True))
    assert asked.renamed == (("ask:death", "old", "new"),)
    fresh = _step(History(), _match(key="new", fallback="old"))
    assert fresh.renamed == ()


def test_a_clock_keeps_its_episode_when_its_deadline_moves_and_remembers_when_it_did() -> None:
    begun = _step(History(), _clock())
    (still,) = _step(begun, _clock(estimated=True), at=LATER).clocks
    assert (still.due_known_at, still.estimated) == (after(), True)
    (moved,) = _step(begun, _clock(due_at=after(30)), at=LATER).clocks
    assert (moved.due_known_at, moved.known_at, moved.episode) == (after(20), after(), 1)


def test_a_clock_not_wanted_is_withdrawn_and_wanted_again_a_new_episode() -> None:
    begun = _step(History(), _clock())
    gone = _step(begun, at=LATER)
    assert gone.clocks[0].withdrawn_at == after(20)
    assert [(c.episode, c.withdrawn_at) for c in _step(gone, _clock(), at=LAST).clocks] == [(1, after(20)), (2, None)]


def test_a_clock_is_renamed_with_its_key() -> None:
    named = _step(_step(History(), _clock(key="old", fallback="old")), _clock(key="new", fallback="old"), at=LATER)
    assert [(c.key, c.known_at) for c in named.clocks] == [("new", after())]
    assert named.renamed == (("clock:golden_hour", "old", "new"),)
    assert _step(History(), _clock(key="new", fallback="old")).renamed == ()


def test_a_case_was_labelled_by_the_first_rule_that_still_gives_one() -> None:
    runs = (run(known_at=after(5)), run("serious_violence", known_at=after(1), ended_at=after(3)), run("death"))
    assert labelled_at(History(runs), BOOK) == after(5)
    assert labelled_at(History(), BOOK) is None


def test_only_clocks_of_rules_that_keep_are_kept() -> None:
    keep = replace(BOOK.rules[RuleId("custody_cohort")], keep=True)
    book = replace(BOOK, rules={**BOOK.rules, keep.id: keep})
    history = History(clocks=(clock(), clock("contact_48h", withdrawn_at=after()), clock(rule=RuleId("death"))))
    assert kept_clocks(history, book) == (clock(),)
    assert kept_clocks(history, BOOK) == ()


def test_live_runs_are_those_of_rules_that_send() -> None:
    shadow = replace(BOOK.rules[RuleId("death")], status=RuleStatus.SHADOW)
    runs = (run(), run("death"), run("gone"))
    assert live_runs(runs, replace(BOOK, rules={**BOOK.rules, shadow.id: shadow})) == [run()]


# --- is one step enough?

FIRST = stored(1, custody())
KNOWN = facts(FIRST, row=row(settled_at=after()))
NONE: frozenset[int] = frozenset()


def test_one_step_is_enough_for_one_newer_message_or_none() -> None:
    assert in_order(KNOWN, [FIRST], NONE)
    assert in_order(KNOWN, [FIRST, stored(2, custody(version=2, at=after(1)))], NONE)
    acts = [stored(3, status("alert_accepted", at=after(-1))), stored(4, status("alert_released", at=after(9)))]
    assert in_order(KNOWN, [FIRST, *acts], NONE)


def test_history_is_judged_again_when_order_membership_or_time_could_matter() -> None:
    same_moment = stored(2, custody(version=2))
    two = [stored(2, custody(version=2, at=after(1))), stored(3, custody(version=3, at=after(2)))]
    assert not in_order(facts(FIRST), [FIRST], NONE)
    assert not in_order(KNOWN, [], NONE)
    assert not in_order(KNOWN, [FIRST, same_moment], NONE)
    assert not in_order(KNOWN, [FIRST, *two], NONE)
    assert not in_order(KNOWN, [FIRST], frozenset({1}))
    due = replace(KNOWN, row=row(settled_at=after(), wake_at=after(1)))
    assert not in_order(due, [FIRST, two[0]], NONE)
    assert in_order(due, [FIRST], NONE)
    for later in ({"runs": (run(known_at=after(5)),)}, {"clocks": (clock(withdrawn_at=after(5)),)}):
        ahead = replace(KNOWN, **later)
        assert not in_order(ahead, [FIRST, two[0]], NONE)
        assert in_order(ahead, [FIRST, stored(2, custody(version=2, at=after(5)))], NONE)


def test_moments_are_those_at_which_something_that_rules_read_came() -> None:
    messages = [stored(2, status("alert_accepted", at=after(5))), stored(3, status("contact", at=after(3))), FIRST]
    assert points(messages) == [after(), after(3)]
