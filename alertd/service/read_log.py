"""Who saw which case, and when: written before the page is shown, never changed."""

from __future__ import annotations

from alertd.model.access import CaseRead
from alertd.model.errors import NotPossible
from alertd.model.ids import CaseRef, PersonId
from alertd.service.access_ports import AccessStore
from alertd.service.ports import Rank


class ReadLog:
    """The read log.

    Args:
        store: Where it lives.
    """

    def __init__(self, store: AccessStore) -> None:
        self._store = store

    def saw(self, read: CaseRead) -> None:
        """Note that somebody is about to see a case.

        Raises:
            StoreUnavailable: it is not noted, and must not be shown.
        """
        with self._store.write(Rank.PEOPLE) as writing:
            writing.add_case_read(read)

    def listed(self, ref: str, person: PersonId | None, limit: int) -> tuple[tuple[CaseRead, CaseRef | None], ...]:
        """Reads with the present reference of each case, newest first.

        Args:
            ref: Reference of one case; "" for all.
            person: One reader; None for all.
            limit: At most so many.

        Raises:
            NotPossible: there is no such case.
        """
        with self._store.read() as reading:
            case = reading.case_by_ref(ref) if ref else None
            if ref and case is None:
                raise NotPossible(f"there is no case {ref}: `alertd cases` lists them")
            reads = reading.case_reads(case, person, limit)
            found = {each: reading.case(each) for each in {read.case for read in reads}}
        refs = {each: facts.row.ref for each, facts in found.items() if facts is not None}
        return tuple((read, refs.get(read.case)) for read in reads)
