"""How commands open the installation, and find out who is acting."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from alertd.cli.screen import bad
from alertd.core.on_call import on_call
from alertd.daemon.parts import Parts, open_parts, read_settings
from alertd.daemon.stores import open_store_alone
from alertd.model.errors import AlertdError, NotPossible
from alertd.model.ids import PersonId, RoleId
from alertd.model.rulebook import RuleBook
from alertd.model.shifts import Swap
from alertd.rulebook.loader import load_text
from alertd.rulebook.settings import Settings
from alertd.rulebook.settings_file import find_config
from alertd.rulebook.suggestions import did_you_mean
from alertd.service.mending import Mending
from alertd.service.people import People
from alertd.service.rule_loads import version_in_force

NOT_IN_FORCE = "the rule files hold rules that are not in force, and are not used: alertd status says why"


def config_path(config: Path | None) -> Path:
    """The settings file meant by `--config`, the environment or the usual places."""
    return find_config(config, os.environ)


def settings_of(config: Path | None) -> Settings:
    """Settings of the installation meant."""
    return read_settings(config_path(config))


@contextmanager
def opened(config: Path | None) -> Iterator[Parts]:
    """Open the installation meant; closed on leaving."""
    with open_parts(settings_of(config)) as parts:
        if why := parts.rules.present.refused:
            bad(f"the rule files are refused, so the last good set is used: {why} Run: alertd check")
        elif parts.rules.present.awaited is not None:
            bad(NOT_IN_FORCE)
        yield parts


@dataclass(frozen=True, slots=True)
class OnRecord:
    """What the store knows of who is on call.

    Attributes:
        book: The set in force; None where there is none, or it cannot be read.
        swaps: Those that stand.
        trouble: Why the store could not be looked into; "" when it could.
    """

    book: RuleBook | None
    swaps: tuple[Swap, ...]
    trouble: str


def on_record(settings: Settings, after: datetime) -> OnRecord:
    """The set in force, and swaps that stand and end after a moment; nothing where the store cannot be looked into."""
    try:
        with closing(open_store_alone(settings)) as store, store.read() as reading:
            version = version_in_force(reading)
            text = reading.version_text(version) if version is not None else None
            return OnRecord(load_text(json.loads(text)).book if text else None, reading.swaps(after), "")
    except AlertdError as trouble:
        return OnRecord(None, (), str(trouble))


def people(parts: Parts) -> People:
    """The verbs of people on an opened installation."""
    return People(parts.store, parts.intake, parts.rules.ruling)


def mending(parts: Parts) -> Mending:
    """The verbs of mending on an opened installation."""
    return Mending(parts.store, parts.intake)


def person_named(book: RuleBook, name: str, now: datetime) -> PersonId:
    """Who `--as` names.

    Raises:
        NotPossible: nobody; the text says who may be meant.
    """
    if PersonId(name) in book.people:
        return PersonId(name)
    if RoleId(name) in book.roles:
        there = ", ".join(person.id for person in on_call(book, RoleId(name), now).people) or "nobody"
        raise NotPossible(f"'{name}' is a role, not a person; on call there now: {there}")
    raise NotPossible(
        f"there is no person '{name}'{did_you_mean(name, book.people)}\nRemedy: give an id of people.yaml with --as"
    )
