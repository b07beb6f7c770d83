"""Lists, read item by item."""

from __future__ import annotations

from collections.abc import Sequence

from alertd.rulebook.problems import Broken, Fault, Place
from alertd.rulebook.reading import Reading
from alertd.rulebook.scalars import Read, T
from alertd.rulebook.tree import Entries, Items, Node


def each(reading: Reading, read: Read[T], repeats: bool = False) -> Read[tuple[T, ...]]:
    """Read a list, item by item; a refused item hides none of the others.

    Args:
        reading: Takes the problems.
        read: Reads an item.
        repeats: Whether the same may stand there twice; otherwise the second is refused (E003).
    """

    def read_items(node: Node) -> tuple[T, ...]:
        if not isinstance(node, Items):
            raise Fault("E014", node.place, "a list is expected here", "start each item with '- ', or write [a, b]")
        if not node.items:
            raise Fault("E013", node.place, "this list is empty", "name at least one, or take the line out")
        found = [_item(reading, item, read) for item in node.items]
        if any(len(one) == 0 for one in found):
            raise Broken("an item of the list cannot be used")
        values = tuple(value for one in found for value in one)
        if not repeats:
            _refuse_repeats(node, values)
        return values

    return read_items


def _refuse_repeats(node: Items, values: Sequence[object]) -> None:
    for number, value in enumerate(values):
        if value in values[:number]:
            place = _start(node.items[number]) or node.place
            raise Fault("E003", place, "this stands in the list twice", "take one of the two out")


def _start(node: Node | None) -> Place | None:
    if isinstance(node, Entries):
        return next((entry.key.place for entry in node.entries.values()), node.place)
    return node.place if node else None


def one_or_each(reading: Reading, read: Read[T]) -> Read[tuple[T, ...]]:
    """Read a list, or a single item without the dash."""
    several = each(reading, read)
    return lambda node: several(node) if isinstance(node, Items) else (read(node),)


def _item(reading: Reading, node: Node | None, read: Read[T]) -> tuple[T, ...]:
    """The item's value, or nothing when it was refused."""
    try:
        return (read(node),) if node is not None else ()
    except Fault as fault:
        reading.report.note(fault)
    except Broken:
        pass
    return ()
