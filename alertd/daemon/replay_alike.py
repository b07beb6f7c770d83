"""Whether other rules can do anything else with some cases than the rules in force did.

While the rules in force are played, every question put to their judge is put to the conditions that differ as well. As
long as these answer alike, both sets want the same, and so the next question is the same: what the others would have
done need not be played. That halves a replay of rules that differ in what few cases hold.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from alertd.core.normal_form import normal_form
from alertd.core.plan import rule_expr
from alertd.model.conditions import ALWAYS
from alertd.model.ids import ClockId, ExprId, RuleId
from alertd.model.rulebook import Clock, Header, Rule, RuleBook
from alertd.model.values import Answer, Kind
from alertd.model.view import Answers, Matcher, View
from alertd.rulebook.reference import Reference
from alertd.service.casework import Ruling

Name = TypeVar("Name", bound=str)


@dataclass(frozen=True, slots=True)
class _Doubt:
    """A rule that differs.

    Attributes:
        only_when: It differs in its condition alone, so that a sure yes of both is the same.
    """

    name: ExprId
    only_when: bool

    def alike(self, before: Answers, after: Answers) -> bool:
        """Whether both sets do the same about what was asked; a condition that is not there says no."""
        given = {before.get(self.name, Answer.NO), after.get(self.name, Answer.NO)}
        return given == {Answer.NO} or (self.only_when and given == {Answer.YES})


class Alike:
    """A judge by the rules in force, who notices when others would do something else.

    Args:
        before: The rules in force.
        after: The others.
    """

    def __init__(self, before: Ruling, after: Ruling) -> None:
        old, new = before.terms.plan.book, after.terms.plan.book
        self._before = before.matcher
        self._clocks = _differing_clocks(old, new)
        self._doubts: dict[Kind, tuple[_Doubt, ...]] = {}
        doubts = list(_doubts(old, new))
        for kind, doubt in doubts:
            self._doubts[kind] = (*self._doubts.get(kind, ()), doubt)
        names = {doubt.name for _, doubt in doubts}
        self._after: Matcher = Reference(replace(new, expressions=tuple(e for e in new.expressions if e.id in names)))
        # A rule that listens to clocks may hear of one that nobody was asked about; all but rules works at any time.
        self._never = (
            Kind.CLOCK in self._doubts
            or before.terms.rest != after.terms.rest
            or _around(old) != _around(new)
            or _in_another_order(old, new)
        )
        self._differ = self._never

    def begin(self) -> None:
        """Nothing that differs has been seen yet."""
        self._differ = self._never

    def match(self, views: Sequence[View]) -> Sequence[Answers]:
        """Answer by the rules in force."""
        found = self._before.match(views)
        if not self._differ and self._doubts:
            self._differ = any(map(self._differs, views, found))
        return found

    def _differs(self, view: View, before: Answers) -> bool:
        doubts = self._doubts.get(view.kind, ())
        if not doubts:
            return False
        (after,) = self._after.match([view])
        return not all(doubt.alike(before, after) for doubt in doubts)

    def holds(self, clocks: Iterable[ClockId]) -> bool:
        """Whether the others do the same about everything asked since the beginning.

        Args:
            clocks: Every clock that ran.
        """
        return not self._differ and self._clocks.isdisjoint(clocks)


def _around(book: RuleBook) -> tuple[object, ...]:
    """Everything but rules, clocks and what conditions are made of."""
    return (book.ladders, book.hours, book.roles, book.rotas, book.people)


def _in_another_order(before: RuleBook, after: RuleBook) -> bool:
    return [id_ for id_ in before.rules if id_ in after.rules] != [id_ for id_ in after.rules if id_ in before.rules]


def _differing_clocks(before: RuleBook, after: RuleBook) -> set[ClockId]:
    stops = _differing(_forms(before, "stop:"), _forms(after, "stop:"))
    rests = _differing(*({id_: _but_stops(one) for id_, one in book.clocks.items()} for book in (before, after)))
    return rests | {ClockId(name.split(":")[1]) for name in stops}


def _doubts(before: RuleBook, after: RuleBook) -> Iterator[tuple[Kind, _Doubt]]:
    whens = _differing(_forms(before, "rule:"), _forms(after, "rule:"))
    rests = _differing(*({id_: _but_when(rule) for id_, rule in book.rules.items()} for book in (before, after)))
    for id_ in sorted(rests | {RuleId(name.removeprefix("rule:")) for name in whens}):
        for kind in {book.rules[id_].message for book in (before, after) if id_ in book.rules}:
            yield kind, _Doubt(rule_expr(id_), id_ not in rests)


def _but_when(rule: Rule) -> Rule:
    return replace(rule, when=ALWAYS, header=_but_words(rule.header), description="", allow={})


def _but_stops(clock: Clock) -> Clock:
    """A clock without the conditions of its stops, which are compared as they are judged."""
    stops = tuple(replace(stop, condition=ALWAYS) for stop in clock.stops_when)
    return replace(clock, header=_but_words(clock.header), stops_when=stops)


def _but_words(header: Header) -> Header:
    return replace(header, title="", source="", where="")


def _forms(book: RuleBook, prefix: str) -> Mapping[ExprId, object]:
    """Conditions with their definitions written out."""
    judged = (each for each in book.expressions if each.id.startswith(prefix))
    return {each.id: (each.kind, normal_form(each.condition, book.definitions)) for each in judged}


def _differing(before: Mapping[Name, object], after: Mapping[Name, object]) -> set[Name]:
    return {name for name in before.keys() | after.keys() if before.get(name) != after.get(name)}
