"""What an explanation needs of the rules that stood when something was decided."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Protocol

from alertd.model.ids import RuleId, Version
from alertd.model.rulebook import RuleBook
from alertd.service.explain.account import ConditionSaid
from alertd.service.explain.traces import SeenRecord


class RulesThen(Protocol):
    """A rule set that was in force, loaded from what the store keeps of it."""

    @property
    def book(self) -> RuleBook:
        """Its blocks."""
        ...

    def said(self, seen: SeenRecord) -> Mapping[RuleId, tuple[str, tuple[ConditionSaid, ...]]] | None:
        """What each rule answered for a record, with its conditions; None when its bits are not of this numbering."""
        ...


PastRules = Callable[[Version], RulesThen | None]
"""Rules by version; None when the store does not hold them, or this program cannot read them any more."""
