"""Every answer fits one text with the longest values, with nothing left out but the desk's number."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial

import pytest

from alertd.core.gsm7 import gsm7_septets
from alertd.core.wording import team_word
from alertd.model.case import Alert, AlertState, CaseRow, ClockRun, Facts
from alertd.model.handover import Handover, Listed, Shift
from alertd.model.ids import CaseId, CaseRef, ClockId, RoleId, RuleId, Version
from alertd.service import reply_words as words
from tests.service.stage import shipped_rules

NOW = datetime(2026, 11, 26, 22, 20, tzinfo=UTC)
LATER = datetime(2026, 11, 28, 22, 20, tzinfo=UTC)
LONGEST = 160 - len("Repeat. ")
REF = CaseRef("WFX-UR-26-7QK4XX")
BOOK = shipped_rules().book
TEAM = max((team_word(BOOK, role) for role in BOOK.roles), key=len)
ALERT = Alert(
    1, "482193", NOW, (NOW,), AlertState.ACCEPTED, NOW, "somebody", "default_urgent", RoleId("duty"), (RuleId("r"),)
)  # fmt: skip

LISTED = (Listed(CaseId("c"), is_new=True, is_due=True),) * 999
HANDED = Handover(1, Shift(NOW, RoleId("mash"), LATER), NOW, "482193", LISTED, LATER, "somebody")


def _running(clock: ClockId) -> Facts:
    run = ClockRun(clock, "k", 1, RuleId("r"), NOW, NOW, LATER, NOW, False, None, None, None, Version("v"))
    return Facts(CaseRow(CaseId("c"), REF, NOW), (), clocks=(run,))


ANSWERS: dict[str, Callable[[], str]] = {
    "help": lambda: words.help_text(()),
    "help about a code": lambda: words.help_text(("482193",)),
    "unknown code": lambda: words.unknown_code("482193"),
    "accepted": lambda: words.accepted(REF, ALERT, LATER, police=True),
    "already yours": lambda: words.already_yours(REF, ALERT, LATER, police=True),
    "taken": lambda: words.taken(REF, TEAM, ALERT, LATER, police=True),
    "stood down": lambda: words.stood_down(REF, LATER, police=True),
    "open again": lambda: words.open_again(REF, ALERT),
    "handed on": lambda: words.handed_on(REF),
    "given back": lambda: words.given_back(REF),
    "asked who": lambda: words.ask_who(REF, "482193"),
    "list confirmed": lambda: words.list_confirmed(HANDED),
    "list taken": lambda: words.list_taken(HANDED, TEAM),
    "list of nobody": lambda: words.list_taken(replace(HANDED, confirmed_at=None), TEAM),
    "only a list": lambda: words.only_a_list("482193"),
    "not possible": lambda: words.not_possible(REF),
    "texts again": lambda: words.TEXTS_AGAIN,
    "stranger": lambda: words.stranger("x" * 40, "020 7946 0123"),
    **{f"attempt, {clock}": partial(words.attempt, _running(clock), BOOK, NOW) for clock in BOOK.clocks},
    **{f"contact, {clock}": partial(words.contact, _running(clock), BOOK, NOW) for clock in BOOK.clocks},
}


@pytest.mark.parametrize("name", sorted(ANSWERS))
def test_an_answer_fits_one_text(name: str) -> None:
    text = ANSWERS[name]()
    assert (gsm7_septets(text) or 999) <= LONGEST, text


def test_an_attempt_names_the_next_deadline_that_a_contact_can_meet_and_no_other() -> None:
    told = {clock for clock in BOOK.clocks if "Still due" in words.attempt(_running(clock), BOOK, NOW)}
    assert told == {"contact_24h", "contact_48h_professionals", "contact_48h_young_person"}


def test_an_acceptance_of_another_day_is_told_with_its_day() -> None:
    assert "at 22:20." in words.taken(REF, "MASH", ALERT, NOW)
    assert "at 22:20 Thu 26 Nov." in words.taken(REF, "MASH", ALERT, LATER)
