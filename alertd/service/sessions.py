"""Who has come in by the pages, and for how long.

The cookie holds 256 random bits; the store holds their keyed hash. A session ends when its holder leaves, stays away
longer than the idle limit, has been in for the longest time, has their account disabled, or leaves people.yaml.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from alertd.model.access import Account, AccountRole, WebSession
from alertd.model.ids import PersonId, Token
from alertd.model.rulebook import RuleBook
from alertd.model.visitor import Visitor
from alertd.service.access_ports import AccessReading, AccessStore, AccessWriting
from alertd.service.ports import Rank

SEEN_EVERY = 30
"""A session's last sign of life is written down this many times within the idle limit, not at every request."""


@dataclass(frozen=True, slots=True)
class Limits:
    """How long a session lasts without a request, and at most."""

    idle: timedelta
    longest: timedelta


def new_token() -> str:
    """A text for a cookie that nobody can guess: 256 random bits."""
    return secrets.token_urlsafe(32)


class Sessions:
    """Lets people in and out.

    Args:
        store: Where sessions live, shared by all machines.
        hashed: Keyed hash of a text.
        book: People, as the files name them now.
        limits: How long a session lasts.
    """

    def __init__(
        self, store: AccessStore, hashed: Callable[[str], Token], book: Callable[[], RuleBook], limits: Limits
    ) -> None:
        self._store = store
        self._hashed = hashed
        self._book = book
        self._limits = limits

    def csrf(self, token: str) -> str:
        """The text that a form on a page of this cookie must carry; nobody can work it out from anything else."""
        return self._hashed(f"csrf|{token}").hex()

    def visitor(self, token: str, now: datetime) -> Visitor | None:
        """Who holds a cookie; None for nobody, or nobody any more.

        Args:
            token: From the cookie, whatever it holds.
            now: Aware UTC.

        Raises:
            StoreUnavailable: it cannot be told now.
        """
        key = self._key(token)
        with self._store.read() as reading:
            session = reading.web_session(key)
            visitor = self._holder(session, reading, now) if session is not None else None
        if session is not None and visitor is not None and now - session.seen_at >= self._limits.idle / SEEN_EVERY:
            with self._store.write(Rank.PEOPLE) as writing:
                writing.saw_web_session(key, now)
        return visitor

    def _holder(self, session: WebSession, reading: AccessReading, now: datetime) -> Visitor | None:
        limits = self._limits
        if now - session.seen_at >= limits.idle or now - session.began_at >= limits.longest:
            return None
        if session.person not in self._book().people:
            return None
        if session.code:
            return Visitor(session.person, session.code, session.began_at)
        account = reading.account(Token(session.account))
        if account is None or account.disabled_at is not None or account.person != session.person:
            return None
        return Visitor(session.person, "", session.began_at, is_admin=account.role is AccountRole.ADMIN)

    def sign_in(self, account: Account, now: datetime) -> str:
        """Let somebody in who has proved that an account is theirs; returns the text for their cookie, always new."""
        return self._begin(account.person, account.key, "", now)

    def enter(self, person: PersonId, code: str, now: datetime) -> str:
        """Let somebody in who typed an alert's code and their own number; returns the text for their cookie."""
        return self._begin(person, b"", code, now)

    def leave(self, token: str) -> None:
        """End a session, if the cookie stands for one."""
        with self._store.write(Rank.PEOPLE) as writing:
            writing.end_web_session(self._key(token))

    def _begin(self, person: PersonId, account: bytes, code: str, now: datetime) -> str:
        token = new_token()
        with self._store.write(Rank.PEOPLE) as writing:
            self._forget(writing, now)
            writing.add_web_session(WebSession(self._key(token), person, account, code, now, now))
        return token

    def _forget(self, writing: AccessWriting, now: datetime) -> None:
        writing.forget_web_sessions(now - self._limits.longest, now - self._limits.idle)

    def _key(self, token: str) -> Token:
        return self._hashed(f"session|{token}")
