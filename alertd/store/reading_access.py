"""Accounts, sessions and the read log."""

from __future__ import annotations

from sqlalchemy import Select, select

from alertd.model.access import Account, AccountRole, CaseRead, WebSession
from alertd.model.ids import CaseId, PersonId, Token
from alertd.store.access_tables import accounts, case_reads, web_sessions
from alertd.store.codec import loads, moment, optional_moment
from alertd.store.rows import Stored
from alertd.store.session import Session
from alertd.store.tables import cases

ACCOUNT = "account"
"""What a sealed account is bound to."""


class AccessReading(Session):
    """Who may come in, who is in, and who has seen what."""

    def account(self, key: Token) -> Account | None:
        """One account."""
        return next(map(self._account, self._rows(select(accounts).where(accounts.c.key == key))), None)

    def accounts(self) -> tuple[Account, ...]:
        """All accounts, by login."""
        return tuple(sorted(map(self._account, self._rows(select(accounts))), key=lambda each: each.login))

    def web_session(self, token: Token) -> WebSession | None:
        """One session."""
        found = self._rows(select(web_sessions).where(web_sessions.c.token == token))
        return next(map(_web_session, found), None)

    def case_reads(self, case: CaseId | None, person: PersonId | None, limit: int) -> tuple[CaseRead, ...]:
        """Who saw which case, newest first: of one case and those joined with it, by one person, or all."""
        asked = select(case_reads).order_by(case_reads.c.at.desc(), case_reads.c.id.desc()).limit(limit)
        if person is not None:
            asked = asked.where(case_reads.c.person == person)
        if case is not None:
            asked = asked.where(case_reads.c.case_id.in_(_and_joined(case)))
        return tuple(map(_case_read, self._rows(asked)))

    def _account(self, row: Stored) -> Account:
        login, password = loads(self._keyring.open_own(row["sealed"], ACCOUNT))
        return Account(
            key=Token(row["key"]),
            login=login,
            person=PersonId(row["person"]),
            role=AccountRole(row["role"]),
            password=password,
            created_at=moment(row["created_at"]),
            disabled_at=optional_moment(row["disabled_at"]),
        )


def _and_joined(case: CaseId) -> Select[tuple[str]]:
    return select(cases.c.id).where((cases.c.id == case) | (cases.c.alias_of == case))


def _web_session(row: Stored) -> WebSession:
    return WebSession(
        token=Token(row["token"]),
        person=PersonId(row["person"]),
        account=row["account"],
        code=row["code"],
        began_at=moment(row["began_at"]),
        seen_at=moment(row["seen_at"]),
    )


def _case_read(row: Stored) -> CaseRead:
    return CaseRead(PersonId(row["person"]), CaseId(row["case_id"]), moment(row["at"]), row["page"])
