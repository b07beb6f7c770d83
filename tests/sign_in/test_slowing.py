"""Wrong tries are held longer and longer, and nobody is kept out."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from alertd.service.tries import FREE_BY_NAME, FREE_BY_NETWORK, Tries, delay
from alertd.web.slowing import MOST_HELD, MOST_HELD_BY_NETWORK, SOONEST, Slowing, TooMany
from tests.service.stage import KEYRING
from tests.sign_in.door import LOGIN, PASSWORD, PHONE, PHONE_TWO, PROXY, Browser, Door

GROWING = [1, 2, 4, 8, 16, 30, 30, 30]


def test_the_delay_grows_to_half_a_minute_and_no_further() -> None:
    seconds = [delay(wrong, 3).total_seconds() for wrong in (0, 2, 3, 4, 5, 6, 7, 8, 9, 1_000_000)]
    assert seconds == [0, 0, 1, 2, 4, 8, 16, 30, 30, 30]


def wrong(door: Door, tries: int, number: str = PHONE, address: str | None = None) -> list[float]:
    """Guess codes with one number; how long each was held."""
    before = len(door.held)
    for n in range(tries):
        Browser(door, address=address or f"198.51.100.{n}").enter(f"{n:06d}", number)
    return door.held[before:]


def test_guessing_codes_with_one_number_from_many_networks_is_slowed(door: Door) -> None:
    assert wrong(door, FREE_BY_NAME + 8) == GROWING


def test_guessing_with_many_numbers_from_one_network_is_slowed(door: Door) -> None:
    before = len(door.held)
    for n in range(FREE_BY_NETWORK + 8):
        Browser(door).enter("000000", f"07700 9003{n:02d}")
    assert door.held[before:] == GROWING


def test_guessing_passwords_is_slowed_whether_or_not_the_login_is_there(door: Door) -> None:
    door.account()
    for login in (LOGIN, "nobody"):
        before = len(door.held)
        for n in range(FREE_BY_NAME + 3):
            Browser(door, address=f"198.51.100.{n}").sign_in(login, f"guess {n}")
        assert door.held[before:] == [1, 2, 4]
        door.later(minutes=16)


def test_who_knows_the_right_answer_gets_in_whatever_others_typed_in_their_name(door: Door) -> None:
    code = door.alert()
    wrong(door, 40)
    before = len(door.held)
    owner = Browser(door, address="203.0.113.5")
    assert owner.enter(code).status_code == 303
    assert door.held[before:] == [30]
    assert owner.is_at_alert


def test_coming_in_forgives_the_number_but_not_the_networks_other_tries(door: Door) -> None:
    code = door.alert()
    wrong(door, FREE_BY_NETWORK + 1, address="198.51.100.7")
    assert Browser(door, address="203.0.113.5").enter(code).status_code == 303
    assert wrong(door, 1, address="203.0.113.6") == []
    guesser = Browser(door, address="198.51.100.7")
    before = len(door.held)
    guesser.enter("111111", PHONE_TWO)
    assert door.held[before:] == [2]


def test_an_account_of_ones_own_does_not_buy_free_guesses(door: Door) -> None:
    door.account()
    for n in range(FREE_BY_NETWORK + 2):
        Browser(door).enter("000000", f"07700 9003{n:02d}")
        Browser(door).sign_in(LOGIN, PASSWORD)
    assert door.held[-1] >= 1


def test_nobody_is_slowed_by_alert(door: Door) -> None:
    code = door.alert()
    for n in range(30):
        Browser(door, address=f"198.51.100.{n}").enter(code, f"07700 9003{n:02d}")
    assert door.held == []


def test_wrong_tries_are_forgotten_after_a_quarter_of_an_hour(door: Door) -> None:
    wrong(door, FREE_BY_NAME + 4)
    door.later(minutes=15)
    assert wrong(door, 1) == []


def test_wrong_tries_outlive_a_restart_and_are_shared_between_machines(door: Door) -> None:
    wrong(door, FREE_BY_NAME + 1)
    another = Tries(door.store, KEYRING.token)
    assert another.begin("203.0.113.9", "number|+447700900101", door.world.now).wait == timedelta(seconds=2)


@pytest.mark.parametrize(
    ("client", "forwarded", "same"),
    [
        ("192.0.2.1", "", ["192.0.2.1"]),
        ("192.0.2.1", "198.51.100.1", ["192.0.2.1"]),
        (PROXY, "198.51.100.1", ["198.51.100.1"]),
        (PROXY, "203.0.113.77, 198.51.100.1", ["198.51.100.1"]),
        (PROXY, f"198.51.100.1, {PROXY}", ["198.51.100.1"]),
        (PROXY, "nonsense", [PROXY]),
        (PROXY, "", [PROXY]),
        ("2001:db8:1:2:3:4:5:6", "", ["2001:db8:1:2::99"]),
        ("::ffff:192.0.2.1", "", ["192.0.2.1"]),
    ],
)
def test_a_network_is_who_connects_or_who_a_trusted_proxy_says(
    client: str, forwarded: str, same: list[str], door: Door
) -> None:
    more = {"X-Forwarded-For": forwarded} if forwarded else {}
    for n in range(FREE_BY_NETWORK):
        Browser(door, address=client, more=more).enter("000000", f"07700 9003{n:02d}")
    assert door.held == []
    Browser(door, address=same[0]).enter("000000", "07700 900399")
    assert door.held == [1]


def test_only_so_many_are_held_and_the_others_are_told_how_else_to_answer(door: Door) -> None:
    wrong(door, FREE_BY_NETWORK + 1, address="192.0.2.9")
    released = asyncio.Event()
    slowing = Slowing(door.tries, lambda: door.world.now, lambda _: released.wait())
    outcomes: list[str] = []

    async def one(network: str) -> None:
        try:
            await slowing.judged(asyncio.Semaphore(1), network, "", lambda: None)
            outcomes.append("judged")
        except TooMany:
            outcomes.append("too many")

    async def crowd() -> None:
        held = [asyncio.create_task(one("192.0.2.9")) for _ in range(MOST_HELD_BY_NETWORK + 2)]
        while len(outcomes) < 2:
            await asyncio.sleep(0)
        assert outcomes == ["too many"] * 2
        await one("203.0.113.1")
        assert outcomes[-1] == "judged", "another network is not held up"
        released.set()
        await asyncio.gather(*held)

    asyncio.run(crowd())
    assert outcomes.count("judged") == MOST_HELD_BY_NETWORK + 1
    assert MOST_HELD_BY_NETWORK < MOST_HELD


def test_a_wrong_answer_comes_no_sooner_than_half_a_second_and_a_right_one_at_once(door: Door) -> None:
    code = door.alert()
    Browser(door).enter(code)
    assert door.evened == []
    for wrong_code, number in (("000000", PHONE), (code, "07700 900399"), ("", "")):
        Browser(door).enter(wrong_code, number)
    assert len(door.evened) == 3
    assert all(0 <= seconds <= SOONEST for seconds in door.evened)
    assert max(door.evened) > 0


def test_too_many_is_a_page_that_keeps_what_was_typed(
    door: Door, browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("alertd.web.slowing.MOST_HELD", 0)
    wrong(door, FREE_BY_NAME)
    answer = browser.enter("482193")
    assert answer.status_code == 429
    assert "Wait 30 seconds" in answer.text
    assert 'value="482193"' in answer.text
    assert door.counted[("code", "too_many")] == 1
