"""How the outcome of a replay is shown: on a screen, and as plain data."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from rich.text import Text

from alertd.cli.screen import heading, plural, say, show_table, when
from alertd.model.differences import Change, Difference, Differences

_MOST_CASES = 5
_ORDER = {
    Difference.LOST: "bold red",
    Difference.NEW: "bold yellow",
    Difference.EARLIER: "bold cyan",
    Difference.LATER: "bold magenta",
    Difference.SHADOW: "dim",
}
"""The gravest first, each with its style."""


def data(found: Differences) -> dict[str, Any]:
    """An outcome as plain data."""
    return {
        "messages": found.messages,
        "cases": found.cases,
        "supposed_acceptances": found.supposed,
        "changes": [_change_data(each) for each in found.changes],
        "by_role": [
            {"role": role, "day": _pair(day), "night": _pair(night)} for role, day, night in _day_and_night(found)
        ],
    }


def _pair(numbers: tuple[int, int]) -> dict[str, int]:
    return {"before": numbers[0], "after": numbers[1]}


def _change_data(each: Change) -> dict[str, Any]:
    return {
        "difference": each.difference.value,
        "what": "work" if each.is_work else "alert",
        "case": each.case,
        "rule": each.rule,
        "role": each.role,
        "before": each.before,
        "after": each.after,
        "because": each.because,
    }


def _day_and_night(found: Differences) -> Iterator[tuple[str, tuple[int, int], tuple[int, int]]]:
    for role, (before, after) in found.by_role.items():
        night = found.by_role_at_night.get(role, (0, 0))
        yield role, (before - night[0], after - night[1]), night


def show(found: Differences) -> None:
    """Print an outcome: what differs, the gravest first, and how many messages each role gets."""
    for group in _groups(found.changes):
        _show_group(group)
    heading("Messages to each role, before and after")
    rows = [(role, _both(day), _both(night)) for role, day, night in _day_and_night(found)]
    show_table(("ROLE", "BY DAY", "BY NIGHT"), rows, "No message would have left.")
    if found.supposed:
        many = plural(found.supposed, "alert")
        say(f"{many} nobody on record accepted: each was taken as accepted at the end of its ladder.")


def _both(numbers: tuple[int, int]) -> str:
    before, after = numbers
    return f"{before:,}" if before == after else f"{before:,} -> {after:,}"


def _groups(changes: Sequence[Change]) -> list[list[Change]]:
    """Changes that say the same of several cases, together."""
    found: dict[object, list[Change]] = {}
    for each in changes:
        found.setdefault((each.difference, each.is_work, each.rule, each.role, each.because), []).append(each)
    order = list(_ORDER)
    return sorted(found.values(), key=lambda group: order.index(group[0].difference))


def _show_group(group: Sequence[Change]) -> None:
    first = group[0]
    what = plural(len(group), "request" if first.is_work else "alert")
    say()
    name = (f"{first.difference.name:<8}", _ORDER[first.difference])
    say(Text.assemble(name, f"{what}: {first.rule} to {first.role}"))
    say(f"  {first.because}")
    for each in group[:_MOST_CASES]:
        say(f"  {each.case or '-':<18} {_times(each)}")
    if len(group) > _MOST_CASES:
        say(f"  and {len(group) - _MOST_CASES:,} more: --json lists them all")


def _times(each: Change) -> str:
    if each.before is None:
        return when(each.after)
    return f"{when(each.before)} -> {when(each.after) if each.after else 'never'}"
