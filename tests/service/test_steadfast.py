"""A disagreement of the two judges acts on until its input changes, and outlives a restart."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

from alertd.model.ids import ExprId
from alertd.model.values import Answer, Kind
from alertd.model.view import Answers, View
from alertd.rulebook.judges import view_digest
from alertd.service.steadfast import Disagreements, Steadfast
from alertd.store import Keyring, SqlStore, migrate, open_store
from alertd.store.keys import KEY_BYTES

RULE = ExprId("rule:urgent")
NOW = datetime(2026, 11, 26, 14, 0, tzinfo=UTC)
KEYS = Keyring(bytes(range(KEY_BYTES)))


class Says:
    """A matcher that always gives one answer."""

    def __init__(self, answer: Answer) -> None:
        self.answer = answer

    def match(self, views: Sequence[View]) -> Sequence[Answers]:
        return [{RULE: self.answer} for _ in views]


def view(age: int) -> View:
    return View(Kind.INCIDENT, {"person.age": age}, NOW)


def opened(folder: Path) -> SqlStore:
    url = f"sqlite:///{folder / 'alertd.db'}"
    migrate(url)
    return open_store(url, None, None, KEYS)


def test_an_agreed_no_on_the_same_input_does_not_undo_a_disagreement(tmp_path: Path) -> None:
    with closing(opened(tmp_path)) as store:
        record = Disagreements(store, KEYS.token)
        judges = Steadfast(Says(Answer.NO), lambda: record, view_digest)
        assert record.add(RULE, view_digest(view(15)), Answer.YES, Answer.NO)
        assert judges.match([view(15)]) == [{RULE: Answer.YES}]


def test_an_agreed_no_after_changed_input_ends_it(tmp_path: Path) -> None:
    with closing(opened(tmp_path)) as store:
        record = Disagreements(store, KEYS.token)
        record.add(RULE, view_digest(view(15)), Answer.YES, Answer.NO)
        judges = Steadfast(Says(Answer.NO), lambda: record, view_digest)
        assert judges.match([view(16)]) == [{RULE: Answer.NO}]


def test_a_disagreement_outlives_a_restart_and_is_counted_once(tmp_path: Path) -> None:
    with closing(opened(tmp_path)) as store:
        first = Disagreements(store, KEYS.token)
        assert first.add(RULE, view_digest(view(15)), Answer.NO, Answer.UNKNOWN)
        assert not first.add(RULE, view_digest(view(15)), Answer.NO, Answer.UNKNOWN)
        again = Disagreements(store, KEYS.token)
        assert len(again) == 1
        assert again.held(RULE, view_digest(view(15))) is Answer.UNKNOWN


def test_nothing_on_record_leaves_the_judges_alone(tmp_path: Path) -> None:
    with closing(opened(tmp_path)) as store:
        empty = Disagreements(store, KEYS.token)
        assert Steadfast(Says(Answer.NO), lambda: empty, view_digest).match([view(15)]) == [{RULE: Answer.NO}]
        assert Steadfast(Says(Answer.YES), lambda: None, view_digest).match([view(15)]) == [{RULE: Answer.YES}]


def test_the_store_holds_both_answers_and_no_digest_that_could_be_guessed(tmp_path: Path) -> None:
    with closing(opened(tmp_path)) as store:
        Disagreements(store, KEYS.token).add(RULE, view_digest(view(15)), Answer.YES, Answer.NO)
        with store.read() as reading:
            kept = reading.note("disagreements") or ""
    assert "[2, 0]" in kept.replace(",", ", ")
    assert view_digest(view(15)) not in kept


def test_only_the_newest_are_kept_when_there_are_very_many(tmp_path: Path) -> None:
    with closing(opened(tmp_path)) as store:
        record = Disagreements(store, KEYS.token, most=3)
        for number in range(5):
            record.add(RULE, str(number), Answer.YES, Answer.NO)
        assert len(record) == 3
        assert record.held(RULE, "0") is Answer.NO
        assert record.held(RULE, "4") is Answer.YES
