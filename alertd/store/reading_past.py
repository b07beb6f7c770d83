"""Reading what came in a stretch of time, for a replay: messages and cases without what was told about them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select

from alertd.model.case import Obligation, StoredMessage
from alertd.model.ids import CaseId, Token
from alertd.service.ports import Snapshot
from alertd.store.closure import ClosureReading
from alertd.store.codec import micros
from alertd.store.swaps import SwapReading
from alertd.store.tables import messages

_ALONE = "message:"
"""Owners of the keys of messages that no case, or several, hold."""


class PastReading(ClosureReading, SwapReading):
    """A consistent view of messages and cases alone."""

    def received(self, since: datetime, until: datetime, most: int | None) -> tuple[list[CaseId], list[int]]:
        """What came in [since, until).

        Args:
            since: Aware UTC.
            until: Aware UTC.
            most: Leave out all but the newest so many; None leaves out none.

        Returns:
            The cases that hold one of these messages, and the seqs of all of these messages.
        """
        came = (
            select(messages.c.seq, messages.c.key_owner)
            .where(messages.c.received_at >= micros(since), messages.c.received_at < micros(until))
            .order_by(messages.c.received_at.desc(), messages.c.seq.desc())
            .limit(most)
        )
        rows = self._rows(came)
        owners = dict.fromkeys(row["key_owner"] for row in rows if not row["key_owner"].startswith(_ALONE))
        return [CaseId(owner) for owner in owners], [row["seq"] for row in rows]

    def around(self, cases: Sequence[CaseId], seqs: Sequence[int]) -> Snapshot:
        """Everything that hangs together with these cases and these messages."""
        alone = self._messages(seqs).values()
        return self.closure({token for each in alone for token in _leading(each)}, cases)

    def _owed(self, scopes: Sequence[str]) -> dict[str, list[Obligation]]:  # noqa: ARG002
        return {}


def _leading(stored: StoredMessage) -> set[Token]:
    return {stored.tokens.record, *stored.tokens.strong, *stored.tokens.about}
