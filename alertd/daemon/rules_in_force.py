"""The rules in force: files in, everything that a reload exchanges out, swapped as one."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from alertd.core.calendar import RestHours
from alertd.core.decide import Terms
from alertd.core.plan import plan
from alertd.model.errors import AlertdError, ConfigError
from alertd.model.ids import Token, Version
from alertd.model.rulebook import RuleBook
from alertd.model.view import Matcher
from alertd.rulebook.files import config_files, folder_files, rule_files, version_of
from alertd.rulebook.loader import load, load_text
from alertd.rulebook.problems import Problem, Report, Weight, format_problem
from alertd.rulebook.settings import Settings
from alertd.service.casework import Ruling
from alertd.service.messages import fold_word
from alertd.store import Keyring, SqlStore
from alertd.transport.render import Renderer

IN_FORCE = "rules_in_force"
"""Stored fact: the version of the last set that was in force."""
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
        first = self.first
        # A message may quote what it is about, and in that folder that is a name or a number.
        said = "see 'alertd check'" if self._is_restricted(first.file) else first.message
        return f"{first.file}:{first.line}: {first.code} {said}."

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
    """

    book: RuleBook
    texts: Renderer
    ruling: Ruling
    synonyms: dict[str, str]
    problems: tuple[Problem, ...]
    refused: str = ""


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
    text: str, why: ConfigError, settings: Settings, hashed: Callable[[str], Token], judge: Judge
) -> RuleSet:
    """Load the last good set again, as `files_text` wrote it, while the files are refused.

    Raises:
        RulesRefused: this program does not take it any more.
    """
    files: dict[str, str] = json.loads(text)
    loaded = load_text(files)
    if loaded.book is None:
        raise RulesRefused(loaded.problems)
    texts = Renderer({name.rpartition("/")[2]: each for name, each in files.items() if name.endswith(".j2")})
    ruling = _ruling(loaded.book, settings, hashed, judge)
    return RuleSet(loaded.book, texts, ruling, _synonyms(loaded.book), loaded.problems, refusal(why))


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
    report = Report()
    files = [found for number, place in enumerate(settings.rules) for found in rule_files(report, number, place)]
    files += config_files(report, settings.config)
    files += folder_files(report, settings.templates, "templates", "*.j2")
    if report.failed or version_of(files) != book.version:
        return None
    return json.dumps({one.name: one.data.decode(errors="replace") for one in files})


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


def last_good(
    store: SqlStore, settings: Settings, keyring: Keyring, judge: Judge, refused: ConfigError | None
) -> RuleSet:
    """The set that was in force before the files were spoilt: nobody is left without an alert for a slip in a file."""
    with store.read() as reading:
        version = reading.note(IN_FORCE)
        text = reading.version_text(Version(version)) if version else None
    if text is None or refused is None:
        raise refused or ConfigError("there are no rules to work by")
    return recall_rules(text, refused, settings, keyring.token, judge)
