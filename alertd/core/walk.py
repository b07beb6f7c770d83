"""Walk through a case's history: from message to message, and in between from turn to turn of its clocks.

A clock turns when it is first warned and when its deadline passes. Every turn that a rule hears of is judged at its own
time, so that what comes out depends neither on how often one looks nor on how late.
"""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from alertd.core.clocks import ClockState, first_warning_at, is_over
from alertd.core.fold import fold
from alertd.core.history import History, advance, in_order, is_act, kept_clocks, labelled_at, points
from alertd.core.judge import judge
from alertd.core.judged import Ask, Context, Judged, Moment, Remembered, Terms
from alertd.model.case import ClockRun, Facts, StoredMessage
from alertd.model.values import Kind

Walking = Generator[Ask, Any, tuple[History, Judged]]

_BEFORE_DUE = (ClockState.RUNNING, ClockState.WARNED)


@dataclass(frozen=True, slots=True)
class _Stretch:
    """A time in which no message comes.

    Attributes:
        messages: All that is known in it.
        since, until: From when to when; both are judged.
        news: When what is new in it became known.
    """

    messages: Sequence[StoredMessage]
    since: datetime
    until: datetime
    news: Moment


class Walk:
    """The history of one case up to now.

    Args:
        facts: What is recorded.
        messages: All messages that belong to the case now.
        noted: Seqs of statuses that several cases share.
        now: Aware UTC.
        terms: Rules and what else is shared.
    """

    def __init__(
        self, facts: Facts, messages: Sequence[StoredMessage], noted: frozenset[int], now: datetime, terms: Terms
    ) -> None:
        self._facts = facts
        self._messages = messages
        self._noted = noted
        self._now = now
        self._terms = terms
        self._book = terms.plan.book

    def run(self) -> Walking:
        """Go one stretch on from the stored runs, or through the whole history again when messages came out of order.

        Raises:
            ValueError: no incident among the messages.
        """
        if self._terms.keep_order and in_order(self._facts, self._messages, self._noted):
            history, of = History(self._facts.runs, self._facts.clocks), self._latest()
            known = self._remembered(history, of.until)
            return (history, known) if known is not None else (yield from self._through(history, of))
        history = History()
        judged: Judged | None = None
        for stretch in self._stretches():
            history, judged = yield from self._through(history, stretch)
        if judged is None:
            raise ValueError("a case needs an incident")
        return history, judged

    def _latest(self) -> _Stretch:
        """What is new since the case was decided last: one message, or time and other cases alone."""
        point = points(self._messages)[-1]
        before = {m.seq for m in self._facts.messages}
        if any(m.seq not in before and not is_act(m) for m in self._messages):
            return _Stretch(self._messages, point, max(point, self._now), Moment(point, point))
        since = min(self._facts.row.wake_at or self._now, self._now)
        return _Stretch(self._messages, since, self._now, Moment(self._now, point))

    def _stretches(self) -> Iterable[_Stretch]:
        moments = points(self._messages)
        for point, following in zip(moments, [*moments[1:], None], strict=True):
            known = [m for m in self._messages if following is None or m.message.received_at <= point]
            if any(m.message.kind is Kind.INCIDENT for m in known):
                yield _Stretch(known, point, following or max(point, self._now), Moment(point, point))

    def _through(self, history: History, of: _Stretch) -> Walking:
        judged = yield from self._judge(of, of.until, history, of.news)
        after = advance(history, judged, of.news, self._book)
        if self._next_turn(after, of.since, of.until) is not None:
            after, judged = yield from self._turn_by_turn(history, of)
        self._remember(after, of, judged)
        return after, judged

    def _remember(self, history: History, of: _Stretch, judged: Judged) -> None:
        if self._terms.remembered is None:
            return
        seqs, labelled = frozenset(m.seq for m in of.messages), labelled_at(history, self._book)
        self._terms.remembered[self._facts.row.id] = Remembered(seqs, self._noted, of.until, labelled, judged)

    def _remembered(self, history: History, until: datetime) -> Judged | None:
        """What was found last, when no message has come since, and no clock has turned that some rule hears of."""
        known = (self._terms.remembered or {}).get(self._facts.row.id)
        now = (frozenset(m.seq for m in self._messages), self._noted, labelled_at(history, self._book))
        if known is None or (known.seqs, known.noted, known.labelled_at) != now:
            return None
        turned = any(known.until < at <= until for clock in history.clocks for at in self._turns(clock))
        return None if turned else known.judged

    def _turn_by_turn(self, history: History, of: _Stretch) -> Walking:
        at: datetime | None = of.since
        while at is not None:
            news = Moment(at, of.news.point)
            judged = yield from self._judge(of, at, history, news)
            history = advance(history, judged, news, self._book)
            at = self._next_turn(history, at, of.until)
        news = Moment(max(of.news.at, news.at), of.news.point)
        judged = yield from self._judge(of, of.until, history, news)
        return advance(history, judged, news, self._book), judged

    def _next_turn(self, history: History, after: datetime, until: datetime) -> datetime | None:
        """The first moment strictly between two at which a clock turns that some rule hears of."""
        running = (clock for clock in history.clocks if clock.withdrawn_at is None)
        turns = (at for clock in running for at in self._turns(clock) if after < at < until and not is_over(clock, at))
        return min(turns, default=None)

    def _turns(self, clock: ClockRun) -> Iterator[datetime]:
        heard = [state for state in ClockState if self._terms.plan.hears_clock(clock.clock, state.value)]
        if heard:
            yield clock.due_at
        warned = first_warning_at(clock, self._book)
        if warned is not None and any(state in heard for state in _BEFORE_DUE):
            yield warned

    def _judge(self, of: _Stretch, at: datetime, history: History, news: Moment) -> Generator[Ask, Any, Judged]:
        context = Context(
            plan=self._terms.plan,
            case=self._facts.row.id,
            now=at,
            hashed=self._terms.hashed,
            news=news,
            labelled_at=labelled_at(history, self._book),
            kept=kept_clocks(history, self._book),
        )
        return (yield from judge(fold(of.messages, self._noted), context))
