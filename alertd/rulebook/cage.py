"""The cage: the engine in a child process that may crash, hang or grow, and is killed and replaced when it does."""

from __future__ import annotations

import pickle
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import timedelta

from alertd.model.errors import MatcherError
from alertd.model.ids import ExprId
from alertd.model.rulebook import RuleBook
from alertd.model.values import Answer, Kind
from alertd.model.view import Answers, View
from alertd.rulebook.cage_frames import Broken
from alertd.rulebook.cage_process import CageProcess

_ANSWERS = (Answer.NO, Answer.UNKNOWN, Answer.YES)


@dataclass(frozen=True, slots=True)
class Limits:
    """How long the engine may take and how much it may hold.

    Attributes:
        start: From the first question to compiled rules.
        answer: For a batch, and `each` more for every record in it.
        each: See `answer`; several times what the slowest measured rule book of 300 rules takes.
        pause: After a child that could not be started, before the next try.
        address_space: Bytes that the child may map; past it an allocation fails and the child ends.
        resident: Bytes of memory past which the child is replaced between two batches.
    """

    start: timedelta = timedelta(seconds=10)
    answer: timedelta = timedelta(seconds=2)
    each: timedelta = timedelta(milliseconds=5)
    pause: timedelta = timedelta(seconds=30)
    address_space: int = 1 << 30
    resident: int = 96 << 20

    def batch(self, size: int) -> float:
        """Seconds that a batch of so many records may take."""
        return (self.answer + size * self.each).total_seconds()


class Cage:
    """Answers every expression of a rule book in the engine; a `Matcher` that says so when it has no answer.

    One batch at a time: threads that ask together wait for each other. A child that crashes, hangs or answers
    nonsense is killed and the next is started at once; the batch is not tried again, for it may have been the cause.

    Args:
        book: Its `expressions` and `definitions` go into the child, which starts now and compiles them at the first
            question or at `wait_ready`.
        limits: See `Limits`.
    """

    def __init__(self, book: RuleBook, limits: Limits | None = None) -> None:
        self._limits = limits or Limits()
        self._rules = pickle.dumps((book.expressions, dict(book.definitions)))
        self._ids: dict[Kind, tuple[ExprId, ...]] = {
            kind: tuple(expression.id for expression in book.expressions if expression.kind is kind) for kind in Kind
        }
        self._lock = threading.Lock()
        self._restarts = 0
        self._closed = False
        self._retry_at = 0.0
        self._child: CageProcess | None = None
        self._start_child()

    @property
    def restarts(self) -> int:
        """How many children failed at a question and were replaced."""
        return self._restarts

    @property
    def pid(self) -> int | None:
        """Process id of the present child; None when there is none."""
        return self._child.pid if self._child else None

    def match(self, views: Sequence[View]) -> Sequence[Answers]:
        """Answer every expression of each view's kind, in the order of the views.

        Raises:
            MatcherError: the engine did not answer; its successor is being started.
        """
        with self.asking(views) as answers:
            return answers()

    @contextmanager
    def asking(self, views: Sequence[View]) -> Iterator[Callable[[], Sequence[Answers]]]:
        """Send the views and go on: the engine works while the body of the `with` does.

        Yields:
            What waits for the answers, to be called at most once. It raises MatcherError as `match` does, also when
            the views could not be sent.
        """
        with self._lock:
            sent = self._ask(views)
            waited = False

            def answers() -> Sequence[Answers]:
                nonlocal waited
                waited = True
                if isinstance(sent, MatcherError):
                    raise sent
                return self._answered(views, *sent)

            try:
                yield answers
            finally:
                if not waited:  # an answer that nobody took must not meet the next question
                    self._replace_child()

    def wait_ready(self) -> None:
        """Wait until the rules are compiled.

        Raises:
            MatcherError: they cannot be, or not in time.
        """
        with self._lock:
            self._compiled_child()

    def close(self) -> None:
        """End the child; every later question raises MatcherError."""
        with self._lock:
            self._closed = True
            self._end_child()

    def _ask(self, views: Sequence[View]) -> tuple[CageProcess, float] | MatcherError:
        try:
            child = self._compiled_child()
            seconds = self._limits.batch(len(views))
            deadline = time.monotonic() + seconds
            child.ask(_frame(views, seconds), deadline)
        except MatcherError as refusal:
            return refusal
        except Broken as broken:
            return self._failed(broken)
        return child, deadline

    def _answered(self, views: Sequence[View], child: CageProcess, deadline: float) -> list[Answers]:
        names = [self._ids[view.kind] for view in views]
        try:
            given = child.answers(sum(map(len, names)), deadline)
        except (Broken, MatcherError) as failure:
            raise self._failed(failure) from failure
        if child.full:
            self._end_child()
            self._start_child()
        answers = map(_ANSWERS.__getitem__, given)
        return [dict(zip(of_kind, answers, strict=False)) for of_kind in names]

    def _failed(self, failure: Exception) -> MatcherError:
        self._restarts += 1
        self._replace_child()
        return MatcherError(f"the rules engine did not answer: {failure}")

    def _compiled_child(self) -> CageProcess:
        if self._closed:
            raise MatcherError("the rules engine is closed")
        if self._child is None and time.monotonic() >= self._retry_at:
            self._start_child()
        if self._child is None:
            raise MatcherError("the rules engine could not be started a moment ago; it is tried again soon")
        try:
            self._child.compile(self._rules, self._limits.start.total_seconds())
        except (Broken, MatcherError) as failure:
            self._end_child()
            self._retry_at = time.monotonic() + self._limits.pause.total_seconds()
            raise MatcherError(f"the rules engine could not be started: {failure}") from failure
        return self._child

    def _replace_child(self) -> None:
        self._end_child()
        if not self._closed and time.monotonic() >= self._retry_at:
            self._start_child()

    def _start_child(self) -> None:
        limits = self._limits
        try:
            self._child = CageProcess(limits.address_space, limits.resident)
        except OSError:
            self._retry_at = time.monotonic() + limits.pause.total_seconds()

    def _end_child(self) -> None:
        if self._child is not None:
            self._child.kill()
            self._child = None


def try_compile(book: RuleBook) -> None:
    """Compile a rule book in a throw-away child, because a bad rule set can hang or crash its creation.

    Raises:
        MatcherError: the engine cannot take these rules; the ones in force are untouched.
    """
    with closing(Cage(book)) as cage:
        cage.wait_ready()


def _frame(views: Sequence[View], seconds: float) -> bytes:
    # Plain dicts: a view's mappings may be of a kind that does not pickle.
    records = [(view.kind.value, dict(view.fields), view.at, dict(view.cross)) for view in views]
    return pickle.dumps((seconds, records))
