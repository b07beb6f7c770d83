"""The two rule sets of a replay: the one in force and the one to try, with their files, so that lines can be shown."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from os.path import normpath
from pathlib import Path

from alertd.daemon.parts import Parts
from alertd.daemon.rules_in_force import IN_FORCE, RuleSet, files_text, load_rules, recall_rules
from alertd.model.errors import ConfigError
from alertd.model.ids import Token, Version
from alertd.rulebook.reference import Reference
from alertd.rulebook.settings import Settings

Files = Mapping[str, str]
"""Text of each file by the name under which it is shown."""


@dataclass(frozen=True, slots=True)
class RulesWithFiles:
    """A rule set with its files."""

    rules: RuleSet
    files: Files


def set_in_force(parts: Parts) -> RulesWithFiles:
    """The set by which the daemon decides, which need not be what the files say by now.

    Raises:
        ConfigError: it is not on record, or this program does not take it any more.
        StoreUnavailable: the store cannot be read.
    """
    present = parts.rules.present
    with parts.store.read() as reading:
        version = Version(reading.note(IN_FORCE) or present.book.version)
        text = reading.version_text(version)
    if version == present.book.version:
        return RulesWithFiles(present, _shown(text or files_text(parts.settings, present.book), parts.settings))
    if text is None:
        raise ConfigError(f"the rules in force, {version}, are not on record\nRemedy: alertd check, then reload")
    found = recall_rules(text, ConfigError("replayed"), parts.settings, parts.keyring.token, Reference)
    return RulesWithFiles(replace(found, refused=""), _shown(text, parts.settings))


def set_to_try(settings: Settings, hashed: Callable[[str], Token], today: date) -> RulesWithFiles:
    """The set that files hold.

    Raises:
        RulesRefused: they hold errors.
    """
    rules = load_rules(settings, hashed, Reference, today)
    return RulesWithFiles(rules, _shown(files_text(settings, rules.book), settings))


def _shown(text: str | None, settings: Settings) -> Files:
    """Files by the path under which an editor opens them, where there is but one folder of rules."""
    files: dict[str, str] = json.loads(text or "{}")
    if len(settings.rules) != 1 or not settings.rules[0].is_dir():
        return files
    folders = {"rules": settings.rules[0], "config": settings.config}
    names = ((name.partition("/"), each) for name, each in files.items())
    return {normpath(folders.get(root, Path(root)) / rest): each for (root, _, rest), each in names}
