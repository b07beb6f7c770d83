"""How much of the random comparison runs: enough for a change in the ordinary run, far more at night."""

from __future__ import annotations

import os

import pytest

ORDINARY_BOOKS = 2_000
NIGHTLY_BOOKS = 50_000


@pytest.fixture
def how_many_books() -> int:
    """Random rule books to compare; ALERTD_NIGHTLY=1 asks for the nightly number."""
    return NIGHTLY_BOOKS if os.environ.get("ALERTD_NIGHTLY") == "1" else ORDINARY_BOOKS
