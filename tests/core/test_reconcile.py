from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

import pytest

from alertd.core.lines import Line
from alertd.core.reconcile import Difference, reconcile
from alertd.model.case import LineState, Obligation, ObligationKey
from alertd.model.values import Channel, Rest, Severity
from tests.core.make import CASE, NOW, VERSION, after


def _line(step: str = "0", at: datetime = NOW, role: str = "duty_manager", **more: object) -> Line:
    made = Line(
        key=ObligationKey(CASE, "alert", "", 1, step, role),
        at=at,
        known_at=after(),
        series="",
        template="escalation",
        by=(Channel.SMS,),
        rest=Rest.WAKE,
        severity=Severity.URGENT,
        reasons=("custody_cohort",),
    )
    return replace(made, **more)  # type: ignore[arg-type]


def _reconcile(lines: Sequence[Line], ledger: Sequence[Obligation] = (), now: datetime = NOW) -> Difference:
    return reconcile(CASE, lines, ledger, now, VERSION)


def _recorded(*lines: Line, state: LineState = LineState.TOLD, now: datetime = NOW) -> list[Obligation]:
    return [replace(each, state=state) for each in _reconcile(lines, now=now).new]


def _states(found: Sequence[Obligation]) -> dict[str, tuple[LineState, str]]:
    return {each.key.step: (each.state, each.reason) for each in found}


def test_what_is_due_is_added_and_what_is_not_waits() -> None:
    found = _reconcile([_line(), _line("s1", after(5))])
    assert _states(found.new) == {"0": (LineState.PENDING, "")}
    assert found.changed == ()


def test_reconciling_twice_adds_nothing() -> None:
    lines = [_line(), _line("s1", after(5)), _line("r", request=True)]
    first = _reconcile(lines, now=after(5))
    assert _reconcile(lines, first.new, after(5)) == Difference((), ())


def test_after_an_outage_only_the_latest_step_of_a_series_is_told_and_says_late() -> None:
    steps = [_line(f"s{n}", after(n), series="alert/1") for n in (5, 10, 20)]
    found = _reconcile([*steps, _line("own")], now=after(15))
    assert _states(found.new) == {
        "s5": (LineState.SKIPPED, "overtaken"),
        "s10": (LineState.PENDING, ""),
        "own": (LineState.PENDING, ""),
    }
    assert {o.key.step: o.late for o in found.new} == {"s5": True, "s10": True, "own": True}


def test_a_line_two_minutes_after_its_time_is_not_yet_late() -> None:
    assert [o.late for o in _reconcile([_line()], now=after(2)).new] == [False]


def test_two_roles_of_one_step_are_both_told() -> None:
    pair = [_line("s1", series="alert/1"), _line("s1", role="head_of_service", series="alert/1")]
    assert [o.state for o in _reconcile(pair).new] == [LineState.PENDING, LineState.PENDING]


def test_what_was_past_when_it_became_known_is_recorded_and_not_told() -> None:
    late = _line("warn0", after(-30), series="warn")
    assert _states(_reconcile([late, _line("warn1", series="warn")]).new) == {
        "warn0": (LineState.SKIPPED, "past_when_learned"),
        "warn1": (LineState.PENDING, ""),
    }


def test_a_request_is_open_at_once_and_done_when_reported() -> None:
    work = _line("request", after(600), request=True, template="")
    (row,) = _reconcile([work]).new
    assert row.state is LineState.OPEN
    (done,) = _reconcile([replace(work, done=True)], [row]).changed
    assert done.state is LineState.DONE
    assert _reconcile([replace(work, done=True)], [done]) == Difference((), ())
    assert _reconcile([replace(work, done=True)]).new[0].state is LineState.DONE


def test_a_told_line_that_vanished_is_withdrawn_and_its_recipients_stood_down_once() -> None:
    (told,) = _recorded(_line(role="safeguarding_duty"))
    found = _reconcile([], [told], after(60))
    assert _states(found.changed) == {"0": (LineState.WITHDRAWN, "no_longer_true")}
    (down,) = found.new
    assert (down.key.step, down.template, down.rest, down.at) == ("0!", "stand_down", Rest.WAKE, after(60))
    assert not down.late
    again = _reconcile([], [*found.changed, down], after(70))
    assert again == Difference((), ())


def test_somebody_off_duty_is_stood_down_without_being_woken() -> None:
    (down,) = _reconcile([], _recorded(_line())).new
    assert down.rest is Rest.HOLD


def test_nobody_is_stood_down_twice_even_where_the_withdrawal_was_lost() -> None:
    (told,) = _recorded(_line())
    (down,) = _reconcile([], [told]).new
    found = _reconcile([], [told, down])
    assert _states(found.changed) == {"0": (LineState.WITHDRAWN, "no_longer_true")}
    assert found.new == ()


@pytest.mark.parametrize("state", [LineState.PENDING, LineState.HELD, LineState.OPEN])
def test_what_nobody_was_told_is_withdrawn_in_silence(state: LineState) -> None:
    found = _reconcile([], _recorded(_line(), state=state))
    assert _states(found.changed) == {"0": (LineState.WITHDRAWN, "no_longer_true")}
    assert found.new == ()


@pytest.mark.parametrize("state", [LineState.SKIPPED, LineState.UNREACHABLE, LineState.WITHDRAWN, LineState.DONE])
def test_a_settled_line_that_vanished_stays_as_it_is(state: LineState) -> None:
    assert _reconcile([], _recorded(_line(), state=state)) == Difference((), ())


def test_a_stand_down_and_a_data_quality_note_are_never_stood_down() -> None:
    (told,) = _recorded(_line())
    note = replace(told, key=replace(told.key, about="quality"))
    assert _reconcile([], [note]) == Difference((), ())
    silent = replace(told, template="")
    assert _reconcile([], [silent]).new == ()


def test_a_breach_undone_by_a_later_deadline_is_stood_down_and_not_told_again() -> None:
    (told,) = _recorded(_line("breach0", undoable=True))
    moved = _line("breach0", after(60), undoable=True)
    found = _reconcile([moved], [told], after(30))
    assert _states(found.changed) == {"breach0": (LineState.WITHDRAWN, "undone")}
    assert [row.key.step for row in found.new] == ["breach0!"]
    assert _reconcile([moved], [*found.changed, *found.new], after(90)) == Difference((), ())


def test_what_waits_follows_its_line_and_what_was_told_does_not() -> None:
    moved = _line(at=after(20), reasons=("custody_cohort", "serious_violence"), check=("person.age",), ladder=True)
    for state in (LineState.PENDING, LineState.HELD):
        (row,) = _recorded(_line(), state=state)
        (changed,) = _reconcile([moved], [row]).changed
        assert (changed.at, changed.reasons, changed.check, changed.ladder, changed.state) == (
            after(20),
            ("custody_cohort", "serious_violence"),
            ("person.age",),
            True,
            state,
        )
    assert _reconcile([moved], _recorded(_line())) == Difference((), ())
