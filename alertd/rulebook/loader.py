"""Loads the rule book: files in, a typed book or every problem out."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from alertd.model.ids import Version
from alertd.model.rulebook import RuleBook, WordList
from alertd.rulebook import clock_blocks, people_blocks, rule_blocks, tree
from alertd.rulebook.advice import advise
from alertd.rulebook.book import assemble
from alertd.rulebook.checks import check_rules
from alertd.rulebook.cover import Cover, check_cover, check_members
from alertd.rulebook.files import (
    CALENDAR_ENDING,
    STORY_ENDING,
    File,
    config_files,
    folder_files,
    rule_files,
    version_of,
)
from alertd.rulebook.problems import Broken, Fault, Place, Problem, Report
from alertd.rulebook.reading import Reading, Settings
from alertd.rulebook.references import (
    check_circles,
    check_labels,
    check_labels_in_where,
    check_program_roles,
    check_references,
    check_uses,
    without_circles,
)
from alertd.rulebook.stopping import check_stops
from alertd.rulebook.suggestions import allowed, did_you_mean
from alertd.rulebook.texts import Template, check_program_texts, check_texts
from alertd.rulebook.tree import Entries, Node, Text
from alertd.rulebook.word_lists import check_words, resolve

_Reader = Callable[[Reading, Settings], Any]
_READERS: dict[str, _Reader] = {
    "definition": rule_blocks.definition,
    "rule": rule_blocks.rule,
    "clock": clock_blocks.clock,
    "ladder": clock_blocks.ladder,
    "role": people_blocks.role,
    "rota": people_blocks.rota,
    "hours": people_blocks.hours,
    "person": people_blocks.person,
}
KINDS = ("list", *_READERS)
"""First keys: what a block can be."""


@dataclass(frozen=True, slots=True)
class Loaded:
    """What became of a load: the book, unless an error stopped it, and every problem."""

    book: RuleBook | None
    problems: tuple[Problem, ...]


@dataclass(frozen=True, slots=True)
class _Files:
    """What to load; `config` and `templates` name the folders that must hold what alertd itself needs, "" for none."""

    blocks: list[File]
    calendars: list[File]
    texts: list[File] | None
    config: str = ""
    templates: str = ""


@dataclass
class _Blocks:
    """Blocks found so far, by kind and id, and where each stands."""

    nodes: dict[str, dict[str, Node]] = field(default_factory=lambda: {kind: {} for kind in KINDS})
    index: dict[str, dict[str, Place]] = field(default_factory=lambda: {kind: {} for kind in KINDS})


def load(
    rules: Sequence[Path],
    config: Path,
    templates: Path | None,
    *,
    today: date | None = None,
    cover: Cover | None = None,
) -> Loaded:
    """Load rules, people and templates together, telling every problem at once.

    Args:
        rules: Files or folders; folders are searched for `*.yaml`, leaving stories (`*.test.yaml`) out.
        config: Folder with hours, roles, rotas, people: every `*.yaml` but `alertd.yaml`.
        templates: Folder with `*.j2`, or None to leave templates unchecked.
        today: London's date, for review dates and calendars; None leaves them unchecked.
        cover: From when, and over what, somebody must be reachable for every role (E034); None leaves it unchecked. A
            gap in the weeks to come is told as an error and still loads: whoever can be reached until then must be.

    Returns:
        The book, or None when anything is an error, with all problems by file and line.
    """
    report = Report()
    found = [one for number, place in enumerate(rules) for one in rule_files(report, number, place)]
    found += config_files(report, config)
    texts = folder_files(report, templates, "templates", "*.j2") if templates else None
    blocks, calendars = _apart(found)
    return _load(report, _Files(blocks, calendars, texts, str(config), str(templates)), today, cover)


def load_text(
    texts: Mapping[str, str], *, today: date | None = None, cover: Cover | None = None, whole: bool = False
) -> Loaded:
    """Load a rule book from texts by file name.

    Names ending in `.j2` are templates, unchecked when there are none. What alertd itself needs besides the rules
    (some roles and templates) may be missing, unless the texts are a `whole` installation's.
    """
    found = [File(name, name, text.encode()) for name, text in texts.items() if not name.endswith(STORY_ENDING)]
    templates = [one for one in found if one.name.endswith(".j2")]
    blocks, calendars = _apart([one for one in found if one not in templates])
    folders = ("config", "templates") if whole else ("", "")
    return _load(Report(), _Files(blocks, calendars, templates or None, *folders), today, cover)


def _apart(files: Sequence[File]) -> tuple[list[File], list[File]]:
    """Files of blocks, and calendars."""
    calendars = [one for one in files if one.name.endswith(CALENDAR_ENDING)]
    return [one for one in files if one not in calendars], calendars


def _load(report: Report, files: _Files, today: date | None, cover: Cover | None = None) -> Loaded:
    reading = Reading(report)
    blocks = _Blocks()
    for found in files.blocks:
        _sort(report, tree.blocks(found.shown, found.data, report), blocks)
    book = _read(reading, blocks)
    if reading.calendars:
        # Few rotas are calendars, and the libraries that read one take a tenth of a second to load.
        from alertd.rulebook.calendars import with_calendars  # noqa: PLC0415

        book = with_calendars(report, book, reading.calendars, files.calendars, today)
    _check(reading, book, blocks)
    if files.config:
        check_program_roles(report, blocks.index, files.config)
    if files.texts is not None:
        _check_templates(reading, files.texts, files.templates)
    if report.failed:
        return Loaded(None, report.problems())
    advise(reading, book, blocks.index, today)
    if cover is not None:
        check_cover(report, book, blocks.index, cover)
    version = version_of([*files.blocks, *files.calendars, *(files.texts or [])])
    return Loaded(assemble(book, version), report.problems())


def _sort(report: Report, sheet: tree.Sheet, blocks: _Blocks) -> None:
    """File the blocks of a sheet by kind and id, noting what is no block."""
    for outline in sheet.outlines:
        if outline.kind in KINDS:
            blocks.index[outline.kind].setdefault(outline.id, Place(sheet.name, 1))
    for node in sheet.nodes:
        try:
            kind, name, place = _identify(node)
            _file(blocks, kind, name, place, node)
        except Fault as fault:
            report.note(fault)
        except Broken:
            continue


def _identify(node: Node) -> tuple[str, str, Place]:
    if not isinstance(node, Entries) or not node.entries:
        message = "a rule file is a list of blocks"
        raise Fault("E002", node.place, message, "start the line with '- rule:', '- clock:', '- role:' or the like")
    kind, entry = next(iter(node.entries.items()))
    if kind not in KINDS:
        later = [name for name in node.entries if name in KINDS]
        remedy = f"put '{later[0]}:' on the first line" if later else allowed(KINDS)
        message = f"a block's first line says what it is; '{kind}' is no kind of block"
        raise Fault("E010", entry.key.place, message + did_you_mean(kind, KINDS), remedy)
    if entry.value is None:
        raise Broken("the id is empty, which is told already")
    if not isinstance(entry.value, Text):
        raise Fault("E014", entry.key.place, f"'{kind}' needs an id", f"write '- {kind}: some_name'")
    return kind, entry.value.value, entry.value.place


def _file(blocks: _Blocks, kind: str, name: str, place: Place, node: Node) -> None:
    if name in blocks.nodes[kind]:
        first = blocks.index[kind][name]
        raise Fault("E020", place, f"there is a {kind} '{name}' already ({first})", "give one of them another id")
    blocks.nodes[kind][name] = node
    blocks.index[kind][name] = place


def _read(reading: Reading, blocks: _Blocks) -> RuleBook:
    """Read every block that can be read; lists come first, because conditions take their words from them."""
    read_lists: dict[str, WordList] = _blocks_of(reading, blocks, "list", rule_blocks.word_list)
    lists = resolve(reading, read_lists, blocks.index["list"])
    reading.words.update(lists.matching)
    found = {kind: _blocks_of(reading, blocks, kind, reader) for kind, reader in _READERS.items()}
    return RuleBook(
        version=Version(""),
        lists=lists.lists,
        definitions=without_circles(reading.report, found["definition"], blocks.index),
        rules=found["rule"],
        clocks=found["clock"],
        ladders=found["ladder"],
        hours=found["hours"],
        roles=found["role"],
        rotas=found["rota"],
        people=found["person"],
    )


def _blocks_of(
    reading: Reading, blocks: _Blocks, kind: str, read: Callable[[Reading, Settings], Any]
) -> dict[Any, Any]:
    """Read the blocks of a kind, in the order of their ids: the order in files means nothing."""
    found = {}
    for name, node in sorted(blocks.nodes[kind].items()):
        try:
            with Settings(reading, node, f"the {kind}") as settings:
                found[name] = read(reading, settings)
        except Fault as fault:
            reading.report.note(fault)
            found.pop(name, None)
        except Broken:
            found.pop(name, None)
        reading.settle_strays()
    return found


def _check(reading: Reading, book: RuleBook, blocks: _Blocks) -> None:
    check_references(reading, blocks.index)
    check_words(reading)
    check_uses(reading.report, reading.uses, book)
    check_circles(reading.report, book, blocks.index)
    # A rule that cannot be read may give any label: nobody else is blamed for its slip.
    if all(name in book.rules for name in blocks.index["rule"]):
        check_labels(reading, sorted(reading.given))
    check_labels_in_where(reading, book)
    check_rules(reading, book, blocks.index)
    check_members(reading.report, book, blocks.index)
    if not reading.report.failed:
        check_stops(reading, book)


def _check_templates(reading: Reading, texts: list[File], folder: str) -> None:
    templates = [Template(Path(one.name).name, one.shown, one.data.decode(errors="replace")) for one in texts]
    check_texts(reading.report, templates, reading.templates)
    if folder:
        check_program_texts(reading.report, templates, folder)
