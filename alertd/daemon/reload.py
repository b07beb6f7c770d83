"""A reload of the rules: tried as a whole, put in force as one, or refused and told; the rules in force never stop."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from time import monotonic
from typing import Protocol

import structlog

from alertd.core.on_call import RULES_ADMIN
from alertd.core.wording import moment
from alertd.daemon.bench import Bench
from alertd.daemon.figures import Figures
from alertd.daemon.heartbeat import keep_refusal
from alertd.daemon.parts import Parts
from alertd.daemon.rule_trial import Trial, Tried
from alertd.daemon.rules_at_work import check_at_work
from alertd.daemon.rules_in_force import RuleSet, files_of, files_text, recall_rules, refusal, rule_set
from alertd.daemon.trial_process import TrialEnded
from alertd.daemon.troubles import Troubles
from alertd.model.differences import Change, Differences
from alertd.model.errors import ConfigError, StoreUnavailable
from alertd.model.ids import PersonId, RoleId, Version
from alertd.model.rule_loads import LoadReport, LoadState, RuleLoad
from alertd.rulebook.files import version_of
from alertd.rulebook.reference import Reference
from alertd.rulebook.settings import Settings
from alertd.service.casework import Ruling
from alertd.service.losses import answered
from alertd.service.ports import Reading
from alertd.service.rule_loads import TWO, RuleLoads, last_of, missing, version_in_force

_MOST_CHANGES = 50
_MOST_TOLD = 3
_log = structlog.get_logger(__name__)


class Tries(Protocol):
    """Tries a set, here or in a process of its own."""

    def __call__(self, trial: Trial, /) -> Tried:
        """Say what is wrong with it, and what it changes."""
        ...


class Reload:
    """Brings changed files into force.

    Args:
        parts: The installation.
        bench: Makes the judges of a rule book.
        troubles: Told why a load was refused, or for whom it waits.
        figures: Shows the version, counts refusals.
        tries: Tries a set.
    """

    def __init__(self, parts: Parts, bench: Bench, troubles: Troubles, figures: Figures, tries: Tries) -> None:
        self._parts = parts
        self._bench = bench
        self._troubles = troubles
        self._figures = figures
        self._tries = tries
        self._loads = RuleLoads(parts.store)
        self._not_followed = Version("")

    def __call__(self, stored: Version | None = None, author: PersonId | None = None) -> bool:
        """Try the files, or a set on record; tell whether it is in force now. When it is not, the one before stays.

        Args:
            stored: The set on record; None for the files.
            author: Who says that they changed the files; None when nobody did.

        Raises:
            StoreUnavailable: nothing was decided.
        """
        in_force = self._parts.rules.book().version
        if stored is None:
            at_hand = files_version(self._parts)
            if at_hand == in_force:
                return self._as_it_was()
            if author is None and self._was_rolled_back(at_hand):
                return False
        began = monotonic()
        try:
            tried = self._tries(Trial(self._parts.now(), in_force, stored))
        except StoreUnavailable:
            raise
        except TrialEnded:
            return False
        except Exception as fault:  # noqa: BLE001  # the reload's one: whatever the files hold, the daemon goes on
            _log.error("trial_broken", exc_info=fault)
            tried = Tried(errors=(refusal(fault),))
        _log.info("rules_tried", version=tried.version, errors=len(tried.errors), seconds=round(monotonic() - began, 1))
        load = self._load(tried, in_force, author)
        if tried.errors:
            return self._refused(load, tried)
        return self._decided(load, tried)

    def follow(self) -> bool:
        """Take over the set that is in force by the record, and tell whether there was another one.

        Somebody went back to it, or another machine has put it in force: it has been tried there.

        Raises:
            StoreUnavailable: nobody can be asked.
        """
        with self._parts.store.read() as reading:
            version = version_in_force(reading)
            if version in (None, self._parts.rules.book().version, self._not_followed):
                return False
            text = reading.version_text(version)
        try:
            self._swap(self._recalled(text), lambda: None)
        except StoreUnavailable:
            raise
        except Exception as fault:  # noqa: BLE001  # see `__call__`
            self._not_followed = version
            why = f"{version} is in force by the record, and this machine cannot work with it: {refusal(fault)}"
            self._tell_refused((why,))
            return False
        return True

    def waits_for(self, load: RuleLoad) -> tuple[str, ...]:
        """What a set waits for, each with its remedy; none when it may come into force."""
        with self._parts.store.read() as reading:
            return waits_for(reading, load, self._parts.settings)

    # --- what came of a trial

    def _as_it_was(self) -> bool:
        """The files are those of the set in force: whatever was wrong with them, or waited, is gone."""
        self._loads.set_aside()
        keep_refusal(self._parts.store, "", self._parts.now())
        _log.info("rules_unchanged", version=self._parts.rules.book().version)
        return True

    def _was_rolled_back(self, version: Version) -> bool:
        """Whether somebody went back from this very set: only a person brings it into force again."""
        with self._parts.store.read() as reading:
            known = last_of(reading, version)
        if known is None or known.state is not LoadState.ROLLED_BACK:
            return False
        why = f"the files still hold {version}, from which somebody went back: {known.report.because}."
        self._tell_refused((f"{why} Change them, or try it again in your name: alertd reload --as PERSON.",))
        return True

    def _load(self, tried: Tried, before: Version, author: PersonId | None) -> RuleLoad:
        return RuleLoad(
            number=0,
            version=tried.version,
            before=before,
            at=self._parts.now(),
            state=LoadState.REFUSED,
            author=author,
            account=tried.account,
            report=report_of(tried),
        )

    def _decided(self, load: RuleLoad, tried: Tried) -> bool:
        with self._parts.store.read() as reading:
            known = last_of(reading, tried.version)
            because = answered(reading, tried.version) or ""
            is_in_force = version_in_force(reading) == tried.version
        if is_in_force:
            return self.follow()  # another machine was faster
        load = replace(load, report=replace(load.report, because=because)).resuming(known)
        if waits := self.waits_for(load):
            return self._waits(load, tried, waits)
        try:
            self._swap(self._built(tried), lambda: self._loads.put_in_force(load, tried.text))
        except StoreUnavailable:
            raise
        except Exception as fault:  # noqa: BLE001  # see `__call__`
            return self._refused(replace(load, report=replace(load.report, errors=(refusal(fault),))), tried)
        return True

    def _waits(self, load: RuleLoad, tried: Tried, waits: tuple[str, ...]) -> bool:
        self._loads.wait(load, tried.text)
        keep_refusal(self._parts.store, "", self._parts.now())
        text = (
            f"Changed rules ({load.version}) are not in force: {' '.join(waits)} `alertd rules` shows what they change."
        )
        self._tell(f"{load.version}.{len(waits)}.{len(load.people)}", text, tried.owners)
        _log.warning("rules_waiting", version=load.version, reasons=len(waits))
        return False

    def _refused(self, load: RuleLoad, tried: Tried) -> bool:
        try:
            self._loads.refuse(load)
        except StoreUnavailable as away:
            _log.warning("refusal_not_recorded", reason=str(away))
        self._tell_refused(load.report.errors, tried.owners)
        return False

    def _tell_refused(self, errors: tuple[str, ...], owners: Iterable[RoleId] = ()) -> None:
        self._figures.rules_rejected.inc()
        more = f" And {len(errors) - _MOST_TOLD} more." if len(errors) > _MOST_TOLD else ""
        said = " ".join(errors[:_MOST_TOLD]) + more
        text = f"Changed rules were refused, the others stay in force: {said} Remedy: run 'alertd check', then reload."
        self._tell(f"{self._parts.now():%Y%m%dT%H%M%S.%f}", text, owners)
        keep_refusal(self._parts.store, said, self._parts.now())
        _log.error("rules_refused", reason=said)

    def _tell(self, key: str, text: str, owners: Iterable[RoleId]) -> None:
        roles = self._parts.rules.book().roles
        for role in dict.fromkeys((RULES_ADMIN, *(role for role in owners if role in roles))):
            self._troubles.tell("rules", key, text, role)

    # --- the swap

    def _built(self, tried: Tried) -> RuleSet:
        if tried.book is None:
            raise ConfigError("the trial of the rules gave no rules")
        return rule_set(tried.book, tried.text, self._parts.settings, self._parts.keyring.token, Reference)

    def _recalled(self, text: str | None) -> RuleSet:
        if text is None:
            raise ConfigError("its files are not on record")
        return recall_rules(text, None, self._parts.settings, self._parts.keyring.token, Reference)

    def _swap(self, new: RuleSet, record: Callable[[], None]) -> None:
        """Put a set in force: one assignment between two messages, once its engine is ready and it is on record.

        Raises:
            ConfigError: something has come under way meanwhile that needs what would vanish.
            MatcherError: the engine cannot take it.
            StoreUnavailable: it is not on record, so it is not in force.
        """
        engine = self._bench.compiled(new.book)
        try:
            with self._parts.store.read() as reading:
                check_at_work(reading, new, self._parts.now())
            record()
        except Exception:
            engine.close()
            raise
        judged = Ruling(new.ruling.terms, self._bench.seat(new.book, engine))
        began = monotonic()
        old = self._parts.rules.swap(replace(new, ruling=judged))
        held = monotonic() - began
        self._figures.rules_in_force(new.book.version)
        keep_refusal(self._parts.store, "", self._parts.now())
        _log.info("rules_reloaded", version=new.book.version, before=old.book.version, swap_seconds=round(held, 6))


def waits_for(reading: Reading, load: RuleLoad, settings: Settings) -> tuple[str, ...]:
    """What a set waits for, each with its remedy; none when it may come into force."""
    is_answered = answered(reading, load.version) is not None
    return missing(load, TWO if settings.reload.second_person else 0, is_answered, str(settings.rules[0]))


def files_version(parts: Parts) -> Version:
    """The set that the files hold, whether or not it is good."""
    return version_of(files_of(parts.settings))


def report_of(tried: Tried, because: str = "") -> LoadReport:
    """What a trial found, for the record."""
    found = tried.differences or Differences(0, (), {})
    return LoadReport(
        errors=tried.errors,
        urgent=tuple(map(str, tried.urgent)),
        clocks=tried.clocks,
        messages=found.messages,
        changes=tuple(map(_line, found.changes[:_MOST_CHANGES])),
        lost=len(found.lost),
        by_role=tuple((role, before, after) for role, (before, after) in sorted(found.by_role.items())),
        because=because,
    )


def _line(change: Change) -> str:
    times = " → ".join(moment(at) if at else "never" for at in (change.before, change.after))
    return f"{change.difference.value}: {change.case or '-'} {change.rule} to {change.role}, {times} ({change.because})"


def record_version(parts: Parts, rules: RuleSet) -> None:
    """Keep a rule set in the store under its version, as the one in force: the first of an installation.

    Raises:
        ConfigError: the files were changed while they were loaded.
        StoreUnavailable: it cannot be written.
    """
    version = rules.book.version
    with parts.store.read() as reading:
        before = version_in_force(reading)
        if before == version and last_of(reading, version) and reading.version_text(version) is not None:
            return
    text = files_text(parts.settings, rules.book)
    if text is None:
        raise ConfigError("the files were changed while they were read: start once more")
    load = RuleLoad(0, version, before or Version(""), parts.now(), LoadState.IN_FORCE)
    RuleLoads(parts.store).put_in_force(load, text)
