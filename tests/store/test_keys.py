"""Keys: the right one opens, any other says so."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alertd.model.errors import ConfigError, StoreError
from alertd.store.keys import Keyring, load_master, new_master

RING = Keyring(bytes(range(32)))
OTHER = Keyring(bytes(32))


def test_a_new_master_key_can_be_loaded_and_is_new_each_time() -> None:
    texts = {new_master() for _ in range(5)}
    assert {len(load_master(f" {text}\n")) for text in texts} == {32}
    assert len(texts) == 5


@pytest.mark.parametrize("text", ["", "not base64 !", "c2hvcnQ=", "é", "A" * 44 + "===="])
def test_what_is_no_key_is_refused_with_a_remedy_and_not_repeated(text: str) -> None:
    with pytest.raises(ConfigError, match="head -c 32") as refused:
        load_master(text)
    assert not text or text not in str(refused.value)


def test_a_master_key_of_another_length_is_refused() -> None:
    with pytest.raises(ConfigError):
        Keyring(b"short")


@given(st.text())
def test_tokens_are_stable_and_differ_by_text_and_key(text: str) -> None:
    assert RING.token(text) == RING.token(text)
    assert len(RING.token(text)) == 32
    assert RING.token(text) != RING.token(text + "x")
    assert RING.token(text) != OTHER.token(text)


def test_half_a_surrogate_pair_has_a_token() -> None:
    assert RING.token("\ud800") != RING.token("\ud801")


@given(st.binary(), st.binary())
def test_what_is_sealed_opens_only_as_what_it_was_sealed_for(plaintext: bytes, aad: bytes) -> None:
    key = RING.new_case_key()
    sealed = RING.seal(key, plaintext, aad)
    assert RING.open(key, sealed, aad) == plaintext
    for wrong in (
        (RING.new_case_key(), sealed, aad),
        (key, sealed, aad + b"x"),
        (key, sealed[:-1] + bytes([sealed[-1] ^ 1]), aad),
        (key, sealed[:5], aad),
    ):
        with pytest.raises(StoreError, match="put back the key"):
            RING.open(*wrong)


def test_sealing_twice_gives_different_bytes() -> None:
    key = RING.new_case_key()
    assert RING.seal(key, b"same", b"") != RING.seal(key, b"same", b"")


def test_a_wrapped_key_is_its_owners_alone() -> None:
    key = RING.new_case_key()
    wrapped = RING.wrap(key, "c1")
    assert key not in wrapped
    assert RING.unwrap(wrapped, "c1") == key
    with pytest.raises(StoreError):
        RING.unwrap(wrapped, "c2")
    with pytest.raises(StoreError):
        OTHER.unwrap(wrapped, "c1")


def test_the_check_value_proves_the_key() -> None:
    RING.prove(RING.check_value())
    with pytest.raises(ConfigError, match="another encryption key"):
        OTHER.prove(RING.check_value())


def test_a_keyring_shows_nothing_of_its_key() -> None:
    assert repr(RING) == "Keyring(…)"
