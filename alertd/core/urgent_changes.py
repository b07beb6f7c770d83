"""What another rule set does to live urgent rules: those that it adds, may narrow, or retires.

Whether a condition became narrower cannot be decided for every pair of conditions. So the question is turned round:
what is not *proven* to act at least as often as before may act less, and somebody else looks at it first.

Source: CONTRACT, `alertd approve`: "a live urgent rule added, narrowed or retired needs a second person".
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import StrEnum

from alertd.model.conditions import Another, Condition, Count, DefinitionCondition, FieldCondition, Group, Heading, Op
from alertd.model.ids import RuleId
from alertd.model.rulebook import IfMissing, Rule, RuleBook, RuleStatus
from alertd.model.values import Severity

_WORDS = frozenset({Op.EQUALS, Op.IN, Op.HAS_ANY})
_OTHERS = frozenset({Op.NOT_EQUALS, Op.NOT_IN})


class Touch(StrEnum):
    """What happens to a live urgent rule."""

    ADDS = "adds"
    NARROWS = "may narrow"
    RETIRES = "retires"


@dataclass(frozen=True, slots=True)
class UrgentChange:
    """One live urgent rule, and what happens to it."""

    touch: Touch
    rule: RuleId

    def __str__(self) -> str:
        return f"{self.touch} {self.rule}"


def urgent_changes(before: RuleBook, after: RuleBook) -> tuple[UrgentChange, ...]:
    """Say what becomes of live urgent rules when one set takes the place of another, by their ids.

    Args:
        before: The rules in force.
        after: The others.
    """
    old, new = _live_urgent(before), _live_urgent(after)
    replaced = _replaced(after) - _replaced(before)
    found = [UrgentChange(Touch.ADDS, rule) for rule in new.keys() - old.keys()]
    found += [UrgentChange(Touch.RETIRES, rule) for rule in old.keys() - new.keys()]
    found += [
        UrgentChange(Touch.NARROWS, rule)
        for rule in old.keys() & new.keys()
        if rule in replaced
        or _hears_less(old[rule], after, before)
        or not _acts_as_often(new[rule], old[rule], after, before)
    ]
    return tuple(sorted(found, key=lambda change: (change.rule, change.touch)))


def _live_urgent(book: RuleBook) -> dict[RuleId, Rule]:
    return {
        id_: rule
        for id_, rule in book.rules.items()
        if rule.status is RuleStatus.LIVE and rule.severity is Severity.URGENT
    }


def _replaced(book: RuleBook) -> set[RuleId]:
    """Rules in whose stead another live rule may act."""
    live = (rule for rule in book.rules.values() if rule.status is RuleStatus.LIVE)
    return {replaced for rule in live for replaced in rule.instead_of}


def _hears_less(old: Rule, after: RuleBook, before: RuleBook) -> bool:
    """Whether a word of its condition has lost a spelling by which senders say it, or the spelling means another."""
    spellings = _spellings(after)
    lost = {word for said, word in _spellings(before).items() if spellings.get(said) != word}
    return bool(lost) and not lost.isdisjoint(_all_words(old.when, before))


def _spellings(book: RuleBook) -> dict[str, str]:
    """Other spellings, each with the word that it stands for; alike in one case of letters, as messages are read."""
    return {said.casefold(): word for one in book.lists.values() for said, word in one.synonyms.items()}


def _all_words(condition: Condition, book: RuleBook) -> frozenset[object]:
    if isinstance(condition, Group):
        return frozenset[object]().union(*(_all_words(item, book) for item in condition.items))
    if isinstance(condition, DefinitionCondition):
        return _all_words(book.definitions[condition.name].condition, book)
    if isinstance(condition, FieldCondition):
        return _words(condition)
    return _all_words(condition.where, book)


def _acts_as_often(new: Rule, old: Rule, after: RuleBook, before: RuleBook) -> bool:
    """Whether it is proven that a rule does all that it did, whenever it did it."""
    return (
        _unconditional(new) == _unconditional(old)
        and set(old.then) <= set(new.then)
        and new.if_missing in (old.if_missing, IfMissing.MATCH)
        and _covers(_spelled_out(new.when, after), _spelled_out(old.when, before))
    )


def _unconditional(rule: Rule) -> tuple[object, ...]:
    """What must stay as it is: what is judged, how often it acts, and for how long."""
    return (rule.message, rule.once_per, rule.again_after, rule.keep, rule.effective_from, rule.effective_until)


def _spelled_out(condition: Condition, book: RuleBook) -> Condition:
    """A condition with its definitions written out."""
    if isinstance(condition, DefinitionCondition):
        return _spelled_out(book.definitions[condition.name].condition, book)
    if isinstance(condition, Group):
        return Group(condition.heading, tuple(_spelled_out(item, book) for item in condition.items))
    if isinstance(condition, Count | Another):
        return replace(condition, where=_spelled_out(condition.where, book))
    return condition


def _covers(wide: Condition, narrow: Condition) -> bool:
    """Whether `wide` is proven to be yes wherever `narrow` is, and yes or unknown wherever that is unknown."""
    if wide == narrow:
        return True
    if isinstance(narrow, Group) and narrow.heading is Heading.ANY:
        return all(_covers(wide, item) for item in narrow.items)
    if isinstance(wide, Group) and wide.heading is Heading.ALL:
        return all(_covers(item, narrow) for item in wide.items)
    return (
        _any_covers(_items(wide, Heading.ANY), narrow)
        or any(_covers(wide, item) for item in _items(narrow, Heading.ALL))
        or _none_covers(wide, narrow)
        or _leaf_covers(wide, narrow)
    )


def _any_covers(items: Iterable[Condition], narrow: Condition) -> bool:
    return any(_covers(item, narrow) for item in items)


def _items(condition: Condition, heading: Heading) -> tuple[Condition, ...]:
    return condition.items if isinstance(condition, Group) and condition.heading is heading else ()


def _none_covers(wide: Condition, narrow: Condition) -> bool:
    """`none` turns it round: the fewer things it excludes, the more it lets through."""
    if not (isinstance(wide, Group) and isinstance(narrow, Group)):
        return False
    if not (wide.heading is narrow.heading is Heading.NONE):
        return False
    return all(_any_covers(narrow.items, item) for item in wide.items)


def _leaf_covers(wide: Condition, narrow: Condition) -> bool:
    if isinstance(wide, FieldCondition) and isinstance(narrow, FieldCondition):
        same = (wide.field, wide.if_missing) == (narrow.field, narrow.if_missing)
        return same and _holds_more(wide, narrow)
    if isinstance(wide, Count) and isinstance(narrow, Count):
        return _counts_alike(wide, narrow) and wide.within >= narrow.within and wide.at_least <= narrow.at_least
    if isinstance(wide, Another) and isinstance(narrow, Another):
        return replace(wide, leaf=narrow.leaf, where=narrow.where) == narrow and _covers(wide.where, narrow.where)
    return False


def _counts_alike(wide: Count, narrow: Count) -> bool:
    """Whether two counts differ at most in window, number and what counts, and one counts all that the other does."""
    parts = ((one.messages, one.same, one.different) for one in (wide, narrow))
    return next(parts) == next(parts) and _covers(wide.where, narrow.where)


def _holds_more(wide: FieldCondition, narrow: FieldCondition) -> bool:
    if {wide.op, narrow.op} <= _WORDS:
        return _words(narrow) <= _words(wide)
    if {wide.op, narrow.op} <= _OTHERS:
        return _words(wide) <= _words(narrow)
    return wide.op is narrow.op and _reaches_further(wide, narrow)


def _words(condition: FieldCondition) -> frozenset[object]:
    value = condition.value
    return frozenset(value if isinstance(value, tuple) else (value,))


def _reaches_further(wide: FieldCondition, narrow: FieldCondition) -> bool:
    """Whether one limit of the same kind lets through all that the other does."""
    ours, theirs = wide.value, narrow.value
    if wide.op in (Op.AT_LEAST, Op.MORE_THAN):
        return _at_most(ours, theirs)
    if wide.op in (Op.AT_MOST, Op.LESS_THAN, Op.WITHIN):
        return _at_most(theirs, ours)
    if wide.op is Op.BETWEEN and isinstance(ours, tuple) and isinstance(theirs, tuple):
        return _at_most(ours[0], theirs[0]) and _at_most(theirs[1], ours[1])
    return False


def _at_most(first: object, second: object) -> bool:
    """Whether one value is at most another; two that cannot be compared prove nothing."""
    try:
        return bool(first <= second)  # type: ignore[operator]
    except TypeError:
        return False
