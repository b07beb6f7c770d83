"""How many examples a property gets: few in the ordinary run, many at night (`ALERTD_NIGHTLY=1`)."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings

NIGHTLY = bool(os.environ.get("ALERTD_NIGHTLY"))
NIGHTLY_FACTOR = 40


def examples(number: int) -> Callable[[Any], Any]:
    """Settings of a property over whole histories that needs this many examples in the ordinary run.

    There the examples are the same each time, and a failing one is shown as it is: making it small takes minutes, and
    is done at night.
    """
    chosen = settings(
        max_examples=number * (NIGHTLY_FACTOR if NIGHTLY else 1),
        deadline=None,
        derandomize=not NIGHTLY,
        phases=tuple(Phase) if NIGHTLY else (Phase.explicit, Phase.generate),
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example],
        print_blob=True,
    )
    patience = pytest.mark.timeout(0 if NIGHTLY else 300)
    return lambda test: patience(chosen(test))
