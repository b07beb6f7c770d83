"""What cases see of each other: cross rows, and runs and obligations under global keys."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import Select, and_, bindparam, select

from alertd.model.case import CrossRow, CrossSide, Obligation, Run
from alertd.model.ids import CaseId, Token
from alertd.model.values import Answer
from alertd.service.ports import AnchorWindow, CrossQuery
from alertd.store.codec import channel, micros, moment, optional_moment, run_token
from alertd.store.dialect import Speech
from alertd.store.documents import Lead
from alertd.store.reading_cases import CaseReading
from alertd.store.rows import Stored, obligation
from alertd.store.tables import cross, obligations

_LONG_AGO = -(2**62)
_NEVER = 2**62


class CrossReading(CaseReading):
    """Rows of other cases."""

    def cross(self, query: CrossQuery) -> tuple[CrossRow, ...]:
        """Target rows for an anchor, ordered by (at, record)."""
        return self.crosses([query])[0]

    def crosses(self, queries: Sequence[CrossQuery]) -> list[tuple[CrossRow, ...]]:
        """As `cross`, for each of many anchors in one query, in their order."""
        self._settle()
        return self._stored_crosses(queries)

    def _stored_crosses(
        self, queries: Sequence[CrossQuery], without: Collection[CaseId] = ()
    ) -> list[tuple[CrossRow, ...]]:
        channels = [channel(query.leaf, CrossSide.TARGET, query.key) for query in queries]
        bounds = [(_LONG_AGO if q.since is None else micros(q.since), micros(q.until)) for q in queries]
        found: list[list[CrossRow]] = [[] for _ in queries]
        parameters = self._speech.probing(channels, bounds)
        for row in self._stored(_within_bounds(self._speech), parameters) if queries else ():
            query = queries[row["place"]]
            own = row["case_id"] == query.exclude or row["case_id"] in query.joined
            if not own and row["case_id"] not in without and _is_open(row, query.open_at):
                found[row["place"]].append(_cross_row(row, query))
        return [tuple(sorted(rows, key=lambda row: (row.at, row.record, row.distinct))) for rows in found]

    def anchored(self, windows: Sequence[AnchorWindow]) -> list[set[CaseId]]:
        """For each window, the cases with an anchor row in it; all in one query, in their order."""
        channels = [channel(each.leaf, CrossSide.ANCHOR, each.key) for each in windows]
        bounds = [(micros(e.since) - 1, _NEVER if e.until is None else micros(e.until) - 1) for e in windows]
        found: list[set[CaseId]] = [set() for _ in windows]
        for row in self._rows(_within_bounds(self._speech), self._speech.probing(channels, bounds)) if windows else ():
            found[row["place"]].add(CaseId(row["case_id"]))
        return found

    def global_runs(self, rule: str, key: str) -> tuple[tuple[CaseId, Run], ...]:
        """Runs of all live cases under a global key, by the case's opening and the episode."""
        live = self._live(self._led_by(Lead.RUN, run_token(rule, key)))
        found = ((id_, run) for id_, (_, state) in live.items() for run in state.runs)
        by_opening = {id_: (row.opened_at, id_) for id_, (row, _) in live.items()}
        mine = [(CaseId(id_), run) for id_, run in found if (run.rule, run.key) == (rule, key)]
        return tuple(sorted(mine, key=lambda each: (by_opening[each[0]], each[1].episode)))

    def global_obligations(self, about: str, key: str) -> tuple[Obligation, ...]:
        """Obligations of scope "*" for a key."""
        rows = self._rows(_SHARED, {"of": about, "under": key})
        return tuple(sorted(map(obligation, rows), key=lambda each: each.key))


_LOOKING = select(cross.c.case_id).where(
    cross.c.channel == bindparam("of"), cross.c.at >= bindparam("since"), cross.c.at < bindparam("until")
)
_SHARED = select(obligations).where(
    obligations.c.scope == "*", obligations.c.about == bindparam("of"), obligations.c.key == bindparam("under")
)


def _is_open(row: Stored, at: datetime | None) -> bool:
    """Whether a case target was open at a moment; every other target is, and any is when nobody asks."""
    if at is None:
        return True
    return bool(row["at"] <= micros(at) and (row["until"] is None or row["until"] > micros(at)))


def _cross_row(row: Stored, query: CrossQuery) -> CrossRow:
    return CrossRow(
        leaf=query.leaf,
        side=CrossSide.TARGET,
        key=query.key,
        record=Token(row["record"]),
        at=moment(row["at"]),
        until=optional_moment(row["until"]),
        distinct=Token(row["distinct_token"]),
        answer=Answer(row["answer"]),
    )


@cache
def _within_bounds(speech: Speech) -> Select[Any]:
    probe = speech.probe(16)
    hit = and_(cross.c.channel == probe.token, cross.c.at > probe.since, cross.c.at <= probe.until)
    return select(probe.place.label("place"), cross).select_from(probe.source).join(cross, hit)
