"""All that can be known of a set of files before it is used: read, filled in, compiled; every problem at once."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from alertd.core.calendar import local
from alertd.daemon.trial_engine import report_refusal
from alertd.daemon.trial_texts import try_texts
from alertd.daemon.verb_settings import voice_of
from alertd.model.errors import ConfigError
from alertd.model.rulebook import RuleBook
from alertd.model.values import Channel
from alertd.rulebook.cage import Cage
from alertd.rulebook.cover import Cover
from alertd.rulebook.loader import Loaded, load
from alertd.rulebook.problems import Report
from alertd.rulebook.settings import Settings
from alertd.transport.render import Renderer


def vet(settings: Settings, rules: Sequence[Path], now: datetime, *, taken: RuleBook | None = None) -> Loaded:
    """Load rules, people and templates, look who is reached, fill the templates in, and compile the rules in an engine.

    Args:
        settings: Where everything is, and what texts share.
        rules: Files or folders of rules.
        now: Aware UTC: for review dates, and the weeks in which somebody must be reachable.
        taken: Rules that an engine took before; the same conditions are not compiled again.

    Returns:
        The book, or None when anything is an error but a gap in the weeks to come, with all problems by file and line.
    """
    cover = Cover(now, frozenset(Channel) - ({Channel.CALL} if settings.call is None else set()))
    loaded = load(rules, settings.config, settings.templates, today=local(now).date(), cover=cover)
    if loaded.book is None:
        return loaded
    report = Report()
    is_new = taken is None or taken.expressions != loaded.book.expressions
    engine = Cage(loaded.book) if is_new else None  # it starts while the templates are tried
    try:
        try_texts(report, Renderer.from_folder(settings.templates), settings.templates, loaded.book, voice_of(settings))
    except ConfigError:
        if engine is not None:
            engine.close()
        raise
    if engine is not None:
        report_refusal(report, engine, loaded.book)
    problems = tuple(sorted((*loaded.problems, *report.problems()), key=lambda one: (one.file, one.line, one.col)))
    return Loaded(None if report.failed else loaded.book, problems)
