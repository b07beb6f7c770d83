"""`alertd handover`: the newest list, and its confirmation."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from alertd.cli.opening import opened
from alertd.core.handover import present_shift
from alertd.model.handover import Handover, Shift
from alertd.model.ids import RoleId
from alertd.service.ports import Rank
from tests.cli.installation import Installation

EDT = "edt_duty_phone"


@pytest.fixture
def case(here: Installation) -> str:
    """An accepted case, with a hand-over of an hour ago that is to be noticed."""
    ref = here.incident()
    here.done("accept", ref, "--as", EDT)
    return ref


def hand_over(here: Installation) -> None:
    """Let the duty pass on now: the shift on record was another team's."""
    with opened(here.config) as parts:
        now = parts.now()
        present = present_shift(parts.rules.book(), now)
        assert present is not None
        other = Shift(_just_before(now), RoleId("another"), present.until)
        with parts.store.write(Rank.TICK) as writing:
            assert writing.add_handover(Handover(1, other, other.at))
        assert parts.handovers.run(now) == 1


def _just_before(now: datetime) -> datetime:
    return now - timedelta(seconds=1)


def test_without_a_list_there_is_nothing_to_show_or_confirm(here: Installation) -> None:
    assert "No hand-over has had anything to list" in here.done("handover")
    assert here.json("handover", "list") is None
    assert "no hand-over list yet" in here.refused("handover", "confirm", "--as", EDT)
    assert here.json("status")["handover"] is None


def test_a_list_is_shown_confirmed_once_and_then_gone_from_the_status(here: Installation, case: str) -> None:
    hand_over(here)
    shown = here.json("handover")
    assert [line["case"] for line in shown["cases"]] == [case]
    assert (shown["cases"][0]["new"], shown["confirmed_at"], len(shown["code"])) == (True, None, 6)
    text = here.done("handover", "list")
    assert case in text
    assert "nobody has confirmed it" in text
    status = here.json("status")
    assert status["handover"]["cases"] == 1
    assert any("hand-over list" in each and "alertd handover" in each for each in status["look_at"])
    assert f"confirmed by {EDT}" in here.done("handover", "confirm", f"Y{shown['code']}", "--as", EDT)
    assert f"already confirmed by {EDT}" in here.done("handover", "confirm", "--as", "mash_duty_phone")
    assert f"confirmed by {EDT}" in here.done("handover")
    assert here.json("status")["handover"] is None
    assert not any("hand-over" in each for each in here.json("status")["look_at"])


def test_a_wrong_code_is_refused(here: Installation, case: str) -> None:
    hand_over(here)
    assert case
    assert "no hand-over list has the code" in here.refused("handover", "confirm", "000000", "--as", EDT)
    assert "no code of six digits" in here.refused("handover", "confirm", "seven", "--as", EDT)
