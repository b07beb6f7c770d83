"""References and codes: random, of their form, never given twice."""

from __future__ import annotations

import re
import secrets
from datetime import timedelta

import pytest

from alertd.model.case import AlertState
from alertd.model.errors import StoreError
from alertd.model.ids import CaseRef
from alertd.service.ports import Rank
from alertd.store import SqlStore
from tests.store.rows import NOW, alert, case_row, changed, make_case, put

DAY = timedelta(days=1)


class Dice:
    """Randomness that throws what it is told, then goes on from there by ones."""

    def __init__(self, *throws: int) -> None:
        self._throws = list(throws)

    def __call__(self, below: int) -> int:
        throw = self._throws.pop(0)
        self._throws.append(throw + 1)
        return throw % below


def ref(store: SqlStore) -> str:
    with store.write(Rank.INTAKE) as writing:
        return writing.allocate_ref("WF-UR", 2026)


def code(store: SqlStore, days: int = 0) -> str:
    with store.write(Rank.INTAKE) as writing:
        return writing.allocate_code(NOW + days * DAY)


def test_references_have_their_form_and_differ(store: SqlStore) -> None:
    with store.write(Rank.INTAKE) as writing:
        refs = [writing.allocate_ref("WF-UR", 2026) for _ in range(300)]
    assert len(set(refs)) == 300
    assert all(re.fullmatch(r"WF-UR-26-[2-9BCDFGHJKMNPQRSTVWXZ]{4,6}", each) for each in refs)
    assert refs != sorted(refs)


def test_codes_have_six_digits_and_differ(store: SqlStore) -> None:
    with store.write(Rank.INTAKE) as writing:
        codes = [writing.allocate_code(NOW) for _ in range(300)]
    assert len(set(codes)) == 300
    assert all(re.fullmatch(r"\d{6}", each) for each in codes)


def test_a_reference_in_use_is_not_given_again(store: SqlStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(secrets, "randbelow", Dice(7))
    first = ref(store)
    make_case(store, "c1", row=case_row("c1", ref=CaseRef(first.lower())))
    monkeypatch.setattr(secrets, "randbelow", Dice(7))
    assert ref(store) != first


def test_the_reference_of_an_alias_is_not_given_again(store: SqlStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(secrets, "randbelow", Dice(7))
    first = ref(store)
    make_case(store, "c1")
    make_case(store, "c2", row=case_row("c2", ref=CaseRef(first)))
    gone, kept = changed(store, "c2"), changed(store, "c1")
    put(store, changed(store, "c1", joined=(gone.row,), messages=kept.messages + gone.messages))
    monkeypatch.setattr(secrets, "randbelow", Dice(7))
    assert ref(store) != first


@pytest.mark.parametrize(
    ("changes", "days", "is_free"),
    [
        ({}, 1000, False),
        ({"state": AlertState.ACCEPTED, "closed_at": NOW}, 89, False),
        ({"state": AlertState.ACCEPTED, "closed_at": NOW}, 90, True),
        ({"state": AlertState.WITHDRAWN, "closed_at": NOW + DAY}, 90, False),
    ],
    ids=["open", "too soon", "after 90 days", "closed later"],
)
def test_a_code_rests_before_it_is_given_again(
    store: SqlStore, monkeypatch: pytest.MonkeyPatch, changes: dict[str, object], days: int, is_free: bool
) -> None:
    make_case(store, "c1", alerts=(alert("000042", **changes),))
    found = set()
    with store.write(Rank.INTAKE) as writing:
        for _ in range(4):  # as many as are looked for at once
            monkeypatch.setattr(secrets, "randbelow", Dice(42))
            found.add(writing.allocate_code(NOW + days * DAY))
    assert ("000042" in found) is is_free


def test_when_codes_run_out_people_are_told_what_to_do(store: SqlStore, monkeypatch: pytest.MonkeyPatch) -> None:
    make_case(store, "c1", alerts=(alert("000042"),))
    monkeypatch.setattr(secrets, "randbelow", lambda _: 42)
    with pytest.raises(StoreError, match="close or withdraw"):
        code(store)
