"""How many examples a property gets: few in the ordinary run, many at night (`ALERTD_NIGHTLY=1`)."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

from hypothesis import HealthCheck, settings

NIGHTLY_FACTOR = 40


def examples(number: int) -> Callable[[Any], Any]:
    """Settings of a property that needs this many examples in the ordinary run."""
    factor = NIGHTLY_FACTOR if os.environ.get("ALERTD_NIGHTLY") else 1
    checks = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example]
    return settings(
        max_examples=number * factor, deadline=None, suppress_health_check=checks, derandomize=factor == 1,
        print_blob=True,
    )  # fmt: skip
