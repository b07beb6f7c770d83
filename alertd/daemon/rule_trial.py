"""A trial of a rule set before it may come into force: check, stories, engine, running clocks, the last 24 hours.

Only reads. The daemon has it done in a process of its own (`trial_process`): it takes a minute of a processor, and the
loops of the daemon share one interpreter.
"""

from __future__ import annotations

import json
import os
import pwd
import re
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from alertd.core.calendar import local
from alertd.core.urgent_changes import UrgentChange, urgent_changes
from alertd.daemon.block_owners import owners_at, owners_of_changes, same_block
from alertd.daemon.replaying import Texts, compare
from alertd.daemon.rules_at_work import check_at_work, running_clocks
from alertd.daemon.rules_in_force import (
    RuleSet,
    RulesRefused,
    files_of,
    files_text,
    load_rules,
    recall_rules,
    refusal,
)
from alertd.daemon.secrets_read import read_keyring
from alertd.daemon.stores import store_of
from alertd.daemon.story_play import known_names, play
from alertd.daemon.vetting import vet
from alertd.model.differences import Differences
from alertd.model.errors import AlertdError, ConfigError
from alertd.model.ids import ClockId, RoleId, Version
from alertd.model.rulebook import RuleBook
from alertd.rulebook.cage import try_compile
from alertd.rulebook.problems import Weight
from alertd.rulebook.reference import Reference
from alertd.rulebook.settings import Settings
from alertd.rulebook.stories import load_stories
from alertd.store import Keyring, SqlStore
from alertd.store.keys import KEY_BYTES

WINDOW = timedelta(hours=24)
MOST = 2000
"""The dry run reads the messages of this long, and of those the newest so many."""
_MOST_ERRORS = 10
_BLOCKS, _PEOPLE = re.compile(r"^- ", re.MULTILINE), re.compile(r"^- *person:", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Trial:
    """What is to be tried.

    Attributes:
        now: Aware UTC.
        in_force: The set that is in force.
        stored: A set on record to be tried; None tries the files.
    """

    now: datetime
    in_force: Version
    stored: Version | None = None


@dataclass(frozen=True, slots=True)
class Tried:
    """What came of it.

    Attributes:
        version: The set; "" when its files could not be read.
        text: Its files, as `files_text` gives them.
        book: Its rules; None when they are refused.
        errors: Why it is refused; none when it passed.
        owners: Roles that answer for what was changed, or is wrong.
        urgent: What becomes of live urgent rules.
        clocks: Clocks that run and whose block changed, with how many run.
        differences: What the dry run found; None when there was nothing to compare with.
        account: The operating system's user whose files they are; "" for a set on record.
    """

    version: Version = Version("")
    text: str = ""
    book: RuleBook | None = None
    errors: tuple[str, ...] = ()
    owners: tuple[RoleId, ...] = ()
    urgent: tuple[UrgentChange, ...] = ()
    clocks: tuple[tuple[ClockId, int], ...] = ()
    differences: Differences | None = None
    account: str = ""


class _Failed(Exception):
    """The set does not pass; the arguments are its errors."""


def try_rules(settings: Settings, trial: Trial) -> Tried:
    """Try a set; whatever it holds, the answer says what is wrong with it.

    Args:
        settings: Where files and store are.
        trial: What is to be tried.

    Raises:
        StoreUnavailable: the store cannot be read.
        ConfigError: its key cannot be read.
    """
    keyring = read_keyring(settings)
    with closing(store_of(settings, keyring)) as store:
        return _Trying(settings, trial, store, keyring).run()


class _Trying:
    def __init__(self, settings: Settings, trial: Trial, store: SqlStore, keyring: Keyring) -> None:
        self._trial = trial
        self._settings = settings
        self._store = store
        self._keyring = keyring
        self._today = local(trial.now).date()

    def run(self) -> Tried:
        with self._store.read() as reading:
            before_text = reading.version_text(self._trial.in_force)
        before = self._before(before_text)
        files: Mapping[str, str] = json.loads(before_text) if before_text else {}
        account = "" if self._trial.stored else account_of(self._settings, files)
        try:
            text, after = self._loaded()
        except RulesRefused as refused:
            owners = owners_at(refused.problems, before.book) if before else ()
            return Tried(errors=refused.all_in_short[:_MOST_ERRORS], owners=owners, account=account)
        except Exception as fault:  # noqa: BLE001  # the trial's one: whatever files hold, somebody hears why
            return Tried(errors=(refusal(fault),), account=account)
        book = after.book
        owners = owners_of_changes(before.book if before else None, book)
        try:
            return self._judged(before, after, text, account, owners)
        except _Failed as failed:
            errors = failed.args[:_MOST_ERRORS]
        except AlertdError as refused:
            errors = (refusal(refused),)
        return Tried(book.version, text, errors=errors, owners=owners, account=account)

    def _before(self, text: str | None) -> RuleSet | None:
        """The set in force; None when there is none that this program can read."""
        try:
            return self._recalled(text) if text else None
        except AlertdError:
            return None

    def _recalled(self, text: str) -> RuleSet:
        return recall_rules(text, None, self._settings, self._keyring.token, Reference)

    def _loaded(self) -> tuple[str, RuleSet]:
        if self._trial.stored is not None:
            with self._store.read() as reading:
                kept = reading.version_text(self._trial.stored)
            if kept is None:
                raise ConfigError(f"there is no set {self._trial.stored} on record")
            return kept, self._recalled(kept)
        vetted = vet(self._settings, self._settings.rules, self._trial.now)
        if vetted.book is None:
            raise RulesRefused(vetted.problems, self._settings.config)
        after = load_rules(self._settings, self._keyring.token, Reference, self._today)
        text = files_text(self._settings, after.book)
        if text is None or vetted.book.version != after.book.version:
            raise ConfigError("the files were changed while they were read: they are tried again once they rest")
        return text, after

    def _judged(
        self, before: RuleSet | None, after: RuleSet, text: str, account: str, owners: tuple[RoleId, ...]
    ) -> Tried:
        if self._trial.stored is None:
            self._play_stories()
        with self._store.read() as reading:
            running = running_clocks(reading)
            check_at_work(reading, after, self._trial.now)
        if self._trial.stored is not None:  # files were compiled with all else that was looked at
            try_compile(after.book)
        return Tried(
            version=after.book.version,
            text=text,
            book=after.book,
            owners=owners,
            urgent=urgent_changes(before.book, after.book) if before else (),
            clocks=_touched(running, before.book, after.book) if before else (),
            differences=self._dry_run(before, after, text) if before else None,
            account=account,
        )

    def _play_stories(self) -> None:
        """Play the stories that lie among the rules.

        Raises:
            _Failed: one cannot be read, or comes out otherwise.
        """
        keyring = Keyring(os.urandom(KEY_BYTES))
        rules = load_rules(self._settings, keyring.token, Reference, self._today)
        found = load_stories(self._settings.rules, known_names(rules))
        if wrong := [p for p in found.problems if p.severity is Weight.ERROR]:
            raise _Failed(*(f"{each.file}:{each.line}: {each.code} {each.message}." for each in wrong))
        failures = [
            f"{failure.where}: the story '{result.story.name}' fails: expected {failure.expected}, came {failure.came}."
            for result in play(found.stories, rules, self._settings, keyring)
            for failure in result.failures
        ]
        if failures:
            raise _Failed(*failures)

    def _dry_run(self, before: RuleSet, after: RuleSet, text: str) -> Differences:
        with self._store.read() as reading:
            texts: Texts = (_quotable(reading.version_text(before.book.version) or "{}"), _quotable(text))
        now = self._trial.now
        return compare(self._store, before, after, now - WINDOW, now, most=MOST, texts=texts)


def _quotable(text: str) -> dict[str, str]:
    """Files of blocks whose lines may be shown: none that names a person."""
    files: dict[str, str] = json.loads(text)
    return {name: each for name, each in files.items() if _BLOCKS.search(each) and not _PEOPLE.search(each)}


def _touched(running: Mapping[ClockId, int], before: RuleBook, after: RuleBook) -> tuple[tuple[ClockId, int], ...]:
    """Clocks that run and count, warn or stop otherwise from now on for those that start."""
    alike = {id_ for id_, old in before.clocks.items() if id_ in after.clocks and same_block(old, after.clocks[id_])}
    return tuple((clock, number) for clock, number in sorted(running.items()) if clock not in alike)


def account_of(settings: Settings, before: Mapping[str, str]) -> str:
    """The operating system's user who owns the newest of the files that differ from a set; "" when none does."""
    changed = [
        Path(one.shown) for one in files_of(settings) if before.get(one.name) != one.data.decode(errors="replace")
    ]
    newest = max((path.stat() for path in changed if path.exists()), key=lambda stat: stat.st_mtime_ns, default=None)
    return "" if newest is None else account_name(newest.st_uid)


def account_name(uid: int) -> str:
    """Name of a user of the operating system; its number when it has none."""
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)
