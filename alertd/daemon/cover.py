"""Cover of the days to come, looked at again and again: a calendar that runs out is noticed before it has."""

from __future__ import annotations

from datetime import datetime, timedelta

from alertd.core.calendar import local
from alertd.core.coverage import Gap, gaps
from alertd.core.wording import span
from alertd.daemon.parts import Parts
from alertd.daemon.troubles import Troubles

TOLD_BEFORE = timedelta(weeks=2)
"""A gap is told of once a day from this long before it begins."""


def gaps_ahead(parts: Parts, now: datetime, ahead: timedelta = TOLD_BEFORE) -> tuple[Gap, ...]:
    """Where nobody could be reached, stored swaps counted in; only the first gap of each role.

    Args:
        parts: The installation.
        now: Aware UTC.
        ahead: How far to look.
    """
    found = gaps(parts.desk(now), now, now + ahead)
    return tuple({gap.role: gap for gap in reversed(found)}.values())


def tell_gaps(parts: Parts, troubles: Troubles, now: datetime) -> None:
    """Tell the administrators of gaps that are near, once a day and role."""
    for gap in gaps_ahead(parts, now):
        text = (
            f"Nobody can be reached for {gap.role} from {span(gap.from_, gap.to)}. "
            "Remedy: `alertd oncall gaps` says why; fill the rota, or `alertd oncall set` for once."
        )
        troubles.tell("cover", f"{gap.role}.{local(now):%Y%m%d}", text)
