"""Alerts of cases that turn out to be one, as one series.

Source: MESSAGES, "Which case?": "what either has already done counts as done".
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from alertd.model.case import Alert, AlertState, Facts
from alertd.model.ids import CaseId

EpisodeNames = dict[tuple[CaseId, int], int]
"""(case, episode of its alert) → episode in the joined case."""


def one_series(family: Sequence[Facts]) -> tuple[list[Alert], EpisodeNames]:
    """Number the alerts of joined cases as the joined history will.

    An alert that began while another stood open is part of that one, and so is one whose reasons another case had told
    before: its rules had matched already. Every other one is an episode of its own, with the code that was sent.

    Args:
        family: The surviving case first.
    """
    own = family[0].row.id
    found = sorted(
        ((fact.row.id, alert) for fact in family for alert in fact.alerts),
        key=lambda each: (each[1].opened_at, each[0] != own, each[0]),
    )
    series: list[Alert] = []
    names: EpisodeNames = {}
    last: CaseId | None = None
    for case, alert in found:
        number = _part_of(series, alert) if case != last else None
        if number is None:
            series.append(replace(alert, episode=len(series) + 1))
            number, last = len(series), case
        names[case, alert.episode] = number
    return series, names


def _part_of(series: Sequence[Alert], alert: Alert) -> int | None:
    """Episode that an alert of another case belongs to; None when it is one of its own."""
    if series and (series[-1].closed_at is None or series[-1].closed_at > alert.opened_at):
        return series[-1].episode
    covering = (e for e in series if e.state is not AlertState.WITHDRAWN and set(alert.reasons) <= set(e.reasons))
    return next((each.episode for each in covering), None)
