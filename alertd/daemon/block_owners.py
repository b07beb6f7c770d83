"""Who answers for the blocks that a change of the files has touched."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import PurePath
from typing import Any

from alertd.model.ids import RoleId
from alertd.model.rulebook import Clock, Definition, Rule, RuleBook
from alertd.rulebook.problems import Problem, Weight

Block = Rule | Clock | Definition


def same_block(one: Block, other: Block) -> bool:
    """Whether two blocks say the same, wherever they stand."""
    return _anywhere(one) == _anywhere(other)


def owners_of_changes(before: RuleBook | None, after: RuleBook) -> tuple[RoleId, ...]:
    """Owners of the rules, clocks and definitions that are new, gone or changed, by name."""
    if before is None:
        return ()
    found: set[RoleId] = set()
    pairs = zip(_kinds(before), _kinds(after), strict=True)
    for old, new in pairs:
        names = [name for name in old.keys() | new.keys() if _differs(old.get(name), new.get(name))]
        found |= {blocks[name].header.owner for blocks in (old, new) for name in names if name in blocks}
    return tuple(sorted(found))


def owners_at(problems: Iterable[Problem], book: RuleBook) -> tuple[RoleId, ...]:
    """Owners of the blocks in which errors stand, by name: the block of the set in force that begins last before it."""
    places = [(*_place(block.header.where), block.header.owner) for kind in _kinds(book) for block in kind.values()]
    found: set[RoleId] = set()
    for problem in problems:
        if problem.severity is Weight.ERROR:
            above = [(line, owner) for file, line, owner in places if _is(file, problem) and line <= problem.line]
            found |= {max(above)[1]} if above else set()
    return tuple(sorted(found))


def _kinds(book: RuleBook) -> tuple[Mapping[Any, Block], ...]:
    return (book.rules, book.clocks, book.definitions)


def _differs(one: Block | None, other: Block | None) -> bool:
    return one is None or other is None or not same_block(one, other)


def _anywhere(block: Block) -> Block:
    return replace(block, header=replace(block.header, where=""))


def _place(where: str) -> tuple[str, int]:
    file, _, line = where.rpartition(":")
    return PurePath(file).name, int(line or 0)


def _is(file: str, problem: Problem) -> bool:
    return PurePath(problem.file).name == file
