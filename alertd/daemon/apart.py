"""Work that is taken together, and one by one when something in it fails: nothing bad ever holds back what is good."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Generic, TypeVar

import structlog

from alertd.model.errors import StaleWrite, StoreUnavailable

ASIDE = timedelta(minutes=1)
"""How long something that failed by itself is left aside before it is tried again."""

K = TypeVar("K", bound=Hashable)
_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Work(Generic[K]):
    """A verb that can be done for all that is due, or for some of it.

    Attributes:
        due: What is due at a moment.
        run: Do it, for all or only for these; how many were looked at.
    """

    due: Callable[[datetime], Sequence[K]]
    run: Callable[[datetime, Sequence[K] | None], int]


class Apart(Generic[K]):
    """Runs a verb so that one row that cannot be worked costs only itself.

    Args:
        name: For logs.
        work: The verb.
        failed: Told of each row that failed by itself, and how.
    """

    def __init__(self, name: str, work: Work[K], failed: Callable[[K, Exception, datetime], None]) -> None:
        self._name = name
        self._work = work
        self._failed = failed
        self._aside: dict[K, datetime] = {}

    def run(self, now: datetime) -> int:
        """Do what is due; returns how many were looked at.

        Raises:
            StoreUnavailable: nothing can be done just now.
        """
        try:
            return self._together(now)
        except (StoreUnavailable, StaleWrite):
            raise
        except Exception as fault:  # noqa: BLE001  # the loop's one for what it works on: found below, and told
            _log.error("work_failed_together", work=self._name, exc_info=fault)
            return self._one_by_one(now)

    def _together(self, now: datetime) -> int:
        self._aside = {key: until for key, until in self._aside.items() if until > now}
        if not self._aside:
            return self._work.run(now, None)
        rest = [key for key in self._work.due(now) if key not in self._aside]
        return self._work.run(now, rest) if rest else 0

    def _one_by_one(self, now: datetime) -> int:
        done = 0
        for key in self._work.due(now):
            if key not in self._aside:
                done += self._alone(key, now)
        return done

    def _alone(self, key: K, now: datetime) -> int:
        try:
            return self._work.run(now, [key])
        except (StoreUnavailable, StaleWrite):
            raise
        except Exception as fault:  # noqa: BLE001  # see `run`
            self._aside[key] = now + ASIDE
            self._failed(key, fault, now)
            return 1
