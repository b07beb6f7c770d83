"""alertd.transport.spool: a folder that loses nothing."""

from __future__ import annotations

import errno
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alertd.service.messages import Properties
from alertd.transport import spool as module
from alertd.transport.feed import FeedState
from alertd.transport.spool import Spool, prepare, put
from tests.doubles.waiting import eventually
from tests.transport.conftest import Start, Taker, now

MOMENT = datetime(2026, 11, 26, 14, 10, tzinfo=UTC)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    prepare(tmp_path / "spool")
    return tmp_path / "spool"


def put_many(folder: Path, number: int) -> None:
    for n in range(number):
        put(folder, f"{n}".encode(), Properties(), MOMENT + timedelta(milliseconds=n))


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_files_are_taken_in_the_order_of_their_times_in_batches(folder: Path, taker: Taker, start: Start) -> None:
    put_many(folder, 450)
    start(Spool(folder, taker, now, taker.heard))
    eventually(lambda: len(taker.bodies) == 450)
    assert taker.bodies == [f"{n}".encode() for n in range(450)]
    assert [len(batch) for batch in taker.batches] == [200, 200, 50]
    eventually(lambda: names(folder / "new") == [])
    assert len(names(folder / "done")) == 450


def test_what_comes_later_is_taken_soon(folder: Path, taker: Taker, start: Start) -> None:
    spool = Spool(folder, taker, now, taker.heard)
    start(spool)
    eventually(lambda: spool.status.state is FeedState.CONSUMING)
    put(folder, b"x", Properties(), MOMENT)
    eventually(lambda: taker.bodies == [b"x"], within=2)
    assert taker.beats


def test_properties_travel_beside_the_body(folder: Path, taker: Taker, start: Start) -> None:
    properties = Properties("application/json", "id\r\n1", "alertd.incident.v1", "met: police", 1_790_000_000)
    put(folder, b"\n\n{}\n", properties, MOMENT)
    start(Spool(folder, taker, now, taker.heard))
    eventually(lambda: taker.deliveries)
    (delivery,) = taker.deliveries
    assert delivery.body == b"\n\n{}\n"
    assert delivery.properties == Properties(
        "application/json", "id 1", "alertd.incident.v1", "met: police", 1_790_000_000
    )


SOME_TEXT = st.none() | st.text()


@given(st.binary(), st.builds(Properties, SOME_TEXT, st.text(), SOME_TEXT, SOME_TEXT, st.integers(min_value=0)))
def test_any_body_comes_back_byte_for_byte(body: bytes, properties: Properties) -> None:
    read, came = module._split(module._header(properties) + body)
    assert came == body
    assert read.timestamp == properties.timestamp


def test_a_file_that_somebody_dropped_there_is_its_body(folder: Path, taker: Taker, start: Start) -> None:
    (folder / "new" / "by hand").write_bytes(b"{}")
    (folder / "new" / "odd.msg").write_bytes(b"no header")
    (folder / "new" / ".hidden").write_bytes(b"still being written")
    start(Spool(folder, taker, now, taker.heard))
    eventually(lambda: taker.bodies == [b"{}", b"no header"])
    eventually(lambda: names(folder / "new") == [".hidden"])


def test_files_that_need_not_be_kept_are_deleted(folder: Path, taker: Taker, start: Start) -> None:
    put_many(folder, 3)
    start(Spool(folder, taker, now, taker.heard, keep=False))
    eventually(lambda: names(folder / "new") == [])
    assert len(taker.bodies) == 3
    assert names(folder / "done") == []


def test_an_unavailable_store_leaves_everything_where_it_is(folder: Path, taker: Taker, start: Start) -> None:
    put_many(folder, 3)
    taker.down = True
    spool = Spool(folder, taker, now, taker.heard)
    start(spool)
    eventually(lambda: taker.tries >= 2)
    assert spool.status.state is FeedState.RETRYING
    assert spool.status.error == "the disk is full"
    assert len(names(folder / "new")) == 3
    assert spool.backlog().ready == 3

    taker.down = False
    eventually(lambda: len(taker.bodies) == 3)
    eventually(lambda: spool.status == type(spool.status)(FeedState.CONSUMING, spool.status.since))


def test_what_cannot_be_read_is_set_aside_and_told(folder: Path, taker: Taker, start: Start) -> None:
    (folder / "new" / "1-link").symlink_to("/etc/hostname")
    (folder / "new" / "2-folder").mkdir()
    os.mkfifo(folder / "new" / "3-pipe")
    put(folder, b"x", Properties(), MOMENT)
    start(Spool(folder, taker, now, taker.heard))
    eventually(lambda: taker.bodies == [b"x"])
    assert names(folder / "quarantine") == ["1-link", "2-folder", "3-pipe"]
    assert [alarm.kind for alarm in taker.alarms] == ["spool_unreadable"] * 3
    assert "Remedy" in taker.alarms[0].text


def test_our_own_want_of_file_handles_is_no_fault_of_a_file(
    folder: Path, taker: Taker, start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    def out_of_handles(_: Path) -> bytes:
        raise OSError(errno.EMFILE, "Too many open files")

    put_many(folder, 1)
    monkeypatch.setattr(module, "_read_file", out_of_handles)
    spool = Spool(folder, taker, now, taker.heard)
    start(spool)
    eventually(lambda: spool.status.failures)
    assert "Too many open files" in spool.status.error
    monkeypatch.undo()
    eventually(lambda: taker.bodies == [b"0"])
    assert names(folder / "quarantine") == []


def test_a_folder_that_cannot_be_made_is_waited_for(tmp_path: Path, taker: Taker, start: Start) -> None:
    (tmp_path / "spool").write_text("a file in the way")
    spool = Spool(tmp_path / "spool", taker, now, taker.heard)
    start(spool)
    eventually(lambda: spool.status.failures)
    assert "spool folder" in spool.status.error
    (tmp_path / "spool").unlink()
    eventually((tmp_path / "spool" / "new").is_dir)
    put(tmp_path / "spool", b"x", Properties(), MOMENT)
    eventually(lambda: taker.bodies == [b"x"])


def test_a_huge_file_is_cut_so_that_intake_refuses_it_and_kept_whole(folder: Path, taker: Taker, start: Start) -> None:
    put(folder, b"x" * 3_000_000, Properties(), MOMENT)
    start(Spool(folder, taker, now, taker.heard))
    eventually(lambda: taker.bodies)
    assert 256 * 1024 < len(taker.bodies[0]) <= 1024 * 1024
    eventually(lambda: names(folder / "done"))
    assert next((folder / "done").iterdir()).stat().st_size == 3_000_000


def test_a_spool_is_closed_to_others(folder: Path) -> None:
    assert [(folder / name).stat().st_mode & 0o777 for name in names(folder)] == [0o700] * 4
