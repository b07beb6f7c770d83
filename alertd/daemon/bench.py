"""The two judges of the rules in force, and of those before while somebody may still be asking them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from alertd.daemon.figures import Figures
from alertd.daemon.troubles import Troubles
from alertd.model.errors import MatcherError
from alertd.model.rulebook import RuleBook
from alertd.rulebook.cage import Cage
from alertd.rulebook.judges import Disagreement, TwoJudges, view_digest
from alertd.rulebook.reference import Reference
from alertd.service.steadfast import Disagreements, Steadfast

GRACE = timedelta(minutes=1)
"""How long a replaced engine still answers: far longer than any decision that began with it."""


class Bench:
    """Makes the judges of a rule book, and tells of their troubles; `Bench(…)(book)` is a `Judge`.

    Args:
        troubles: Told of disagreements (once a rule and day) and of an engine without an answer (once an hour).
        figures: Counts both.
        now: The present, aware UTC.
    """

    def __init__(self, troubles: Troubles, figures: Figures, now: Callable[[], datetime]) -> None:
        self._troubles = troubles
        self._figures = figures
        self._now = now
        self._present: Cage | None = None
        self._retired: list[tuple[datetime, Cage]] = []
        self._restarts = 0
        self._record: Disagreements | None = None

    def keep(self, record: Disagreements) -> None:
        """Keep disagreements on record from now on: each goes on acting until its input changes."""
        self._record = record

    def __call__(self, book: RuleBook) -> Steadfast:
        """Make the judges of a rule book; the engine before is retired."""
        return self.seat(book, Cage(book))

    def compiled(self, book: RuleBook) -> Cage:
        """Start an engine and wait until it has compiled a rule book; nobody is asked less for that.

        Raises:
            MatcherError: it cannot take the rules, or not in time.
        """
        cage = Cage(book)
        try:
            cage.wait_ready()
        except MatcherError:
            cage.close()
            raise
        return cage

    def seat(self, book: RuleBook, cage: Cage) -> Steadfast:
        """Make the judges of a rule book with this engine; the engine before is retired."""
        if self._present is not None:
            self._retired.append((self._now() + GRACE, self._present))
        self._present = cage
        judges = TwoJudges(Reference(book), cage, self._disagreed, self._failed)
        return Steadfast(judges, lambda: self._record, view_digest)

    @property
    def engine_pid(self) -> int | None:
        """Process id of the present engine's child."""
        return self._present.pid if self._present else None

    def look(self) -> None:
        """Close the engines whose time has passed, and count restarts."""
        now = self._now()
        for _, cage in [each for each in self._retired if each[0] <= now]:
            cage.close()
        self._retired = [each for each in self._retired if each[0] > now]
        restarts = self._present.restarts if self._present else 0
        self._figures.engine_restarts.inc(max(0, restarts - self._restarts))
        self._restarts = restarts

    def close(self) -> None:
        """Close every engine; the bench can be used again."""
        for _, cage in self._retired:
            cage.close()
        if self._present is not None:
            self._present.close()
        self._retired, self._present, self._restarts = [], None, 0

    def _disagreed(self, found: Disagreement) -> None:
        self._figures.disagreements.inc()
        if self._record is not None:
            self._record.add(found.expr, found.view_digest, found.engine, found.reference)
        text = (
            f"The two evaluators differ on {found.expr}: engine {found.engine.name}, reference {found.reference.name}. "
            "The answer that alerts was used. Remedy: run 'alertd test', and send the rule to the developers."
        )
        self._troubles.tell("disagreement", f"{found.expr}.{self._now():%Y%m%d}", text)

    def _failed(self, failure: MatcherError, number: int) -> None:
        self._figures.engine_failures.inc()
        text = (
            f"The rules engine gave no answer ({failure}; {number} records). The reference evaluator decided alone, "
            "nothing was lost. Remedy: if this comes every hour, restart alertd and tell the developers."
        )
        self._troubles.tell("engine", f"{self._now():%Y%m%d%H}", text)
