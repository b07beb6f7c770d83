"""Single texts and what they may be: words, numbers, durations, times."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from enum import StrEnum
from typing import TypeVar

from alertd.rulebook import quantities
from alertd.rulebook.problems import Fault
from alertd.rulebook.suggestions import allowed, did_you_mean
from alertd.rulebook.tree import Node, Text

T = TypeVar("T")
E = TypeVar("E", bound=StrEnum)
Read = Callable[[Node], T]
"""Gives the value of a node, or raises Fault or Broken."""

_ID = re.compile(r"[a-z][a-z0-9_]{0,63}", re.ASCII)


def text(node: Node) -> str:
    """Read one line of text."""
    if not isinstance(node, Text):
        raise Fault("E014", node.place, "a single text is expected here", "write it without brackets or dashes")
    return " ".join(node.value.split())


def several_lines(node: Node) -> str:
    """Read a text with its lines as they stand."""
    if not isinstance(node, Text):
        raise Fault("E014", node.place, "a text is expected here", "write '|' and the lines below it, indented")
    return node.value


def identifier(node: Node) -> str:
    """Read an id: small letters, digits and underscores."""
    name = text(node)
    if not _ID.fullmatch(name):
        raise Fault("E014", node.place, f"'{name}' cannot be an id", "use small letters, digits and underscores")
    return name


def word(known: Collection[str]) -> Read[str]:
    """Read one of the words that are allowed."""

    def read(node: Node) -> str:
        written = text(node)
        if written not in known:
            message = f"'{written}' is not one of the words allowed here{did_you_mean(written, known)}"
            raise Fault("E012", node.place, message, allowed(known))
        return written

    return read


def one_of(words: type[E]) -> Read[E]:
    """Read one of the words of an enumeration, as its member."""
    read = word(tuple(member.value for member in words))
    return lambda node: words(read(node))


def misread_as_fault(read: Callable[[str], T]) -> Read[T]:
    """Read a quantity; what it refuses becomes E014 with its remedy."""

    def read_node(node: Node) -> T:
        try:
            return read(text(node))
        except quantities.Misread as wrong:
            raise Fault("E014", node.place, wrong.message, wrong.remedy) from None

    return read_node


duration = misread_as_fault(quantities.duration)
length = misread_as_fault(quantities.length)
time_of_day = misread_as_fault(quantities.time_of_day)
closing_time = misread_as_fault(quantities.closing_time)
day = misread_as_fault(quantities.day)
moment = misread_as_fault(quantities.moment)


def number(node: Node) -> int:
    """Read a whole number."""
    written = text(node)
    if not re.fullmatch(r"-?[0-9]{1,9}", written):
        raise Fault("E014", node.place, f"'{written}' is not a whole number", "write digits only, such as 18")
    return int(written)


def count_of(least: int) -> Read[int]:
    """Read a whole number of at least `least`."""

    def read(node: Node) -> int:
        found = number(node)
        if found < least:
            raise Fault("E014", node.place, f"{found} is too few here", f"write {least} or more")
        return found

    return read


def truth(node: Node) -> bool:
    """Read yes or no."""
    return {"yes": True, "true": True, "no": False, "false": False}[word(("yes", "no", "true", "false"))(node)]
