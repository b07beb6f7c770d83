"""A killed writer leaves all of a transaction or nothing."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from alertd.store import Keyring, open_store
from alertd.store import migrate as migrate_store
from tests.store.rows import NOW, make_case

TREE = Path(__file__).parents[2]
WRITER = """
import sys
from alertd.model.case import MessageOutcome
from alertd.service.ports import CaseChange, Rank
from alertd.store import Keyring, open_store
from tests.store.rows import case_row, incident, incident_tokens, key, obligation

store = open_store(sys.argv[1], None, None, Keyring(bytes(range(32))))
number = 0
while True:
    number += 1
    with store.write(Rank.INTAKE) as writing:
        for part in "ab":
            id_ = f"{part}{number}"
            own = incident_tokens(f"record {id_}")
            seqs = writing.add_messages([(incident(id_), own, MessageOutcome.ACTED)])
            new = (obligation(key(id_)),)
            writing.put_case(CaseChange(case_row(id_), strong=own.strong, messages=seqs, new=new))
            writing._settle()
            print(id_, flush=True)
    print("committed", number, flush=True)
"""


@pytest.mark.parametrize("after", [1, 2, 3, 4, 8, 11])
def test_a_killed_writer_leaves_whole_transactions(url: str, keyring: Keyring, after: int) -> None:
    migrate_store(url)
    open_store(url, None, None, keyring).close()
    committed = killed_after(url, after)
    store = open_store(url, None, None, keyring)
    with store.read() as reading:
        cases = {row.id for row in reading.list_cases(99)}
        totals = reading.message_totals()
        assert {row.key.scope for row in reading.waiting(NOW, 99)} == cases
    numbers = {id_[1:] for id_ in cases}
    assert cases == {f"{part}{n}" for n in numbers for part in "ab"}
    assert len(numbers) >= committed
    assert totals["received"] == totals["acted"] == len(cases)
    make_case(store, "after")
    store.close()


def killed_after(url: str, lines: int) -> int:
    """Kill a writer when it has said so many lines; how many transactions it said were committed."""
    environment = {**os.environ, "PYTHONPATH": str(TREE)}
    arguments = [sys.executable, "-c", WRITER, url]
    with subprocess.Popen(arguments, stdout=subprocess.PIPE, text=True, cwd=TREE, env=environment) as writer:
        assert writer.stdout is not None
        said = [writer.stdout.readline() for _ in range(lines)]
        writer.send_signal(signal.SIGKILL)
    return sum(line.startswith("committed") for line in said)
