"""Values come back exactly as they were, whatever they are."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alertd.model.case import Tokens
from alertd.model.ids import Token
from alertd.model.message import DataNote, Message, Problem
from alertd.model.values import Kind, Value
from alertd.store.codec import micros, moment, pack_message, pack_tokens, unpack_message, unpack_tokens

TIMES = st.datetimes(timezones=st.just(UTC))
ANY_TEXT = st.text(st.characters(codec=None, exclude_categories=()))
VALUES: st.SearchStrategy[Value] = st.one_of(
    ANY_TEXT, st.integers(), st.booleans(), TIMES, st.lists(ANY_TEXT, max_size=3).map(tuple)
)
TOKEN = st.binary(min_size=32, max_size=32).map(Token)
MESSAGES = st.builds(
    Message,
    source=ANY_TEXT,
    id=ANY_TEXT,
    kind=st.sampled_from(Kind),
    sent_at=TIMES,
    received_at=TIMES,
    system=ANY_TEXT,
    record=ANY_TEXT,
    version=st.integers(),
    fields=st.dictionaries(ANY_TEXT, VALUES, max_size=5),
    about=st.dictionaries(ANY_TEXT, ANY_TEXT, max_size=3),
    notes=st.lists(st.builds(DataNote, ANY_TEXT, st.sampled_from(Problem)), max_size=3).map(tuple),
    identity=st.none() | TOKEN,
    case_ref=st.none() | ANY_TEXT,
)
TOKEN_SETS = st.frozensets(TOKEN, max_size=4)
ALL_TOKENS = st.builds(
    Tokens,
    record=TOKEN,
    strong=TOKEN_SETS,
    names=TOKEN_SETS,
    about=st.lists(TOKEN, max_size=4).map(tuple),
    person_only=st.booleans(),
    person=st.none() | TOKEN,
)


@given(MESSAGES)
def test_any_message_survives_packing(message: Message) -> None:
    again = unpack_message(pack_message(message), micros(message.received_at), message.identity)
    assert again == message
    assert {name: type(value) for name, value in again.fields.items()} == {
        name: type(value) for name, value in message.fields.items()
    }


@given(ALL_TOKENS)
def test_any_tokens_survive_packing(tokens: Tokens) -> None:
    assert unpack_tokens(pack_tokens(tokens)) == tokens
    with_names = Tokens(tokens.record, tokens.strong, tokens.names | tokens.strong, tokens.about, person=tokens.person)
    assert unpack_tokens(pack_tokens(with_names)) == with_names


@given(TIMES)
def test_moments_are_exact_to_the_microsecond(at: datetime) -> None:
    assert moment(micros(at)) == at
    assert moment(micros(at)).tzinfo is UTC
    assert micros(at.astimezone(timezone(timedelta(hours=1)))) == micros(at)


def test_a_naive_moment_is_a_programming_error() -> None:
    with pytest.raises(TypeError):
        micros(datetime(2026, 11, 26))  # noqa: DTZ001  # what is tested
