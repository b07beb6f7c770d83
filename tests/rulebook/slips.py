"""One-slip edits of files: a key, a value, an indent, a lost or doubled line."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

FOR_PEOPLE = ("title", "source", "about", "description", "name", "W107")
"""Settings whose words only people read: a misspelt one is no other rule."""

_KEY = re.compile(r"(?:^|[-{,]) *(?P<key>[a-z_A-Z0-9]+):(?= |$)")
_VALUE = re.compile(r"(?:: |- |\[|, )(?P<value>[^\s\[\]{},:#][^\[\]{},:#]*?)(?=\s*(?:$|[\]},]| #))")
_NAME = re.compile(r"\{[{%].*?(?P<name>[a-z_]{2,}).*?[%}]\}")


@dataclass(frozen=True, slots=True)
class Slip:
    """One edit: which file and line (from 1), what kind, and the file's new text."""

    file: str
    line: int
    kind: str
    before: str
    after: str
    text: str


def slips(root: Path, count: int, start: int) -> Iterator[Slip]:
    """Random slips of the files below a folder, by a recorded start."""
    chosen = random.Random(start)
    files = sorted(p for p in root.rglob("*") if p.suffix in (".yaml", ".j2") and not p.name.endswith(".test.yaml"))
    lines = [(path, number) for path in files for number in _meaning_lines(path)]
    made = 0
    while made < count:
        path, number = chosen.choice(lines)
        if found := _slip(path.relative_to(root).as_posix(), path.read_text(), number, chosen):
            made += 1
            yield found


def _meaning_lines(path: Path) -> Iterator[int]:
    for number, line in enumerate(path.read_text().split("\n")):
        if line.strip() and not line.lstrip().startswith("#"):
            yield number


def _slip(file: str, text: str, number: int, chosen: random.Random) -> Slip | None:
    lines = text.split("\n")
    line = lines[number]
    kind = chosen.choice(("key", "value", "indent", "lost", "doubled"))
    if kind in ("lost", "doubled"):
        changed = [] if kind == "lost" else [line, line]
    else:
        edited = _indented(line, chosen) if kind == "indent" else _misspelt(file, line, kind, chosen)
        if edited is None or edited == line:
            return None
        changed = [edited]
    new = "\n".join([*lines[:number], *changed, *lines[number + 1 :]])
    return Slip(file, number + 1, kind, line, "\n".join(changed), new)


def _indented(line: str, chosen: random.Random) -> str:
    by = chosen.choice((-2, -1, 1, 2))
    return " " * by + line if by > 0 else line[min(-by, len(line) - len(line.lstrip())) :]


def _misspelt(file: str, line: str, kind: str, chosen: random.Random) -> str | None:
    code = line.split(" #", maxsplit=1)[0] if file.endswith(".yaml") else line
    pattern, group = {"key": (_KEY, "key"), "value": (_VALUE, "value")}[kind]
    if file.endswith(".j2"):
        pattern, group = _NAME, "name"
    found = [match for match in pattern.finditer(code) if not _is_for_people(code, match.start(group), kind)]
    if not found:
        return None
    match = chosen.choice(found)
    begin, end = match.span(group)
    return line[:begin] + _word_slip(line[begin:end], chosen) + line[end:]


def _is_for_people(code: str, at: int, kind: str) -> bool:
    keys = [match["key"] for match in _KEY.finditer(code) if match.end() <= at]
    return kind == "value" and bool(keys) and keys[-1] in FOR_PEOPLE


def _word_slip(word: str, chosen: random.Random) -> str:
    at = chosen.randrange(len(word))
    way = chosen.choice(("drop", "double", "swap"))
    if way == "swap" and at + 1 < len(word):
        return word[:at] + word[at + 1] + word[at] + word[at + 2 :]
    return word[:at] + word[at + 1 :] if way == "drop" else word[: at + 1] + word[at:]
