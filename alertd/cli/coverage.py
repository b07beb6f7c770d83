"""What stories have tried of the rules: each condition seen yes, no and unknown."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from alertd.core.plan import rule_expr
from alertd.model.ids import ExprId
from alertd.model.rulebook import RuleBook, RuleStatus
from alertd.model.values import Answer
from alertd.model.view import Answers, Matcher, View

_JUDGED = (RuleStatus.LIVE, RuleStatus.SHADOW)


class Witness:
    """A matcher that remembers which answers each condition came to."""

    def __init__(self, judge: Matcher) -> None:
        self._judge = judge
        self.seen: dict[ExprId, set[Answer]] = {}

    def match(self, views: Sequence[View]) -> Sequence[Answers]:
        """Answer as the judge does."""
        found = self._judge.match(views)
        for answers in found:
            for name, answer in answers.items():
                self.seen.setdefault(name, set()).add(answer)
        return found


@dataclass(frozen=True, slots=True)
class Coverage:
    """What was tried.

    Attributes:
        rules: Rules that are judged at all.
        unmatched: Those that no story made match.
        conditions: Conditions of rules, of clocks' stops, and of looks at other cases.
        one_sided: Those that never came out yes, or never no.
        never_unknown: Those that never came out unknown.
    """

    rules: int
    unmatched: tuple[str, ...]
    conditions: int
    one_sided: tuple[str, ...]
    never_unknown: tuple[str, ...]


def coverage(book: RuleBook, witness: Witness) -> Coverage:
    """Sum up what a witness saw of a rule book."""
    rules = [rule.id for rule in book.rules.values() if rule.status in _JUDGED]
    names = [expression.id for expression in book.expressions]
    answers = {name: witness.seen.get(name, set()) for name in names}
    return Coverage(
        rules=len(rules),
        unmatched=tuple(rule for rule in rules if Answer.YES not in witness.seen.get(rule_expr(rule), ())),
        conditions=len(names),
        one_sided=tuple(name for name in names if not {Answer.YES, Answer.NO} <= answers[name]),
        never_unknown=tuple(name for name in names if Answer.UNKNOWN not in answers[name]),
    )
