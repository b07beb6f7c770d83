"""A replay of the past against changed rules, on as many processes as there are processors."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from shutil import copytree
from time import perf_counter

from alertd.core.decide import Terms
from alertd.core.plan import plan
from alertd.daemon.replaying import compare
from alertd.daemon.rules_in_force import RuleSet
from alertd.model.differences import Differences
from alertd.rulebook.loader import load
from alertd.rulebook.reference import Reference
from alertd.service.casework import Ruling
from alertd.transport.render import Renderer
from tests.bench.figure import Figure, Reach
from tests.bench.past import ONE_IN, SPAN, fill
from tests.bench.site import ROOT, Site

_REACH = 60
"""Seconds for 100,000 messages on 2 processors, as the issue about rules says."""
_WHOLE = 100_000


@dataclass(frozen=True, slots=True)
class _Edit:
    """A change of the shipped rules as an administrator makes it."""

    name: str
    file: str
    old: str
    new: str


_EDITS = (
    _Edit("replay, a cohort narrowed", "custody.yaml", "has_any: custody_offences", "has_any: [pwits]"),
    _Edit("replay, 47 hours for 48", "clocks.yaml", "  due: 48 hours\n", "  due: 47 hours\n"),
)


def against_changed_rules(site: Site) -> Iterator[Figure]:
    """Measure replays of the past against rules in which a line differs."""
    now, number = site.now(), site.sizes.replayed
    url = site.new_url()
    fill(site, url, number, now)
    before = _rules(site, ROOT / "rules")
    for edit in _EDITS:
        site.step(f"{edit.name}: {number:,} messages")
        seconds, found = _replayed(site, url, before, _rules(site, _edited(site, edit)), now)
        assert found.messages == number, f"{found.messages} of {number} messages were replayed"
        assert found.changes, f"{edit.name} made no difference"
        yield Figure(
            edit.name,
            "s",
            (seconds,),
            reach=Reach(_REACH, at_most=True) if number >= _WHOLE else None,
            note=f"{number:,} messages, one record of {ONE_IN} a case; {len(found.changes):,} differences",
        )


def _replayed(site: Site, url: str, before: RuleSet, after: RuleSet, now: datetime) -> tuple[float, Differences]:
    with site.store(url) as store:
        began = perf_counter()
        found = compare(store, before, after, now - SPAN, now, processes=os.cpu_count() or 1)
        return perf_counter() - began, found


def _edited(site: Site, edit: _Edit) -> Path:
    folder = copytree(ROOT / "rules", site.folder / edit.file)
    text = (folder / edit.file).read_text()
    assert edit.old in text, f"{edit.file} holds no '{edit.old}'"
    (folder / edit.file).write_text(text.replace(edit.old, edit.new))
    return folder


def _rules(site: Site, folder: Path) -> RuleSet:
    loaded = load([folder], ROOT / "config", ROOT / "templates", today=date(2026, 11, 23))
    assert loaded.book is not None, loaded.problems
    ruling = Ruling(Terms(plan(loaded.book), site.keyring.token), Reference(loaded.book))
    return RuleSet(loaded.book, Renderer.from_folder(ROOT / "templates"), ruling, {}, ())
