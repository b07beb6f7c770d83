"""What goes together in one message, and what never does."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from itertools import count

import pytest

from alertd.core.on_call import on_call
from alertd.core.outgoing import Recipient
from alertd.model.case import LineState, Obligation, ObligationKey
from alertd.model.ids import CaseId, RoleId
from alertd.model.values import Channel, Rest, Severity
from alertd.service.drafting import Draft
from tests.service.stage import shipped_rules
from tests.service.world import at

_NOW = at("11-26 14:10")
_ROLE = RoleId("duty_manager")


def _row(about: str, step: str, template: str, clock: str = "") -> Obligation:
    return Obligation(
        key=ObligationKey("C1", about, "", 1, step, _ROLE), case=CaseId("C1"), at=_NOW, made_at=_NOW,
        state=LineState.PENDING, reason="", template=template, by=(Channel.SMS,), rest=Rest.WAKE,
        severity=Severity.URGENT, clock=clock,
    )  # fmt: skip


def _texts(*rows: Obligation) -> list[set[str]]:
    """Templates of the lines of each text that these lines become."""
    numbers = count()
    draft = Draft(lambda: f"N{next(numbers)}", _NOW)
    (person,) = on_call(shipped_rules().book, _ROLE, _NOW).people
    for row in rows:
        draft.tell(row, Recipient(_ROLE, person, row.by))
    templates = {row.key: row.template for row in rows}
    return [{templates[key] for key in note.lines} for note in draft.notes.values()]


_URGENT = _row("alert", "0", "urgent_response")
_TAKEN_BACK = replace(_URGENT, key=replace(_URGENT.key, step="s1.0!"), template="stand_down")


@pytest.mark.parametrize("rows", [(_URGENT, _TAKEN_BACK), (_TAKEN_BACK, _URGENT)])
def test_what_is_taken_back_never_goes_with_what_is_new(rows: tuple[Obligation, ...]) -> None:
    assert sorted(map(sorted, _texts(*rows))) == [["stand_down"], ["urgent_response"]]


def test_what_is_taken_back_together_is_one_text() -> None:
    other = replace(_TAKEN_BACK, key=replace(_TAKEN_BACK.key, about="clock:x", step="warn0!"), clock="x//1")
    assert _texts(_TAKEN_BACK, other) == [{"stand_down"}]


def test_clocks_that_warn_at_the_same_moment_are_one_text() -> None:
    rows = [_row(f"clock:{name}", "warn0", "contact_warning", f"{name}//1") for name in ("x", "y")]
    assert _texts(*rows) == [{"contact_warning"}]


def test_clocks_that_say_different_things_are_two_texts() -> None:
    warned = _row("clock:x", "warn0", "contact_warning", "x//1")
    missed = _row("clock:y", "breach0", "contact_missed", "y//1")
    assert _texts(warned, missed) == [{"contact_warning"}, {"contact_missed"}]
    earlier = replace(_row("clock:z", "warn0", "contact_warning", "z//1"), at=_NOW - timedelta(hours=1))
    assert len(_texts(warned, earlier)) == 2
