"""Attacks on the door, each turned away, and nothing of them in a log."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlencode

import pytest
from structlog.testing import capture_logs

from alertd.model.errors import StoreUnavailable
from alertd.web.forms import MOST_BYTES
from alertd.web.pages.render import environment
from alertd.web.visits import safe_next
from tests.sign_in.door import LOGIN, PASSWORD, PHONE, STRANGER, URL, Browser, Door, hidden
from tests.web.provider import FORM

COOKIE = "__Host-alertd"


def form_of(browser: Browser, code: str) -> dict[str, str]:
    return {**hidden(browser.ask("/a").text), "code": code, "number": PHONE}


# --- forms of another site


@pytest.mark.parametrize(
    "spoil",
    [
        lambda form: {k: v for k, v in form.items() if k != "csrf"},
        lambda form: {**form, "csrf": ""},
        lambda form: {**form, "csrf": "0" * 64},
        lambda form: {**form, "csrf": "ü\ud800".encode("utf-8", "replace").decode()},
    ],
    ids=["no field", "an empty field", "a wrong field", "a field of another alphabet"],
)
def test_a_form_without_the_right_field_does_nothing(
    spoil: Callable[[dict[str, str]], dict[str, str]], door: Door, browser: Browser
) -> None:
    answer = browser.post("/a", spoil(form_of(browser, door.alert())))
    assert answer.status_code == 403
    assert "Go to the start and try again" in answer.text
    assert not browser.is_at_alert
    assert door.counted == {}


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example.org"},
        {"Origin": "null"},
        {"Origin": URL.replace("https", "http")},
        {"Origin": f"{URL}.evil.example.org"},
        {"Origin": f"{URL}:8443"},
        {"Sec_Fetch_Site": "cross-site"},
        {"Sec_Fetch_Site": "same-site"},
        {"Origin": "http://evil.example.org", "Host": "evil.example.org"},
    ],
    ids=lambda headers: " ".join(headers.values()),
)
def test_a_form_that_stood_on_another_site_does_nothing(headers: dict[str, str], door: Door, browser: Browser) -> None:
    assert browser.post("/a", form_of(browser, door.alert()), **headers).status_code == 403
    assert not browser.is_at_alert


def test_a_browser_too_old_to_say_where_the_form_stood_is_believed_with_the_right_field(
    door: Door, browser: Browser
) -> None:
    answer = browser.post("/a", form_of(browser, door.alert()), Origin="", Sec_Fetch_Site="")
    assert answer.status_code == 303


def test_at_the_machine_itself_the_pages_work_past_the_proxy(door: Door, browser: Browser) -> None:
    here = {"Origin": "http://127.0.0.1:8026", "Host": "127.0.0.1:8026"}
    assert browser.post("/a", form_of(browser, door.alert()), **here).status_code == 303


def test_the_field_of_another_browser_does_not_fit(door: Door, browser: Browser) -> None:
    theirs = form_of(Browser(door), door.alert())
    browser.ask("/a")
    assert browser.post("/a", theirs).status_code == 403


def test_the_field_from_before_signing_in_does_not_fit_afterwards(door: Door, browser: Browser) -> None:
    door.account()
    before = hidden(browser.ask("/a/sign-in").text)
    browser.sign_in()
    assert browser.post("/a/sign-out", before).status_code == 403
    assert browser.is_in


def test_without_a_cookie_nothing_is_done_and_the_page_says_what_to_do(door: Door, browser: Browser) -> None:
    form = form_of(browser, door.alert())
    browser.cookies.clear()
    answer = browser.post("/a", form)
    assert answer.status_code == 403
    assert "allow cookies" in answer.text


# --- sessions


def test_a_session_cannot_be_planted(door: Door, browser: Browser) -> None:
    planted = "A" * 43
    door.account()
    browser.cookies[COOKIE] = planted
    browser.sign_in()
    assert browser.cookies[COOKIE] != planted
    assert browser.is_in
    assert not Browser(door, cookies={COOKIE: planted}).is_in


def test_each_sign_in_gets_a_new_cookie_and_the_old_one_is_worth_nothing(door: Door, browser: Browser) -> None:
    door.account()
    browser.enter(door.alert())
    by_code = browser.cookies[COOKIE]
    assert browser.sign_in().status_code == 303
    assert browser.cookies[COOKIE] != by_code
    assert not Browser(door, cookies={COOKIE: by_code}).is_at_alert


@pytest.mark.parametrize("cookie", ["", "x", "A" * 43, "A" * 4000, "../../etc/passwd", "%00%0d%0a"])
def test_a_cookie_of_nobody_opens_nothing(cookie: str, door: Door) -> None:
    browser = Browser(door, cookies={COOKIE: cookie})
    assert not browser.is_in
    assert not browser.is_at_alert


def test_the_cookie_goes_to_this_host_alone_over_https_and_to_no_script(browser: Browser) -> None:
    (header,) = browser.ask("/a").headers.get_list("set-cookie")
    name, _, attributes = header.partition("=")
    assert name == COOKIE
    assert attributes.partition("; ")[2] == "Path=/; HttpOnly; SameSite=Lax; Secure"
    assert len(browser.cookies[COOKIE]) == 43
    assert browser.ask("/a").headers.get_list("set-cookie") == []


def test_without_https_the_cookie_still_works_on_the_machine_itself(door: Door) -> None:
    door.url = "http://127.0.0.1:8026"
    browser = Browser(door)
    assert browser.enter(door.alert()).status_code == 303
    assert list(browser.cookies) == ["alertd"]
    assert "strict-transport-security" not in browser.ask("/a").headers


def test_the_store_holds_nothing_that_could_be_put_into_a_cookie(door: Door, browser: Browser) -> None:
    door.account()
    browser.sign_in()
    token = browser.cookies[COOKIE]
    database = door.store._engine.url.database
    assert database is not None
    files = [path for end in ("", "-wal") if (path := Path(f"{database}{end}")).exists()]
    content = b"".join(path.read_bytes() for path in files)
    assert b"manager_ash" in content, "the search must be able to find what is stored in the clear"
    for secret in (token, LOGIN, PASSWORD, "$argon2", "+447700900101", "192.0.2.1"):
        assert secret.encode() not in content, secret


# --- where to go next


@pytest.mark.parametrize(
    "wanted",
    [
        "https://evil.example.org/a", "//evil.example.org", "/\\evil.example.org", "/a/../../evil", "/evil",
        "/a//evil.example.org", "/a@evil.example.org", "/a\r\nSet-Cookie: x=y", "/a/%2e%2e", "javascript:alert(1)",
        "/a/sign-in?next=/a/sign-in", "/ab", " /a/cases", "/a/cases#x", "/a/case/" + "x" * 600, "/a/../x",
    ],
)  # fmt: skip
def test_nobody_is_sent_elsewhere_after_coming_in(wanted: str, door: Door, browser: Browser) -> None:
    assert safe_next(wanted, "/a/cases") == "/a/cases"
    door.account()
    assert browser.sign_in(path=f"/a/sign-in?{urlencode({'next': wanted})}").headers["location"] == "/a/cases"
    form = {**hidden(Browser.ask(browser, "/a/cases").text), "next": wanted, "login": LOGIN, "password": PASSWORD}
    assert browser.post("/a/sign-in", form).headers["location"] == "/a/cases"


@pytest.mark.parametrize("wanted", ["/a/cases", "/a/case/WF-UR-26-7QK4/contact?done=x", "/a/alert"])
def test_pages_of_our_own_are_gone_on_to(wanted: str) -> None:
    assert safe_next(wanted, "/a/cases") == wanted


def test_a_code_opens_only_the_page_of_its_alert_whatever_was_wanted(door: Door, browser: Browser) -> None:
    answer = browser.enter(door.alert(), path="/a?next=/a/cases")
    assert answer.headers["location"] == "/a/alert"


# --- bodies and headers


@pytest.mark.parametrize(
    ("body", "content_type", "status"),
    [
        (b"csrf=" + b"x" * MOST_BYTES, FORM, 413),
        (b'{"csrf": "x"}', "application/json", 415),
        (b"--x\r\n\r\n--x--", "multipart/form-data; boundary=x", 415),
        (b"csrf=%ff", FORM, 400),
        (b"\xff\xfe", FORM, 400),
        (b"", FORM, 400),
        (b"&".join(b"a=b" for _ in range(300)), FORM, 400),
    ],
)
def test_what_is_no_form_of_ours_is_refused_with_a_page(
    body: bytes, content_type: str, status: int, browser: Browser
) -> None:
    browser.ask("/a")
    answer = browser.ask("/a", "POST", body, Content_Type=content_type, Origin=URL)
    assert answer.status_code == status
    assert "This form could not be read" in answer.text


def test_what_is_typed_cannot_become_part_of_a_page(browser: Browser) -> None:
    answer = browser.enter('"><script>alert(1)</script>', "'><img src=x onerror=alert(1)>")
    assert "<script>alert" not in answer.text
    assert "<img" not in answer.text
    assert environment().autoescape


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "TRACE"])
def test_no_other_method_does_anything(method: str, browser: Browser) -> None:
    assert browser.ask("/a", method).status_code == 405


@pytest.mark.parametrize("path", ["/a", "/a/sign-in", "/a/cases", "/a/nothing/here"])
def test_pages_are_kept_by_nobody_framed_by_nobody_and_load_nothing_from_elsewhere(path: str, browser: Browser) -> None:
    headers = browser.ask(path).headers
    assert headers["cache-control"] == "no-store"
    assert headers["x-frame-options"] == "DENY"
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "same-origin"
    assert headers["strict-transport-security"] == "max-age=31536000"
    policy = dict(part.strip().partition(" ")[::2] for part in headers["content-security-policy"].split(";"))
    assert policy["default-src"] == policy["frame-ancestors"] == policy["base-uri"] == "'none'"
    assert policy["form-action"] == policy["script-src"] == policy["style-src"] == "'self'"
    assert "unsafe" not in headers["content-security-policy"]


@pytest.mark.parametrize("path", ["/healthz", "/metrics", "/nothing"])
def test_what_machines_ask_stays_as_strict_as_it_was(path: str, browser: Browser) -> None:
    headers = browser.ask(path).headers
    assert headers["content-security-policy"].endswith("form-action 'none'")
    assert headers["referrer-policy"] == "no-referrer"
    assert "set-cookie" not in headers


def test_pages_hold_no_script_or_style_of_their_own(browser: Browser) -> None:
    for path in ("/a", "/a/sign-in"):
        html = browser.ask(path).text
        assert "<style" not in html
        assert "style=" not in html
        assert " onclick" not in html
        assert html.count("<script") == html.count('<script src="/a/file/')


# --- faults


def test_a_store_that_cannot_be_reached_is_a_page_that_says_what_to_do(
    door: Door, browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    form = form_of(browser, door.alert())

    def gone(*_: object) -> None:
        raise StoreUnavailable("gone")

    monkeypatch.setattr(door.tries, "begin", gone)
    answer = browser.post("/a", form)
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "10")
    assert "answer by text instead" in answer.text
    assert answer.headers["cache-control"] == "no-store"


def test_a_fault_says_what_to_do_and_nothing_of_itself(
    door: Door, browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    form = form_of(browser, door.alert())

    def broken(*_: object) -> None:
        raise RuntimeError("of the inside")

    monkeypatch.setattr(door.tries, "begin", broken)
    with capture_logs():
        answer = browser.post("/a", form)
    assert answer.status_code == 500
    assert "of the inside" not in answer.text
    assert "answer by text instead" in answer.text
    assert answer.headers["cache-control"] == "no-store"


# --- logs


def test_nothing_that_was_typed_and_nobody_is_in_a_log(door: Door, capsys: pytest.CaptureFixture[str]) -> None:
    code = door.alert()
    door.account()
    with capture_logs() as logs:
        for number in (PHONE, STRANGER):
            Browser(door).enter(code, number)
        Browser(door).enter("000000")
        for login, password in ((LOGIN, PASSWORD), (LOGIN, "wrong and long"), ("some.body", PASSWORD)):
            Browser(door).sign_in(login, password)
        Browser(door).post("/a", {"csrf": "x", "code": code, "number": PHONE})
    told = repr(logs) + "".join(capsys.readouterr())
    assert "coming_in_tried" in told
    planted = [
        code,
        "000000",
        "7700",
        "900101",
        "900999",
        LOGIN,
        "some.body",
        PASSWORD,
        "wrong and long",
        "manager_ash",
    ]
    assert [each for each in [*planted, "mash_duty_phone", "192.0.2"] if each in told] == []
