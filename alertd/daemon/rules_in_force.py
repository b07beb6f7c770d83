"""The rules in force: files in, everything that a reload exchanges out, swapped as one."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import cast

from alertd.core.calendar import RestHours
from alertd.core.decide import Terms
from alertd.core.plan import plan
from alertd.model.errors import AlertdError, ConfigError
from alertd.model.ids import Token, Version
from alertd.model.rulebook import RuleBook
from alertd.model.view import Matcher
from alertd.rulebook.files import File, config_files, folder_files, rule_files, version_of
from alertd.rulebook.loader import load, load_text
from alertd.rulebook.problems import Problem, Report, Weight, format_problem
from alertd.rulebook.settings import Settings
from alertd.service import rule_loads
from alertd.service.casework import Ruling
from alertd.service.messages import fold_word
from alertd.store import Keyring, SqlStore
from alertd.transport.render import Renderer

IN_FORCE = rule_loads.IN_FORCE
"""Stored fact: the version of the set that is in force."""
Judge = Callable[[RuleBook], Matcher]
"""Makes who judges by a rule book."""


class RulesRefused(ConfigError):
    """The files hold errors; `problems` has all of them, the text says them.

    Args:
        problems: At least one error.
        restricted: Folder with people in it; None when the files come from the store, by their names there.
    """

    def __init__(self, problems: tuple[Problem, ...], restricted: Path | None = None) -> None:
        errors = [each for each in problems if each.severity is Weight.ERROR]
        super().__init__("\n".join(map(format_problem, errors)))
        self.problems = problems
        self.first = errors[0]
        self._restricted = restricted or Path("config")

    @property
    def in_short(self) -> str:
        """The first error with its place, on one line, for logs and mails: never a value from a file about people."""
        return self._short(self.first)

    @property
    def all_in_short(self) -> tuple[str, ...]:
        """Every error in short."""
        return tuple(self._short(each) for each in self.problems if each.severity is Weight.ERROR)

    def _short(self, problem: Problem) -> str:
        # A message may quote what it is about, and in that folder that is a name or a number.
        said = "see 'alertd check'" if self._is_restricted(problem.file) else problem.message
        return f"{problem.file}:{problem.line}: {problem.code} {said}."

    def _is_restricted(self, file: str) -> bool:
        return Path(file).parent.resolve() == self._restricted.resolve()


def refusal(why: Exception) -> str:
    """Why files were refused, in one sentence for logs and mails; of what nobody foresaw, no more than its type."""
    if isinstance(why, RulesRefused):
        return why.in_short
    if isinstance(why, AlertdError):
        return str(why).rstrip(".") + "."
    return f"the files cannot be worked with ({type(why).__name__}): look at what was changed last."


@dataclass(frozen=True, slots=True)
class RuleSet:
    """One load of the files.

    Attributes:
        book: Rules, people, hours, roles, rotas.
        texts: Templates.
        ruling: Terms and judge.
        synonyms: Other word, folded → word of the vocabulary.
        problems: Warnings.
        refused: Why the files were refused, when this is the last good set instead; "" when it is the files'.
        awaited: Another set that the files hold, and that is not in force; None when they hold this one.
    """

    book: RuleBook
    texts: Renderer
    ruling: Ruling
    synonyms: dict[str, str]
    problems: tuple[Problem, ...]
    refused: str = ""
    awaited: Version | None = None


class RulesInForce:
    """Holds the rule set by which everything new is decided; safe from any thread."""

    def __init__(self, first: RuleSet) -> None:
        self._present = first

    @property
    def present(self) -> RuleSet:
        """The set in force."""
        return self._present

    def book(self) -> RuleBook:
        """Its rule book."""
        return self._present.book

    def texts(self) -> Renderer:
        """Its templates."""
        return self._present.texts

    def ruling(self) -> Ruling:
        """Its terms and judge."""
        return self._present.ruling

    def swap(self, new: RuleSet) -> RuleSet:
        """Put another set in force and give back the one before; whoever decides just now ends by the old one."""
        old, self._present = self._present, new
        return old


def load_rules(settings: Settings, hashed: Callable[[str], Token], judge: Judge, today: date) -> RuleSet:
    """Load rules, people and templates.

    Args:
        settings: Where they are.
        hashed: Keyed hash of a normalised text.
        judge: Makes who judges by them.
        today: London's date, for review dates.

    Raises:
        RulesRefused: errors; nothing of it may be used.
    """
    loaded = load(settings.rules, settings.config, settings.templates, today=today)
    if loaded.book is None:
        raise RulesRefused(loaded.problems, settings.config)
    texts = Renderer.from_folder(settings.templates)
    return RuleSet(
        loaded.book, texts, _ruling(loaded.book, settings, hashed, judge), _synonyms(loaded.book), loaded.problems
    )


def recall_rules(
    text: str,
    why: ConfigError | None,
    settings: Settings,
    hashed: Callable[[str], Token],
    judge: Judge,
    *,
    whole: bool = False,
) -> RuleSet:
    """Load a set on record again, as `files_text` wrote it.

    Args:
        text: Its files.
        why: Why the files at hand were refused; None when they were not.
        settings: Hours of rest.
        hashed: Keyed hash of a normalised text.
        judge: Makes who judges by it.
        whole: Refuse it also when something is missing that this program needs besides rules.

    Raises:
        RulesRefused: this program does not take it any more.
    """
    loaded = load_text(json.loads(text), whole=whole)
    if loaded.book is None:
        raise RulesRefused(loaded.problems)
    found = rule_set(loaded.book, text, settings, hashed, judge)
    return replace(found, problems=loaded.problems, refused=refusal(why) if why else "")


def rule_set(book: RuleBook, text: str, settings: Settings, hashed: Callable[[str], Token], judge: Judge) -> RuleSet:
    """Put a set together from its rule book and its files, as `files_text` wrote them.

    Raises:
        ConfigError: a template cannot be read.
    """
    files: dict[str, str] = json.loads(text)
    texts = Renderer({name.rpartition("/")[2]: each for name, each in files.items() if name.endswith(".j2")})
    return RuleSet(book, texts, _ruling(book, settings, hashed, judge), _synonyms(book), ())


def _ruling(book: RuleBook, settings: Settings, hashed: Callable[[str], Token], judge: Judge) -> Ruling:
    rest = RestHours(settings.rest.start, settings.rest.end, settings.rest.early)
    return Ruling(Terms(plan(book), hashed, rest), judge(book))


def _synonyms(book: RuleBook) -> dict[str, str]:
    return {fold_word(alias): word for one in book.lists.values() for alias, word in one.synonyms.items()}


def files_text(settings: Settings, book: RuleBook) -> str | None:
    """The files of a rule book as one JSON text, name → text, by which it can be loaded again.

    Returns:
        None when the files have been changed since the book was loaded.
    """
    files = files_of(settings)
    if version_of(files) != book.version:
        return None
    return json.dumps({one.name: one.data.decode(errors="replace") for one in files})


def files_of(settings: Settings) -> list[File]:
    """The files of the set at hand, as far as they can be read: rules, people, calendars, templates; no stories."""
    report = Report()
    files = [found for number, place in enumerate(settings.rules) for found in rule_files(report, number, place)]
    files += config_files(report, settings.config)
    return files + folder_files(report, settings.templates, "templates", "*.j2")


def loaded(problems: list[str], load: Callable[[], RuleSet]) -> tuple[RuleSet | None, ConfigError | None]:
    """Load rules; or the refusal of what their files hold, while any other problem joins the list."""
    try:
        return load(), None
    except RulesRefused as refused:
        return None, refused
    except ConfigError as problem:
        problems.append(str(problem))
        return None, None
    except Exception as fault:  # noqa: BLE001  # the load's one: what nobody foresaw in a file leaves the last good set
        return None, ConfigError(refusal(fault))


def set_in_force(
    store: SqlStore,
    settings: Settings,
    keyring: Keyring,
    judge: Judge,
    files: RuleSet | None,
    refused: ConfigError | None,
) -> RuleSet:
    """The set that is in force by the record, whatever the files say by now: neither a slip nor a restart ends it.

    Args:
        store: With the record.
        settings: Hours of rest.
        keyring: Of the store.
        judge: Makes who judges.
        files: What the files hold; None when they are refused.
        refused: Why they are.

    Returns:
        The files' set while none is on record, or when this program cannot work with the one on record any more.

    Raises:
        ConfigError: there are no rules to work by.
    """
    with store.read() as reading:
        version = rule_loads.version_in_force(reading)
        text = reading.version_text(version) if version else None
    if files is None and (text is None or refused is None):
        raise refused or ConfigError("there are no rules to work by")
    if text is None or (files is not None and files.book.version == version):
        return cast("RuleSet", files)
    try:
        found = recall_rules(text, refused, settings, keyring.token, judge, whole=files is not None)
    except RulesRefused:
        if files is None:
            raise
        return files
    return found if files is None else replace(found, awaited=files.book.version)
