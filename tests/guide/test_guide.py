"""The guide in rules/README.md shows what really happens: the ten changes, each edited, checked, tested, replayed.

`make guide` writes it anew after a change to the rules or to what commands say.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.installation import Installation, alertd
from tests.guide.changes import TEN
from tests.guide.transcript import NIGHT, Desk
from tests.guide.writing import README, kept

pytestmark = pytest.mark.timeout(400)

MARK = "ten changes"


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Desk:
    """An administrator's desk after the demo's night."""
    root = tmp_path / "alertd"
    result = alertd("demo", "--dir", root, "--speed", "10000000", "--date", NIGHT)
    assert result.exit_code == 0, result.output
    monkeypatch.chdir(root)
    return Desk(Installation(root), {})


def test_the_ten_changes_are_shown_as_they_are(desk: Desk) -> None:
    shown = "\n\n".join(desk.changed(change, number) for number, change in enumerate(TEN, 1))
    assert "error" not in shown
    assert "FAILED" not in shown
    kept(README, MARK, shown)
