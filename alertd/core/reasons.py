"""Which conditions decided an answer: of all that a rule says, those without which it would have come out otherwise."""

from __future__ import annotations

from collections.abc import Callable

from alertd.core.normal_form import negated_leaf
from alertd.model.conditions import Condition, Group, Heading
from alertd.model.values import Answer

LeafAnswer = Callable[[Condition], Answer]


def form_answer(form: Condition, given: LeafAnswer) -> Answer:
    """Answer a normal form from what its leaves answered."""
    leaf = negated_leaf(form)
    if leaf is not None:
        return Answer(2 - given(leaf))
    if not isinstance(form, Group):
        return given(form)
    answers = [form_answer(item, given) for item in form.items]
    return min(answers, default=Answer.YES) if form.heading is Heading.ALL else max(answers, default=Answer.NO)


def deciding(form: Condition, given: LeafAnswer) -> tuple[Condition, ...]:
    """Find the leaves that decided an answer, in the order of the rule.

    Args:
        form: From `normal_form`.
        given: What each leaf answered.

    Returns:
        Of `all` that is yes every item's, of one that is not the items that hold it down; of `any` the other way round.
    """
    leaf = negated_leaf(form)
    if leaf is not None:
        return (leaf,)
    if not isinstance(form, Group):
        return (form,)
    whole = form_answer(form, given)
    items = (item for item in form.items if form_answer(item, given) is whole)
    return tuple(dict.fromkeys(leaf for item in items for leaf in deciding(item, given)))
