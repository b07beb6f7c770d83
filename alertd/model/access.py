"""Who may sign in, for how long, and what is kept of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from alertd.model.ids import CaseId, PersonId, Token


class AccountRole(StrEnum):
    """What a signed-in person may do besides what everybody signed in may."""

    STAFF = "staff"
    """See cases and record what was done."""

    ADMIN = "admin"
    """The same, and read who saw which case."""


@dataclass(frozen=True, slots=True)
class Account:
    """A way for one person to sign in.

    Attributes:
        key: Keyed hash of the login, or of the directory and its name for the person: by it alone an account is found.
        login: What they type, or the directory's unchanging name for them; shown by commands, never logged.
        person: Who they are in people.yaml.
        password: Encoded Argon2id hash; "" for an account of a directory.
        disabled_at: Aware UTC; None while it may be used.
    """

    key: Token
    login: str
    person: PersonId
    role: AccountRole
    password: str
    created_at: datetime
    disabled_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class WebSession:
    """Somebody who came in by the pages, until they leave or stay away too long.

    Attributes:
        token: Keyed hash of the random text in their cookie, which is kept nowhere.
        account: Key of the account that they signed in to; b"" for somebody who typed a code.
        code: The code that they typed; "" for somebody signed in.
        began_at, seen_at: Aware UTC; `seen_at` lags behind by up to a minute.
    """

    token: Token
    person: PersonId
    account: bytes
    code: str
    began_at: datetime
    seen_at: datetime


@dataclass(frozen=True, slots=True)
class CaseRead:
    """A person has seen a case: which page of it, and when (aware UTC)."""

    person: PersonId
    case: CaseId
    at: datetime
    page: str
