"""Accounts, sessions, wrong tries and the read log, on either store."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest

from alertd.model.access import Account, AccountRole, CaseRead, WebSession
from alertd.model.case import CaseRow
from alertd.model.ids import CaseId, PersonId, Token
from alertd.service.access_ports import AccessStore
from alertd.service.ports import CaseChange, Rank
from alertd.store import SqlStore
from tests.store.rows import NOW, make_case

SECOND = timedelta(seconds=1)
KEY, OTHER = Token(b"k" * 32), Token(b"o" * 32)
ACCOUNT = Account(KEY, "robin.ash", PersonId("p1"), AccountRole.ADMIN, "$argon2id$of-this-test", NOW)
SESSION = WebSession(Token(b"t" * 32), PersonId("p1"), KEY, "", NOW, NOW)


def test_the_store_fits_the_port(store: SqlStore) -> None:
    asked: AccessStore = store
    with asked.read() as reading:
        assert reading.accounts() == ()


def test_an_account_comes_back_as_it_was_stored_and_is_replaced_by_its_key(store: SqlStore) -> None:
    changed = replace(ACCOUNT, role=AccountRole.STAFF, person=PersonId("p2"), disabled_at=NOW + SECOND)
    for account in (ACCOUNT, changed):
        with store.write(Rank.PEOPLE) as writing:
            writing.put_account(account)
        with store.read() as reading:
            assert reading.account(KEY) == account
            assert reading.accounts() == (account,)
            assert reading.account(OTHER) is None


def test_accounts_are_listed_by_login(store: SqlStore) -> None:
    with store.write(Rank.PEOPLE) as writing:
        for n, login in enumerate(("c", "a", "b")):
            writing.put_account(replace(ACCOUNT, key=Token(bytes([n]) * 32), login=login))
    with store.read() as reading:
        assert [account.login for account in reading.accounts()] == ["a", "b", "c"]


def sessions(store: SqlStore, *found: WebSession) -> None:
    with store.write(Rank.PEOPLE) as writing:
        for session in found:
            writing.add_web_session(session)


def test_a_session_comes_back_is_seen_and_ends(store: SqlStore) -> None:
    sessions(store, SESSION)
    with store.read() as reading:
        assert reading.web_session(SESSION.token) == SESSION
        assert reading.web_session(OTHER) is None
    with store.write(Rank.PEOPLE) as writing:
        writing.saw_web_session(SESSION.token, NOW + SECOND)
    with store.read() as reading:
        assert reading.web_session(SESSION.token) == replace(SESSION, seen_at=NOW + SECOND)
    with store.write(Rank.PEOPLE) as writing:
        writing.end_web_session(SESSION.token)
        writing.saw_web_session(SESSION.token, NOW + SECOND)
    with store.read() as reading:
        assert reading.web_session(SESSION.token) is None


def test_all_sessions_of_an_account_end_and_no_others(store: SqlStore) -> None:
    by_code = WebSession(OTHER, PersonId("p1"), b"", "482193", NOW, NOW)
    sessions(store, SESSION, replace(SESSION, token=Token(b"u" * 32)), by_code)
    with store.write(Rank.PEOPLE) as writing:
        writing.end_web_sessions_of(KEY)
    with store.read() as reading:
        kept = [reading.web_session(token) for token in (SESSION.token, Token(b"u" * 32), OTHER)]
    assert kept == [None, None, by_code]


def test_sessions_are_forgotten_by_either_limit(store: SqlStore) -> None:
    old = replace(SESSION, token=Token(b"1" * 32), began_at=NOW - SECOND, seen_at=NOW + SECOND)
    idle = replace(SESSION, token=Token(b"2" * 32), began_at=NOW + SECOND, seen_at=NOW - SECOND)
    kept = replace(SESSION, token=Token(b"3" * 32), began_at=NOW, seen_at=NOW)
    sessions(store, old, idle, kept)
    with store.write(Rank.PEOPLE) as writing:
        writing.forget_web_sessions(NOW - SECOND, NOW - SECOND)
    with store.read() as reading:
        assert [reading.web_session(s.token) for s in (old, idle, kept)] == [None, None, kept]


def tried(store: SqlStore, *keys: Token, later: timedelta = timedelta(0)) -> list[int]:
    with store.write(Rank.PEOPLE) as writing:
        found = writing.count_tries(keys, NOW + later, NOW + later - timedelta(minutes=15))
    return [found[key] for key in keys]


def test_tries_are_counted_by_key_and_told_as_they_were_before(store: SqlStore) -> None:
    assert tried(store, KEY, OTHER) == [0, 0]
    assert tried(store, KEY) == [1]
    assert tried(store, OTHER, KEY) == [1, 2]


def test_tries_are_forgotten_when_none_followed_for_long(store: SqlStore) -> None:
    tried(store, KEY)
    assert tried(store, KEY, later=timedelta(minutes=14)) == [1]
    assert tried(store, KEY, later=timedelta(minutes=28)) == [2], "counted from the last"
    assert tried(store, KEY, later=timedelta(minutes=43)) == [0]
    assert tried(store, KEY, later=timedelta(minutes=44)) == [1]


@pytest.mark.parametrize(("number", "left"), [(1, 2), (3, 0), (4, 3), (None, 0)])
def test_tries_are_forgiven(number: int | None, left: int, store: SqlStore) -> None:
    for _ in range(3):
        tried(store, KEY)
    with store.write(Rank.PEOPLE) as writing:
        writing.forgive_tries(KEY, number)
    assert tried(store, KEY) == [left]


def test_old_tries_are_removed(store: SqlStore) -> None:
    tried(store, KEY)
    tried(store, OTHER, later=SECOND)
    with store.write(Rank.PEOPLE) as writing:
        writing.forget_tries(NOW)
    assert tried(store, KEY, OTHER, later=SECOND) == [0, 1]


def test_two_machines_that_count_at_once_both_count(open_another: Callable[[], SqlStore]) -> None:
    stores = [open_another() for _ in range(4)]

    def ten(n: int) -> None:
        for _ in range(10):
            tried(stores[n], *((KEY, OTHER) if n % 2 else (OTHER, KEY)))

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(ten, range(4)))
    assert tried(stores[0], KEY, OTHER) == [40, 40]


def test_who_saw_which_case_is_listed_newest_first_by_case_and_by_person(store: SqlStore) -> None:
    rows = [
        CaseRead(PersonId(person), CaseId(case), NOW + n * SECOND, "case")
        for n, (person, case) in enumerate([("p1", "c1"), ("p2", "c1"), ("p1", "c2")])
    ]
    for case in ("c1", "c2"):
        make_case(store, case)
    with store.write(Rank.PEOPLE) as writing:
        for row in rows:
            writing.add_case_read(row)
    with store.read() as reading:
        assert reading.case_reads(None, None, 10) == tuple(reversed(rows))
        assert reading.case_reads(None, None, 2) == (rows[2], rows[1])
        assert reading.case_reads(CaseId("c1"), None, 10) == (rows[1], rows[0])
        assert reading.case_reads(None, PersonId("p1"), 10) == (rows[2], rows[0])
        assert reading.case_reads(CaseId("c1"), PersonId("p2"), 10) == (rows[1],)


def test_who_saw_a_case_that_joined_another_is_listed_with_that(store: SqlStore) -> None:
    for case in ("c1", "c2"):
        make_case(store, case)
    read = CaseRead(PersonId("p1"), CaseId("c2"), NOW, "case")
    with store.write(Rank.PEOPLE) as writing:
        writing.add_case_read(read)
    survivor, joined = row_of(store, "c1"), row_of(store, "c2")
    with store.write(Rank.INTAKE) as writing:
        writing.put_case(CaseChange(survivor, joined=(joined,)))
    with store.read() as reading:
        assert reading.case_reads(CaseId("c1"), None, 10) == (read,)


def row_of(store: SqlStore, case: str) -> CaseRow:
    with store.read() as reading:
        found = reading.case(CaseId(case))
    assert found is not None
    return found.row
