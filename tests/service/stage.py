"""A whole alertd with the shipped rules, people and templates on a pretend clock, each on a database of its own."""

from __future__ import annotations

from datetime import date
from functools import cache
from pathlib import Path
from shutil import copyfile
from tempfile import mkdtemp

from sqlalchemy import event

from alertd.daemon.parts import read_settings
from alertd.daemon.rehearsal import Stage
from alertd.daemon.rules_in_force import RuleSet, load_rules
from alertd.daemon.verb_settings import intake_settings, voice_of
from alertd.rulebook.reference import Reference
from alertd.rulebook.settings import Settings
from alertd.service.casework import IntakeSettings
from alertd.service.texts import Voice
from alertd.shipped import shipped
from alertd.store import Keyring, SqlStore, migrate
from alertd.store.engines import new_engine

KEYRING = Keyring(bytes(range(32)))
TODAY = date(2026, 11, 23)


@cache
def shipped_settings() -> Settings:
    """The settings as shipped."""
    return read_settings(shipped("config") / "alertd.yaml")


@cache
def shipped_rules() -> RuleSet:
    """Rules, people and templates as shipped, judged by the reference evaluator."""
    return load_rules(shipped_settings(), KEYRING.token, Reference, TODAY)


def shipped_voice() -> Voice:
    """What every text shares, as shipped."""
    return voice_of(shipped_settings())


def shipped_intake() -> IntakeSettings:
    """How messages are read, as shipped."""
    return intake_settings(shipped_settings(), shipped_rules().synonyms)


@cache
def empty_database() -> Path:
    """One migrated empty database, which every test copies."""
    path = Path(mkdtemp(prefix="alertd-empty-")) / "alertd.db"
    migrate(f"sqlite:///{path}")
    return path


def new_database(folder: Path) -> Path:
    """A migrated empty database of this test alone."""
    return Path(copyfile(empty_database(), folder / "alertd.db"))


def open_database(path: Path) -> SqlStore:
    """Open a database; what a power cut would lose is of no matter here."""
    engine = new_engine(f"sqlite:///{path}")
    event.listen(engine, "connect", lambda connection, _: connection.execute("PRAGMA synchronous = OFF"))
    return SqlStore(engine, KEYRING)


def new_stage(store: SqlStore) -> Stage:
    """A whole alertd on this store."""
    rules = shipped_rules()
    return Stage(rules.ruling, rules.texts, store, shipped_voice(), shipped_intake())
