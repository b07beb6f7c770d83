"""Who was told how much, by day and by night: the part of `status` that shows whether phones buzz for nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Annotated, Any

import typer

from alertd.cli.screen import heading, say, show_table
from alertd.core.calendar import RestHours, at_local, local
from alertd.core.counting import by_role
from alertd.model.counts import QuietCount
from alertd.model.values import Channel
from alertd.service.ports import Reading

Days = Annotated[int, typer.Option("--days", min=1, max=366, help="Count messages of this many days; 1 is today.")]
_PARTS = ((False, "day"), (True, "night"))


def waking_data(reading: Reading, rest: RestHours, days: int, now: datetime) -> dict[str, Any]:
    """What each role got since the beginning of a day, and what was kept from disturbing it."""
    since = at_local(local(now).date() - timedelta(days=days - 1), datetime.min.time())
    counts = by_role(reading.messages_by_role(since, now, rest.between(since, now)))
    return {
        "since": since,
        "days": days,
        "roles": [
            {"role": role, **{word: _channels(parts.get(at_night, {})) for at_night, word in _PARTS}}
            for role, parts in counts.items()
        ],
        "kept_quiet": [_quiet(each) for each in reading.kept_quiet(since, now)],
    }


def _channels(numbers: Mapping[Channel, int]) -> dict[str, int]:
    return {channel.value: numbers.get(channel, 0) for channel in Channel}


def _quiet(each: QuietCount) -> dict[str, Any]:
    return {"role": each.role, "what": each.what, "reason": each.reason, "number": each.number}


def show_waking(data: Mapping[str, Any]) -> None:
    """Print it as a table, one role a line."""
    heading("Messages to each role, today" if data["days"] == 1 else f"Messages to each role, {data['days']} days")
    rows = [(each["role"], *(_words(each[word]) for _, word in _PARTS)) for each in data["roles"]]
    show_table(("ROLE", "BY DAY", "BY NIGHT"), rows, "No message has left.")
    for line in _quiet_lines(data["kept_quiet"]):
        say(f"  {line}")


def _words(numbers: Mapping[str, int]) -> str:
    return ", ".join(f"{number} {channel}" for channel, number in numbers.items() if number) or "-"


def _quiet_lines(kept: Sequence[Mapping[str, Any]]) -> list[str]:
    """One line a kind: `held rest_hours: 4 duty_manager, 2 community_safety`."""
    kinds: dict[tuple[str, str], list[str]] = {}
    for each in kept:
        kinds.setdefault((each["what"], each["reason"]), []).append(f"{each['number']} {each['role']}")
    return [f"{what}, {reason.replace('_', ' ')}: {', '.join(who)}" for (what, reason), who in sorted(kinds.items())]
