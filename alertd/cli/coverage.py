"""What stories have tried of the rules: each rule matched, each condition seen yes, no and unknown."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from alertd.core.plan import leaves_of, rule_expr
from alertd.model.conditions import FieldCondition, Op
from alertd.model.contract import TRUTH_FIELDS
from alertd.model.ids import ExprId
from alertd.model.rulebook import Rule, RuleBook, RuleStatus
from alertd.model.values import Answer, Kind, Severity
from alertd.model.view import Answered, View
from alertd.rulebook.problems import Place, Problem, Report
from alertd.rulebook.reference import Reference, Trace

_JUDGED = (RuleStatus.LIVE, RuleStatus.SHADOW)
_WORDS = {Answer.YES: "matching", Answer.NO: "not matching", Answer.UNKNOWN: "with a field missing"}
_ALWAYS_KNOWN = TRUTH_FIELDS | {"case.labels", "case.state", "case.override", "event", "clock.id", "clock.state"}


class Witness:
    """A judge that remembers which answers each expression and each of its conditions came to.

    Args:
        judge: Who answers.
    """

    def __init__(self, judge: Reference) -> None:
        self._judge = judge
        self.seen: dict[ExprId, set[Answer]] = {}
        self._bits = {kind: _Bits() for kind in Kind}

    def match(self, views: Sequence[View]) -> Sequence[Answered]:
        """Answer as the judge does."""
        found = self._judge.match(views)
        for view, answers in zip(views, found, strict=True):
            self._bits[view.kind].add(answers)
            for name, answer in answers.items():
                self.seen.setdefault(name, set()).add(answer)
        return found

    def conditions(self) -> Mapping[ExprId, Sequence[tuple[str, set[Answer]]]]:
        """Each condition of each expression in the rule's words, with the answers it came to."""
        return {name: found for kind, bits in self._bits.items() for name, found in self._of(kind, bits).items()}

    def _of(self, kind: Kind, bits: _Bits) -> dict[ExprId, list[tuple[str, set[Answer]]]]:
        came = {Answer.YES: bits.yes, Answer.NO: bits.no, Answer.UNKNOWN: bits.unknown}
        numbering = self._judge.numbering(kind)
        written = {
            answer: self._judge.written(Trace(kind, yes=ever, unknown=0, numbering=numbering))
            for answer, ever in came.items()
        }
        return {
            name: [
                (said.text, {answer for answer in came if written[answer][name].conditions[n].answer is Answer.YES})
                for n, said in enumerate(expression.conditions)
            ]
            for name, expression in written[Answer.YES].items()
        }


@dataclass(slots=True)
class _Bits:
    """Bit i of each is set once leaf i came out so."""

    yes: int = 0
    unknown: int = 0
    no: int = 0

    def add(self, answers: Answered) -> None:
        self.yes |= answers.yes
        self.unknown |= answers.unknown
        self.no |= ~(answers.yes | answers.unknown)


@dataclass(frozen=True, slots=True)
class Seen:
    """One condition of a rule, a clock's stop, or a look at other cases, and what it came to in some story."""

    where: str
    condition: str
    yes: bool
    no: bool
    unknown: bool

    @property
    def missing(self) -> str:
        """What no story tried, in words; "" when it was seen both yes and no."""
        return " and ".join(f"never {word}" for word, is_seen in (("yes", self.yes), ("no", self.no)) if not is_seen)


@dataclass(frozen=True, slots=True)
class Coverage:
    """What was tried.

    Attributes:
        rules: Rules that are judged at all.
        unmatched: Those that no story made match.
        conditions: Every condition of theirs.
    """

    rules: int
    unmatched: tuple[str, ...]
    conditions: tuple[Seen, ...]

    @property
    def one_sided(self) -> tuple[Seen, ...]:
        """Conditions that never came out yes, or never no."""
        return tuple(one for one in self.conditions if one.missing)

    @property
    def unknown(self) -> int:
        """How many came out unknown in some story."""
        return sum(one.unknown for one in self.conditions)


def coverage(book: RuleBook, witness: Witness) -> Coverage:
    """Sum up what a witness saw of a rule book."""
    rules = [rule.id for rule in book.rules.values() if rule.status in _JUDGED]
    conditions = witness.conditions()
    return Coverage(
        rules=len(rules),
        unmatched=tuple(rule for rule in rules if Answer.YES not in witness.seen.get(rule_expr(rule), ())),
        conditions=tuple(
            Seen(expression.id, words, Answer.YES in seen, Answer.NO in seen, Answer.UNKNOWN in seen)
            for expression in book.expressions
            for words, seen in conditions[expression.id]
        ),
    )


def untried(book: RuleBook, witness: Witness) -> tuple[Problem, ...]:
    """Warn (W120) of each live urgent rule without a matching, a non-matching and a missing-field test.

    Args:
        book: The rules.
        witness: What all their stories tried.
    """
    report = Report()
    for rule in book.rules.values():
        if rule.severity is Severity.URGENT and rule.status is RuleStatus.LIVE and "W120" not in rule.allow:
            missing = wanted(rule, book) - witness.seen.get(rule_expr(rule.id), set())
            if missing:
                _warn(report, rule, missing)
    return report.problems()


def wanted(rule: Rule, book: RuleBook) -> set[Answer]:
    """What tests of a rule must show; a rule whose conditions are always known has no missing field."""
    can_miss = any(
        not isinstance(leaf, FieldCondition)
        or (leaf.if_missing is None and leaf.op is not Op.EXISTS and leaf.field not in _ALWAYS_KNOWN)
        for leaf in leaves_of(rule.when, book)
    )
    return {Answer.YES, Answer.NO, *([Answer.UNKNOWN] if can_miss else [])}


def _warn(report: Report, rule: Rule, missing: Collection[Answer]) -> None:
    file, _, line = rule.header.where.rpartition(":")
    if Path(file).is_file():
        report.source(file, Path(file).read_text("utf-8"))
    kinds = " or ".join(words for answer, words in _WORDS.items() if answer in missing)
    message = f"'{rule.id}' is live and urgent, and no story shows it {kinds}"
    report.warn("W120", Place(file, int(line), 3, 1), message, "add a story, or write 'allow: {W120: the reason}'")
