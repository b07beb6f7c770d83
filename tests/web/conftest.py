"""The application with its hooks, as Twilio sees it, and what reached the service behind them."""

from __future__ import annotations

import pytest

from tests.web.provider import Provider


@pytest.fixture
def provider() -> Provider:
    """A provider that posts to an application of its own."""
    return Provider()
