"""A reload of the rules: checked as a whole, swapped as one, or refused and told; the rules in force never stop."""

from __future__ import annotations

from dataclasses import replace

import structlog

from alertd.core.calendar import local
from alertd.daemon.bench import Bench
from alertd.daemon.figures import Figures
from alertd.daemon.heartbeat import keep_refusal
from alertd.daemon.parts import Parts
from alertd.daemon.rules_in_force import IN_FORCE, RuleSet, files_text, load_rules, refusal
from alertd.daemon.troubles import Troubles
from alertd.model.errors import ConfigError
from alertd.model.ids import ClockId
from alertd.rulebook.cage import try_compile
from alertd.rulebook.reference import Reference
from alertd.service.casework import Ruling
from alertd.service.ports import Rank

_MOST_CLOCKS = 1_000_000
_log = structlog.get_logger(__name__)


class Reload:
    """Brings changed files into force.

    Args:
        parts: The installation.
        bench: Makes the judges of a rule book.
        troubles: Told why a load was refused.
        figures: Shows the version, counts refusals.
    """

    def __init__(self, parts: Parts, bench: Bench, troubles: Troubles, figures: Figures) -> None:
        self._parts = parts
        self._bench = bench
        self._troubles = troubles
        self._figures = figures

    def __call__(self) -> bool:
        """Load the files, and tell whether they are in force now; when not, those before stay."""
        try:
            new = self._checked()
            judged = Ruling(new.ruling.terms, self._bench(new.book))
        except Exception as refused:  # noqa: BLE001  # the reload's one: whatever the files hold, the daemon goes on
            self._refused(refused)
            return False
        old = self._parts.rules.swap(replace(new, ruling=judged))
        self._figures.rules_in_force(new.book.version)
        keep_refusal(self._parts.store, "", self._parts.now())
        _log.info("rules_reloaded", version=new.book.version, before=old.book.version)
        return True

    def _checked(self) -> RuleSet:
        """Load, and make sure that nothing which runs would stop.

        Raises:
            ConfigError: the files hold errors, or a running clock would vanish.
            MatcherError: the engine cannot take the rules.
            StoreUnavailable: the running clocks cannot be looked at, or the version not be recorded.
        """
        parts = self._parts
        today = local(parts.now()).date()
        new = load_rules(parts.settings, parts.keyring.token, Reference, today)
        if gone := sorted(self._running_clocks() - set(new.book.clocks)):
            raise ConfigError(
                f"running clocks would vanish: {', '.join(gone)}. Remedy: leave the clock's block in the files "
                "until they have stopped ('alertd clocks'), and take only the rule out that starts it"
            )
        try_compile(new.book)
        record_version(parts, new)
        return new

    def _running_clocks(self) -> set[ClockId]:
        with self._parts.store.read() as reading:
            return {run.clock for _, run in reading.list_clocks(running_only=True, limit=_MOST_CLOCKS)}

    def _refused(self, why: Exception) -> None:
        first = refusal(why)
        self._figures.rules_rejected.inc()
        text = f"Changed rules were refused, the others stay in force: {first} Remedy: run 'alertd check', then reload."
        self._troubles.tell("rules", f"{self._parts.now():%Y%m%dT%H%M%S.%f}", text)
        keep_refusal(self._parts.store, first, self._parts.now())
        _log.error("rules_refused", reason=first)


def record_version(parts: Parts, rules: RuleSet) -> None:
    """Keep a rule set in the store under its version, so that it stays loadable while anything refers to it.

    Raises:
        ConfigError: the files were changed while they were loaded.
        StoreUnavailable: it cannot be written.
    """
    text = files_text(parts.settings, rules.book)
    if text is None:
        raise ConfigError("the files were changed while they were read: reload once more")
    with parts.store.write(Rank.TICK) as writing:
        writing.record_version(rules.book.version, text, parts.now())
        writing.set_note(IN_FORCE, rules.book.version)
