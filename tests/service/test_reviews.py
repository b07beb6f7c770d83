"""Owners are reminded 30 and 7 days before a review day, once each, in their morning list."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, timedelta

from alertd.daemon.rehearsal import Sending
from alertd.model.ids import RoleId, RuleId
from alertd.model.rulebook import Rule, RuleBook, RuleStatus
from alertd.service.ports import Rank
from alertd.service.reviews import due_reviews, remind
from tests.service.world import World

DAY = date(2027, 3, 31)
"""Of everything in the books of these tests but what a test names."""
FAR = date(2030, 1, 1)


def _book(world: World, days: Mapping[str, date], **changes: object) -> RuleBook:
    """The shipped rules, to be looked at again in years, but for some."""
    rules: dict[RuleId, Rule] = {}
    for name, rule in world.book.rules.items():
        header = replace(rule.header, review_by=days.get(name, FAR))
        rules[name] = replace(rule, header=header, **changes) if name in days else replace(rule, header=header)  # type: ignore[arg-type]  # a test names a field
    clocks = {n: replace(each, header=replace(each.header, review_by=FAR)) for n, each in world.book.clocks.items()}
    words = world.book.definitions.items()
    later = {name: replace(each, header=replace(each.header, review_by=FAR)) for name, each in words}
    return replace(world.book, rules=rules, clocks=clocks, definitions=later)


def _reminded(world: World, book: RuleBook) -> int:
    with world.store.write(Rank.TICK) as writing:
        added = remind(book, writing, world.now)
    world.settle()
    return added


def _mornings(world: World, day: str) -> list[Sending]:
    before = len(world.sent)
    world.at(f"{day} 07:30").settle()
    return [each for each in world.sent[before:] if "looked at again" in each.text]


def test_the_owner_reads_of_it_in_the_morning_30_and_7_days_before_once_each(world: World) -> None:
    book = _book(world, {"serious_violence": date(2026, 12, 27), "custody_cohort": date(2026, 12, 26)})
    assert _reminded(world, book) == 1
    (mail,) = _mornings(world, "11-27")
    assert (mail.to, mail.by) == ("head_of_service", "email")
    assert "to be looked at again by 26 Dec 2026: rule custody_cohort." in mail.text
    assert _reminded(world, book) == 1
    (mail,) = _mornings(world, "11-28")
    assert "27 Dec 2026: rule serious_violence." in mail.text
    world.at("12-18 12:00")
    assert _reminded(world, book) == 0
    world.at("12-20 12:00")
    assert _reminded(world, book) == 2
    assert len(_mornings(world, "12-21")) == 1
    world.at("12-24 12:00")
    assert _reminded(world, book) == 0


def test_rules_of_one_owner_and_day_stand_in_one_line_and_one_that_joins_later_in_its_own(world: World) -> None:
    day = date(2026, 12, 1)
    assert _reminded(world, _book(world, {"serious_violence": day, "custody_cohort": day})) == 1
    more = _book(world, {"serious_violence": day, "custody_cohort": day, "hospital_cohort": day})
    assert _reminded(world, more) == 1
    (mail,) = _mornings(world, "11-27")
    assert mail.text.count("to be looked at again by 1 Dec 2026") == 2
    assert mail.text.count("rule serious_violence") == 1


def test_a_new_day_is_another_review(world: World) -> None:
    assert _reminded(world, _book(world, {"serious_violence": date(2026, 12, 1)})) == 1
    assert _reminded(world, _book(world, {"serious_violence": date(2026, 12, 2)})) == 1


def test_an_owner_whom_no_mail_reaches_leaves_it_to_the_administrators(world: World) -> None:
    book = _book(world, {"serious_violence": date(2026, 12, 1)})
    silent = replace(book, people={name: replace(person, email=None) for name, person in book.people.items()})
    assert _reminded(world, silent) == 1
    with world.store.read() as reading:
        (line,) = [row for row in reading.waiting(world.now + timedelta(days=2), 10) if row.key.about == "review"]
    assert line.key.role == RoleId("rules_admin")


def test_a_day_that_has_passed_unnoticed_is_still_told_and_drafts_wait_for_nobody(world: World) -> None:
    days = {"serious_violence": date(2026, 11, 1)}
    today = world.now.date()
    assert [(each.block, each.stage) for each in due_reviews(_book(world, days), today)] == [
        ("rule serious_violence", 7)
    ]
    for status in (RuleStatus.DRAFT, RuleStatus.RETIRED):
        assert list(due_reviews(_book(world, days, status=status), today)) == []


def test_clocks_and_definitions_are_reviewed_too(world: World) -> None:
    kinds = {each.block.split()[0] for each in due_reviews(world.book, DAY - timedelta(days=3))}
    assert kinds == {"rule", "clock", "definition"}
