"""Hand-overs: each once, on however many machines; and the open cases that one looks at."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import replace

import pytest

from alertd.model.case import AlertState, CaseRow
from alertd.model.handover import Handover, Listed, Shift
from alertd.model.ids import CaseId, PersonId, RoleId
from alertd.service.ports import Rank
from alertd.store import SqlStore, reading_handovers
from tests.store.contract.test_concurrency import WRITERS, together
from tests.store.contract.test_names import DAY, Dice, code
from tests.store.rows import HOUR, NOW, alert, altered, case_row, changed, clock, make_case, put

SHIFT = Shift(NOW, RoleId("edt"), NOW + 16 * HOUR)
WHO = PersonId("edt_duty_phone")


def handed(number: int, *cases: str, made: str = "", **changes: object) -> Handover:
    listed = tuple(Listed(CaseId(each), is_new=n % 2 == 0, is_due=n % 2 == 1) for n, each in enumerate(cases))
    return replace(Handover(number, SHIFT, NOW + number * HOUR, made, listed), **changes)  # type: ignore[arg-type]


def add(store: SqlStore, row: Handover) -> bool:
    with store.write(Rank.TICK) as writing:
        return writing.add_handover(row)


def accepted(store: SqlStore, id_: str, row: CaseRow | None = None, **changes: object) -> None:
    taken = alert(f"code of {id_}", state=AlertState.ACCEPTED, closed_at=NOW)
    change = make_case(store, id_, row=row, alerts=(taken,), clocks=(clock("contact_48h"),))
    if changes:
        put(store, altered(changed(store, id_), {"alerts": change.alerts, "clocks": change.clocks, **changes}))


def seen(store: SqlStore) -> dict[str, bool]:
    """Open cases, each with whether a confirmed list has named it."""
    with store.read() as reading:
        return {each.case: each.listed_at is not None for each in reading.open_cases()}


def test_a_hand_over_comes_back_as_it_was_put(store: SqlStore) -> None:
    full = handed(2, "b", "a", made="482193", confirmed_at=NOW, confirmed_by="somebody")
    bare = handed(3, shift=replace(SHIFT, until=None))
    assert [add(store, each) for each in (handed(1), full, bare)] == [True, True, True]
    with store.read() as reading:
        assert reading.last_handover() == bare
        assert reading.last_list() == reading.handover(2) == reading.handover_by_code("482193") == full
        assert reading.handover_by_code("") is None
        assert reading.handover_by_code("000000") is None
        assert reading.handover(4) is None


def test_a_store_without_hand_overs_says_so(store: SqlStore) -> None:
    with store.read() as reading:
        assert (reading.last_handover(), reading.last_list()) == (None, None)


def test_a_number_that_is_taken_changes_nothing(store: SqlStore) -> None:
    first = handed(1, "a", made="482193")
    assert add(store, first)
    assert not add(store, handed(1, "a", "b", made="111111"))
    with store.read() as reading:
        assert reading.last_handover() == first


def test_of_several_machines_one_makes_a_hand_over_and_one_confirms_it(
    open_another: Callable[[], SqlStore],
) -> None:
    stores = [open_another() for _ in range(WRITERS)]
    assert sorted(together(lambda n: add(stores[n], handed(1, "a", made=f"{n:06}")))) == [False] * 3 + [True]

    def confirm(n: int) -> bool:
        with stores[n].write(Rank.PEOPLE) as writing:
            return writing.confirm_handover(1, PersonId(f"person_{n}"), NOW)

    assert sorted(together(confirm)) == [False] * 3 + [True]
    with stores[0].read() as reading:
        last = reading.last_handover()
    assert last is not None
    assert (last.confirmed_at, last.waits) == (NOW, False)


def test_nothing_is_confirmed_that_is_not_there(store: SqlStore) -> None:
    with store.write(Rank.PEOPLE) as writing:
        assert not writing.confirm_handover(1, WHO, NOW)


def test_a_hand_over_looks_at_open_cases_whose_alert_has_ended_and_whose_clock_waits(store: SqlStore) -> None:
    accepted(store, "a")
    accepted(store, "closed", row=case_row("closed", closed_at=NOW))
    accepted(store, "done", clocks=(clock("contact_48h", stopped_at=NOW, stop_known_at=NOW),))
    accepted(store, "open", alerts=(alert("222222"),))
    accepted(store, "quiet", alerts=())
    assert seen(store) == {"a": False}
    with store.read() as reading:
        (found,) = reading.open_cases()
    assert (found.ref, [each.state for each in found.alerts]) == ("WF-UR-26-A", [AlertState.ACCEPTED])
    assert [each.clock for each in found.clocks] == ["contact_48h"]


def test_only_a_confirmed_list_has_named_a_case_and_the_newest_counts(store: SqlStore) -> None:
    accepted(store, "a")
    accepted(store, "b")
    add(store, handed(1, "a", made="111111", confirmed_at=NOW))
    add(store, handed(2, "a", made="222222", confirmed_at=NOW))
    add(store, handed(3, "a", "b", made="333333"))
    assert seen(store) == {"a": True, "b": False}
    with store.read() as reading:
        assert {each.case: each.listed_at for each in reading.open_cases()} == {"a": NOW + 2 * HOUR, "b": None}


def test_a_list_that_named_an_alias_named_its_survivor(store: SqlStore) -> None:
    accepted(store, "a")
    accepted(store, "b")
    add(store, handed(1, "b", made="111111", confirmed_at=NOW))
    with store.read() as reading:
        joined = reading.case(CaseId("b"))
    assert joined is not None
    put(store, replace(changed(store, "a"), joined=(joined.row,)))
    assert seen(store) == {"a": True}


def test_many_cases_are_looked_at_a_page_at_a_time(store: SqlStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading_handovers, "PAGE", 2)
    names = [f"c{n}" for n in range(5)]
    for name in names:
        accepted(store, name)
    assert sorted(seen(store)) == names


def test_a_lists_code_is_not_given_again_for_ninety_days(store: SqlStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(secrets, "randbelow", Dice(7))
    first = code(store)
    add(store, handed(0, "a", made=first))
    monkeypatch.setattr(secrets, "randbelow", Dice(7))
    assert code(store, days=89) != first
    monkeypatch.setattr(secrets, "randbelow", Dice(7))
    with store.write(Rank.INTAKE) as writing:
        again = [writing.allocate_code(NOW + 91 * DAY) for _ in range(4)]
    assert first in again
