"""Short ways to make the values that the core works on; everything not said is ordinary."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

from alertd.core.calendar import RestHours, at_local
from alertd.core.episodes import Episode, frozen_ladders
from alertd.core.fold import fold
from alertd.core.lines import Scene
from alertd.model.case import (
    Alert,
    AlertState,
    CaseRow,
    ClockRun,
    Facts,
    LineState,
    Obligation,
    ObligationKey,
    Run,
    StoredMessage,
    Tokens,
)
from alertd.model.ids import CaseId, CaseRef, ClockId, RoleId, RuleId, Token, Version
from alertd.model.message import DataNote, Message
from alertd.model.rulebook import RuleBook
from alertd.model.values import Channel, Kind, Rest, Severity, Value
from alertd.service.tokens import tokens
from tests.core.book import small_book
from tests.core.world import hashed

CASE = CaseId("case-1")
VERSION = Version("000000000000")
NOW = datetime(2026, 11, 26, 14, 10, tzinfo=UTC)
"""Thursday afternoon, in office hours, in winter: London's clock shows the same."""


def london(text: str) -> datetime:
    """The instant of a London time written `2026-11-26 14:10`."""
    local = datetime.fromisoformat(text)
    return at_local(local.date(), local.time())


def after(minutes: float = 0, *, hours: float = 0) -> datetime:
    """A moment so long after NOW."""
    return NOW + timedelta(minutes=minutes, hours=hours)


def message(
    fields: Mapping[str, Value],
    *,
    kind: Kind = Kind.INCIDENT,
    record: str = "R-1",
    version: int = 1,
    at: datetime = NOW,
    sent_at: datetime | None = None,
    id_: str = "",
    about: Mapping[str, str] | None = None,
    notes: tuple[DataNote, ...] = (),
    case_ref: str | None = None,
) -> Message:
    """A message received at `at`, sent then too unless said."""
    return Message(
        source="feed",
        id=id_ or f"{record}v{version}",
        kind=kind,
        sent_at=sent_at or at,
        received_at=at,
        system="feed",
        record=record,
        version=version,
        fields=fields,
        about=about or {},
        notes=notes,
        case_ref=case_ref,
    )


def stored(seq: int, made: Message, found: Tokens | None = None) -> StoredMessage:
    """A message in the store, with its real tokens."""
    return StoredMessage(seq, made, found or tokens(made, hashed))


def status(event: str, *, record: str = "S-1", at: datetime = NOW, version: int = 1, **fields: Value) -> Message:
    """A status about person P-1; `at` is its receipt, and its event time unless `happened_at` says otherwise."""
    happened = fields.pop("happened_at", None)
    about = {"person.ref": str(fields.pop("person", "P-1"))}
    named = {name.replace("__", "."): value for name, value in fields.items()}
    values: dict[str, Value] = {"event": event, "at": happened if happened is not None else at, **named}
    return message(values, kind=Kind.STATUS, record=record, version=version, at=at, about=about)


def incident(*, record: str = "R-1", at: datetime = NOW, version: int = 1, **fields: Value) -> Message:
    """An incident about person P-1: fields with `__` for a dot."""
    named: dict[str, Value] = {name.replace("__", "."): value for name, value in fields.items()}
    return message({"person.ref": "P-1", **named}, record=record, version=version, at=at)


def custody(**fields: Value) -> Message:
    """A child of 15 in custody with a blade, booked in ten minutes before NOW."""
    given: dict[str, Value] = {
        "setting": "custody",
        "person__age": 15,
        "incident__offence": ("bladed_article",),
        "custody__ref": "C-1",
        "custody__booked_in_at": after(-10),
    }
    return incident(**(given | fields))  # type: ignore[arg-type]  # record, at and version are typed where they are given


def row(**more: object) -> CaseRow:
    """A stored case."""
    return replace(CaseRow(CASE, CaseRef("WF-UR-26-7QK4"), NOW), **more)  # type: ignore[arg-type]


def facts(*messages: StoredMessage, **more: object) -> Facts:
    """What is stored of a case."""
    return replace(Facts(row(), messages), **more)  # type: ignore[arg-type]


def run(
    rule: str = "custody_cohort", *, known_at: datetime = NOW, ended_at: datetime | None = None, **more: object
) -> Run:
    """A run of a rule, live and sure."""
    made = Run(
        RuleId(rule), "k", 1, known_at, ended_at, asks=False, presumed=False, at=known_at, check=(), record=Token(b"r"),
        version=VERSION,
    )  # fmt: skip
    return replace(made, **more)  # type: ignore[arg-type]


def clock(id_: str = "golden_hour", *, start: datetime | None = None, hours: float = 1, **more: object) -> ClockRun:
    """A running clock, known from NOW, started ten minutes before it unless said."""
    begun = start or after(-10)
    made = ClockRun(
        clock=ClockId(id_),
        key="k",
        episode=1,
        rule=RuleId("custody_cohort"),
        known_at=NOW,
        start_at=begun,
        due_at=begun + timedelta(hours=hours),
        due_known_at=NOW,
        estimated=False,
        stopped_at=None,
        stop_known_at=None,
        withdrawn_at=None,
        version=VERSION,
    )
    return replace(made, **more)  # type: ignore[arg-type]


def episode(
    *runs: Run,
    hand_ons: tuple[datetime, ...] = (),
    held: tuple[tuple[datetime, datetime | None], ...] = (),
    **more: object,
) -> Episode:
    """An open alert since NOW, of these runs (one of `custody_cohort` unless given)."""
    joined = runs or (run(),)
    made = Alert(
        episode=1,
        code="482193",
        opened_at=NOW,
        rounds=(NOW,),
        state=AlertState.OPEN,
        closed_at=None,
        accepted_by="",
        ladder="default_urgent",
        duty=RoleId("safeguarding_duty"),
        reasons=tuple(dict.fromkeys(each.rule for each in joined)),
    )
    alert = replace(made, **more)  # type: ignore[arg-type]
    climbed = alert.ladders or frozen_ladders(alert.ladder, small_book())
    return Episode(replace(alert, ladders=climbed), joined, hand_ons, held)


def accepted(at: datetime, *runs: Run, **more: object) -> Episode:
    """An alert accepted at a moment."""
    held = ((at, None),)
    return episode(*runs, held=held, state=AlertState.ACCEPTED, closed_at=at, accepted_by="desk", **more)  # type: ignore[arg-type]


def scene(now: datetime = NOW, *messages: StoredMessage, book: RuleBook | None = None, **more: object) -> Scene:
    """A case with one custody incident unless messages are given; no runs, clocks or alerts unless given."""
    made = Scene(
        case=CASE,
        fold=fold(messages or (stored(1, custody()),)),
        runs=(),
        clocks=(),
        episodes=(),
        book=book or small_book(),
        rest=RestHours(),
        now=now,
        recorded={},
    )
    return replace(made, **more)  # type: ignore[arg-type]


def obligation(about: str = "rule:death", role: str = "duty_manager", **more: object) -> Obligation:
    """A line that waits since NOW."""
    made = Obligation(
        key=ObligationKey(CASE, about, "k", 1, "0", role),
        case=CASE,
        at=NOW,
        made_at=NOW,
        state=LineState.PENDING,
        reason="",
        template="deceased_note",
        by=(Channel.SMS, Channel.EMAIL),
        rest=Rest.HOLD,
        severity=Severity.HIGH,
    )
    return replace(made, **more)  # type: ignore[arg-type]


def day(text: str) -> date:
    """A date."""
    return date.fromisoformat(text)
