"""Decide and commit, in process: intake's verb on batches of new cases, and what each part of it costs alone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from time import perf_counter, process_time

from alertd.model.case import MessageOutcome
from alertd.model.errors import MatcherError
from alertd.model.rulebook import RuleBook
from alertd.model.view import Answers, Matcher, View
from alertd.rulebook.cage import Cage
from alertd.rulebook.judges import Disagreement, TwoJudges
from alertd.rulebook.reference import Reference
from alertd.service.ports import Rank
from alertd.store import SqlStore
from tests.bench.crowd import arrivals, batches
from tests.bench.figure import Figure, Reach
from tests.bench.site import NO_RULES, Site

_PER_SECOND = "messages/s"
_COMMITS = 200


class Listener:
    """A matcher that keeps what it is asked and passes it on."""

    def __init__(self, asked: Matcher) -> None:
        self._asked = asked
        self.views: list[Sequence[View]] = []

    def match(self, views: Sequence[View]) -> Sequence[Answers]:
        """Ask the matcher behind."""
        self.views.append(list(views))
        return self._asked.match(views)


class Faultless:
    """Fails a measurement in which the two judges do not both answer alike."""

    def disagreed(self, found: Disagreement) -> None:
        """Refuse a disagreement."""
        raise AssertionError(f"the judges differ: {found}")

    def failed(self, failure: MatcherError, number: int) -> None:
        """Refuse a failure of the engine."""
        raise AssertionError(f"the engine did not answer {number} records: {failure}")


@contextmanager
def two_judges(book: RuleBook) -> Iterator[TwoJudges]:
    """Engine and reference together, as the daemon decides, ready to answer."""
    with closing(Cage(book)) as cage:
        cage.wait_ready()
        faultless = Faultless()
        yield TwoJudges(Reference(book), cage, faultless.disagreed, faultless.failed)


def decide_and_commit(site: Site) -> Iterator[Figure]:
    """Measure intake of new cases: without rules, by the reference alone, by both judges."""
    site.step("small commits")
    yield Figure("one small commit", "ms", _small_commits(site), note="one row, SQLite FULL: what the disk takes")
    site.step("commit without rules, in process")
    bare = [_rate(site, NO_RULES, Reference(NO_RULES), MessageOutcome.NO_MATCH) for _ in range(site.sizes.runs)]
    yield _figure("decode + commit, no rules", bare)
    rules = f"{len(site.book.rules)} rules"
    site.step(f"decide and commit by the reference alone, {rules}")
    alone = [_rate(site, site.book, Reference(site.book)) for _ in range(site.sizes.runs)]
    yield _figure("decide + commit, reference alone", alone, beside="decode + commit, no rules", note=rules)
    site.step(f"decide and commit by both judges, {rules}")
    with two_judges(site.book) as judges:
        both = [_rate(site, site.book, judges) for _ in range(site.sizes.runs)]
    yield _figure(
        "decide + commit, both judges",
        both,
        reach=Reach(5_000),
        beside="decode + commit, no rules",
        note=f"{rules}, SQLite FULL, batches of 200 new cases",
    )
    yield Figure(
        "its own processor time",
        "ms/message",
        tuple(1000 * cpu for _, cpu in both),
        note="this process only; does not wait for a busy machine",
    )


def judging_alone(site: Site) -> Iterator[Figure]:
    """Measure the engine and the reference alone, on exactly the records that intake asks them about."""
    site.step("the engine alone")
    asked = _asked(site)
    records = sum(len(views) for views in asked) / site.sizes.messages
    note = f"{len(site.book.expressions)} conditions, {records:.1f} records a message in {len(asked)} questions"
    with closing(Cage(site.book)) as cage:
        cage.wait_ready()
        engine = [_judged(site, cage, asked) for _ in range(site.sizes.runs)]
    yield Figure("engine alone, in its process", _PER_SECOND, tuple(engine), note=note)
    reference = Reference(site.book)
    alone = [_judged(site, reference, asked) for _ in range(site.sizes.runs)]
    yield Figure("reference alone", _PER_SECOND, tuple(alone), note="the same records")


def check_outcomes(store: SqlStore, outcome: MessageOutcome, number: int) -> None:
    """Make sure that what was measured did happen.

    Raises:
        AssertionError: other messages than expected ended so.
    """
    with store.read() as reading:
        totals = reading.message_totals()
    assert totals[outcome.value] == number, f"expected {number} {outcome.value}, and there are {dict(totals)}"


def _small_commits(site: Site) -> tuple[float, ...]:
    with site.store() as store:
        return tuple(_small_commit(store, number) for number in range(_COMMITS))


def _small_commit(store: SqlStore, number: int) -> float:
    began = perf_counter()
    with store.write(Rank.INTAKE) as writing:
        writing.set_note("bench", str(number))
    return 1000 * (perf_counter() - began)


def _asked(site: Site) -> list[Sequence[View]]:
    listener = Listener(Reference(site.book))
    with site.store() as store:
        _take_all(site, store, site.book, listener)
    return listener.views


def _judged(site: Site, matcher: Matcher, asked: Sequence[Sequence[View]]) -> float:
    began = perf_counter()
    for views in asked:
        matcher.match(views)
    return site.sizes.messages / (perf_counter() - began)


def _rate(
    site: Site, book: RuleBook, matcher: Matcher, outcome: MessageOutcome = MessageOutcome.ACTED
) -> tuple[float, float]:
    """One run on a new store: messages a second, and this process's own seconds a message."""
    number = site.sizes.messages
    with site.store() as store:
        elapsed, own = _take_all(site, store, book, matcher)
        check_outcomes(store, outcome, number)
    return number / elapsed, own / number


def _take_all(site: Site, store: SqlStore, book: RuleBook, matcher: Matcher) -> tuple[float, float]:
    intake = site.intake(store, book, matcher)
    now = site.now()
    cut = batches(arrivals(range(site.sizes.messages), now))
    began, own = perf_counter(), process_time()
    for batch in cut:
        intake.take(batch, now)
    return perf_counter() - began, process_time() - own


def _figure(
    name: str, runs: Sequence[tuple[float, float]], *, reach: Reach | None = None, beside: str = "", note: str = ""
) -> Figure:
    return Figure(name, _PER_SECOND, tuple(rate for rate, _ in runs), reach, beside, note)
