"""The way in that the settings name, as the daemon runs it."""

from __future__ import annotations

import threading
from pathlib import Path

from alertd.daemon.ways_in import spool_folder, way_in
from alertd.rulebook.settings import Settings
from alertd.service.messages import Properties
from alertd.transport.feed import Delivery, Heard
from alertd.transport.spool import prepare, put
from tests.daemon.conftest import NOW, now
from tests.doubles.waiting import eventually


def test_a_message_from_the_folder_leaves_no_copy_in_clear_text_once_it_is_taken(settings: Settings) -> None:
    folder, taken = spool_folder(settings), list[Delivery]()
    prepare(folder)
    put(folder, b'{"name": "Wren Ashdown"}', Properties(), NOW)
    feed = way_in(settings, taken.extend, now, Heard())
    running = threading.Thread(target=feed.run)
    running.start()
    try:
        eventually(lambda: bool(taken) and not files(folder))
    finally:
        feed.stop()
        running.join(10)
    assert [one.body for one in taken] == [b'{"name": "Wren Ashdown"}']
    assert not files(folder)


def files(folder: Path) -> list[Path]:
    """Every file anywhere in the spool."""
    return [path for path in folder.rglob("*") if path.is_file()]
