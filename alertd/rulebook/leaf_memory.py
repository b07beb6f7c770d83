"""Leaves answered together, once per value of their field: vocabularies are small and records many.

Both judges read leaves through here; what they make of the answers is their own. Only `core.conditions.leaf_answer`
ever decides a leaf, and the plain walk of `core.conditions.answer` checks this memory in the tests.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from typing import Generic, TypeVar

from alertd.core.conditions import Leaf, leaf_answer
from alertd.model.conditions import FieldCondition, Op
from alertd.model.values import Answer, Value
from alertd.model.view import View

Made = TypeVar("Made")

_REMEMBERED = 1024
"""Values remembered per field. A vocabulary fits; references come and go, and are not kept for long."""

_PLAIN = frozenset({str, int, tuple})
"""Exactly these types are remembered by themselves: True and 1 are one key to a dict, and two values to a rule."""

_NO_TIME = timedelta(0)


class LeafReader(Generic[Made]):
    """Answers its leaves anew for every record.

    Args:
        leaves: Any leaves.
        make: Turns their answers, in their order, into what the caller wants of them; never changed afterwards.
    """

    def __init__(self, leaves: Sequence[Leaf], make: Callable[[Sequence[Leaf], Sequence[Answer]], Made]) -> None:
        self._leaves = leaves
        self._make = make

    def read(self, view: View) -> Made:
        """Give what `make` makes of the leaves' answers for one record."""
        return self._make(self._leaves, [leaf_answer(leaf, view) for leaf in self._leaves])


class _ValueReader(LeafReader[Made]):
    """Answers all leaves of one field, remembering what was made of them per value.

    The answers depend on the value alone or, while it is absent, on the setting: a block that it does not carry is no.
    """

    def __init__(
        self, field: str, leaves: Sequence[Leaf], make: Callable[[Sequence[Leaf], Sequence[Answer]], Made]
    ) -> None:
        super().__init__(leaves, make)
        self._field = field
        self._given: dict[object, Made] = {}
        self._absent: dict[object, Made] = {}

    def read(self, view: View) -> Made:
        fields = view.fields
        value = fields.get(self._field)
        if value is None:
            memory, key = self._absent, _plain(fields.get("setting", ""))
        else:
            memory, key = self._given, self._key(value, view)
        made = memory.get(key)
        return self._learned(memory, key, view) if made is None else made

    def _key(self, value: Value, _view: View) -> object:
        """Give what alone the answers depend on, or None when they are not to be remembered."""
        return value if type(value) in _PLAIN else None

    def _learned(self, memory: dict[object, Made], key: object, view: View) -> Made:
        made = super().read(view)
        if key is not None:
            if len(memory) >= _REMEMBERED:
                memory.clear()
            memory[key] = made
        return made


class _AgeReader(_ValueReader[Made]):
    """Answers all `within` of one time, remembering them per step: which of the durations its age has reached."""

    def __init__(
        self, field: str, leaves: Sequence[Leaf], make: Callable[[Sequence[Leaf], Sequence[Answer]], Made]
    ) -> None:
        super().__init__(field, leaves, make)
        operands = {leaf.value for leaf in leaves if isinstance(leaf, FieldCondition)}
        self._durations = sorted(operand for operand in operands if isinstance(operand, timedelta))

    def _key(self, value: Value, view: View) -> object:
        if not isinstance(value, datetime) or value.utcoffset() is None:
            return None
        age = view.at - value
        return -1 if age < _NO_TIME else bisect_right(self._durations, age)


def _plain(value: Value) -> object:
    return value if type(value) in _PLAIN else None


def readers(
    leaves: Iterable[Leaf], make: Callable[[Sequence[Leaf], Sequence[Answer]], Made]
) -> Sequence[LeafReader[Made]]:
    """Share leaves out to readers by what their answers depend on; every leaf has exactly one reader."""
    values: dict[str, list[Leaf]] = defaultdict(list)
    ages: dict[str, list[Leaf]] = defaultdict(list)
    others: list[Leaf] = []
    for leaf in leaves:
        if isinstance(leaf, FieldCondition):
            (ages if leaf.op is Op.WITHIN else values)[leaf.field].append(leaf)
        else:
            others.append(leaf)
    by_value = [_ValueReader(field, found, make) for field, found in values.items()]
    by_age = [_AgeReader(field, found, make) for field, found in ages.items()]
    return [*by_value, *by_age, *([LeafReader(others, make)] if others else [])]
