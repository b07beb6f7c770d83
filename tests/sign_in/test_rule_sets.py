"""A second person stands for changed rules by a page: only signed in, only for the set that was read, and only once."""

from __future__ import annotations

from alertd.model.ids import PersonId, Version
from alertd.model.rule_loads import LoadReport, LoadState, RuleLoad
from alertd.service.rule_loads import RuleLoads, waiting
from alertd.web.pages.rule_pages import RULES
from tests.sign_in.door import PHONE, Browser, Door, hidden

VERSION = Version("0123456789ab")


def wait(door: Door, author: str, version: Version = VERSION) -> None:
    report = LoadReport(
        urgent=("retires disclosure_cohort",), messages=3, changes=("lost: WF-UR-26-7QK4 disclosure_cohort to mash",)
    )
    load = RuleLoad(0, version, Version(""), door.world.now, LoadState.WAITING, PersonId(author), "", report)
    RuleLoads(door.store).wait(load, "{}")


def people(door: Door) -> frozenset[PersonId]:
    """Who stands for what waits."""
    with door.store.read() as reading:
        found = waiting(reading)
    assert found is not None
    return found.people


def test_somebody_who_signed_in_reads_what_changes_and_stands_for_it(door: Door, browser: Browser) -> None:
    wait(door, "manager_birch")
    door.account()
    browser.sign_in()
    shown = browser.ask(RULES).text
    for part in (VERSION, "changed by manager_birch", "It retires disclosure_cohort", "lost: WF-UR-26-7QK4"):
        assert part in shown

    answer = browser.fill(RULES, button=VERSION)

    assert (answer.status_code, answer.headers["location"]) == (303, RULES)
    assert people(door) == {"manager_birch", "manager_ash"}
    assert "You stand for it already" in browser.ask(RULES).text
    again = browser.post(
        RULES, {**hidden(browser.ask("/a/cases").text), "form": "form-of-this-test", "button": VERSION}
    )
    assert again.status_code == 409


def test_the_author_has_no_button(door: Door, browser: Browser) -> None:
    wait(door, "manager_ash")
    door.account()
    browser.sign_in()
    assert "I stand for this change" not in browser.ask(RULES).text


def test_a_set_that_came_since_is_not_approved_unseen(door: Door, browser: Browser) -> None:
    wait(door, "manager_birch")
    door.account()
    browser.sign_in()
    for button in ("", VERSION[:6], "ffffffffffff"):
        assert browser.fill(RULES, button=button).status_code == 409
    assert people(door) == {"manager_birch"}


def test_without_a_sign_in_there_is_nothing_to_see(door: Door, browser: Browser) -> None:
    wait(door, "manager_birch")
    assert browser.ask(RULES).headers["location"].startswith("/a/sign-in")
    browser.enter(door.alert(), PHONE)
    assert browser.ask(RULES).status_code == 303
    assert people(door) == {"manager_birch"}


def test_when_nothing_waits_the_page_says_so(door: Door, browser: Browser) -> None:
    door.account()
    browser.sign_in()
    assert "No changed rules wait for anybody." in browser.ask(RULES).text
