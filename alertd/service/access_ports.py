"""What sign-in needs of the store, besides what every verb needs (`alertd.service.ports`)."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Protocol

from alertd.model.access import Account, CaseRead, WebSession
from alertd.model.case import Alert, Facts
from alertd.model.handover import Handover
from alertd.model.ids import CaseId, PersonId, Token
from alertd.service.ports import Rank


class AccessReading(Protocol):
    """A consistent view of the store."""

    def account(self, key: Token) -> Account | None:
        """One account."""
        ...

    def accounts(self) -> tuple[Account, ...]:
        """All accounts, by login."""
        ...

    def web_session(self, token: Token) -> WebSession | None:
        """One session."""
        ...

    def case_reads(self, case: CaseId | None, person: PersonId | None, limit: int) -> tuple[CaseRead, ...]:
        """Who saw which case, newest first: of one case and those joined with it, by one person, or all."""
        ...

    def case(self, id_: CaseId) -> Facts | None:
        """One live case (an alias leads to its survivor)."""
        ...

    def case_by_ref(self, ref: str) -> CaseId | None:
        """The live case behind a public reference, through aliases; not case-sensitive."""
        ...

    def alert_by_code(self, code: str) -> tuple[CaseId, Alert] | None:
        """The newest alert that carries this code."""
        ...

    def last_handover(self) -> Handover | None:
        """The newest hand-over on record, one without a list too."""
        ...


class AccessWriting(AccessReading, Protocol):
    """A transaction. Everything or nothing."""

    def put_account(self, account: Account) -> None:
        """Store an account; one with the same key is replaced."""
        ...

    def add_web_session(self, session: WebSession) -> None:
        """Let somebody in."""
        ...

    def saw_web_session(self, token: Token, at: datetime) -> None:
        """They are still there; one that has ended stays ended."""
        ...

    def end_web_session(self, token: Token) -> None:
        """They have left."""
        ...

    def end_web_sessions_of(self, account: Token) -> None:
        """Everybody who signed in to this account has left."""
        ...

    def forget_web_sessions(self, began_before: datetime, seen_before: datetime) -> None:
        """Remove those that lasted too long, or were not seen for too long."""
        ...

    def count_tries(self, keys: Collection[Token], at: datetime, forget_before: datetime) -> Mapping[Token, int]:
        """Count a try under each key, and tell how many there were before it since `forget_before`.

        Two machines that count at the same time both count.
        """
        ...

    def forgive_tries(self, key: Token, number: int | None = None) -> None:
        """Take back so many tries under a key, or all of them."""
        ...

    def forget_tries(self, before: datetime) -> None:
        """Remove what nobody has tried since."""
        ...

    def add_case_read(self, read: CaseRead) -> None:
        """Note that somebody has seen a case; never changed afterwards."""
        ...


class AccessStore(Protocol):
    """Where everything lives; errors as `alertd.service.ports.Store`."""

    def read(self) -> AbstractContextManager[AccessReading]:
        """Open a consistent view."""
        ...

    def write(self, rank: Rank) -> AbstractContextManager[AccessWriting]:
        """Begin a transaction; commits on leaving, rolls back on an exception."""
        ...
