"""One shape for every condition: definitions written out, `none` pushed down to the leaves, groups alternating."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from alertd.model.conditions import Condition, DefinitionCondition, Group, Heading
from alertd.model.errors import ConfigError
from alertd.model.ids import DefinitionId
from alertd.model.rulebook import Definition

TRUE = Group(Heading.ALL, ())
FALSE = Group(Heading.ANY, ())


def normal_form(condition: Condition, definitions: Mapping[DefinitionId, Definition]) -> Condition:
    """Rewrite a condition so that it gives the same answer for every record, unknowns included.

    Returns:
        TRUE, FALSE, a leaf, a negated leaf (`none` of exactly that leaf), or an `all` or `any` of at least two
        different such items in turn, never an `all` straight inside an `all` nor an `any` inside an `any`.
        De Morgan's laws, flattening and dropping of repeats all hold in Kleene's logic.

    Raises:
        ConfigError: a definition is not there, or leads back to itself.
    """
    return _rewritten(condition, definitions, negated=False, within=())


def negated_leaf(condition: Condition) -> Condition | None:
    """Give the leaf under a normal form's negation, or None when the condition is no negated leaf."""
    if isinstance(condition, Group) and condition.heading is Heading.NONE:
        return condition.items[0]
    return None


def _rewritten(
    condition: Condition,
    definitions: Mapping[DefinitionId, Definition],
    *,
    negated: bool,
    within: tuple[DefinitionId, ...],
) -> Condition:
    if isinstance(condition, DefinitionCondition):
        inner = _looked_up(condition.name, definitions, within)
        return _rewritten(inner, definitions, negated=negated, within=(*within, condition.name))
    if not isinstance(condition, Group):
        return Group(Heading.NONE, (condition,)) if negated else condition
    below = negated != (condition.heading is Heading.NONE)
    items = (_rewritten(item, definitions, negated=below, within=within) for item in condition.items)
    conjunctive = negated != (condition.heading is not Heading.ANY)
    return _grouped(Heading.ALL if conjunctive else Heading.ANY, items)


def _looked_up(
    name: DefinitionId, definitions: Mapping[DefinitionId, Definition], within: tuple[DefinitionId, ...]
) -> Condition:
    if name in within:
        raise ConfigError(f"definition {name} leads back to itself: take it out of one of {', '.join(within)}")
    if name not in definitions:
        raise ConfigError(f"there is no definition {name}: add it, or correct the name")
    return definitions[name].condition


def _grouped(heading: Heading, items: Iterable[Condition]) -> Condition:
    neutral, absorbing = (TRUE, FALSE) if heading is Heading.ALL else (FALSE, TRUE)
    kept = tuple(dict.fromkeys(item for item in _flat(heading, items) if item != neutral))
    if absorbing in kept:
        return absorbing
    return kept[0] if len(kept) == 1 else Group(heading, kept)


def _flat(heading: Heading, items: Iterable[Condition]) -> Iterator[Condition]:
    for item in items:
        if isinstance(item, Group) and item.heading is heading:
            yield from item.items
        else:
            yield item
