"""Accounts, sessions, wrong tries and the read log into the store."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime

from sqlalchemy import case, delete, insert, update

from alertd.model.access import Account, CaseRead, WebSession
from alertd.model.ids import Token
from alertd.store.access_tables import accounts, case_reads, web_sessions, wrong_tries
from alertd.store.codec import dumps, micros, optional_micros
from alertd.store.reading_access import ACCOUNT
from alertd.store.session import Session


class AccessWriting(Session):
    """Who may come in, who is in, and who has seen what."""

    def put_account(self, account: Account) -> None:
        """Store an account; one with the same key is replaced."""
        values = {
            "person": account.person,
            "role": account.role.value,
            "sealed": self._keyring.seal_own(dumps([account.login, account.password]), ACCOUNT),
            "created_at": micros(account.created_at),
            "disabled_at": optional_micros(account.disabled_at),
        }
        adding = self._speech.insert(accounts).values(key=account.key, **values)
        self._connection.execute(adding.on_conflict_do_update(index_elements=["key"], set_=values))

    def add_web_session(self, session: WebSession) -> None:
        """Let somebody in."""
        values = {
            "token": session.token,
            "person": session.person,
            "account": session.account,
            "code": session.code,
            "began_at": micros(session.began_at),
            "seen_at": micros(session.seen_at),
        }
        self._connection.execute(insert(web_sessions).values(values))

    def saw_web_session(self, token: Token, at: datetime) -> None:
        """They are still there; one that has ended stays ended."""
        seen = update(web_sessions).where(web_sessions.c.token == token).values(seen_at=micros(at))
        self._connection.execute(seen)

    def end_web_session(self, token: Token) -> None:
        """They have left."""
        self._connection.execute(delete(web_sessions).where(web_sessions.c.token == token))

    def end_web_sessions_of(self, account: Token) -> None:
        """Everybody who signed in to this account has left."""
        self._connection.execute(delete(web_sessions).where(web_sessions.c.account == account))

    def forget_web_sessions(self, began_before: datetime, seen_before: datetime) -> None:
        """Remove those that lasted too long, or were not seen for too long."""
        too_long = web_sessions.c.began_at <= micros(began_before)
        not_seen = web_sessions.c.seen_at <= micros(seen_before)
        self._connection.execute(delete(web_sessions).where(too_long | not_seen))

    def count_tries(self, keys: Collection[Token], at: datetime, forget_before: datetime) -> Mapping[Token, int]:
        """Count a try under each key, and tell how many there were before it since `forget_before`.

        Two machines that count at the same time both count.
        """
        fresh = wrong_tries.c.last_at > micros(forget_before)
        more = case((fresh, wrong_tries.c.number + 1), else_=1)
        counting = self._speech.insert(wrong_tries).on_conflict_do_update(
            index_elements=["key"], set_={"number": more, "last_at": micros(at)}
        )
        found = {}
        for key in sorted(keys):  # in one order for all: two writers never wait for each other
            asked = counting.values(key=key, number=1, last_at=micros(at)).returning(wrong_tries.c.number)
            found[key] = self._connection.execute(asked).scalar_one() - 1
        return found

    def forgive_tries(self, key: Token, number: int | None = None) -> None:
        """Take back so many tries under a key, or all of them."""
        if number is None:
            self._connection.execute(delete(wrong_tries).where(wrong_tries.c.key == key))
            return
        fewer = update(wrong_tries).where(wrong_tries.c.key == key, wrong_tries.c.number >= number)
        self._connection.execute(fewer.values(number=wrong_tries.c.number - number))

    def forget_tries(self, before: datetime) -> None:
        """Remove what nobody has tried since."""
        self._connection.execute(delete(wrong_tries).where(wrong_tries.c.last_at <= micros(before)))

    def add_case_read(self, read: CaseRead) -> None:
        """Note that somebody has seen a case; never changed afterwards."""
        values = {"person": read.person, "case_id": read.case, "at": micros(read.at), "page": read.page}
        self._connection.execute(insert(case_reads).values(values))
