"""What an explanation asks of messages: what became of each, and how often it came again."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from datetime import datetime

from sqlalchemy import BigInteger, Column, Table, select

from alertd.model.case import MessageOutcome
from alertd.service.explain_port import Again
from alertd.store.codec import micros, moment
from alertd.store.reading_cases import CaseReading
from alertd.store.tables import messages, metadata

received_again = Table(
    "received_again",
    metadata,
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    Column("times", BigInteger, nullable=False),
    Column("last_at", BigInteger, nullable=False),
)
"""One row for each stored message that was delivered more than once: duplicates are counted, not kept."""


class ExplainReading(CaseReading):
    """Questions about stored messages."""

    def outcomes(self, seqs: Collection[int]) -> Mapping[int, MessageOutcome]:
        """What became of stored messages."""
        among = self._speech.among(messages.c.seq, "seqs")
        held = select(messages.c.seq, messages.c.outcome).where(among)
        rows = self._rows(held, {"seqs": self._many(seqs)}) if seqs else ()
        return {row["seq"]: MessageOutcome(row["outcome"]) for row in rows}

    def received_again(self, seqs: Collection[int]) -> Mapping[int, Again]:
        """Messages that were delivered again after they were stored."""
        among = self._speech.among(received_again.c.seq, "seqs")
        rows = self._rows(select(received_again).where(among), {"seqs": self._many(seqs)}) if seqs else ()
        return {row["seq"]: Again(row["times"], moment(row["last_at"])) for row in rows}


class ExplainWriting(ExplainReading):
    """The same in a transaction."""

    def heard_again(self, identities: Collection[tuple[str, str]], at: datetime) -> None:
        """Note that these stored messages, by (source, id), were delivered once more; unknown ones are passed over."""
        times = Counter(self._pair(*identity) for identity in identities)
        held = select(messages.c.seq, messages.c.pair).where(messages.c.pair.in_(times)).order_by(messages.c.seq)
        rows = [{"seq": row["seq"], "times": times[row["pair"]], "last_at": micros(at)} for row in self._rows(held)]
        if rows:
            adding = self._speech.insert(received_again)
            after = {"times": received_again.c.times + adding.excluded.times, "last_at": adding.excluded.last_at}
            self._connection.execute(adding.on_conflict_do_update(index_elements=["seq"], set_=after), rows)
