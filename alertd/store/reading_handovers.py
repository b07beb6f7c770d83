"""Hand-overs, and the open cases that one looks at."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sqlalchemy import RowMapping, Select, func, select, text

from alertd.model.handover import Handover, Listed, OpenCase, Shift
from alertd.model.ids import CaseId, CaseRef, RoleId
from alertd.store.codec import moment, optional_moment
from alertd.store.documents import unpack_deadlines
from alertd.store.reading_cases import CaseReading
from alertd.store.tables import IS_LIVE, alerts, cases, handed_over, handovers

PAGE = 500
"""Cases that are held in memory at once."""


class HandoverReading(CaseReading):
    """What a hand-over needs (`alertd.service.handover_ports.HandoverReading`)."""

    def last_handover(self) -> Handover | None:
        """The newest hand-over on record, one without a list too."""
        return self._handover(select(handovers).order_by(handovers.c.number.desc()).limit(1))

    def handover(self, number: int) -> Handover | None:
        """One hand-over by its number."""
        return self._handover(select(handovers).where(handovers.c.number == number))

    def handover_by_code(self, code: str) -> Handover | None:
        """The newest hand-over whose list carries this code; None for no code."""
        carrying = select(handovers).where(text("code <> ''"), handovers.c.code == code)
        return self._handover(carrying.order_by(handovers.c.number.desc()).limit(1))

    def last_list(self) -> Handover | None:
        """The newest hand-over that had cases to list."""
        return self._handover(select(handovers).where(text("code <> ''")).order_by(handovers.c.number.desc()).limit(1))

    def open_cases(self) -> Iterator[OpenCase]:
        """Live cases that are not closed, with a clock that still waits and an alert that has ended; in no order."""
        after = ""
        while rows := self._rows(_open_cases(after)):
            after = rows[-1]["id"]
            listed = self._listed_at([row["id"] for row in rows])
            for row in rows:
                listed_at = optional_moment(listed.get(row["id"]))
                yield OpenCase(CaseId(row["id"]), CaseRef(row["ref"]), *unpack_deadlines(row["state"]), listed_at)

    def _listed_at(self, ids: Sequence[str]) -> dict[str, int]:
        """When the newest confirmed list that named each case, or an alias of it, was made."""
        named = (
            select(func.coalesce(cases.c.alias_of, cases.c.id).label("case_id"), handovers.c.made_at)
            .join(handed_over, handed_over.c.case_id == cases.c.id)
            .join(handovers, handovers.c.number == handed_over.c.number)
            .where(handovers.c.confirmed_at.is_not(None), cases.c.id.in_(ids) | cases.c.alias_of.in_(ids))
        )
        found: dict[str, int] = {}
        for row in self._rows(named):
            found[row["case_id"]] = max(row["made_at"], found.get(row["case_id"], row["made_at"]))
        return found

    def _handover(self, wanted: Select[tuple[object, ...]]) -> Handover | None:
        row = next(iter(self._rows(wanted)), None)
        if row is None:
            return None
        on_it = select(handed_over).where(handed_over.c.number == row["number"]).order_by(handed_over.c.place)
        return _read(row, self._rows(on_it) if row["code"] else ())


def _open_cases(after: str) -> Select[tuple[object, ...]]:
    ended = select(alerts.c.case_id).where(alerts.c.case_id == cases.c.id, alerts.c.closed_at.is_not(None)).exists()
    return (
        select(cases.c.id, cases.c.ref, cases.c.state)
        .where(text(IS_LIVE), cases.c.closed_at.is_(None), cases.c.next_due_at.is_not(None), cases.c.id > after, ended)
        .order_by(cases.c.id)
        .limit(PAGE)
    )


def _read(row: RowMapping, on_it: Sequence[RowMapping]) -> Handover:
    return Handover(
        number=row["number"],
        shift=Shift(moment(row["at"]), RoleId(row["team"]), optional_moment(row["until"])),
        made_at=moment(row["made_at"]),
        code=row["code"],
        cases=tuple(Listed(CaseId(each["case_id"]), each["is_new"], each["is_due"]) for each in on_it),
        confirmed_at=optional_moment(row["confirmed_at"]),
        confirmed_by=row["confirmed_by"],
    )
