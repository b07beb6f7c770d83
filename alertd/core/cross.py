"""Looking at other cases: the rows by which a record is found, and the answers they give.

`count` and `another` are judged per anchor message over (t − window, t], so that every case's answer depends on the set
of messages and never on their order. Source: RULES, "Other cases".
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from itertools import product

from alertd.core.fold import Fold
from alertd.core.judged import Lookup
from alertd.core.plan import where_expr
from alertd.model.case import CrossRow, CrossSide
from alertd.model.conditions import Another, Count
from alertd.model.ids import Token
from alertd.model.values import Answer, Kind, Value
from alertd.model.view import Answers, View

NO_TOKEN = Token(bytes(32))
Hashed = Callable[[str], Token]


def spelled(value: Value) -> str:
    """One spelling for a value, so that equal values hash alike."""
    if isinstance(value, datetime):
        return value.isoformat()
    return " ".join(str(value).casefold().split())


def _hash(leaf: Count | Another, values: Sequence[str], hashed: Hashed) -> Token:
    return hashed("|".join(("cross", leaf.leaf, *values)))


def anchor_key(leaf: Count | Another, view: View, hashed: Hashed) -> Token | None:
    """The value by which an anchor looks; None when a part of it is unknown."""
    if isinstance(leaf, Count):
        if leaf.same is None:
            return _hash(leaf, (), hashed)
        value = view.fields.get(leaf.same)
        return None if value is None else _hash(leaf, (spelled(value),), hashed)
    values = [view.fields.get(join.this) for join in leaf.joins]
    if any(value is None for value in values):
        return None
    return _hash(leaf, [spelled(value) for value in values if value is not None], hashed)


def _target_keys(leaf: Count | Another, view: View, hashed: Hashed) -> Iterator[Token]:
    if isinstance(leaf, Count):
        if (key := anchor_key(leaf, view, hashed)) is not None:
            yield key
        return
    choices: list[tuple[str, ...]] = []
    for join in leaf.joins:
        value = view.fields.get(join.other)
        if value is None:
            return
        choices.append(tuple(map(spelled, value)) if isinstance(value, tuple) else (spelled(value),))
    for values in product(*choices):
        yield _hash(leaf, values, hashed)


def targets(
    leaf: Count | Another, view: View, answers: Answers, record: Token, state: Fold, hashed: Hashed
) -> list[CrossRow]:
    """The rows by which anchors find this record through a leaf; none when its `where` says no."""
    held = answers.get(where_expr(leaf.leaf), Answer.NO)
    if held is Answer.NO:
        return []
    is_case = isinstance(leaf, Another) and leaf.kind is Kind.CASE
    at = state.opened_at if is_case else view.at
    until = state.closed_at if is_case else None
    distinct = record
    if (
        isinstance(leaf, Count)
        and leaf.different is not None
        and (value := view.fields.get(leaf.different)) is not None
    ):
        distinct = hashed(f"distinct|{leaf.leaf}|{spelled(value)}")
    keys = dict.fromkeys(_target_keys(leaf, view, hashed))
    return [CrossRow(leaf.leaf, CrossSide.TARGET, key, record, at, until, distinct, held) for key in keys]


def anchor(leaf: Count | Another, view: View, record: Token, hashed: Hashed) -> CrossRow | None:
    """The row by which a changed target finds this anchor again; None when its key is unknown."""
    key = anchor_key(leaf, view, hashed)
    if key is None:
        return None
    return CrossRow(leaf.leaf, CrossSide.ANCHOR, key, record, view.at, None, NO_TOKEN, Answer.YES)


def lookup(leaf: Count | Another, row: CrossRow) -> Lookup:
    """What an anchor looks up."""
    if isinstance(leaf, Count):
        return Lookup(leaf.leaf, row.key, row.at - leaf.within, row.at, None)
    since = row.at - leaf.within if leaf.within is not None else None
    is_open = leaf.kind is Kind.CASE and leaf.open_only
    return Lookup(leaf.leaf, row.key, since, row.at, row.at if is_open else None)


def seen(query: Lookup, row: CrossRow) -> bool:
    """Whether a look-up sees a target."""
    if row.leaf != query.leaf or row.key != query.key or row.side is not CrossSide.TARGET or row.at > query.until:
        return False
    if query.since is not None and row.at <= query.since:
        return False
    return query.open_at is None or row.until is None or row.until > query.open_at


def answer(leaf: Count | Another, found: Sequence[CrossRow]) -> Answer:
    """What the rows found make of a leaf: an unknown target counts as possible, never as nothing."""
    sure = {row.distinct for row in found if row.answer is Answer.YES}
    possible = {row.distinct for row in found}
    needed = leaf.at_least if isinstance(leaf, Count) else 1
    if len(sure) >= needed:
        return Answer.YES
    return Answer.UNKNOWN if len(possible) >= needed else Answer.NO


def affected(leaf: Count | Another, row: CrossRow) -> tuple[datetime, datetime | None]:
    """Anchor times [since, until) whose answer a target may change; no end when the leaf has no window."""
    return row.at, row.at + leaf.within if leaf.within is not None else None
