"""Source text to blocks with positions: YAML's shape and nothing else of it, one block at a time.

Every scalar stays text. Composing block by block keeps one slip of syntax from hiding the blocks after it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

import yaml

from alertd.rulebook.problems import Fault, Place, Report
from alertd.rulebook.slips import slip

_DEEPEST = 24
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_BLOCK = re.compile(r"- ")
_BLOCK_HEAD = re.compile(r"-\s+(?P<kind>[a-z_]+)\s*:\s*(?P<id>[A-Za-z0-9_]+)")
_SETTING = re.compile(r"[^\s#\-\]}]")
_SETTING_HEAD = re.compile(r"(?P<kind>)(?P<id>[A-Za-z0-9_]+)\s*:")


@dataclass(frozen=True, slots=True)
class Text:
    """A scalar, always text."""

    value: str
    place: Place


@dataclass(frozen=True, slots=True)
class Items:
    """A list; None stands for an item refused already."""

    items: tuple[Node | None, ...]
    place: Place


@dataclass(frozen=True, slots=True)
class Entry:
    """One setting: its name where it stands, and its value; None when refused already."""

    key: Text
    value: Node | None


@dataclass(frozen=True, slots=True)
class Entries:
    """Settings by name, in the order written."""

    entries: dict[str, Entry]
    place: Place


Node = Text | Items | Entries


@dataclass(frozen=True, slots=True)
class Outline:
    """What can be told of a block whose text cannot be read, so that nothing else blames it; `kind` "" for settings."""

    kind: str
    id: str


@dataclass(frozen=True, slots=True)
class Sheet:
    """A file as read: its blocks (or its one mapping), and outlines of those with a slip of syntax."""

    name: str
    nodes: tuple[Node, ...]
    outlines: tuple[Outline, ...]


def blocks(name: str, data: bytes, report: Report) -> Sheet:
    """Read a file of blocks, noting every slip of syntax in plain words.

    Args:
        name: Name to show in problems.
        data: The file's bytes, UTF-8.
        report: Takes the problems.

    Returns:
        The blocks that could be read, in order.
    """
    sheet = _read(name, data, report, _BLOCK, _BLOCK_HEAD)
    found: list[Node] = []
    for node in sheet.nodes:
        if isinstance(node, Items):
            found += [item for item in node.items if item]
        else:
            message = "a file of this kind is a list of blocks"
            report.error("E002", _start(node), message, "start each block with '- ', such as '- rule: some_name'")
    return Sheet(name, tuple(found), sheet.outlines)


def settings(name: str, data: bytes, report: Report) -> Sheet:
    """Read a file that is one mapping, its top-level settings apart; problems as in `blocks`."""
    return _read(name, data, report, _SETTING, _SETTING_HEAD)


def _start(node: Node) -> Place:
    if isinstance(node, Entries) and node.entries:
        return next(iter(node.entries.values())).key.place
    return node.place


def _read(name: str, data: bytes, report: Report, start: re.Pattern[str], head: re.Pattern[str]) -> Sheet:
    text = _decode(name, data, report)
    if text is None:
        return Sheet(name, (), ())
    report.source(name, text)
    nodes: list[Node] = []
    outlines: list[Outline] = []
    for first, chunk in _chunks(text, start):
        try:
            kept = _sound(name, first, chunk) if start is _BLOCK else None
            nodes += _compose(name, first, chunk, report) if kept is None else kept
        except Fault as fault:
            report.note(fault)
            if found := head.match(chunk):
                outlines.append(Outline(found["kind"], found["id"]))
    return Sheet(name, tuple(nodes), tuple(outlines))


def _decode(name: str, data: bytes, report: Report) -> str | None:
    try:
        return data.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError as wrong:
        line = data[: wrong.start].count(b"\n") + 1
        report.error("E001", Place(name, line), "this file is not UTF-8 text", "save it as UTF-8 in your editor")
        return None


def _chunks(text: str, start: re.Pattern[str]) -> Iterator[tuple[int, str]]:
    """Cut a text where blocks start; yields the number of lines before, and the block's text."""
    lines = text.split("\n")
    starts = [number for number, line in enumerate(lines) if start.match(line)]
    for begin, end in zip([0, *starts], [*starts, len(lines)], strict=True):
        if begin < end:
            yield begin, "\n".join(lines[begin:end])


@lru_cache(maxsize=2048)
def _sound(name: str, first: int, chunk: str) -> tuple[Node, ...] | None:
    """A block without a slip, None for one with; kept, so that a reload reads only what was changed."""
    report = Report()
    try:
        nodes = _compose(name, first, chunk, report)
    except Fault:
        return None
    return None if report.problems() else tuple(nodes)


def _compose(name: str, first: int, chunk: str, report: Report) -> list[Node]:
    _refuse_tabs(name, first, chunk)
    try:
        return _Composer(name, first, chunk, report).documents()
    except yaml.YAMLError:
        raise slip(name, first, chunk) from None


def _refuse_tabs(name: str, first: int, chunk: str) -> None:
    for number, line in enumerate(chunk.split("\n"), first + 1):
        at = line.find("\t")
        if at >= 0 and not line.lstrip().startswith("#"):
            raise Fault("E001", Place(name, number, at + 1), "this line holds a tab", "use spaces instead of the tab")


class _Composer:
    """Builds nodes from YAML's events, refusing what rule files do not use."""

    def __init__(self, name: str, first: int, chunk: str, report: Report) -> None:
        self._name = name
        self._first = first
        self._lines = chunk.split("\n")
        self._report = report
        self._events: Iterator[yaml.Event] = yaml.parse(chunk, Loader=_LOADER)

    def documents(self) -> list[Node]:
        """Read every node at the top level."""
        return [self._node(event, 0) for event in self._events if isinstance(event, yaml.NodeEvent)]

    def _node(self, event: yaml.Event, depth: int) -> Node:
        self._refuse(event, depth)
        if isinstance(event, yaml.ScalarEvent):
            self._refuse_swallowed(event)
            return Text(event.value, self._place(event, len(event.value)))
        if isinstance(event, yaml.SequenceStartEvent):
            return Items(tuple(self._items(depth)), self._place(event))
        return Entries(self._entries(depth), self._place(event))

    def _items(self, depth: int) -> Iterator[Node | None]:
        for event in self._events:
            if isinstance(event, yaml.SequenceEndEvent):
                return
            yield self._filled(event, depth, "this list item is empty")

    def _entries(self, depth: int) -> dict[str, Entry]:
        entries: dict[str, Entry] = {}
        for event in self._events:
            if isinstance(event, yaml.MappingEndEvent):
                break
            key = self._key(event)
            value = self._filled(next(self._events), depth, f"'{key.value}' has no value", key.place)
            if self._once(entries, key):
                entries[key.value] = Entry(key, value)
        return entries

    def _once(self, entries: dict[str, Entry], key: Text) -> bool:
        if key.value not in entries:
            return True
        line = entries[key.value].key.place.line
        message = f"'{key.value}' is written twice here (first on line {line})"
        self._report.error("E003", key.place, message, "keep one of the two")
        return False

    def _filled(self, event: yaml.Event, depth: int, message: str, at: Place | None = None) -> Node | None:
        if isinstance(event, yaml.ScalarEvent) and not event.value.strip() and not event.anchor and not event.tag:
            self._report.error("E013", at or self._place(event), message, "give it a value, or take the line out")
            return None
        return self._node(event, depth + 1)

    def _key(self, event: yaml.Event) -> Text:
        self._refuse(event, 0)
        if not isinstance(event, yaml.ScalarEvent):
            raise Fault("E001", self._place(event), "a setting's name is one word", "write 'name: value'")
        place = self._place(event, len(event.value))
        if event.value == "<<":
            raise Fault("E001", place, "'<<' (merging) is not used in rule files", "write the settings out")
        return Text(event.value, place)

    def _refuse(self, event: yaml.Event, depth: int) -> None:
        place = self._place(event)
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            message = "'&' and '*' (anchors) are not used in rule files"
            raise Fault("E001", place, message, "write the text out, or put quotes round it")
        if getattr(event, "tag", None):
            message = "'!' (a tag) is not used in rule files"
            raise Fault("E001", place, message, "take it out, or put quotes round the text")
        if depth > _DEEPEST:
            raise Fault("E001", place, f"this is nested more than {_DEEPEST} deep", "name a part of it as a definition")

    def _refuse_swallowed(self, event: yaml.ScalarEvent) -> None:
        """Refuse a list item that stands too far right: YAML would silently take it into the text before it."""
        if event.style or not event.start_mark or not event.end_mark:
            return
        for number in range(event.start_mark.line + 1, min(event.end_mark.line + 1, len(self._lines))):
            line = self._lines[number]
            if line.lstrip().startswith("- "):
                place = Place(self._name, self._first + number + 1, line.index("-") + 1)
                raise Fault("E001", place, "this '-' would be read as part of the text above it", "line it up")

    def _place(self, event: yaml.Event, width: int = 1) -> Place:
        mark = event.start_mark
        if mark is None:  # no event of a parsed text lacks one; the library's types do not promise it
            return Place(self._name, self._first + 1)
        return Place(self._name, self._first + mark.line + 1, mark.column + 1, max(1, width))
