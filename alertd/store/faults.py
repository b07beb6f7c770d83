"""The database's errors in alertd's words, each with a remedy; never with a row's values or a password."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import DataError, DBAPIError, IntegrityError, ProgrammingError
from sqlalchemy.exc import TimeoutError as NoConnection

from alertd.model.errors import SchemaMismatch, StaleWrite, StoreError, StoreUnavailable

MIGRATE = "run `alertd migrate`"
_CONFLICT = {"40001", "40P01"}
_NO_SUCH = {"42P01", "42703"}
"""SQLSTATE of PostgreSQL: serialization failure and deadlock; undefined table and column."""


@contextmanager
def in_plain_words(where: str) -> Iterator[None]:
    """Turn what the database raises into the store's own errors.

    Args:
        where: The database, without a password.

    Raises:
        StaleWrite: another writer was faster.
        SchemaMismatch: a table or column is not there.
        StoreUnavailable: it cannot be reached, written, or trusted just now. What only a mistake in this program can
            cause is not caught: trying again would not mend it.
    """
    try:
        yield
    except IntegrityError as cause:
        raise StaleWrite("another writer stored the same thing first") from cause
    except NoConnection as cause:
        raise StoreUnavailable(f"{where}: all connections are in use; alertd tries again by itself") from cause
    except DBAPIError as cause:
        if (translated := _translated(cause, where)) is None:
            raise
        raise translated from cause


def _translated(error: DBAPIError, where: str) -> StoreError | None:
    state = getattr(error.orig, "sqlstate", None)
    said = str(error.orig).strip().split("\n", 1)[0]
    if state in _CONFLICT:
        return StaleWrite("two writers wanted the same rows: decide again")
    if state in _NO_SUCH or said.startswith(("no such table", "no such column")):
        return SchemaMismatch(f"{where} does not hold alertd's tables: {MIGRATE}")
    if isinstance(error, (ProgrammingError, DataError)):
        return None
    return StoreUnavailable(f"{where} cannot be used just now: {said}; {_remedy(said)}")


def _remedy(said: str) -> str:
    """What to do about what SQLite or PostgreSQL says."""
    for sign, remedy in _REMEDIES.items():
        if sign in said:
            return remedy
    return "alertd tries again by itself; if it goes on, look at the database's own log"


_REMEDIES = {
    "full": "free space on its disk; alertd tries again by itself",
    "space": "free space on its disk; alertd tries again by itself",
    "locked": "another program holds it; alertd tries again by itself",
    "readonly": "make the file and its folder writable for the user that runs alertd",
    "read-only": "make the file and its folder writable for the user that runs alertd",
    "unable to open": "make sure that its folder is there and belongs to the user that runs alertd",
    "malformed": "the file is damaged: stop alertd and restore your backup of the file",
    "not a database": "the file is not alertd's: correct store.url, or restore your backup of the file",
    "password": "correct store.username and store.password",
    "does not exist": "create the database, or correct store.url",
}
