"""Accounts of staff: added and disabled by command, proved by a password or by the council's directory.

A directory's account is tied to the name that the directory gives a person for good, never to a mail address: an
address can be changed by its holder in some directories, and passed on to a successor in all of them.

Source: OWASP, "Password Storage" (Argon2id); NIST SP 800-63B, 5.1.1.2 (length, no composition rules, NFKC).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from alertd.model.access import Account, AccountRole
from alertd.model.errors import NotPossible
from alertd.model.ids import PersonId, Token
from alertd.model.rulebook import RuleBook
from alertd.service.access_ports import AccessStore
from alertd.service.ports import Rank

HASHER = PasswordHasher(time_cost=1, memory_cost=46 * 1024, parallelism=1)
"""OWASP's first choice: 46 MiB, one pass, on one core, so that the others are left to the alerts."""
SHORTEST, LONGEST = 12, 200
_LOGIN = re.compile(r"[a-z0-9][a-z0-9._@+-]{1,99}")
_SUBJECT = re.compile(r"[\x21-\x7e]{1,255}")


def login_of(typed: str) -> str:
    """One spelling of a login: it is not case-sensitive."""
    return unicodedata.normalize("NFKC", typed).strip().casefold()


@dataclass(frozen=True, slots=True)
class NewAccount:
    """An account to be added: whose it is, and what they may do."""

    person: PersonId
    role: AccountRole = AccountRole.STAFF


class Accounts:
    """The verbs of accounts.

    Args:
        store: Where accounts live.
        hashed: Keyed hash of a text.
        book: People, as the files name them now.
        hasher: Hashes passwords.
    """

    def __init__(
        self,
        store: AccessStore,
        hashed: Callable[[str], Token],
        book: Callable[[], RuleBook],
        hasher: PasswordHasher = HASHER,
    ) -> None:
        self._store = store
        self._hashed = hashed
        self._book = book
        self._hasher = hasher

    # --- proving

    def prove(self, login: str, password: str) -> Account | None:
        """The account that a login and its password open; None when they open none, whatever the reason.

        An unknown login takes as long as a wrong password. A hash made with older parameters is renewed.

        Raises:
            StoreUnavailable: it cannot be told now.
        """
        with self._store.read() as reading:
            account = reading.account(self._local_key(login_of(login)))
        known = account.password if account is not None and account.password else self._nobodys
        if not self._is_right(known, password) or account is None or not self._may_use(account):
            return None
        if self._hasher.check_needs_rehash(account.password):
            self._renew(account, password)
        return account

    def of_directory(self, issuer: str, subject: str) -> Account | None:
        """The account of a person whom the directory has named; None when there is none that may be used."""
        with self._store.read() as reading:
            account = reading.account(self._directory_key(issuer, subject))
        return account if account is not None and self._may_use(account) else None

    def _may_use(self, account: Account) -> bool:
        return account.disabled_at is None and account.person in self._book().people

    def _is_right(self, known: str, password: str) -> bool:
        try:
            return self._hasher.verify(known, _plain(password)[: 2 * LONGEST])
        except (VerificationError, InvalidHashError):
            return False

    @cached_property
    def _nobodys(self) -> str:
        return self._hasher.hash("nobody has this password")

    def _renew(self, account: Account, password: str) -> None:
        renewed = replace(account, password=self._hasher.hash(_plain(password)))
        with self._store.write(Rank.PEOPLE) as writing:
            if writing.account(account.key) == account:  # nobody has changed it meanwhile
                writing.put_account(renewed)

    # --- keeping

    def add(self, login: str, password: str, new: NewAccount, now: datetime) -> Account:
        """Add an account with a password, or give an existing one a new password, person and role.

        Raises:
            NotPossible: no such person, no usable login, or too weak a password.
        """
        name = login_of(login)
        if not _LOGIN.fullmatch(name):
            raise NotPossible("a login has 2 to 100 letters, digits and . _ - + @, such as robin.ash")
        _check_password(name, _plain(password))
        key = self._local_key(name)
        return self._put(Account(key, name, new.person, new.role, self._hasher.hash(_plain(password)), now))

    def add_of_directory(self, issuer: str, subject: str, new: NewAccount, now: datetime) -> Account:
        """Add, or change, the account of somebody who signs in by the directory.

        Raises:
            NotPossible: no such person, or this is no name that a directory gives.
        """
        if not _SUBJECT.fullmatch(subject) or "@" in subject:
            raise NotPossible(
                f"'{subject}' is no name that a directory gives a person for good: copy the Object ID from Microsoft "
                "Entra, or let the person sign in once, which shows it to them"
            )
        return self._put(Account(self._directory_key(issuer, subject), subject, new.person, new.role, "", now))

    def disable(self, login: str, issuer: str, now: datetime) -> Account:
        """Disable an account, and end every session of it at once.

        Args:
            login: Login, or the directory's name for the person.
            issuer: The directory; "" when there is none.
            now: Aware UTC.

        Raises:
            NotPossible: there is no such account.
        """
        keys = [self._local_key(login_of(login)), *([self._directory_key(issuer, login)] if issuer else [])]
        with self._store.write(Rank.PEOPLE) as writing:
            found = [account for account in map(writing.account, keys) if account is not None]
            if not found:
                raise NotPossible(f"there is no account '{login}': `alertd user list` shows them")
            for account in found:
                writing.put_account(replace(account, disabled_at=account.disabled_at or now))
                writing.end_web_sessions_of(account.key)
        return found[0]

    def listed(self) -> tuple[Account, ...]:
        """All accounts, by login."""
        with self._store.read() as reading:
            return reading.accounts()

    def is_admin(self, person: PersonId) -> bool:
        """Whether a person has an account in use by which they may read the read log."""
        return any(a.person == person and a.role is AccountRole.ADMIN and self._may_use(a) for a in self.listed())

    def _put(self, account: Account) -> Account:
        if account.person not in self._book().people:
            raise NotPossible(f"there is no person '{account.person}': give an id of people.yaml with --person")
        with self._store.write(Rank.PEOPLE) as writing:
            writing.put_account(account)
            writing.end_web_sessions_of(account.key)
        return account

    def _local_key(self, login: str) -> Token:
        return self._hashed(f"account|local|{login}")

    def _directory_key(self, issuer: str, subject: str) -> Token:
        return self._hashed(f"account|directory|{issuer}|{subject}")


def _plain(password: str) -> str:
    return unicodedata.normalize("NFKC", password)


def _check_password(login: str, password: str) -> None:
    if not SHORTEST <= len(password) <= LONGEST:
        raise NotPossible(f"a password has {SHORTEST} to {LONGEST} characters: three or four words are good")
    if login in password.casefold() or len(set(password)) < 5:
        raise NotPossible("this password can be guessed: take three or four words that do not belong together")
