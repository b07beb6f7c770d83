"""The record of rule sets: what waits for whom, what is in force, and what was before it.

One set is in force for all machines that share a store; whoever runs follows it.

Source: CONTRACT, `alertd approve VERSION` and `rollback`.
"""

from __future__ import annotations

from dataclasses import replace

from alertd.model.ids import Version
from alertd.model.rule_loads import LoadState, RuleLoad
from alertd.service.ports import Rank
from alertd.service.rule_load_port import RuleLoadReading, RuleLoadStore, RuleLoadWriting

IN_FORCE = "rules_in_force"
"""Stored fact: the version of the set that is in force."""
TWO = 2
"""How many people must stand for a set that touches a live urgent rule."""
_MANY = 100


def version_in_force(reading: RuleLoadReading) -> Version | None:
    """The set that is in force; None when none ever was."""
    found = reading.note(IN_FORCE)
    return Version(found) if found else None


def waiting(reading: RuleLoadReading) -> RuleLoad | None:
    """The set that waits for people; None when none does."""
    newest = reading.rule_loads(1)
    return newest[0] if newest and newest[0].state is LoadState.WAITING else None


def last_of(reading: RuleLoadReading, version: Version) -> RuleLoad | None:
    """What came last of a set; None when it was never tried."""
    return next(iter(reading.rule_loads(1, version)), None)


def gone_before(reading: RuleLoadReading) -> Version | None:
    """The set that was in force before this one, and was not rolled back; None when there is none."""
    present = version_in_force(reading)
    found = reading.rule_loads(_MANY, state=LoadState.REPLACED)
    return next((load.version for load in found if load.version != present), None)


class RuleLoads:
    """The verbs of the record."""

    def __init__(self, store: RuleLoadStore) -> None:
        self._store = store

    def refuse(self, load: RuleLoad) -> RuleLoad:
        """Record that a set did not pass; what waited is set aside, for its files are not at hand any more.

        Raises:
            StoreUnavailable: nothing was recorded.
        """
        with self._store.write(Rank.TICK) as writing:
            _set_aside(writing)
            return writing.add_rule_load(load.become(LoadState.REFUSED))

    def wait(self, load: RuleLoad, text: str) -> None:
        """Record that a set waits for people.

        Args:
            load: Its report is of now.
            text: Its files.

        Raises:
            StoreUnavailable: nothing was recorded.
        """
        with self._store.write(Rank.TICK) as writing:
            _set_aside(writing, load.version)
            writing.record_version(load.version, text, load.at)
            _put(writing, load.become(LoadState.WAITING))

    def put_in_force(self, load: RuleLoad, text: str, before: LoadState = LoadState.REPLACED) -> None:
        """Record that a set is in force from now on: one transaction, the last thing before it is.

        Args:
            load: Its report is of now.
            text: Its files.
            before: What becomes of the set that was in force.

        Raises:
            StoreUnavailable: nothing was recorded.
        """
        with self._store.write(Rank.TICK) as writing:
            _set_aside(writing, load.version)
            writing.record_version(load.version, text, load.at)
            _step_down(writing, load, before)
            _put(writing, load.become(LoadState.IN_FORCE))
            writing.set_note(IN_FORCE, load.version)

    def set_aside(self) -> None:
        """Record that what waited is not wanted any more.

        Raises:
            StoreUnavailable: nothing was recorded.
        """
        with self._store.write(Rank.TICK) as writing:
            _set_aside(writing)


def _set_aside(writing: RuleLoadWriting, but: Version | None = None) -> None:
    found = waiting(writing)
    if found is not None and found.version != but:
        writing.set_rule_load(found.become(LoadState.SET_ASIDE))


def _put(writing: RuleLoadWriting, load: RuleLoad) -> None:
    """Write what became of a set: in the place of the row by which it waits, else as a new one."""
    found = waiting(writing)
    if found is not None:
        writing.set_rule_load(replace(load, number=found.number))
        return
    number = writing.add_rule_load(load).number
    for each in load.approvals:
        writing.approve_rule_load(number, each)


def _step_down(writing: RuleLoadWriting, load: RuleLoad, state: LoadState) -> None:
    for one in writing.rule_loads(_MANY, state=LoadState.IN_FORCE):
        because = load.report.because if state is LoadState.ROLLED_BACK else one.report.because
        writing.set_rule_load(replace(one, report=replace(one.report, because=because)).become(state))


def missing(load: RuleLoad, needed: int, answered: bool, rules: str) -> tuple[str, ...]:
    """What a set waits for, each with its remedy; none when it may come into force.

    Args:
        load: The set, with what it changes and who stands for it.
        needed: How many people must stand for a set that touches live urgent rules; 0 asks for nobody.
        answered: Whether a reason for what it loses is on record.
        rules: Where its rules lie, for the remedy.
    """
    found: list[str] = []
    if load.report.lost and not answered:
        found.append(
            f"its dry run loses {load.report.lost} of the last day's alerts, and nobody has said why that is right. "
            f"Remedy: alertd replay --from '24 hours ago' --against {rules} --because '…' --as PERSON."
        )
    missing = needed - len(load.people)
    if load.report.urgent and missing > 0:
        who = "a second person" if missing == 1 else f"{missing} people"
        found.append(
            f"it {', '.join(load.report.urgent)}: {who} must stand for it. "
            f"Remedy: alertd approve {load.version} --as PERSON, or sign in and open /a/rules."
        )
    return tuple(found)
