"""What the daemon leaves for `alertd status` never stops the daemon."""

from __future__ import annotations

from datetime import timedelta
from typing import NoReturn

import pytest

from alertd.daemon.heartbeat import EVERY, HEARTBEAT, Heartbeat, Pulse, keep_refusal
from alertd.daemon.parts import Parts
from alertd.model.errors import SchemaMismatch, StaleWrite, StoreError, StoreUnavailable
from alertd.service.ports import Rank
from alertd.store import SqlStore
from tests.daemon.conftest import NOW


@pytest.mark.parametrize("leaf", [SchemaMismatch, StaleWrite, StoreUnavailable])
def test_a_store_that_fails_costs_a_beat_and_no_more(
    leaf: type[StoreError], parts: Parts, monkeypatch: pytest.MonkeyPatch
) -> None:
    def failing(_: SqlStore, __: Rank) -> NoReturn:
        raise leaf("as the test wants it")

    pulse = Pulse(parts.store)
    with monkeypatch.context() as away:
        away.setattr(SqlStore, "write", failing)
        pulse.beat(Heartbeat(NOW, "up", {}, 0))
        keep_refusal(parts.store, "a reason", NOW)
    pulse.beat(Heartbeat(NOW + EVERY - timedelta(seconds=1), "up", {}, 0))

    with parts.store.read() as reading:
        assert reading.note(HEARTBEAT) is not None
