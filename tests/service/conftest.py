"""A world of each test's own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.service.world import World, new_world


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """Nothing has happened yet; it is Thursday 26 November 2026, 14:10 in London."""
    made = new_world(tmp_path)
    made.at("11-26 14:10")
    yield made
    made.store.close()
