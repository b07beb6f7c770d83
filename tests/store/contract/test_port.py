"""The store is what the verbs ask for: the type checker reads this file, the test runs it."""

from __future__ import annotations

from alertd.service.ports import Rank, Reading, Store, Writing
from alertd.store import SqlStore


def test_the_store_fits_the_port(store: SqlStore) -> None:
    asked: Store = store
    with asked.write(Rank.PEOPLE) as found:
        writing: Writing = found
        writing.set_note("k", "v")
    with asked.read() as seen:
        reading: Reading = seen
        assert reading.note("k") == "v"
