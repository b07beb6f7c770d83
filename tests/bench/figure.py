"""A measured figure with what it is held against."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median, quantiles


@dataclass(frozen=True, slots=True)
class Reach:
    """A figure to reach.

    Attributes:
        value: In the unit of what is measured.
        at_most: True when less is better.

    Source: PLATFORM, "Reach".
    """

    value: float
    at_most: bool = False

    def met_by(self, measured: float) -> bool:
        """Whether a measured value reaches it; equal does."""
        return measured <= self.value if self.at_most else measured >= self.value


@dataclass(frozen=True, slots=True)
class Figure:
    """One line of the report.

    Attributes:
        name: What was measured; unique within a report.
        unit: Of every sample.
        samples: One a run; the median is the figure, the rest its spread.
        reach: What it should reach, if anything says so.
        beside: Name of the figure of the same run that limits it, for a ratio.
        note: Under which conditions.
    """

    name: str
    unit: str
    samples: tuple[float, ...]
    reach: Reach | None = None
    beside: str = ""
    note: str = ""

    @property
    def value(self) -> float:
        """Median of the samples."""
        return median(self.samples)

    @property
    def verdict(self) -> bool | None:
        """Whether it reaches what it should; None when nothing says what that is."""
        return None if self.reach is None else self.reach.met_by(self.value)


def percentile(values: Sequence[float], percent: int) -> float:
    """The value that so many percent of the values do not pass; of a single value, that one."""
    return quantiles(values, n=100, method="inclusive")[percent - 1] if len(values) > 1 else values[0]
