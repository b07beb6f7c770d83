"""What a text asks for: every spelling that people use, and nothing that they did not mean.

Source: CONTRACT, "A reply by SMS".
"""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alertd.service.reply_parsing import LONGEST, MOST, Asked, Command, Keyword, Order, parse

Y, P, N, A, C = (
    Command(order, "482193") for order in (Order.ACCEPT, Order.POLICE, Order.HAND_ON, Order.ATTEMPT, Order.CONTACT)
)
OTHER = Command(Order.ACCEPT, "551020")
QUOTED = (
    "WF-UR-26-7QK4 custody. Golden Hour due 15:00 Thu 26 Nov, 30 min left. MASH: reply Y482193 to accept, P482193 if "
    "police rang. 020 7946 0123"
)
NBSP, ZERO_WIDTH, FULL_WIDTH = "\u00a0", "\u200b", "\uff39\uff14\uff18\uff12\uff11\uff19\uff13"
ARABIC = "y\u0664\u0668\u0662\u0661\u0669\u0663"


@pytest.mark.parametrize(
    ("text", "commands"),
    [
        ("Y482193", [Y]),
        ("482193", [Y]),
        ("  y482193\n", [Y]),
        ("Y 482193", [Y]),
        ("Y 482 193", [Y]),
        ("y 48 21 93", [Y]),
        ("4 8 2 1 9 3", [Y]),
        ("Y-482-193", [Y]),
        ("Y: 482193.", [Y]),
        ("(Y482193)", [Y]),
        ("yes 482193", [Y]),
        ("YES482193", [Y]),
        ("ok 482193", [Y]),
        ("OK, 482193!", [Y]),
        ("Ack 482193", [Y]),
        ("482193 yes please", [Y]),
        ("accept code 482193 thanks", [Y]),
        (FULL_WIDTH, [Y]),
        (ARABIC, [Y]),
        (f"Y{NBSP}482{NBSP}193", [Y]),
        (f"Y{ZERO_WIDTH}482{ZERO_WIDTH}193", [Y]),
        ("Y482193 on it, will ring them now", [Y]),
        ("Sorry, was driving. Y482193", [Y]),
        ("Y482193 at 14:20", [Y]),
        ("WF-UR-26-7QK4 482193", [Y]),
        ("P482193", [P]),
        ("p 482 193", [P]),
        ("Y482193 P482193", [P]),
        ("N482193", [N]),
        ("Not me. N482193", [N]),
        ("A482193", [A]),
        ("No answer at home. A482193", [A]),
        ("Y482193 A482193", [Y, A]),
        ("C482193", [C]),
        ("Y482193 551020", [Y, OTHER]),
        ("482193 551020", [Y, OTHER]),
        ("482193,551020", [Y, OTHER]),
        ("Y 482 193 Y 551 020", [Y, OTHER]),
        ("482 193 551 020", [Y, OTHER]),
        ("P482193Y551020", [P, OTHER]),
        ("Y482193 Y482193 y482193", [Y]),
    ],
)
def test_a_clear_text_is_obeyed_however_it_is_written(text: str, commands: list[Command]) -> None:
    assert parse(text) == Asked(tuple(commands))


@pytest.mark.parametrize(
    ("text", "reached"),
    [
        ("C482193 YP", "young_person"),
        ("C482193 young person", "young_person"),
        ("c482193: family", "family"),
        ("C482193 spoke to mum", "family"),
        ("C482193 custody", "custody"),
        ("C482193 the ward", "ward"),
        ("C482193 OTHER", "other_professional"),
        ("C482193", ""),
        ("C482193 no answer from the family", ""),
        ("C482193 mum and the ward", ""),
        ("C482193 dentist", ""),
    ],
)
def test_a_contact_says_who_was_reached_or_nothing(text: str, reached: str) -> None:
    assert parse(text).commands == (Command(Order.CONTACT, "482193", reached),)


@pytest.mark.parametrize(
    "text",
    [
        "no 482193",
        "not me 482193",
        "482193 no",
        "482193 N",
        "482193?? which one is that",
        "what is 482193",
        "do not accept Y482193",
        "I can't take Y482193",
        "accept a 482193",
        "Y482193 N482193",
        "P482193 N482193",
        "call 482193 later",
        QUOTED,
        f"Fwd: {QUOTED} can you take this?",
    ],
)
def test_what_is_not_clear_is_not_obeyed(text: str) -> None:
    assert parse(text) == Asked(unclear=("482193",))


def test_what_is_clear_is_obeyed_beside_what_is_not() -> None:
    assert parse("P482193 551020") == Asked((P,), unclear=("551020",))


@pytest.mark.parametrize(
    "text",
    ["", " ", "hello", "Y", "yes please", "Y48219", "Y4821930", "Y48219O", "07700 900123", "+44 7700 900123",
     "020 7946 0123", "it was 26/11/2026", "y" * 5000, "1" * 5000],
)  # fmt: skip
def test_a_text_without_a_code_asks_for_nothing(text: str) -> None:
    assert parse(text) == Asked()


@pytest.mark.parametrize("text", ["STOP", "stop", " Stop. ", "STOPALL", "unsubscribe", "Cancel", "END", "quit"])
def test_the_providers_words_stop_texts(text: str) -> None:
    assert parse(text) == Asked(keyword=Keyword.STOP)


@pytest.mark.parametrize("text", ["START", "unstop", "Yes"])
def test_the_providers_words_start_texts_again(text: str) -> None:
    assert parse(text) == Asked(keyword=Keyword.START)


@pytest.mark.parametrize("text", ["stop it", "please stop", "end 14", "STOP Y482193", "don't stop"])
def test_such_a_word_among_others_stops_nothing(text: str) -> None:
    assert parse(text).keyword is None


def test_only_so_many_codes_and_so_much_text_are_read() -> None:
    many = " ".join(f"Y{number:06d}" for number in range(MOST + 5))
    assert len(parse(many).commands) == MOST
    assert parse("." * LONGEST + "Y482193") == Asked()


@given(st.text())
def test_no_text_raises_and_every_code_is_six_digits_that_it_holds(text: str) -> None:
    asked = parse(text)
    for code in (*(each.code for each in asked.commands), *asked.unclear):
        assert len(code) == 6
        assert code.isascii()
        assert code.isdecimal()


_PIECES = st.sampled_from([*"Y P N A C yes not 482193 551020 482 193 - mum ?".split(), " ", "551 020"])


@given(st.lists(_PIECES, max_size=12).map("".join))
def test_a_code_is_obeyed_or_unclear_and_never_both(text: str) -> None:
    asked = parse(text)
    assert not {each.code for each in asked.commands} & set(asked.unclear)
    accepting = {each.code for each in asked.commands if each.order in (Order.ACCEPT, Order.POLICE)}
    assert not accepting & {each.code for each in asked.commands if each.order is Order.HAND_ON}
