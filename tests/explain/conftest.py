"""A world to ask about, and how it is asked."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from alertd.daemon.past_rules import past_rules
from alertd.daemon.rehearsal import Stage
from alertd.service.explain.account import Account, RuleSaid
from alertd.service.explain.gather import account, asked_about
from alertd.service.finding import find_case
from tests.service.world import World, at, new_world


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """Nothing has happened yet; it is Thursday 26 November 2026, 02:05 in London."""
    made = new_world(tmp_path)
    made.at("11-26 02:05")
    yield made
    made.store.close()


Explain = Callable[..., Account]


@pytest.fixture
def explained(world: World) -> Explain:
    """Asks about the only case, as a whole or at a moment."""

    return lambda moment="": explained_at(world, world.only_case().row.ref, moment)


def explained_at(stage: Stage, ref: str, moment: str = "") -> Account:
    """The account of a case, as a whole or at a moment."""
    asked = asked_about(at(moment)) if moment else None
    with stage.store.read() as reading:
        return account(find_case(reading, ref), reading, past_rules(stage.book, reading.version_text), asked, stage.now)


def rules_on(found: Account, what: str) -> dict[str, RuleSaid]:
    """What each rule made of a record of the decision written out."""
    assert found.judged is not None
    (record,) = [each for each in found.judged.records if each.what == what]
    return {rule.rule: rule for rule in record.rules}


def replace_traces(world: World, content: dict[str, object]) -> None:
    """Let every decision have been recorded as an earlier program did."""
    with closing(sqlite3.connect(world.path)) as connection, connection:
        connection.execute("UPDATE decisions SET trace = ?", (json.dumps(content),))
