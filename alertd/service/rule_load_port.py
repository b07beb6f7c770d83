"""What loads of rules need of the store, besides what every verb needs (`alertd.service.ports`)."""

from __future__ import annotations

from contextlib import AbstractContextManager
from datetime import datetime
from typing import Protocol

from alertd.model.ids import Version
from alertd.model.rule_loads import Approval, LoadState, RuleLoad
from alertd.service.ports import Rank


class RuleLoadReading(Protocol):
    """A consistent view of the store."""

    def rule_loads(
        self, limit: int, version: Version | None = None, state: LoadState | None = None
    ) -> tuple[RuleLoad, ...]:
        """Tries to bring sets into force, the newest first; of one set, in one state, or all."""
        ...

    def version_text(self, version: Version) -> str | None:
        """The files of a set, as `record_version` kept them."""
        ...

    def note(self, key: str) -> str | None:
        """A small stored fact."""
        ...


class RuleLoadWriting(RuleLoadReading, Protocol):
    """A transaction. Everything or nothing."""

    def add_rule_load(self, load: RuleLoad) -> RuleLoad:
        """Record a try; returns it with its number, whatever number it came with. Its approvals are not stored."""
        ...

    def set_rule_load(self, load: RuleLoad) -> None:
        """Store what became of it: everything but its approvals."""
        ...

    def approve_rule_load(self, number: int, approval: Approval) -> bool:
        """Record that a person stands for it; False when they did already."""
        ...

    def record_version(self, version: Version, text: str, at: datetime) -> None:
        """Keep the files of a set under its hash; again changes nothing."""
        ...

    def set_note(self, key: str, value: str) -> None:
        """Store a small fact."""
        ...


class RuleLoadStore(Protocol):
    """Where everything lives; errors as `alertd.service.ports.Store`."""

    def read(self) -> AbstractContextManager[RuleLoadReading]:
        """Open a consistent view."""
        ...

    def write(self, rank: Rank) -> AbstractContextManager[RuleLoadWriting]:
        """Begin a transaction; commits on leaving, rolls back on an exception."""
        ...
