"""What is under way now and goes on by rules of before: a set that would leave it without what it needs is refused.

Source: RULES, "Versions": a running clock keeps its times, a running escalation its ladder; a reload "says which
running clocks it touches and refuses if one would vanish".
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

from alertd.daemon.rules_in_force import RuleSet
from alertd.model.case import Alert
from alertd.model.errors import ConfigError
from alertd.model.ids import ClockId
from alertd.model.values import Channel
from alertd.service.ports import Reading

_AHEAD = timedelta(days=365)
_MOST = 1_000_000
_MOST_LINES = 10_000
"""Lines that wait: the urgent ones and those due first are looked at."""


def running_clocks(reading: Reading) -> Counter[ClockId]:
    """How many of each clock run now."""
    return Counter(run.clock for _, run in reading.list_clocks(running_only=True, limit=_MOST))


def check_at_work(reading: Reading, rules: RuleSet, now: datetime) -> None:
    """Make sure that a set has all that what is under way needs.

    Args:
        reading: What is under way.
        rules: The set.
        now: Aware UTC.

    Raises:
        ConfigError: a clock that runs would vanish, or a role or text of an open alert's ladder or of what waits to be
            told.
    """
    if gone := sorted(set(running_clocks(reading)) - set(rules.book.clocks)):
        raise ConfigError(
            f"running clocks would vanish: {', '.join(gone)}. Remedy: leave the clock's block in the files "
            "until they have stopped ('alertd clocks'), and take only the rule out that starts it"
        )
    alerts = [alert for _, alert in reading.list_alerts(open_only=True, limit=_MOST)]
    texts = {(line.template, channel) for line in reading.waiting(now + _AHEAD, _MOST_LINES) for channel in line.by}
    missing = {*_missing_roles(alerts, rules), *_missing_texts(alerts, texts, rules)}
    if missing:
        raise ConfigError(
            f"what is under way needs what would vanish: {', '.join(sorted(missing))}. Remedy: leave it in the files "
            "until no open alert climbs by it and nothing waits that is told by it ('alertd alerts')"
        )


def _missing_roles(alerts: Iterable[Alert], rules: RuleSet) -> Iterator[str]:
    for ladder in (ladder for alert in alerts for ladder in alert.ladders):
        needed = {ladder.exhausted, *(role for step in ladder.steps for role in step.roles)}
        yield from (f"role {role}" for role in needed if role not in rules.book.roles)


def _missing_texts(alerts: Iterable[Alert], waiting: set[tuple[str, Channel]], rules: RuleSet) -> Iterator[str]:
    steps = (step for alert in alerts for ladder in alert.ladders for step in ladder.steps)
    needed = waiting | {(step.template, channel) for step in steps for channel in step.by}
    for template, channel in needed:
        if template and not rules.texts.has(template, channel):
            yield f"template {template}.{channel}.j2"
