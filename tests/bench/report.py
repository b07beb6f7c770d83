"""All figures beside each other: a table for people, JSON for programs."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from rich.console import Console
from rich.table import Table

from tests.bench.figure import Figure


def show(console: Console, machine: Mapping[str, str], figures: Sequence[Figure]) -> None:
    """Print the machine and a table."""
    for name, text in machine.items():
        console.print(f"[bold]{name}[/]: {text}", highlight=False)
    table = Table(title="medians, with the least and the most of all runs", show_lines=True)
    table.add_column("measured", min_width=40)
    for heading in ("median", "least – most", "beside its limit", "to reach"):
        table.add_column(heading, justify="right", no_wrap=True)
    by_name = {figure.name: figure for figure in figures}
    for figure in figures:
        table.add_row(*_row(figure, by_name))
    console.print(table)


def as_json(machine: Mapping[str, str], figures: Sequence[Figure]) -> str:
    """The same as JSON: the machine, and every figure with its samples."""
    by_name = {figure.name: figure for figure in figures}
    rows = [
        {
            "name": figure.name,
            "unit": figure.unit,
            "median": figure.value,
            "samples": figure.samples,
            "reach": figure.reach.value if figure.reach else None,
            "reached": figure.verdict,
            "beside": figure.beside or None,
            "ratio": _ratio(figure, by_name),
            "note": figure.note,
        }
        for figure in figures
    ]
    return json.dumps({"machine": dict(machine), "figures": rows}, indent=2)


def _row(figure: Figure, by_name: Mapping[str, Figure]) -> Sequence[str]:
    ratio = _ratio(figure, by_name)
    least, most = min(figure.samples), max(figure.samples)
    return (
        figure.name + (f"\n[dim]{figure.note}[/]" if figure.note else ""),
        f"{_number(figure.value)} {figure.unit}",
        f"{_number(least)} – {_number(most)}" if len(figure.samples) > 1 else "",
        f"{ratio:.0%}" if ratio is not None else "",
        _reach(figure),
    )


def _ratio(figure: Figure, by_name: Mapping[str, Figure]) -> float | None:
    limit = by_name.get(figure.beside)
    return figure.value / limit.value if limit else None


def _reach(figure: Figure) -> str:
    if figure.reach is None:
        return ""
    sign = "≤" if figure.reach.at_most else "≥"
    colour, word = ("green", "reached") if figure.verdict else ("red", "missed")
    return f"{sign} {_number(figure.reach.value)} [{colour}]{word}[/]"


def _number(value: float) -> str:
    """Three figures that matter, thousands apart."""
    if abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}"
