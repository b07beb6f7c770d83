"""What somebody sees who typed a code with their own number: what the text said, and nothing else of the case.

Source: CONTRACT, HTTP: "by the code typed together with one's own mobile number (shows only what the SMS showed)".
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from alertd.core.fold import fold
from alertd.core.lines import Scene, clock_name
from alertd.core.schedule_alerts import running_clock
from alertd.core.wording import cohort_word
from alertd.model.case import Facts
from alertd.model.errors import NotPossible
from alertd.model.visitor import Visitor
from alertd.service.casework import Ruling
from alertd.service.pages.alert_view import AlertView, scene_of, standing_of
from alertd.service.pages.clock_view import POLICE, ClockView, clock_view, waits_for
from alertd.service.ports import Reading


@dataclass(frozen=True, slots=True)
class CodePage:
    """An alert, as its text tells of it.

    Attributes:
        ref, cohort: Of the case.
        part: `1 of 2` young people in one incident; "" when alone.
        alert: How it stands.
        clock: The clock that its text names; None when none runs.
        police: Whether a clock waits for the police's call.
    """

    ref: str
    cohort: str
    part: str
    alert: AlertView
    clock: ClockView | None
    police: bool


def code_page(
    visitor: Visitor, ruling: Ruling, cohort_words: dict[str, str], now: datetime, reading: Reading
) -> CodePage:
    """The alert whose code a visitor typed.

    Raises:
        NotPossible: it is gone.
    """
    found = reading.alert_by_code(visitor.code)
    facts = reading.case(found[0]) if found is not None else None
    if found is None or facts is None:
        raise NotPossible("This alert is not on record any more.")
    book = ruling.terms.plan.book
    return CodePage(
        ref=facts.row.ref,
        cohort=cohort_word(facts.row.cohort, cohort_words),
        part=part_of(facts, reading),
        alert=standing_of(found[1], facts, visitor.person, book, now, reading),
        clock=named_clock(scene_of(facts, fold(facts.messages, facts.noted), book, ruling.terms.rest, now)),
        police=waits_for(POLICE, facts.clocks, book, now),
    )


def part_of(facts: Facts, reading: Reading) -> str:
    """`1 of 2`, when several young people are in one incident."""
    number, of = reading.incident_parts(facts.row.id)
    return f"{number} of {of}" if of > 1 else ""


def named_clock(scene: Scene) -> ClockView | None:
    """The clock that a text would name now, without a word on what it waits for."""
    if not scene.episodes:
        return None
    name = running_clock(scene, scene.episodes[-1].alert.duty)
    run = next((c for c in scene.clocks if clock_name(c) == name), None)
    return replace(clock_view(run, scene.book, scene.now), title="") if run is not None else None
