"""Slips of syntax in plain words; a library's wording is never shown."""

from __future__ import annotations

import re

import yaml

from alertd.rulebook.problems import Fault, Place

_PLAIN_WORDS = (
    ("mapping values are not allowed", "there is a ':' inside the text, or the spaces at the start do not line up",
     "put the whole text in quotes, or line it up with the lines above"),
    ("cannot start any token", "a text cannot start with this sign", "put quotes round the text"),
    ("could not find expected ':'", "a ':' is missing here or on the line before", "write 'name: value'"),
    ("quoted scalar", "a quote is opened and never closed", "close the quote on the same line"),
    ("flow", "a bracket is opened and not closed, or a comma is missing", "check the brackets and commas"),
    ("block", "the spaces at the start of this line do not line up with the lines above", "line it up"),
    ("directive", "a line cannot start with '%'", "take the line out"),
    ("unexpected end", "something is opened here and never closed", "check quotes and brackets"),
)  # fmt: skip


def slip(name: str, first: int, chunk: str) -> Fault:
    """Say in plain words what is wrong with a text that is no YAML.

    Args:
        name: File to name.
        first: Lines of the file before the text.
        chunk: The text.
    """
    try:
        for _ in yaml.parse(chunk, Loader=yaml.SafeLoader):
            pass
    except yaml.MarkedYAMLError as wrong:
        return _explained(name, first, chunk, wrong)
    except yaml.reader.ReaderError as wrong:
        line = chunk[: int(wrong.position)].count("\n") + first + 1
        return Fault("E001", Place(name, line), "this line holds a sign that cannot be shown", "type the line again")
    return Fault("E001", Place(name, first + 1), "this block cannot be read", "check its brackets, quotes and spaces")


_OPENED = re.compile(r"""(?:^|[:,{\[]|- )\s*(?P<quote>["'])(?P<rest>.*)$""")


def _opened(chunk: str) -> tuple[int, int] | None:
    """Line and column, from 0, of the first quote that its own line does not close: it swallows what follows."""
    for number, line in enumerate(chunk.split("\n")):
        if (found := _OPENED.search(line)) and found["quote"] not in found["rest"]:
            return number, found.start("quote")
    return None


def _explained(name: str, first: int, chunk: str, wrong: yaml.MarkedYAMLError) -> Fault:
    if opened := _opened(chunk):
        place = Place(name, first + opened[0] + 1, opened[1] + 1)
        return Fault("E001", place, "a quote is opened and never closed", "close the quote on the same line")
    said = f"{wrong.context or ''} {wrong.problem or ''}"
    mark = wrong.context_mark if "quoted scalar" in said and wrong.context_mark else wrong.problem_mark
    place = Place(name, first + (mark.line if mark else 0) + 1, (mark.column if mark else 0) + 1)
    for sign, message, remedy in _PLAIN_WORDS:
        if sign in said:
            return Fault("E001", place, message, remedy)
    return Fault("E001", place, "this line cannot be read", "compare it with a block that works")
