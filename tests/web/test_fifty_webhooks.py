"""Webhooks that must change nothing change nothing: each is answered as it should be, counted, and without effect.

Source: issue "Until a human accepts": "forged and malformed webhooks are refused, replayed ones answered and without
effect (50 cases), all counted".
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import pytest

from tests.web.webhook_cases import calls, forged, malformed, replayed
from tests.web.webhook_scene import Case, Scene, new_scene

TABLES = (forged, malformed, replayed, calls)
CASES = [case for table in TABLES for case in table()]


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    """One for all cases: none of them may change it."""
    made = new_scene(tmp_path_factory.mktemp("hooks"))
    yield made
    made.desk.world.store.close()


def test_there_are_fifty_and_each_has_a_name_of_its_own() -> None:
    assert len(CASES) >= 50
    assert len({case.name for case in CASES}) == len(CASES)
    assert {case.hook for case in CASES} == {"inbound", "status", "voice"}
    assert min(Counter(table.__name__ for table in TABLES for _ in table()).values()) >= 15


def test_the_scene_can_be_changed_by_what_is_genuine(tmp_path_factory: pytest.TempPathFactory) -> None:
    scene = new_scene(tmp_path_factory.mktemp("genuine"))
    before = scene.standing()
    assert scene.text("Y{P1}", "SMnew").status_code == 200
    accepted = scene.standing()
    assert accepted != before
    assert scene.report("P4", "delivered").status_code == 204
    assert scene.standing() != accepted
    scene.desk.world.store.close()


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_it_is_answered_counted_and_without_effect(case: Case, scene: Scene) -> None:
    before = scene.standing()
    scene.counted.clear()
    answer = case.ask(scene)
    assert answer.status_code == case.status
    assert scene.counted == {(case.hook, case.counted): 1}
    assert scene.standing() == before
