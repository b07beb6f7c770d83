"""Webhooks that must change nothing change nothing: each is answered as it should be, counted, and without effect.

Source: issue "Until a human accepts": "forged and malformed webhooks are refused, replayed ones answered and without
effect (50 cases), all counted".
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import pytest

from tests.web.notify_cases import notify
from tests.web.webhook_cases import calls, forged, malformed, replayed
from tests.web.webhook_scene import Case, Scene, new_scene

TABLES = (forged, malformed, replayed, calls, notify)
CASES = [case for table in TABLES for case in table()]


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    """One for all cases: none of them may change it."""
    made = new_scene(tmp_path_factory.mktemp("hooks"))
    yield made
    made.close()


def test_there_are_fifty_and_each_has_a_name_of_its_own() -> None:
    assert len(CASES) >= 50
    assert len({case.name for case in CASES}) == len(CASES)
    assert {case.hook for case in CASES} == {"inbound", "status", "voice", "notify"}
    assert min(Counter(table.__name__ for table in TABLES for _ in table()).values()) >= 15


def test_every_hook_has_forged_malformed_and_replayed_ones() -> None:
    """A replayed text or key is known again; a replayed report says nothing new."""
    results = {(case.hook, case.counted) for case in CASES}
    for hook in ("inbound", "status", "voice", "notify"):
        assert {(hook, "forged"), (hook, "malformed")} <= results
        assert {(hook, "replayed"), (hook, "nothing_new")} & results


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_it_is_answered_counted_and_without_effect(case: Case, scene: Scene) -> None:
    """Most write nothing at all; of those that do, everything that the store holds is compared."""
    stood, before = scene.stood, scene.writes()
    scene.counted.clear()
    answer = case.ask(scene)
    assert answer.status_code == case.status
    assert scene.counted == {(case.hook, case.counted): 1}
    if scene.writes() != before:
        scene.stood = scene.standing()
        assert scene.stood == stood


def test_the_scene_can_be_changed_by_what_is_genuine(scene: Scene) -> None:
    before, wrote = scene.standing(), scene.writes()
    assert scene.text("Y{P1}", "SMnew").status_code == 200
    accepted = scene.standing()
    assert accepted != before
    assert scene.writes() != wrote
    assert scene.report("P4", "delivered").status_code == 204
    reported = scene.standing()
    assert reported != accepted
    assert scene.notify_text("Y{P8}", "notify-new").status_code == 200
    scene.stood = scene.standing()
    assert scene.stood != reported
