from __future__ import annotations

from datetime import timedelta

import pytest

from alertd.core.cross import NO_TOKEN, affected, anchor, answer, lookup, seen, spelled, targets
from alertd.core.fold import fold
from alertd.core.plan import where_expr
from alertd.model.case import CrossRow, CrossSide
from alertd.model.conditions import ALWAYS, Another, Count, Join
from alertd.model.ids import LeafId, Token
from alertd.model.values import Answer, Kind, Value
from alertd.model.view import View
from tests.core.make import after, custody, status, stored
from tests.core.world import hashed

WEEK = timedelta(days=7)
COUNT = Count(LeafId("c"), Kind.INCIDENT, ALWAYS, "incident.ward", "incident.ref", WEEK, 3)
EVERYWHERE = Count(LeafId("e"), Kind.INCIDENT, ALWAYS, None, None, WEEK, 2)
ASSOCIATE = Another(LeafId("a"), Kind.CASE, ALWAYS, (Join("person.associates", "person.ref", includes=True),))
EARLIER = Another(LeafId("m"), Kind.INCIDENT, ALWAYS, (Join("person.ref", "person.ref", includes=False),), within=WEEK)
CASE = fold([stored(1, custody()), stored(2, status("closed", at=after(30)))])
RECORD = Token(b"r" * 32)
YES = {where_expr(each.leaf): Answer.YES for each in (COUNT, EVERYWHERE, ASSOCIATE, EARLIER)}


def _view(kind: Kind = Kind.INCIDENT, **fields: Value) -> View:
    return View(kind, {name.replace("__", "."): value for name, value in fields.items()}, after())


def _targets(leaf: Count | Another, view: View, given: Answer = Answer.YES) -> list[CrossRow]:
    return targets(leaf, view, {where_expr(leaf.leaf): given}, RECORD, CASE, hashed)


def test_equal_values_are_spelled_alike() -> None:
    assert spelled(" Lea  Bridge") == spelled("lea bridge")
    assert spelled(after()) == "2026-11-26T14:10:00+00:00"
    assert spelled(3) == "3"


def test_a_record_is_found_by_the_value_it_shares_with_the_anchor() -> None:
    (target,) = _targets(COUNT, _view(incident__ward="Leyton", incident__ref="I-1"))
    looking = anchor(COUNT, _view(incident__ward="LEYTON"), RECORD, hashed)
    assert looking is not None
    assert (target.key, target.at, target.until, target.record) == (looking.key, after(), None, RECORD)
    assert target.distinct != RECORD


def test_a_record_without_the_value_is_neither_found_nor_looks() -> None:
    assert _targets(COUNT, _view(incident__ref="I-1")) == []
    assert anchor(COUNT, _view(), RECORD, hashed) is None
    assert _targets(ASSOCIATE, _view(Kind.CASE)) == []
    assert anchor(ASSOCIATE, _view(), RECORD, hashed) is None


def test_without_a_shared_value_everybody_finds_everybody() -> None:
    (target,) = _targets(EVERYWHERE, _view())
    looking = anchor(EVERYWHERE, _view(), RECORD, hashed)
    assert looking is not None
    assert target.key == looking.key
    assert target.distinct == RECORD


def test_a_record_whose_where_says_no_is_no_target_and_an_unknown_one_is_a_possible_one() -> None:
    ward = _view(incident__ward="Leyton")
    assert _targets(COUNT, ward, Answer.NO) == []
    assert [row.answer for row in _targets(COUNT, ward, Answer.UNKNOWN)] == [Answer.UNKNOWN]
    assert targets(COUNT, ward, {}, RECORD, CASE, hashed) == []


def test_a_record_without_the_value_counted_once_counts_as_itself() -> None:
    assert _targets(COUNT, _view(incident__ward="Leyton"))[0].distinct == RECORD


def test_a_list_is_found_by_each_of_its_items_once_while_the_case_is_open() -> None:
    rows = targets(ASSOCIATE, _view(Kind.CASE, person__associates=("P-7", "P-8", "p-7")), YES, NO_TOKEN, CASE, hashed)
    assert len(rows) == 2
    assert {(row.at, row.until) for row in rows} == {(CASE.opened_at, after(30))}
    looking = anchor(ASSOCIATE, _view(person__ref="P-8"), RECORD, hashed)
    assert looking is not None
    assert looking.key in {row.key for row in rows}


def _target(minutes: float, leaf: Count | Another = EARLIER, *, until: float | None = None, **more: object) -> CrossRow:
    looking = anchor(leaf, _view(person__ref="P-1", incident__ward="Leyton"), RECORD, hashed)
    assert looking is not None
    values: dict[str, object] = {"distinct": Token(b"d"), "answer": Answer.YES, "side": CrossSide.TARGET} | more
    closed = None if until is None else after(until)
    return CrossRow(leaf.leaf, key=looking.key, record=RECORD, at=after(minutes), until=closed, **values)  # type: ignore[arg-type]


def _sees(row: CrossRow, leaf: Count | Another = EARLIER) -> bool:
    looking = anchor(leaf, _view(person__ref="P-1", incident__ward="Leyton"), RECORD, hashed)
    assert looking is not None
    return seen(lookup(leaf, looking), row)


WEEK_MINUTES = 7 * 24 * 60


@pytest.mark.parametrize(
    ("minutes", "expected"), [(0, True), (0.01, False), (-WEEK_MINUTES, False), (-WEEK_MINUTES + 0.01, True)]
)
def test_an_anchor_sees_what_happened_in_its_window_its_own_moment_included(minutes: float, expected: bool) -> None:
    assert _sees(_target(minutes)) is expected
    assert _sees(_target(minutes, COUNT), COUNT) is expected
    start, end = affected(EARLIER, _target(minutes))
    assert end is not None
    assert (start <= after() < end) is expected


def test_an_anchor_without_a_window_sees_everything_before_it() -> None:
    assert _sees(_target(-10 * WEEK_MINUTES, ASSOCIATE), ASSOCIATE)
    assert affected(ASSOCIATE, _target(-5, ASSOCIATE)) == (after(-5), None)


def test_only_cases_open_at_the_anchors_time_are_seen() -> None:
    assert _sees(_target(-5, ASSOCIATE, until=1), ASSOCIATE)
    assert not _sees(_target(-5, ASSOCIATE, until=0), ASSOCIATE)
    ever = Another(ASSOCIATE.leaf, Kind.CASE, ALWAYS, ASSOCIATE.joins, open_only=False)
    assert _sees(_target(-5, ASSOCIATE, until=0), ever)


def test_other_leaves_other_values_and_anchors_are_not_seen() -> None:
    assert not _sees(_target(-5, side=CrossSide.ANCHOR))
    assert not _sees(_target(-5, COUNT))
    elsewhere = anchor(COUNT, _view(incident__ward="Lea Bridge"), RECORD, hashed)
    assert elsewhere is not None
    assert not seen(lookup(COUNT, elsewhere), _target(-5, COUNT))


def _found(*answers: tuple[bytes, Answer]) -> list[CrossRow]:
    return [_target(-1, COUNT, distinct=Token(distinct), answer=given) for distinct, given in answers]


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (_found((b"a", Answer.YES), (b"b", Answer.YES), (b"c", Answer.YES)), Answer.YES),
        (_found((b"a", Answer.YES), (b"a", Answer.YES), (b"b", Answer.YES)), Answer.NO),
        (_found((b"a", Answer.YES), (b"b", Answer.YES), (b"c", Answer.UNKNOWN)), Answer.UNKNOWN),
        (_found((b"a", Answer.YES), (b"a", Answer.UNKNOWN), (b"b", Answer.UNKNOWN)), Answer.NO),
        ([], Answer.NO),
    ],
)
def test_three_people_in_one_fight_are_one_incident_and_the_unknown_is_possible(
    found: list[CrossRow], expected: Answer
) -> None:
    assert answer(COUNT, found) is expected


def test_one_other_record_is_enough_for_another() -> None:
    assert answer(EARLIER, _found((b"a", Answer.YES))) is Answer.YES
    assert answer(EARLIER, _found((b"a", Answer.UNKNOWN))) is Answer.UNKNOWN
    assert answer(EARLIER, []) is Answer.NO
