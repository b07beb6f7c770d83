"""Coming in and leaving: by a code, by a password; what each opens, and how long it lasts."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Literal

import pytest
from argon2 import PasswordHasher

from alertd.model.access import AccountRole
from alertd.model.ids import PersonId
from alertd.service.accounts import Accounts, NewAccount
from alertd.service.people import Fact
from tests.service.stage import KEYRING
from tests.sign_in.door import LOGIN, PASSWORD, PHONE, PHONE_TWO, QUICK, STRANGER, Browser, Door, hidden

# --- by a code


@pytest.mark.parametrize("number", [PHONE, "+447700900101", "+44 (0)7700 900101", "07700-900101"])
def test_a_code_and_ones_own_number_open_the_alert_and_nothing_else(number: str, door: Door, browser: Browser) -> None:
    answer = browser.enter(door.alert(), number)
    assert (answer.status_code, answer.headers["location"]) == (303, "/a/alert")
    assert browser.is_at_alert
    assert browser.ask("/a/cases").headers["location"] == "/a/sign-in?next=%2Fa%2Fcases"
    assert browser.ask("/a").headers["location"] == "/a/alert"
    assert door.counted == {("code", "in"): 1}


def test_a_code_is_typed_as_it_is_read_out(door: Door, browser: Browser) -> None:
    code = door.alert()
    assert browser.enter(f"y{code[:3]} {code[3:]}").status_code == 303


def test_an_accepted_alert_still_opens(door: Door, browser: Browser) -> None:
    code = door.alert()
    door.world.people.accept(code, PersonId("mash_second_phone"), door.world.now)
    assert browser.enter(code).status_code == 303


def test_somebody_may_open_whom_the_alert_did_not_reach(door: Door, browser: Browser) -> None:
    assert browser.enter(door.alert(), PHONE_TWO).status_code == 303


def stood_down(door: Door) -> str:
    code = door.alert()
    case = door.world.case("P1")
    assert case is not None
    fact = Fact("false_alarm", door.world.now)
    door.world.people.record(case.row.ref, fact, PersonId("mash_duty_phone"), door.world.now)
    return code


def wrong_ways(door: Door) -> dict[str, tuple[str, str]]:
    code = door.alert("P2")
    other = f"{(int(code) + 1) % 1_000_000:06d}"
    return {
        "no such code": (other, PHONE),
        "a stranger's number": (code, STRANGER),
        "both wrong": (other, STRANGER),
        "of letters": ("abcdef", PHONE),
        "a number of letters": (code, "0770O9OO1O1"),
        "nothing": ("", ""),
        "no number": (code, ""),
        "no code": ("", PHONE),
        "seven digits": (f"{code}1", PHONE),
        "another country's number": (code, "+33 6 12 34 56 78"),
        "an alert that was stood down": (stood_down(door), PHONE),
    }


def test_whatever_is_wrong_the_answer_is_the_same(door: Door) -> None:
    answers = set()
    for n, (what, (code, number)) in enumerate(wrong_ways(door).items()):
        browser = Browser(door, address=f"192.0.2.{n + 10}")
        answer = browser.enter(code, number)
        assert answer.status_code == 403, what
        assert "Y</strong> and the code accepts. Or ring 020 7946 0123" in answer.text
        answers.add(re.sub(r'value="[^"]*"', "", answer.text))
        assert not browser.is_at_alert
        door.later(minutes=20)
    assert len(answers) == 1


def test_what_was_typed_is_still_there_after_a_slip(browser: Browser) -> None:
    answer = browser.enter("482 19", PHONE)
    assert 'value="482 19"' in answer.text
    assert f'value="{PHONE}"' in answer.text


# --- by a password


def test_a_password_opens_every_case(door: Door, browser: Browser) -> None:
    door.account()
    answer = browser.sign_in(login=" Robin.Ash ")
    assert (answer.status_code, answer.headers["location"]) == (303, "/a/cases")
    assert browser.is_in
    assert browser.ask("/a/sign-in").headers["location"] == "/a/cases"


def test_an_admin_is_known_as_one(door: Door, browser: Browser) -> None:
    door.account(role=AccountRole.ADMIN)
    browser.sign_in()
    visitor = door.sessions.visitor(browser.cookies["__Host-alertd"], door.world.now)
    assert visitor is not None
    assert (visitor.person, visitor.is_admin, visitor.is_signed_in) == ("manager_ash", True, True)


def test_who_signs_in_goes_on_to_the_page_that_they_wanted(door: Door, browser: Browser) -> None:
    door.account()
    wanted = browser.ask("/a/case/WF-UR-26-7QK4?done=x").headers["location"]
    assert wanted == "/a/sign-in?next=%2Fa%2Fcase%2FWF-UR-26-7QK4%3Fdone%3Dx"
    assert browser.sign_in(path=wanted).headers["location"] == "/a/case/WF-UR-26-7QK4?done=x"


@pytest.mark.parametrize(
    ("login", "password"), [(LOGIN, "wrong"), ("nobody", PASSWORD), (LOGIN, ""), ("", ""), (LOGIN, "x" * 9999)]
)
def test_a_wrong_login_and_a_wrong_password_get_the_same_answer(
    login: str, password: str, door: Door, browser: Browser
) -> None:
    door.account()
    answer = browser.sign_in(login, password)
    assert answer.status_code == 403
    assert "This name and this password do not open an account together." in answer.text
    assert 'name="password" type="password"' in answer.text
    assert not password or f'"{password}"' not in answer.text
    assert not browser.is_in


def test_a_hash_made_with_older_parameters_is_renewed_and_one_of_now_is_kept(door: Door, browser: Browser) -> None:
    key = door.account()
    before = stored(door, key)
    browser.sign_in()
    assert stored(door, key) == before
    stronger = Accounts(door.store, KEYRING.token, lambda: door.world.book, PasswordHasher(2, 16, 1))
    assert stronger.prove(LOGIN, PASSWORD) is not None
    assert stored(door, key) != before
    assert not PasswordHasher(2, 16, 1).check_needs_rehash(stored(door, key))
    assert stronger.prove(LOGIN, PASSWORD) is not None


def stored(door: Door, key: bytes) -> str:
    with door.store.read() as reading:
        return next(account.password for account in reading.accounts() if account.key == key)


def test_a_password_is_the_same_however_its_letters_were_composed(door: Door) -> None:
    door.account()
    whose = NewAccount(PersonId("manager_ash"))
    composed = door.accounts.add("x-ray", "caf\u00e9 kettle marble", whose, door.world.now)
    assert door.accounts.prove("x-ray", "cafe\u0301 kettle marble") == composed


def test_an_unknown_login_costs_as_much_as_a_wrong_password(door: Door) -> None:
    asked: list[str] = []

    class Counting(PasswordHasher):
        def verify(self, hash: str | bytes, password: str | bytes) -> Literal[True]:  # noqa: A002
            asked.append(str(hash)[:20])
            return super().verify(hash, password)

    accounts = Accounts(door.store, KEYRING.token, lambda: door.world.book, Counting(1, 8, 1))
    door.account()
    for login in (LOGIN, "nobody"):
        assert accounts.prove(login, "wrong") is None
    assert len(asked) == 2
    assert QUICK.hash("x")[:20] == asked[1]


def test_with_passwords_switched_off_there_is_no_form_for_one(door: Door, browser: Browser) -> None:
    door.local = False
    assert "/a/sign-in" not in browser.ask("/a").text
    assert browser.ask("/a/sign-in").status_code == 404
    answer = browser.post("/a/sign-in", {**hidden(browser.ask("/a").text), "login": LOGIN, "password": PASSWORD})
    assert answer.status_code in (404, 405)


# --- how long it lasts


def test_a_session_lasts_while_it_is_used_and_ends_when_it_is_not(door: Door, browser: Browser) -> None:
    door.account()
    browser.sign_in()
    for _ in range(5):
        door.later(minutes=29)
        assert browser.is_in
    door.later(minutes=30)
    assert not browser.is_in


def test_a_session_ends_after_the_longest_time_however_busy(door: Door, browser: Browser) -> None:
    door.account()
    browser.sign_in()
    for _ in range(29):
        door.later(minutes=24)
        assert browser.is_in
    door.later(minutes=24)
    assert not browser.is_in


def test_a_session_ends_when_its_holder_leaves(door: Door, browser: Browser) -> None:
    door.account()
    browser.sign_in()
    before = dict(browser.cookies)
    answer = browser.leave()
    assert (answer.status_code, answer.headers["location"]) == (303, "/a")
    assert not browser.is_in
    assert not Browser(door, cookies=before).is_in


def test_a_session_ends_at_once_when_the_account_is_disabled(door: Door, browser: Browser) -> None:
    door.account()
    browser.sign_in()
    door.accounts.disable("ROBIN.ASH", "", door.world.now)
    assert not browser.is_in
    assert browser.sign_in().status_code == 403
    door.account()
    assert not browser.is_in, "an old session does not come back with its account"
    assert browser.sign_in().status_code == 303


def test_a_session_ends_when_the_password_is_changed(door: Door, browser: Browser) -> None:
    door.account()
    browser.sign_in()
    door.account()
    assert not browser.is_in


def test_a_session_ends_when_its_holder_is_taken_out_of_people_yaml(
    door: Door, browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    door.account()
    browser.sign_in()
    assert browser.is_in
    book = door.world.book
    left = {id_: person for id_, person in book.people.items() if id_ != "manager_ash"}
    monkeypatch.setattr(door.sessions, "_book", lambda: replace(book, people=left))
    assert not browser.is_in


# --- what is written down


def test_who_looks_at_a_case_is_written_down(door: Door, browser: Browser) -> None:
    door.alert()
    door.account()
    browser.sign_in()
    case = door.world.case("P1")
    assert case is not None
    assert browser.ask(f"/a/case/{case.row.ref}").status_code == 200
    ((read, ref),) = door.log.listed("", None, 10)
    assert (read.person, read.case, read.at, ref) == ("manager_ash", case.row.id, door.world.now, case.row.ref)
