"""What an explanation needs of the store (`alertd.service.ports` includes it)."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from alertd.model.case import MessageOutcome


@dataclass(frozen=True, slots=True)
class Again:
    """How often a stored message was delivered again, and when last."""

    times: int
    last_at: datetime


class ExplainReading(Protocol):
    """Questions about stored messages."""

    def outcomes(self, seqs: Collection[int]) -> Mapping[int, MessageOutcome]:
        """What became of stored messages."""
        ...

    def received_again(self, seqs: Collection[int]) -> Mapping[int, Again]:
        """Messages that were delivered again after they were stored."""
        ...


class ExplainWriting(ExplainReading, Protocol):
    """The same in a transaction."""

    def heard_again(self, identities: Collection[tuple[str, str]], at: datetime) -> None:
        """Note that these stored messages, by (source, id), were delivered once more; unknown ones are passed over."""
        ...
