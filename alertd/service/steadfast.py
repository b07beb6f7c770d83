"""A disagreement of the two judges keeps acting until they agree on changed input; it is on record with both answers.

Source: ENGINE, "Two judges": the union acts and persists until an agreed *no* after changed input.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from threading import Lock

from alertd.model.ids import ExprId, Token
from alertd.model.values import Answer
from alertd.model.view import Answers, Matcher, View
from alertd.service.ports import Rank, Store

NOTE = "disagreements"


class Disagreements:
    """What the judges differed on, kept in the store: keyed digest of the input and expression → both answers.

    Args:
        store: Where they are kept.
        hashed: Keyed hash.
        most: Kept at most; the oldest give way. More than a few means that the engine must be looked at anyway.
    """

    def __init__(self, store: Store, hashed: Callable[[str], Token], most: int = 1000) -> None:
        self._most = most
        self._store = store
        self._hashed = hashed
        self._lock = Lock()
        with store.read() as reading:
            self._held: dict[str, list[int]] = json.loads(reading.note(NOTE) or "{}")

    def __len__(self) -> int:
        return len(self._held)

    def add(self, expr: ExprId, view_digest: str, engine: Answer, reference: Answer) -> bool:
        """Keep one; returns whether it is new."""
        key = self._key(expr, view_digest)
        with self._lock:
            if key in self._held:
                return False
            self._held[key] = [int(engine), int(reference)]
            while len(self._held) > self._most:
                del self._held[next(iter(self._held))]
            text = json.dumps(self._held, separators=(",", ":"))
        with self._store.write(Rank.TICK) as writing:
            writing.set_note(NOTE, text)
        return True

    def held(self, expr: ExprId, view_digest: str) -> Answer:
        """The greater of the two answers on record for this very input; NO when there is none."""
        both = self._held.get(self._key(expr, view_digest))
        return Answer(max(both)) if both else Answer.NO

    def _key(self, expr: ExprId, view_digest: str) -> str:
        return self._hashed(f"disagreement|{expr}|{view_digest}").hex()[:32]


class Steadfast:
    """A matcher that lets a recorded disagreement act again on the same input.

    Args:
        matcher: The two judges.
        record: Disagreements on record; None while the store is not open yet.
        digest: Digest of all that a view's answers depend on.
    """

    def __init__(
        self, matcher: Matcher, record: Callable[[], Disagreements | None], digest: Callable[[View], str]
    ) -> None:
        self._matcher = matcher
        self._record = record
        self._digest = digest

    def match(self, views: Sequence[View]) -> Sequence[Answers]:
        """Answer as the judges do, and at least as on record."""
        answers = self._matcher.match(views)
        record = self._record()
        if not record:
            return answers
        return [self._raised(record, view, given) for view, given in zip(views, answers, strict=True)]

    def _raised(self, record: Disagreements, view: View, given: Answers) -> Answers:
        digest = self._digest(view)
        return {expr: max(answer, record.held(expr, digest)) for expr, answer in given.items()}
