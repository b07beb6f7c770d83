"""The names that cases and alerts have in the real store, so that what people did on record means the same in a replay.

People accept by code, and speak of cases by reference. A case of a replay therefore gets the reference of the stored
case that its first incident belongs to, and an alert the code of the stored alert that it stands for. An alert that
only other rules raise stands for none: nobody has accepted it. What was done about an alert that they do not raise is
passed over.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import count

from alertd.model.case import Alert, StoredMessage
from alertd.model.contract import PEOPLE_EVENTS
from alertd.model.ids import CaseRef


@dataclass(frozen=True, slots=True)
class OnRecord:
    """What the real store says of a case: its reference, and its alerts in order."""

    ref: CaseRef
    alerts: tuple[Alert, ...]


class Names:
    """Gives references and codes.

    Args:
        by_seq: Seq of an incident → the stored case that it belongs to.
    """

    def __init__(self, by_seq: Mapping[int, OnRecord]) -> None:
        self._by_seq = by_seq
        self._refs: deque[CaseRef] = deque()
        self._used: set[CaseRef] = set()
        self._numbers = count(1)
        self._given: set[str] = set()
        self._on_record = {alert.code for each in by_seq.values() for alert in each.alerts}

    def expect(self, cases: Iterable[Sequence[int]]) -> None:
        """Make ready the references of new cases, each given by the seqs of its messages, in order."""
        self._refs = deque(self._ref(seqs) for seqs in cases)

    def _ref(self, seqs: Sequence[int]) -> CaseRef:
        """The reference on record; a case that was joined to another later had one of its own, which is not known."""
        known = next((self._by_seq[seq].ref for seq in seqs if seq in self._by_seq), CaseRef("case"))
        while known in self._used:
            known = CaseRef(f"{known}+")
        self._used.add(known)
        return known

    def next_ref(self) -> CaseRef:
        """The reference of the next new case."""
        return self._refs.popleft()

    def new_code(self) -> str:
        """A code that nobody was ever sent."""
        return f"new-{next(self._numbers)}"

    def with_codes(self, alerts: Sequence[Alert], messages: Sequence[StoredMessage]) -> tuple[Alert, ...]:
        """Alerts with the codes on record of those that they stand for.

        Args:
            alerts: Of one case, oldest first.
            messages: Of the case.
        """
        return tuple(a if a.code in self._given else replace(a, code=self._code(a, messages)) for a in alerts)

    def _code(self, alert: Alert, messages: Sequence[StoredMessage]) -> str:
        cases = {each.ref: each for m in messages if (each := self._by_seq.get(m.seq)) is not None}
        free = (one for each in cases.values() for one in each.alerts if one.code not in self._given)
        code = next((one.code for one in free if _stands_for(alert, one)), alert.code)
        self._given.add(code)
        return code

    def is_passed_over(self, stored: StoredMessage) -> bool:
        """Whether a message acts on an alert on record that these rules do not raise, or have not raised yet."""
        fields = stored.message.fields
        code = fields.get("reference")
        return fields.get("event") in PEOPLE_EVENTS and code in self._on_record and code not in self._given


def _stands_for(alert: Alert, recorded: Alert) -> bool:
    """Whether an alert of a replay is the one on record: it tells of the same, or began at the same moment."""
    return alert.opened_at == recorded.opened_at or not set(alert.reasons).isdisjoint(recorded.reasons)
