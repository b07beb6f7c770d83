"""Going back to rules that were in force: at once, by the record that every daemon follows."""

from __future__ import annotations

from alertd.daemon.parts import Parts
from alertd.daemon.reload import report_of
from alertd.daemon.rule_trial import Trial, try_rules
from alertd.model.errors import NotPossible
from alertd.model.ids import PersonId, Version
from alertd.model.rule_loads import LoadState, RuleLoad
from alertd.service.rule_load_port import RuleLoadReading
from alertd.service.rule_loads import RuleLoads, gone_before, version_in_force

_WERE = (LoadState.REPLACED, LoadState.ROLLED_BACK)


def go_back(parts: Parts, version: str, because: str, by: PersonId, account: str) -> RuleLoad:
    """Put a set in force again that was in force before; it is tried, and what it changes is recorded.

    Nobody else need stand for it, and what it loses is answered for by the reason: it was in force with all that said.

    Args:
        parts: The installation.
        version: As people type it; "" for the set before the present one.
        because: Why.
        by: Who.
        account: The operating system's user.

    Raises:
        NotPossible: there is no such set, it was never in force, it does not pass, or no reason is given.
        StoreUnavailable: nothing was changed.
    """
    if not because.strip():
        raise NotPossible('say why: --because "…"')
    with parts.store.read() as reading:
        present = version_in_force(reading) or parts.rules.book().version
        wanted = _wanted(reading, version)
    now = parts.now()
    tried = try_rules(parts.settings, Trial(now, present, wanted))
    if tried.errors:
        raise NotPossible(f"{wanted} cannot be in force again: {' '.join(tried.errors)}")
    report = report_of(tried, f"{' '.join(because.split())} ({by})")
    load = RuleLoad(0, wanted, present, now, LoadState.IN_FORCE, by, account, report)
    RuleLoads(parts.store).put_in_force(load, tried.text, LoadState.ROLLED_BACK)
    return load


def _wanted(reading: RuleLoadReading, version: str) -> Version:
    if not version:
        before = gone_before(reading)
        if before is None:
            raise NotPossible("no set was in force before this one: `alertd rules` lists them")
        return before
    found = [load.version for state in _WERE for load in reading.rule_loads(1000, state=state)]
    wanted = {each for each in found if each.startswith(version)} - {version_in_force(reading)}
    if len(wanted) != 1:
        raise NotPossible(f"{version} names no set that was in force before: `alertd rules` lists them")
    return wanted.pop()
