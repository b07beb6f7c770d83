"""Messages that no rule acts on: most of what feeds from custody and hospitals bring concerns nobody of the cohort.

Such a message need not be played. Whether it is one is judged as always, but once for all messages that look alike to
the rules: equal in every field that a condition compares, and in having every field that a condition only looks for.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping, Sequence

from alertd.core.fold import Fold, fold, record_fields
from alertd.core.judge import judge
from alertd.core.judged import Ask, AskMatcher, AskOthers, Context, Judged, Lookup, Moment
from alertd.core.plan import leaves_of
from alertd.daemon.replay_alike import Alike
from alertd.model.case import StoredMessage
from alertd.model.conditions import Another, Count, FieldCondition, Op
from alertd.model.ids import CaseId
from alertd.model.message import Message
from alertd.model.rulebook import RuleBook
from alertd.model.values import Kind, Value
from alertd.service.casework import Ruling


class Quiet:
    """Knows which messages neither of two sets acts on.

    Args:
        before: The rules in force, judged by `alike`.
        alike: Notices what the others would do otherwise.
        books: Of both.
    """

    def __init__(self, before: Ruling, alike: Alike, books: Sequence[RuleBook]) -> None:
        self._before = before
        self._alike = alike
        self._looks = _Looks(books)
        self._known: dict[Hashable, bool] = {}

    def __call__(self, messages: Sequence[StoredMessage]) -> bool:
        """Whether messages that hang together with no others are one incident that no rule acts on or asks about.

        Raises:
            MatcherError: the rules do not settle.
        """
        if len(messages) != 1 or messages[0].message.kind is not Kind.INCIDENT or messages[0].message.notes:
            return False
        state = fold(messages)
        looks = tuple(self._looks.of(state)) if self._looks.are_all else None
        if looks is None or looks not in self._known:
            self._alike.begin()
            nothing = _acts_on_nothing(self._before, messages[0].message, state)
            self._known[looks] = nothing and self._alike.holds(())
        return self._known[looks]


class _Looks:
    """What conditions see of an incident.

    Args:
        books: Whose conditions.

    Attributes:
        are_all: Whether nothing else decides, such as the day on which a rule comes into force.
    """

    def __init__(self, books: Sequence[RuleBook]) -> None:
        leaves = [leaf for book in books for each in book.expressions for leaf in leaves_of(each.condition, book)]
        fields = {leaf.field for leaf in leaves if isinstance(leaf, FieldCondition)}
        compared = {leaf.field for leaf in leaves if isinstance(leaf, FieldCondition) and leaf.op is not Op.EXISTS}
        joined = {field for leaf in leaves for field in _joined(leaf)}
        self.are_all = not any(map(_minds_the_time, books)) and not any(_compares_times(leaf) for leaf in leaves)
        self._compared = sorted(compared)
        self._looked_for = sorted((fields | joined) - compared)

    def of(self, state: Fold) -> Iterator[Hashable]:
        """Everything that a condition may tell a case by, while no other is seen and no rule has acted."""
        for record in state.incidents:
            yield from self._seen(record_fields(state, record))
        yield from self._seen(state.fields)

    def _seen(self, fields: Mapping[str, Value]) -> Iterator[Hashable]:
        yield tuple(map(fields.get, self._compared))
        yield tuple(fields.get(name) is not None for name in self._looked_for)


def _minds_the_time(book: RuleBook) -> bool:
    return any(rule.effective_from or rule.effective_until for rule in book.rules.values())


def _compares_times(leaf: FieldCondition | Count | Another) -> bool:
    return isinstance(leaf, FieldCondition) and leaf.op is Op.WITHIN


def _joined(leaf: FieldCondition | Count | Another) -> Iterator[str]:
    """Fields by whose values a condition looks at other cases: there is none with the same."""
    if isinstance(leaf, Count) and leaf.same:
        yield leaf.same
    elif isinstance(leaf, Another):
        for join in leaf.joins:
            yield from (join.this, join.other)


def _acts_on_nothing(ruling: Ruling, message: Message, state: Fold) -> bool:
    """Whether no rule matches a case that no other case is seen by."""
    at, terms = message.received_at, ruling.terms
    judging = judge(state, Context(terms.plan, CaseId(""), at, terms.hashed, Moment(at, at)))
    reply: object = None
    try:
        while True:
            ask = judging.send(reply)
            reply = ruling.matcher.match(ask.views) if isinstance(ask, AskMatcher) else [() for _ in _lookups(ask)]
    except StopIteration as done:
        judged: Judged = done.value
        return not judged.matches


def _lookups(ask: Ask) -> Sequence[Lookup]:
    return ask.lookups if isinstance(ask, AskOthers) else ()
