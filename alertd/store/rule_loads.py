"""Tries to bring a rule set into force: recorded, read, never deleted."""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import asdict
from typing import Any

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Integer, Table, Text, insert, select, update

from alertd.model.ids import ClockId, PersonId, Version
from alertd.model.rule_loads import Approval, LoadReport, LoadState, Proof, RuleLoad
from alertd.store.codec import micros, moment
from alertd.store.rows import Stored
from alertd.store.session import Session
from alertd.store.tables import metadata

_NUMBER = BigInteger().with_variant(Integer, "sqlite")

loads = Table(
    "rule_loads",
    metadata,
    Column("number", _NUMBER, primary_key=True),
    Column("version", Text, nullable=False),
    Column("before", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("state", Text, nullable=False),
    Column("author", Text),
    Column("account", Text, nullable=False),
    Column("report", Text, nullable=False),
    Index("rule_loads_by_version", "version"),
    sqlite_autoincrement=True,
)

approvals = Table(
    "rule_approvals",
    metadata,
    Column("load", _NUMBER, ForeignKey("rule_loads.number"), primary_key=True),
    Column("person", Text, primary_key=True),
    Column("proof", Text, nullable=False),
    Column("account", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
)


class RuleLoadReading(Session):
    """Loads on record."""

    def rule_loads(
        self, limit: int, version: Version | None = None, state: LoadState | None = None
    ) -> tuple[RuleLoad, ...]:
        """Tries to bring sets into force, the newest first; of one set, in one state, or all."""
        newest = select(loads).order_by(loads.c.number.desc()).limit(limit)
        newest = newest if version is None else newest.where(loads.c.version == version)
        rows = self._rows(newest if state is None else newest.where(loads.c.state == state.value))
        given = self._approvals([row["number"] for row in rows])
        return tuple(_load(row, tuple(given[row["number"]])) for row in rows)

    def _approvals(self, numbers: list[int]) -> defaultdict[int, list[Approval]]:
        found: defaultdict[int, list[Approval]] = defaultdict(list)
        wanted = select(approvals).where(approvals.c.load.in_(numbers)).order_by(approvals.c.at, approvals.c.person)
        for row in self._rows(wanted) if numbers else ():
            proof = Proof(row["proof"])
            found[row["load"]].append(Approval(PersonId(row["person"]), proof, row["account"], moment(row["at"])))
        return found


class RuleLoadWriting(RuleLoadReading):
    """Loads in a transaction."""

    def add_rule_load(self, load: RuleLoad) -> RuleLoad:
        """Record a try; returns it with its number, whatever number it came with. Its approvals are not stored."""
        adding = insert(loads).values(_columns(load)).returning(*loads.c)
        return _load(self._connection.execute(adding).mappings().one(), ())

    def set_rule_load(self, load: RuleLoad) -> None:
        """Store what became of it: everything but its approvals."""
        self._connection.execute(update(loads).where(loads.c.number == load.number).values(_columns(load)))

    def approve_rule_load(self, number: int, approval: Approval) -> bool:
        """Record that a person stands for it; False when they did already."""
        adding = self._speech.insert(approvals).values(
            load=number,
            person=approval.person,
            proof=approval.proof.value,
            account=approval.account,
            at=micros(approval.at),
        )
        return bool(self._connection.execute(adding.on_conflict_do_nothing()).rowcount)


def _columns(load: RuleLoad) -> dict[str, Any]:
    return {
        "version": load.version,
        "before": load.before,
        "at": micros(load.at),
        "state": load.state.value,
        "author": load.author,
        "account": load.account,
        "report": json.dumps(asdict(load.report)),
    }


def _load(row: Stored, given: tuple[Approval, ...]) -> RuleLoad:
    return RuleLoad(
        number=row["number"],
        version=Version(row["version"]),
        before=Version(row["before"]),
        at=moment(row["at"]),
        state=LoadState(row["state"]),
        author=PersonId(row["author"]) if row["author"] is not None else None,
        account=row["account"],
        report=_report(json.loads(row["report"])),
        approvals=given,
    )


def _report(data: dict[str, Any]) -> LoadReport:
    return LoadReport(
        errors=tuple(data["errors"]),
        urgent=tuple(data["urgent"]),
        clocks=tuple((ClockId(clock), number) for clock, number in data["clocks"]),
        messages=data["messages"],
        changes=tuple(data["changes"]),
        lost=data["lost"],
        by_role=tuple((role, before, after) for role, before, after in data["by_role"]),
        because=data["because"],
    )
