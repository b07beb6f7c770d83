"""Whatever anybody texts: nothing raises, and nothing is accepted without a known number and a live code."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from alertd.model.case import AlertState
from alertd.service.replies import Reply
from tests.service_replies.desk import MANAGER, MASH, STRANGER, Desk, new_desk

KNOWN = (MASH, MANAGER)
LIVE = "<code>"


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Desk, str]]:
    """One open alert for all examples: none of them may accept it."""
    folder: Path = tmp_path_factory.mktemp("any")
    desk = new_desk(folder)
    desk.world.at("11-26 14:10")
    yield desk, desk.alert()
    desk.world.store.close()


_WORDS = st.sampled_from(["Y", "P", "A", "C", "yes", "STOP", "START", "000001", "mum", "\u0000", "<b>", "482 193", " "])
_TEXTS = st.text(max_size=200) | st.lists(_WORDS, max_size=8).map(" ".join)
_NOBODYS = st.text(max_size=20) | st.sampled_from(["BANK", "", STRANGER, "+15005550006", MASH + "0", MASH[1:]])


@settings(max_examples=60, deadline=None)
@given(text=_TEXTS, number=_NOBODYS, sid=st.text(min_size=1, max_size=40))
@example(text=f"Y{LIVE}", number=STRANGER, sid="SM1")
@example(text=f"P{LIVE} Y{LIVE}", number="whatsapp:" + MASH, sid="SM2")
def test_nobody_else_accepts_whatever_they_text(shared: tuple[Desk, str], text: str, number: str, sid: str) -> None:
    desk, code = shared
    if number in KNOWN:
        number = STRANGER
    handled = desk.replies.handle(Reply(number, text.replace(LIVE, code), sid, desk.world.now))
    assert handled.accepted == ()
    assert code not in handled.say
    assert desk.only_alert().state is AlertState.OPEN


@settings(max_examples=60, deadline=None)
@given(text=_TEXTS, number=st.sampled_from(KNOWN), sid=st.text(min_size=1, max_size=40))
def test_nothing_is_accepted_without_its_code(shared: tuple[Desk, str], text: str, number: str, sid: str) -> None:
    desk, code = shared
    handled = desk.replies.handle(Reply(number, text.replace(code, ""), f"known {sid}", desk.world.now))
    assert handled.accepted == ()
    assert desk.only_alert().state is AlertState.OPEN
