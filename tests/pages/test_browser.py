"""A real Chromium at a phone's size, on the real pages of the real server: what a tired person sees and presses.

Screenshots are kept in `.pytest-output/pages/`: NAME.dark.png and NAME.light.png as a phone shows them, NAME.320.png
the whole page on the narrowest phone.

Source: issue 3, item 2; WCAG 2.2.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from itertools import count
from pathlib import Path
from typing import Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page, ViewportSize, expect, sync_playwright

from alertd.model.case import Facts
from tests.pages.house import LOGIN, NUMBER, PASSWORD, House
from tests.service.world import at, custody

PHONE, NARROW = ViewportSize(width=375, height=667), ViewportSize(width=320, height=568)
SMALLEST = 44
SHOTS = Path(__file__).parents[2] / ".pytest-output/pages"
NIGHT = at("11-27 03:12")
AXE_OPTIONS = {"resultTypes": ["violations"], "rules": {"target-size": {"enabled": True}}}
STAYS_HERE = [
    "--no-sandbox",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-domain-reliability",
    "--disable-sync",
    "--no-first-run",
    "--no-pings",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
]
"""Chromium as root in a container, and without a word to anybody but this machine."""

_children = count(1)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One Chromium for all."""
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=STAYS_HERE)
        yield started
        started.close()


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """One installation for all; each test has cases of its own."""
    SHOTS.mkdir(parents=True, exist_ok=True)
    made = House(tmp_path_factory.mktemp("house") / "alertd", NIGHT)
    yield made
    made.close()


Phone = Callable[..., Page]


@pytest.fixture
def phone(browser: Browser, house: House) -> Iterator[Phone]:
    """Opens a page on a phone of its own, with script or without, at the test's hour."""
    opened: list[BrowserContext] = []
    elsewhere: list[str] = []
    complaints: list[str] = []

    def take_out(*, script: bool = True) -> Page:
        context = browser.new_context(
            base_url=house.url, viewport=PHONE, java_script_enabled=script, color_scheme="dark", locale="en-GB"
        )
        context.set_default_timeout(10_000)
        context.on("request", lambda request: elsewhere.append(request.url) if house.url not in request.url else None)
        context.on("console", lambda message: complaints.append(message.text))
        context.on("weberror", lambda fault: complaints.append(str(fault.error)))
        if script:
            context.clock.install(time=house.now)
        opened.append(context)
        return context.new_page()

    yield take_out
    for context in opened:
        context.close()
    assert elsewhere == []
    # That a form was refused, or a page is not there, is no complaint about the page.
    assert [each for each in complaints if "responded with a status of" not in each] == []


def child(house: House, **more: object) -> Facts:
    """A child booked in twelve minutes ago."""
    booked = (house.now - timedelta(minutes=12)).isoformat()
    name = f"P{next(_children)}"
    return house.incident({**custody(name), "custody": {"ref": f"C-{name}", "booked_in_at": booked}, **more})


def enter(page: Page, code: str) -> None:
    """Type a code, with the phone's number."""
    page.goto("/a")
    page.get_by_label("Code in the text").fill(code)
    page.get_by_label("Your own mobile number").fill(NUMBER)
    page.get_by_role("button", name="Open").click()
    expect(page).to_have_url(re.compile("/a/alert$"))


def sign_in(page: Page) -> None:
    """Sign in as a manager."""
    page.goto("/a/sign-in")
    page.get_by_label("Name").fill(LOGIN)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page).to_have_url(re.compile("/a/cases$"))


# --- what people do


@pytest.mark.parametrize("script", [True, False], ids=["with script", "without script"])
def test_type_the_code_accept_and_say_that_the_police_rang(script: bool, house: House, phone: Phone) -> None:
    case = child(house)
    page = phone(script=script)
    enter(page, case.alerts[-1].code)
    expect(page.get_by_role("heading", name=case.row.ref)).to_be_visible()
    expect(page.get_by_text("48 min left")).to_be_visible()
    page.get_by_role("button", name="Accept", exact=True).click()
    expect(page.get_by_role("status")).to_have_text("Accepted at 03:12.")
    page.get_by_role("button", name="Yes, just now").click()
    expect(page.get_by_role("status")).to_contain_text("Police have spoken to us")
    assert house.case(case.row.ref).alerts[-1].accepted_by == "edt_duty_phone"
    assert house.clocks(case.row.ref)["golden_hour"] == "met"
    page.get_by_role("button", name="Leave").click()
    page.goto("/a/alert")
    expect(page.get_by_label("Code in the text")).to_be_visible()


@pytest.mark.parametrize("script", [True, False], ids=["with script", "without script"])
def test_sign_in_accept_and_record_a_contact(script: bool, house: House, phone: Phone) -> None:
    case = child(house)
    page = phone(script=script)
    sign_in(page)
    page.get_by_role("link", name=case.row.ref).click()
    page.get_by_role("button", name="Accept", exact=True).click()
    expect(page.get_by_role("status")).to_have_text("Accepted at 03:12.")
    page.get_by_role("link", name="Spoke to the young person").click()
    page.get_by_text("The young person", exact=True).click()
    page.get_by_label("Time").fill("03:05")
    page.get_by_role("button", name="Record").click()
    expect(page.get_by_role("status")).to_have_text("Recorded: Spoke to the young person, 03:05.")
    assert house.clocks(case.row.ref)["contact_48h_young_person"] == "met"
    page.get_by_role("button", name="Sign out").click()
    page.goto(f"/a/case/{case.row.ref}")
    expect(page.get_by_label("Password")).to_be_visible()


def test_a_slip_is_shown_beside_the_form_with_what_was_typed(house: House, phone: Phone) -> None:
    case = child(house)
    page = phone()
    sign_in(page)
    page.goto(f"/a/case/{case.row.ref}/attempted")
    page.get_by_text("Young person: no answer").click()
    page.get_by_label("Time").fill("23:50")
    page.get_by_role("button", name="Record").click()
    expect(page.get_by_role("alert")).to_contain_text("still to come")
    expect(page.get_by_label("Time")).to_have_value("23:50")
    expect(page.get_by_label("Young person: no answer")).to_be_checked()
    page.get_by_label("Day").select_option(label="Yesterday Thu 26 Nov")
    page.get_by_role("button", name="Record").click()
    expect(page.get_by_role("status")).to_contain_text("Tried the young person: no answer, 23:50 Thu 26 Nov.")


def test_a_double_press_and_a_reload_accept_once(house: House, phone: Phone) -> None:
    case = child(house)
    page = phone()
    enter(page, case.alerts[-1].code)
    page.get_by_role("button", name="Accept", exact=True).dblclick()
    expect(page.get_by_role("status")).to_have_text("Accepted at 03:12.")
    page.reload()
    page.go_back()
    page.get_by_role("button", name="Accept", exact=True).or_(page.get_by_text("You accepted")).first.wait_for()
    assert house.acts(case.row.ref) == ["alert_accepted"]


def test_the_return_key_joins_no_cases(house: House, phone: Phone) -> None:
    one, other = child(house).row.ref, child(house).row.ref
    page = phone()
    sign_in(page)
    page.goto(f"/a/case/{other}/same")
    page.get_by_label("Reference of the other case").fill(one)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading")).to_have_text(f"Make {other} and {one} one case?")
    assert house.case(other).row.ref == other
    page.get_by_role("button", name="Yes, make them one case").click()
    expect(page.get_by_role("status")).to_contain_text("Same child as another case")
    assert house.case(other).row.ref == house.case(one).row.ref


def test_whoever_comes_second_sees_who_was_faster(house: House, phone: Phone) -> None:
    case = child(house)
    first, second = phone(), phone()
    enter(first, case.alerts[-1].code)
    sign_in(second)
    second.get_by_role("link", name=case.row.ref).click()
    first.get_by_role("button", name="Accept", exact=True).click()
    expect(first.get_by_role("status")).to_be_visible()
    second.get_by_role("button", name="Accept", exact=True).click()
    expect(second.get_by_role("alert")).to_have_text("Not possible any more: EDT duty phone accepted at 03:12.")


def test_an_open_page_keeps_the_time_left_true_and_learns_of_new_alerts(house: House, phone: Phone) -> None:
    case = child(house)
    page = phone()
    sign_in(page)
    page.goto(f"/a/case/{case.row.ref}")
    left = page.locator(".now .left")
    expect(left).to_have_text("48 min left")
    page.clock.run_for(600_000)
    expect(left).to_have_text("38 min left")
    page.goto("/a/cases")
    expect(page.get_by_role("link", name=case.row.ref)).to_be_visible()
    newer = child(house)
    page.clock.run_for(61_000)
    expect(page.get_by_role("link", name=newer.row.ref)).to_be_visible()


def test_without_script_the_list_reloads_itself(phone: Phone) -> None:
    page = phone(script=False)
    sign_in(page)
    assert page.content().count('http-equiv="refresh"') == 1


# --- how it looks


def test_every_page_is_readable_reachable_and_fits_the_narrowest_phone(house: House, phone: Phone) -> None:
    """Axe finds nothing in light or dark, every target is 44 pixels high, nothing scrolls sideways at 320 pixels."""
    page = phone()
    found: list[str] = []
    for name in _tour(page, house):
        found += [f"{name}: {each}" for each in _faults(page, name)]
    assert found == []


def test_the_checks_would_find_what_is_wrong(phone: Phone) -> None:
    page = phone()
    page.goto("/a/sign-in")
    page.evaluate(_SPOILT)
    found = " ".join(_faults(page, "spoilt"))
    for fault in ("light, color-contrast", "light, label", "400 px wide", "28 px high"):
        assert fault in found


_SPOILT = """() => {
  document.querySelector("label[for=login]").remove();
  document.querySelector("h1").style.color = "#777";
  document.querySelector("h1").style.background = "#888";
  document.querySelector("main").style.width = "400px";
  document.querySelector("main button").style = "min-height: 20px; height: 20px";
}"""


def _tour(page: Page, house: House) -> Iterator[str]:
    """Go from page to page, and name each."""
    case = child(house, person={"ref": "P"}, incident={"ref": "I", "offence": ["bladed_article"]})
    yield from _by_code(page, case)
    page.get_by_role("button", name="Leave").click()
    enter(page, house.hand_over().code)
    yield "handover-by-code"
    page.get_by_role("button", name="Leave").click()
    page.goto("/a/sign-in")
    yield "sign-in"
    sign_in(page)
    yield "cases"
    page.get_by_role("link", name="Hand-over list for EDT").click()
    yield "handover"
    page.get_by_role("button", name="Confirm for EDT").click()
    page.get_by_role("status").wait_for()
    yield "handover-confirmed"
    house.rules_wait()
    page.goto("/a/rules")
    yield "rules"
    page.get_by_role("button", name="I stand for this change").click()
    page.get_by_text("You stand for it already").wait_for()
    yield "rules-approved"
    page.goto(f"/a/case/{case.row.ref}")
    yield "case-accepted"
    yield from _acts(page, child(house).row.ref)
    page.goto("/a/case/WF-UR-26-ZZZZ")
    yield "not-found"


def _by_code(page: Page, case: Facts) -> Iterator[str]:
    page.goto("/a")
    yield "enter"
    page.get_by_role("button", name="Open").click()
    page.get_by_role("alert").wait_for()
    yield "enter-wrong"
    enter(page, case.alerts[-1].code)
    yield "alert"
    page.goto("/a/alert/police")
    yield "alert-police"
    page.goto("/a/alert")
    page.get_by_role("button", name="Accept", exact=True).click()
    page.get_by_role("status").wait_for()
    yield "alert-accepted"


def _acts(page: Page, ref: str) -> Iterator[str]:
    page.goto(f"/a/case/{ref}")
    page.get_by_text("What is known").click()
    yield "case"
    for act in ("police", "contacted", "mash-referred", "false-alarm", "same", "answer/incident.offence"):
        page.goto(f"/a/case/{ref}/{act}")
        yield f"act-{act.replace('/', '-')}"
    page.get_by_role("button", name="Record").click()
    page.get_by_role("alert").wait_for()
    yield "act-refused"


_SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")


def _faults(page: Page, name: str) -> list[str]:
    """What is wrong with the page that is open; and its pictures, for people to look at."""
    faults = []
    for scheme in _SCHEMES:
        page.emulate_media(color_scheme=scheme)
        page.evaluate("scrollTo(0, 0)")
        page.screenshot(path=SHOTS / f"{name}.{scheme}.png")
        for each in Axe().run(page, options=AXE_OPTIONS).response["violations"]:
            faults += [f"{scheme}, {each['id']}: {node['html']}" for node in each["nodes"]]
    page.set_viewport_size(NARROW)
    page.screenshot(path=SHOTS / f"{name}.320.png", full_page=True)
    wide = page.evaluate("document.documentElement.scrollWidth")
    faults += [f"{wide} px wide at 320"] if wide > NARROW["width"] else []
    faults += [f"{height} px high: {html}" for html, height in page.evaluate(_LOW_TARGETS, SMALLEST)]
    page.set_viewport_size(PHONE)
    return faults


_LOW_TARGETS = """
smallest => [...document.querySelectorAll("a[href], button, input:not([type=hidden]), select, summary")]
  .map(each => [each, each.closest("label") ?? each])
  .filter(([each]) => !each.classList.contains("skip") && each.checkVisibility())
  .map(([each, target]) => [each.outerHTML.slice(0, 80), target.getBoundingClientRect().height])
  .filter(([, height]) => height < smallest)
"""
