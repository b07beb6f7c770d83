"""What no rule acts on is known once for all messages that look alike to the rules."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta

import pytest

from alertd.daemon.replay_alike import Alike
from alertd.daemon.replay_quiet import Quiet
from alertd.model.case import StoredMessage, Tokens
from alertd.model.ids import Token
from alertd.model.message import Message
from alertd.model.rulebook import RuleBook
from alertd.model.values import Kind, Value
from alertd.model.view import Answers, View
from alertd.service.casework import Ruling
from tests.service.stage import shipped_rules
from tests.service.world import at

ADULT: dict[str, Value] = {
    "setting": "custody",
    "custody.ref": "C-1",
    "custody.booked_in_at": at("11-26 14:00"),
    "person.ref": "P-1",
    "person.age": 41,
    "person.home_borough": "waltham forest",
    "incident.offence": ("other",),
}


class Counting(Alike):
    """Counts how often it is asked."""

    asked = 0

    def match(self, views: Sequence[View]) -> Sequence[Answers]:
        self.asked += 1
        return super().match(views)


def _stored(number: int, **fields: Value) -> StoredMessage:
    when = at("11-26 14:10") + timedelta(minutes=number)
    given = ADULT | {name.replace("_", ".", 1): value for name, value in fields.items()}
    message = Message("feed", f"m{number}", Kind.INCIDENT, when, when, "feed", f"R{number}", 1, given)
    return StoredMessage(number, message, Tokens(Token(b"r%d" % number)))


def _quiet(book: RuleBook | None = None) -> tuple[Quiet, Counting]:
    ruling = shipped_rules().ruling
    alike = Counting(ruling, ruling)
    books = [book or shipped_rules().book] * 2
    return Quiet(Ruling(ruling.terms, alike), alike, books), alike


def test_the_same_but_for_names_and_times_is_judged_once() -> None:
    quiet, judge = _quiet()
    assert quiet([_stored(1)])
    once = judge.asked
    assert quiet([_stored(2, person_ref="P-2", custody_ref="C-2", custody_booked_in_at=at("11-26 13:00"))])
    assert judge.asked == once > 0


@pytest.mark.parametrize("fields", [{"person_age": 15}, {"incident_offence": ("pwits",)}, {"custody_ref": None}])
def test_what_a_condition_tells_apart_is_judged_by_itself(fields: dict[str, Value]) -> None:
    quiet, judge = _quiet()
    assert quiet([_stored(1)])
    once = judge.asked
    quiet([_stored(2, **fields)])
    assert judge.asked > once


def test_a_child_in_custody_is_not_passed_over_nor_are_two_messages() -> None:
    quiet, _ = _quiet()
    assert not quiet([_stored(1, person_age=15)])
    assert not quiet([_stored(1), _stored(2)])


def test_a_rule_that_holds_from_a_day_on_has_every_message_judged() -> None:
    book = shipped_rules().book
    first, *_ = book.rules.values()
    quiet, judge = _quiet(
        replace(book, rules={**book.rules, first.id: replace(first, effective_from=date(2026, 12, 1))})
    )
    assert quiet([_stored(1)])
    once = judge.asked
    assert quiet([_stored(2)])
    assert judge.asked == 2 * once
