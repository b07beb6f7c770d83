"""A desk of each test's own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.pages.desk import Desk, new_desk


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    """Nothing has happened yet; it is Thursday 26 November 2026, 14:10 in London."""
    made = new_desk(tmp_path)
    yield made
    made.world.store.close()
