"""What the measurements share: sizes, the shipped rules, new stores, one private broker, the big store."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import Self
from uuid import uuid4

from alertd.core.decide import Terms
from alertd.core.plan import plan
from alertd.daemon.clock import random_id, utc_now
from alertd.model.ids import Version
from alertd.model.rulebook import RuleBook
from alertd.model.view import Matcher
from alertd.rulebook.loader import load
from alertd.service.casework import IntakeSettings, Ruling
from alertd.service.intake import Intake
from alertd.store import Keyring, SqlStore, load_master, migrate, new_master, open_store
from tests.doubles.broker import Broker

ROOT = Path(__file__).resolve().parents[2]
NO_RULES = RuleBook(version=Version("no rules"))


@dataclass(frozen=True, slots=True)
class Sizes:
    """How much is measured.

    Attributes:
        runs: Runs of each rate; the median counts.
        letters: Messages in a run that only moves them.
        messages: Messages in a run that decides and commits them.
        at_rate: How long messages are published at a steady rate.
        cases: Open cases in the big store.
        few: Open cases at which the big store is first measured, while it is still small.
        warnings: Deadlines that fall due one after another while the big store is watched.
        due_every: Time between two of these.
        restarts: Starts of the daemon on the big store.
        alerts: Alerts that open in one moment.
        replies: Replies to these, one after another.
        replayed: Messages of the past in a replay.
    """

    runs: int = 3
    letters: int = 20_000
    messages: int = 4_000
    at_rate: timedelta = timedelta(seconds=20)
    cases: int = 100_000
    few: int = 1_000
    warnings: int = 300
    due_every: timedelta = timedelta(milliseconds=100)
    restarts: int = 3
    alerts: int = 5_000
    replies: int = 300
    replayed: int = 100_000


QUICK = Sizes(
    runs=2,
    letters=4_000,
    messages=800,
    at_rate=timedelta(seconds=5),
    cases=3_000,
    few=1_000,
    warnings=50,
    restarts=1,
    alerts=600,
    replies=60,
    replayed=2_000,
)


class Site:
    """Where measurements take place; a context manager that clears everything away.

    Args:
        folder: An empty folder on a disk, for databases.
        sizes: How much is measured.
        step: Told in words what is being done.
    """

    def __init__(self, folder: Path, sizes: Sizes, step: Callable[[str], None]) -> None:
        self.folder = folder
        self.sizes = sizes
        self.step = step
        self.master = new_master()
        self.keyring = Keyring(load_master(self.master))
        self._closing = ExitStack()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._closing.close()

    @cached_property
    def book(self) -> RuleBook:
        """The shipped rules.

        Raises:
            RuntimeError: they hold errors.
        """
        loaded = load([ROOT / "rules"], ROOT / "config", ROOT / "templates")
        if loaded.book is None:
            raise RuntimeError(f"the shipped rules hold errors: {loaded.problems}")
        return loaded.book

    @cached_property
    def broker(self) -> Broker:
        """A private RabbitMQ node, started at first use."""
        self.step("starting RabbitMQ")
        node = Broker()
        self._closing.callback(node.close)
        node.start()
        return node

    @contextmanager
    def vhost(self) -> Iterator[str]:
        """An empty virtual host."""
        name = self.broker.new_vhost()
        yield name
        self.broker.drop_vhost(name)

    def new_url(self) -> str:
        """URL of a new database on disk, with its tables."""
        url = f"sqlite:///{self.folder / uuid4().hex}/alertd.db"
        migrate(url)
        return url

    @contextmanager
    def store(self, url: str | None = None) -> Iterator[SqlStore]:
        """An open store; of a new database when no URL is given."""
        opened = open_store(url or self.new_url(), None, None, self.keyring)
        yield opened
        opened.close()

    def intake(self, store: SqlStore, book: RuleBook, matcher: Matcher) -> Intake:
        """The daemon's own verb on a store."""
        ruling = Ruling(Terms(plan(book), self.keyring.token), matcher)
        return Intake(store, lambda: ruling, IntakeSettings(), random_id)

    def now(self) -> datetime:
        """The present, aware UTC."""
        return utc_now()
