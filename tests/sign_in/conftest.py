"""A door, and somebody in front of it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.sign_in.door import Browser, Door, new_door


@pytest.fixture
def door(tmp_path: Path) -> Iterator[Door]:
    """Nothing has happened yet; it is Thursday 26 November 2026, 14:10 in London."""
    made = new_door(tmp_path)
    yield made
    made.world.store.close()


@pytest.fixture
def browser(door: Door) -> Browser:
    """Somebody's browser, which has not been here before."""
    return Browser(door)
