"""Every name of a loaded set, by kind: what schemas list and stories may use."""

from __future__ import annotations

from collections.abc import Collection

from alertd.model.rulebook import Classify, Refer, Request, RuleBook


def names_of(book: RuleBook, templates: Collection[str]) -> dict[str, Collection[str]]:
    """Names by kind: `list`, `rule`, `clock`, `role`, `person`, `template`, `label`, `referral`, `request`, ….

    Args:
        book: The loaded set.
        templates: Names of templates, without channel.
    """
    actions = [action for rule in book.rules.values() for action in rule.then]
    return {
        "list": book.lists,
        "definition": book.definitions,
        "rule": book.rules,
        "clock": book.clocks,
        "ladder": book.ladders,
        "hours": book.hours,
        "role": book.roles,
        "rota": book.rotas,
        "person": book.people,
        "template": templates,
        "label": {action.label for action in actions if isinstance(action, Classify)},
        "referral": {action.to for action in actions if isinstance(action, Refer)},
        "request": {action.request for action in actions if isinstance(action, Request)},
    }
