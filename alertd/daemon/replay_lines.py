"""The lines of rule files that two sets of rules differ in, so that a difference can be said with its cause."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import pairwise

Block = tuple[str, str]
"""Kind and id: `("rule", "custody_cohort")`."""
_BEGIN = re.compile(r"- *(list|definition|rule|clock|ladder|role|rota|hours|person): *([^\s#]+)")
_GIVES = re.compile(r" *(?:- )?(?:start_clock|stop_clock|classify): *([^\s#]+)")
_WORD = re.compile(r"[A-Za-z][\w-]*")
_COMMENT = re.compile(r"(^|\s)#.*$")
NOT_FOUND = "no line of these files: another case, or who is on call"


@dataclass(frozen=True, slots=True)
class Passage:
    """A block as it stands in a file: where its first line is, and its lines without comments."""

    file: str
    first: int
    lines: tuple[str, ...]

    def said(self, place: int) -> str:
        """A line with its place: `rules/clocks.yaml:31: due: 24 hours`."""
        return f"{self.file}:{self.first + place}: {self.lines[place].strip().removeprefix('- ')}"


def passages(texts: Mapping[str, str]) -> dict[Block, Passage]:
    """All blocks of rule files, by name → text."""
    found: dict[Block, Passage] = {}
    for file, text in texts.items():
        lines = [_COMMENT.sub("", line).rstrip() for line in text.splitlines()]
        begins = [number for number, line in enumerate(lines) if line.startswith("-")]
        for begin, end in pairwise([*begins, len(lines)]):
            if (named := _BEGIN.match(lines[begin])) is not None:
                found[named[1], named[2].strip("\"'")] = Passage(file, begin + 1, tuple(lines[begin:end]))
    return found


class Causes:
    """Finds the line that makes a rule, a clock or a ladder speak otherwise.

    Args:
        before, after: Texts of the files of both sets, by name.
    """

    def __init__(self, before: Mapping[str, str], after: Mapping[str, str]) -> None:
        old, new = passages(before), passages(after)
        self._changed = dict(_changed(old, new))
        self._behind = _Behind((old, new))
        self._known: dict[tuple[Block, ...], str] = {}

    def because(self, about: Iterable[Block]) -> str:
        """The nearest line that differs, seen from the blocks that a difference is about."""
        wanted = tuple(about)
        if wanted not in self._known:
            self._known[wanted] = self._nearest(wanted)
        return self._known[wanted]

    def _nearest(self, wanted: tuple[Block, ...]) -> str:
        seen = dict.fromkeys(wanted)
        queue = deque(wanted)
        while queue:
            block = queue.popleft()
            if block in self._changed:
                return self._changed[block]
            fresh = [other for other in self._behind.of(block) if other not in seen]
            seen |= dict.fromkeys(fresh)
            queue += fresh
        return next(iter(self._changed.values()), NOT_FOUND)


class _Behind:
    """Which blocks a block works by: those that it names, the rules that start a clock or give a label."""

    def __init__(self, sets: Sequence[Mapping[Block, Passage]]) -> None:
        self._sets = sets
        self._named: dict[str, dict[Block, None]] = {}
        self._started: dict[str, dict[Block, None]] = {}
        for block, passage in (pair for each in sets for pair in each.items()):
            self._named.setdefault(block[1], {})[block] = None
            for line in passage.lines:
                if (given := _GIVES.match(line)) is not None:
                    self._started.setdefault(given[1], {})[block] = None

    def of(self, block: Block) -> Iterator[Block]:
        """The blocks behind one."""
        words = (word for each in self._sets if block in each for line in each[block].lines for word in _words(line))
        for word in dict.fromkeys(words):
            yield from self._named.get(word, ())
            # Who starts a clock stands behind the clock; who gives a label behind whoever reads it.
            if word == block[1] or block[0] in ("rule", "definition"):
                yield from self._started.get(word, ())


def _words(line: str) -> Iterator[str]:
    return (found[0] for found in _WORD.finditer(line))


def _changed(before: Mapping[Block, Passage], after: Mapping[Block, Passage]) -> Iterator[tuple[Block, str]]:
    for block in sorted(before.keys() | after.keys()):
        old, new = before.get(block), after.get(block)
        if new is None and old is not None:
            yield block, f"{old.said(0)} - is not there any more"
        elif old is None and new is not None:
            yield block, f"{new.said(0)} - is new"
        elif old is not None and new is not None and (line := _difference(old, new)):
            yield block, line


def _difference(old: Passage, new: Passage) -> str:
    """The first line that says something else now, with what it said; "" when all say the same."""
    ours, theirs = (list(each.lines) for each in (old, new))
    for tag, begin, end, since, until in SequenceMatcher(None, ours, theirs, autojunk=False).get_opcodes():
        gone = next((line.strip() for line in ours[begin:end] if line.strip()), "")
        place = next((n for n in range(since, until) if theirs[n].strip()), None)
        if tag == "equal" or (place is None and not gone):
            continue
        if place is None:
            above = max(0, min(since, len(new.lines)) - 1)
            return f"{new.file}:{new.first + above}: without '{gone}'"
        return f"{new.said(place)}{f' - was: {gone}' if gone else ''}"
    return ""
