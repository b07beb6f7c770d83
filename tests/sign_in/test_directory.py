"""Coming in by the council's directory: there and back, and every way in which the answer may be wrong."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from structlog.testing import capture_logs

from alertd.model.access import AccountRole
from alertd.model.errors import ConfigError
from alertd.model.ids import PersonId
from alertd.service.accounts import NewAccount
from tests.sign_in.door import Browser, Door
from tests.sign_in.providers import (
    CLIENT,
    OID,
    Forger,
    consent,
    forging,
    new_key,
    path_of,
    provider_mock,
    with_directory,
)

COOKIE = "__Host-alertd-directory"


@pytest.fixture
def issuer() -> Iterator[str]:
    """A provider in this process."""
    with provider_mock() as found:
        yield found


@pytest.fixture
def office(door: Door, issuer: str) -> Door:
    """A door with a directory, at the real time: the provider's clock is no pretend one."""
    door.world.now = datetime.now(UTC)  # noqa: TID251  # the provider signs by the real clock
    return with_directory(door, issuer)


def known(door: Door, subject: str = OID, issuer: str = "") -> None:
    """Add the account of somebody of the directory."""
    assert door.directory is not None
    whose = NewAccount(PersonId("manager_ash"), AccountRole.STAFF)
    door.accounts.add_of_directory(issuer or door.directory._by.directory.issuer, subject, whose, door.world.now)


def there(browser: Browser, wanted: str = "/a/cases") -> str:
    """Press the button; where the browser is sent."""
    assert f"/a/directory?next={wanted}" in browser.ask(f"/a/sign-in?next={wanted}").text
    answer = browser.ask(f"/a/directory?next={wanted}")
    assert answer.status_code == 303
    return answer.headers["location"]


def back(browser: Browser, url: str) -> httpx.Response:
    """Come back, as from another site."""
    return browser.ask(path_of(url), Sec_Fetch_Site="cross-site")


def why(logs: Sequence[Mapping[str, Any]]) -> str:
    """The reason in the log."""
    return next(str(each.get("reason", "")) for each in logs if each.get("way") == "directory")


# --- a real provider


def test_somebody_of_the_directory_comes_in_and_goes_on_to_what_they_wanted(office: Door) -> None:
    known(office)
    browser = Browser(office)
    browser.ask("/a")
    before = browser.cookies["__Host-alertd"]
    answer = back(browser, consent(there(browser, "/a/case/WF-UR-26-7QK4")))
    assert (answer.status_code, answer.headers["location"]) == (303, "/a/case/WF-UR-26-7QK4")
    assert browser.is_in
    assert browser.cookies["__Host-alertd"] != before
    assert COOKIE not in browser.cookies
    assert office.counted == {("directory", "in"): 1}


def test_what_the_directory_is_asked_proves_that_the_answer_is_ours(office: Door) -> None:
    asked = parse_qs(urlsplit(there(Browser(office))).query)
    assert asked["response_type"] == ["code"]
    assert asked["code_challenge_method"] == ["S256"]
    assert asked["client_id"] == [CLIENT]
    assert asked["redirect_uri"] == [f"{office.url}/a/directory/back"]
    assert asked["scope"] == ["openid"]
    lengths = [len(asked[name][0]) for name in ("state", "nonce", "code_challenge")]
    assert min(lengths) >= 43
    again = parse_qs(urlsplit(there(Browser(office))).query)
    assert all(asked[name] != again[name] for name in ("state", "nonce", "code_challenge"))


def test_with_the_other_claim_the_subject_names_a_person(door: Door, issuer: str) -> None:
    door.world.now = datetime.now(UTC)  # noqa: TID251
    with_directory(door, issuer, claim="sub")
    known(door, "subject-of-robin")
    browser = Browser(door)
    assert back(browser, consent(there(browser))).status_code == 303


def test_somebody_whom_nobody_has_added_is_told_by_which_name_to_be_added(office: Door) -> None:
    browser = Browser(office)
    answer = back(browser, consent(there(browser)))
    assert answer.status_code == 403
    assert f"alertd user add {OID} --directory" in answer.text
    assert not browser.is_in
    assert office.counted == {("directory", "unknown"): 1}


def test_an_address_opens_nothing_however_it_is_spelt(office: Door) -> None:
    office.account("robin.ash@example.gov.uk")
    browser = Browser(office)
    url = consent(there(browser), "robin.ash@example.gov.uk")
    assert back(browser, url).status_code == 403, "the provider gave an address and no object id"
    assert not browser.is_in


def test_a_disabled_account_opens_nothing_and_ends_what_is_open(office: Door, issuer: str) -> None:
    known(office)
    browser = Browser(office)
    assert back(browser, consent(there(browser))).status_code == 303
    assert browser.ask("/a/cases").status_code == 200
    office.accounts.disable(OID, issuer, office.world.now)
    assert not browser.is_in
    assert back(browser, consent(there(browser))).status_code == 403


def test_an_account_of_another_directory_opens_nothing(office: Door) -> None:
    known(office, issuer="https://login.example.org/other/v2.0")
    browser = Browser(office)
    assert back(browser, consent(there(browser))).status_code == 403


def test_an_answer_counts_once(office: Door) -> None:
    known(office)
    browser = Browser(office)
    url = there(browser)
    sealed = browser.cookies[COOKIE]
    came_back = consent(url)
    assert back(browser, came_back).status_code == 303
    thief = Browser(office, cookies={COOKIE: sealed})
    assert back(thief, came_back).status_code == 403
    assert not thief.is_in


def test_an_answer_to_another_browser_is_worth_nothing(office: Door) -> None:
    known(office)
    victim, attacker = Browser(office), Browser(office)
    attackers = consent(there(attacker))
    there(victim)
    with capture_logs() as logs:
        assert back(victim, attackers).status_code == 403
    assert "mismatching_state" in why(logs)
    assert not victim.is_in
    with capture_logs() as logs:
        assert back(Browser(office), attackers).status_code == 403
    assert why(logs) == "this browser has begun no sign-in"


@pytest.mark.parametrize("kept", ["", "x", "AAAA", "é", "A" * 400])
def test_what_the_browser_keeps_cannot_be_made_up(kept: str, office: Door) -> None:
    browser = Browser(office)
    url = consent(there(browser))
    browser.cookies[COOKIE] = kept
    assert back(browser, url).status_code == 403


def test_who_takes_too_long_starts_again(office: Door) -> None:
    known(office)
    browser = Browser(office)
    url = consent(there(browser))
    office.later(minutes=10)
    with capture_logs() as logs:
        answer = back(browser, url)
    assert answer.status_code == 403
    assert why(logs) == "it took too long"
    assert "Try again from the start" in answer.text


def test_who_says_no_at_the_directory_is_not_in(office: Door) -> None:
    browser = Browser(office)
    url = consent(there(browser), action="deny")
    with capture_logs() as logs:
        assert back(browser, url).status_code == 403
    assert why(logs) == "cancelled"


def test_a_directory_that_does_not_answer_leaves_the_other_ways_open(door: Door) -> None:
    with_directory(door, "http://127.0.0.1:1")
    door.account()
    browser = Browser(door)
    answer = browser.ask("/a/directory")
    assert answer.status_code == 503
    assert "does not answer" in answer.text
    assert browser.sign_in().status_code == 303
    assert door.counted[("directory", "unavailable")] == 1


def test_a_secret_that_cannot_be_read_any_more_leaves_the_other_ways_open(office: Door) -> None:
    def gone() -> str:
        raise ConfigError("no such file")

    assert office.directory is not None
    directory = office.directory._by.directory
    directory._known = replace(directory._known, client_secret=gone)
    with capture_logs() as logs:
        assert Browser(office).ask("/a/directory").status_code == 503
    assert "client_secret cannot be read" in why(logs)


def test_nobody_is_sent_elsewhere_by_what_they_wanted(office: Door) -> None:
    known(office)
    browser = Browser(office)
    url = browser.ask("/a/directory?next=https://evil.example.org").headers["location"]
    assert back(browser, consent(url)).headers["location"] == "/a/cases"


# --- a provider that forges


@pytest.fixture
def forger(door: Door) -> Iterator[Forger]:
    """A provider that does as a test says, behind a door that knows its person."""
    with forging(Forger(door.world.now)) as made:
        with_directory(door, made.issuer)
        known(door)
        yield made


def through(door: Door, forger: Forger) -> tuple[int, str]:
    """Go there and come back: the status, and the reason in the log."""
    browser = Browser(door)
    asked = parse_qs(urlsplit(there(browser)).query)
    forger.nonce = asked["nonce"][0] if not forger.nonce else forger.nonce
    with capture_logs() as logs:
        answer = back(browser, f"{door.url}/a/directory/back?code=c-1&state={asked['state'][0]}")
    assert browser.is_in == (answer.status_code == 303)
    return answer.status_code, why(logs)


def test_a_right_token_is_taken_and_the_code_is_proved_to_be_ours(door: Door, forger: Forger) -> None:
    assert through(door, forger) == (303, "")
    ((form, authorization),) = forger.asked
    assert (form["code"], form["grant_type"]) == ("c-1", "authorization_code")
    assert len(form["code_verifier"]) >= 43
    assert form["redirect_uri"] == f"{door.url}/a/directory/back"
    assert authorization.startswith("Basic ")


HOUR = timedelta(hours=1)


@pytest.mark.parametrize(
    ("claims", "reason"),
    [
        ({"nonce": "of another sign-in"}, "InvalidClaimError nonce"),
        ({"nonce": None}, "MissingClaimError nonce"),
        ({"iss": "https://login.example.org/other/v2.0"}, "InvalidClaimError iss"),
        ({"iss": None}, "MissingClaimError iss"),
        ({"aud": "another application"}, "InvalidClaimError aud"),
        ({"aud": None}, "MissingClaimError aud"),
        ({"aud": [CLIENT, "another"], "azp": "another"}, "another client's"),
        ({"exp": None}, "MissingClaimError exp"),
        ({"sub": None}, "MissingClaimError sub"),
        ({"oid": None}, "no oid claim"),
        ({"oid": 7}, "no oid claim"),
        ({"oid": ""}, "no oid claim"),
    ],
    ids=str,
)
def test_a_token_that_is_not_for_this_sign_in_is_refused(
    claims: dict[str, object], reason: str, door: Door, forger: Forger
) -> None:
    forger.claims = claims
    status, said = through(door, forger)
    assert status == 403
    assert reason in said


@pytest.mark.parametrize(
    ("issued", "lasts", "reason"),
    [(-2 * HOUR, HOUR, "ExpiredTokenError exp"), (HOUR, HOUR, "InvalidClaimError iat")],
)
def test_a_token_of_another_time_is_refused(
    issued: timedelta, lasts: timedelta, reason: str, door: Door, forger: Forger
) -> None:
    begun = int((door.world.now + issued).timestamp())
    forger.claims = {"iat": begun, "exp": begun + int(lasts.total_seconds())}
    status, said = through(door, forger)
    assert status == 403
    assert reason in said


def test_a_clock_a_little_off_is_no_reason(door: Door, forger: Forger) -> None:
    begun = int(door.world.now.timestamp()) + 30
    forger.claims = {"iat": begun, "exp": begun + 60}
    assert through(door, forger)[0] == 303


@pytest.mark.parametrize("algorithm", ["none", "HS256"])
def test_a_token_that_nobody_or_anybody_could_sign_is_refused(algorithm: str, door: Door, forger: Forger) -> None:
    forger.algorithm = algorithm
    assert through(door, forger)[0] == 403


def test_a_token_signed_by_another_key_is_refused(door: Door, forger: Forger) -> None:
    forger.published = new_key("one")
    status, said = through(door, forger)
    assert (status, said) == (403, "ID token: BadSignatureError")


def test_a_directory_may_change_its_keys(door: Door, forger: Forger) -> None:
    assert through(door, forger)[0] == 303
    forger.key = new_key("two")
    forger.nonce = ""
    assert through(door, forger)[0] == 303


@pytest.mark.parametrize(
    ("answer", "status"),
    [
        ((400, b'{"error": "invalid_grant", "error_description": "c-1 was used"}'), 403),
        ((200, b'{"access_token": "x", "token_type": "Bearer"}'), 403),
        ((200, b'{"id_token": 7}'), 403),
        ((200, b'{"id_token": "x.y.z"}'), 403),
        ((200, b"[]"), 503),
        ((200, b"7"), 503),
        ((200, b"<html>"), 503),
        ((503, b"{}"), 503),
        ((302, b"{}"), 403),
    ],
)
def test_an_answer_without_a_token_lets_nobody_in(
    answer: tuple[int, bytes], status: int, door: Door, forger: Forger
) -> None:
    forger.answer = answer
    found, said = through(door, forger)
    assert found == status
    assert "c-1" not in said


@pytest.mark.parametrize(
    "about",
    [
        {"issuer": "https://login.example.org/other/v2.0"},
        {"authorization_endpoint": None},
        {"authorization_endpoint": "javascript:alert(1)"},
    ],
    ids=str,
)
def test_a_directory_that_describes_itself_oddly_is_not_asked(
    about: dict[str, object], door: Door, forger: Forger
) -> None:
    forger.about = about
    assert Browser(door).ask("/a/directory").status_code == 503


def test_keys_that_cannot_be_read_let_nobody_in(door: Door, forger: Forger) -> None:
    forger.about = {"jwks_uri": f"{forger.issuer}/nothing"}
    assert through(door, forger)[0] == 503
