"""What nobody would notice until it mattered is told, and the word outside stays away while something is wrong."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from alertd.core.on_call import RULES_ADMIN
from alertd.daemon.figures import Figures
from alertd.daemon.parts import Options, Parts, open_parts, read_settings
from alertd.daemon.troubles import Troubles
from alertd.daemon.watches import HOURLY, LATE, WatchTurn
from alertd.model.errors import StoreUnavailable
from alertd.model.ids import RoleId
from alertd.rulebook.settings import Settings
from alertd.service import silence
from alertd.service.ports import Rank
from alertd.service.reply_orders import Acceptance
from alertd.service.uncounted import leave
from alertd.store import SqlStore
from alertd.store.reading_watch import WatchReading
from alertd.transport.heartbeat_url import ask
from tests.daemon.conftest import NOW, now
from tests.store.rows import key, obligation


class Outside(ThreadingHTTPServer):
    """Somebody who waits for a sign of life."""

    heard: int = 0
    status: int = 200


class _Answer(BaseHTTPRequestHandler):
    server: Outside

    def do_GET(self) -> None:
        self.server.heard += 1
        self.send_response(self.server.status)
        self.send_header("Location", "/elsewhere")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def outside() -> Iterator[Outside]:
    server = Outside(("127.0.0.1", 0), _Answer)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def watched(folder: Path, outside: Outside) -> Settings:
    """Settings with everything that is watched."""
    file = folder / "config" / "alertd.yaml"
    text = file.read_text()
    text = text.replace("intake: {", "intake: {silent_after: {police/custody: 24 hours}, queue_age: 2 minutes, ")
    url = f"http://127.0.0.1:{outside.server_port}/secret-name"
    text = text.replace(
        "  borough:", f'  heartbeat: {{url: "{url}"}}\n  contingency: ../var/contingency.html\n  borough:'
    )
    file.write_text(text)
    return read_settings(file)


@pytest.fixture
def parts(watched: Settings) -> Iterator[Parts]:
    with open_parts(watched, migrate=True, options=Options(now=now)) as opened:
        yield opened


Look = Callable[..., list[str]]


@pytest.fixture
def look(parts: Parts, figures: Figures) -> Look:
    """Look once, as a watch that has just begun; kinds of trouble told in all."""
    told: list[str] = []

    class Noted(Troubles):
        def tell(self, about: str, key: str, text: str, role: RoleId = RULES_ADMIN) -> None:
            told.append(about)
            assert "secret-name" not in text
            super().tell(about, key, text, role)

    def once(
        unhealthy: dict[str, str] | None = None, oldest: timedelta | None = None, later: timedelta = timedelta()
    ) -> list[str]:
        told.clear()
        moved = replace(parts, now=lambda: NOW + later)
        WatchTurn(moved, Noted(now), lambda: unhealthy or {}, lambda: oldest, figures.accepted)()
        return list(told)

    return once


def test_when_all_is_well_nothing_is_told_and_a_sign_of_life_goes_out(look: Look, outside: Outside) -> None:
    assert look() == []
    assert outside.heard == 1


def test_acceptances_by_a_command_are_counted_once_by_the_role_that_was_reached(
    look: Look, parts: Parts, figures: Figures
) -> None:
    leave(Acceptance(RoleId("mash"), timedelta(seconds=90)), parts.store)
    look()
    look()
    sample = figures.registry.get_sample_value
    assert sample("alertd_ack_seconds_count", {"role": "mash"}) == 1
    assert sample("alertd_ack_seconds_sum", {"role": "mash"}) == 90


def test_no_sign_of_life_goes_out_while_a_loop_is_unwell(look: Look, outside: Outside) -> None:
    assert look({"tick": "stuck"}) == []
    assert outside.heard == 0


def test_undone_work_is_told_and_withholds_the_sign_of_life(look: Look, outside: Outside, parts: Parts) -> None:
    with parts.store.write(Rank.TICK) as writing:
        writing.add_obligations([obligation(key("system"), at=NOW)])
    assert look(later=LATE - timedelta(seconds=1)) == []
    assert outside.heard == 1
    assert look(later=LATE) == ["undone"]
    assert outside.heard == 1


def test_a_silent_sender_is_told(look: Look, parts: Parts) -> None:
    assert look() == []
    day = timedelta(hours=24)
    assert look(later=day - timedelta(seconds=1)) == []
    assert look(later=day) == ["silence"]
    with parts.store.write(Rank.INTAKE) as writing:
        silence.heard("police/custody", writing, NOW + day)
    assert look(later=day) == []


def test_a_message_that_waits_long_is_told(look: Look) -> None:
    assert look(oldest=timedelta(seconds=119)) == []
    assert look(oldest=timedelta(seconds=120)) == ["queue_age"]


def test_a_clock_that_is_off_the_databases_is_told(
    look: Look, outside: Outside, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(WatchReading, "database_now", lambda _: NOW + timedelta(seconds=1))
    assert look() == []
    monkeypatch.setattr(WatchReading, "database_now", lambda _: NOW + timedelta(seconds=1.1))
    assert look() == ["clock"]
    assert outside.heard == 1


@pytest.mark.parametrize("status", [302, 404, 503])
def test_an_address_outside_that_does_not_take_it_is_told(look: Look, outside: Outside, status: int) -> None:
    outside.status = status
    assert look() == ["heartbeat"]
    assert outside.heard == 1


def test_an_address_that_cannot_be_reached_is_said_without_repeating_it() -> None:
    assert ask(lambda: "http://127.0.0.1:1/secret-name") == "ConnectionError"
    assert ask(lambda: "secret-name") == "the address does not begin with https://"


def test_review_days_that_come_near_are_told_once_to_their_owners(look: Look, parts: Parts) -> None:
    days_before = datetime(2027, 3, 20, 9, 0, tzinfo=UTC) - NOW  # of the day that all shipped rules carry
    for later in (days_before, days_before + HOURLY):
        look(later=later)
        with parts.store.read() as reading:
            lines = [row for row in reading.waiting(NOW + later + HOURLY, 100) if row.key.about == "review"]
        owners = {rule.header.owner for rule in parts.rules.book().rules.values()}
        assert {line.key.role for line in lines} >= owners
        assert len(lines) == len({line.key.role for line in lines})


def test_a_page_for_when_alertd_is_down_is_written_every_hour(look: Look, parts: Parts) -> None:
    file = parts.settings.service.contingency
    assert file is not None
    assert look() == []
    text = file.read_text()
    assert file.stat().st_mode & 0o777 == 0o640
    for word in ("14:10 Thu 26 Nov", "MASH duty phone", "+447700900111", "None."):
        assert word in text
    assert sorted(path.name for path in file.parent.iterdir() if "contingency" in path.name) == [file.name]
    assert timedelta(hours=1) == HOURLY


def test_a_page_that_cannot_be_written_is_told_and_the_rest_goes_on(look: Look, parts: Parts, outside: Outside) -> None:
    file = parts.settings.service.contingency
    assert file is not None
    file.mkdir(parents=True)
    assert look() == ["contingency"]
    assert outside.heard == 1
    assert [path.name for path in file.parent.iterdir() if path.name.startswith(".")] == []


def test_a_store_that_is_away_is_for_the_supervisor(look: Look, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*_: object) -> None:
        raise StoreUnavailable("away")

    monkeypatch.setattr(SqlStore, "read", away)
    with pytest.raises(StoreUnavailable):
        look()
