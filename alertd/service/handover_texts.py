"""The fields of a hand-over list: each case on its own line, as it stands when the list leaves."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime

from alertd.core.handover import contact_clocks, outstanding
from alertd.core.wording import clock_word, cohort_word, moment, time_left
from alertd.model.case import Facts
from alertd.model.handover import Handover, Listed
from alertd.model.ids import ClockId
from alertd.model.rulebook import RuleBook


def list_fields(
    made: Handover, facts: Mapping[str, Facts], book: RuleBook, words: dict[str, str], now: datetime
) -> dict[str, object]:
    """What a template may say of a list, beside what every text may say.

    Args:
        made: The hand-over.
        facts: Its cases by the id that the list has; one that was erased is left out.
        book: Which clocks are about contact.
        words: Setting → word that may stand on a lock screen.
        now: Aware UTC.
    """
    return {
        "code": made.code if made.confirmed_at is None else "",
        "count": str(len(made.cases)),
        "lines": list_lines(made, facts, book, words, now),
    }


def list_lines(
    made: Handover, facts: Mapping[str, Facts], book: RuleBook, words: dict[str, str], now: datetime
) -> list[dict[str, object]]:
    """The cases of a list, each as it stands now; arguments as `list_fields`."""
    about = contact_clocks(book)
    there = [(each, facts[each.case]) for each in made.cases if each.case in facts]
    return [_line_of(each, case, about, words, now) for each, case in there]


def _line_of(
    listed: Listed, case: Facts, about: Collection[ClockId], words: dict[str, str], now: datetime
) -> dict[str, object]:
    """One case of a list: why it is there, and the first contact that it waits for."""
    first = next(iter(outstanding(case.clocks, about, now)), None)
    return {
        "ref": case.row.ref,
        "cohort": cohort_word(case.row.cohort, words),
        "clock": clock_word(first.clock) if first else "",
        "due": moment(first.due_at) if first else "",
        "left": time_left(first.due_at, now) if first else "",
        "event": _why(listed, is_waiting=first is not None, is_missed=first is not None and first.due_at <= now),
        "code": "",
    }


def _why(listed: Listed, *, is_waiting: bool, is_missed: bool) -> str:
    if not is_waiting:
        return "contact recorded since"
    reasons = {"new": listed.is_new, "due in your shift": listed.is_due and not is_missed, "missed": is_missed}
    return ", ".join(word for word, holds in reasons.items() if holds)
