"""The embedded queue: a folder where files appear by atomic rename, for one machine without a broker.

`new/` holds what waits, in the order of names; `done/` what was committed; `quarantine/` what the operating system
could not read; `tmp/` what is being written. A file `*.json` is a message's body as it stands; a file `*.msg` begins
with header lines (`message_id: …`) and an empty line.
"""

from __future__ import annotations

import errno
import os
import secrets
import stat
from contextlib import suppress
from dataclasses import fields
from datetime import datetime, timedelta
from pathlib import Path

from alertd.model.errors import StoreUnavailable
from alertd.service.messages import Properties
from alertd.transport.backoff import Backoff
from alertd.transport.feed import Alarm, Backlog, Delivery, FeedState, Heard, Now, Take
from alertd.transport.feed_loop import Feed

_FOLDERS = ("tmp", "new", "done", "quarantine")
_LOOK = timedelta(milliseconds=100)
_MOST_BYTES = 1024 * 1024
_OURS = (errno.EMFILE, errno.ENFILE, errno.ENOMEM)
"""Troubles of this process, not of the file."""
_TEXT_HEADERS = ("content_type", "message_id", "type", "app_id")


def prepare(folder: Path) -> None:
    """Make a spool's folders, closed to other users: what is in them is personal."""
    for name in _FOLDERS:
        (folder / name).mkdir(mode=0o700, parents=True, exist_ok=True)


def put(folder: Path, body: bytes, properties: Properties, now: datetime) -> Path:
    """Put a message into a prepared spool; it is on disk when this returns, and seen whole or not at all.

    Args:
        folder: The spool.
        body: Raw bytes, handed on as they are.
        properties: Handed on beside the body; each on one line.
        now: Aware UTC; files are read in the order of their times.

    Returns:
        Where it lies.

    Raises:
        OSError: It cannot be written; nothing was put.
    """
    named = any(getattr(properties, field.name) is not None for field in fields(properties))
    name = f"{now:%Y%m%dT%H%M%S.%f}-{secrets.token_hex(4)}{'.msg' if named else '.json'}"
    temporary, final = folder / "tmp" / name, folder / "new" / name
    with temporary.open("xb") as file:
        file.write((_header(properties) if named else b"") + body)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(final)
    _sync_folder(final.parent)
    return final


class Spool(Feed):
    """Feeds the files of a spool, in batches, to `take`.

    Args:
        folder: Its folders are made when they do not exist.
        take: Commits a batch; called on the thread of `run`.
        now: The present, aware UTC.
        heard: Whom to tell of progress and alarms.
        keep: Whether committed files are kept in `done/` (else deleted).
        batch: Most messages in one commit.
    """

    def __init__(self, folder: Path, take: Take, now: Now, heard: Heard, keep: bool = True, batch: int = 200) -> None:
        super().__init__(now, heard, Backoff())
        self._folder = folder
        self._take = take
        self._keep = keep
        self._batch = batch
        self._count = 0
        self._held = 0

    def backlog(self) -> Backlog:
        """What waits in `new/` and here; ages are not known."""
        try:
            waiting = len(self._waiting())
        except OSError:
            waiting = 0
        return Backlog(max(0, waiting - self._held), self._held, None)

    def _consume(self) -> None:
        try:
            prepare(self._folder)
            self._enter(FeedState.CONSUMING)
            while not self._stopping.is_set():
                self._heard.progress()
                if not self._take_next():
                    self._stopping.wait(_LOOK.total_seconds())
        except OSError as error:
            # The folder itself: full, read-only, unmounted. Nothing is lost by trying again.
            raise StoreUnavailable(f"the spool folder cannot be used: {error.strerror or error}") from error

    def _take_next(self) -> bool:
        """Take what lies there, and tell whether there was anything."""
        paths = self._waiting()[: self._batch]
        read = [(path, delivery) for path in paths if (delivery := self._read(path)) is not None]
        if read:
            self._held = len(read)
            try:
                self._take(tuple(delivery for _, delivery in read))
            finally:
                self._held = 0
            self._put_away([path for path, _ in read])
            self._succeeded()
        return bool(paths)

    def _waiting(self) -> list[Path]:
        with os.scandir(self._folder / "new") as entries:
            names = sorted(entry.name for entry in entries if not entry.name.startswith("."))
        return [self._folder / "new" / name for name in names]

    def _read(self, path: Path) -> Delivery | None:
        try:
            raw = _read_file(path)
        except FileNotFoundError:
            return None  # whoever put it took it back
        except OSError as error:
            if error.errno in _OURS:
                raise
            self._set_aside(path, error)
            return None
        self._count += 1
        properties, body = _split(raw) if path.suffix == ".msg" else (Properties(), raw)
        return Delivery(body, properties, self._count, False, False, self._now())

    def _put_away(self, paths: list[Path]) -> None:
        for path in paths:
            with suppress(FileNotFoundError):
                if self._keep:
                    path.replace(self._folder / "done" / path.name)
                else:
                    path.unlink()
        _sync_folder(self._folder / "new")

    def _set_aside(self, path: Path, error: OSError) -> None:
        path.replace(self._folder / "quarantine" / path.name)
        self._heard.alarm(
            Alarm(
                "spool_unreadable",
                f"A file in the spool could not be read ({error.strerror or error}) and was moved to quarantine/: "
                "a message may be missing. Remedy: look there, mend its permissions, and move it back to new/.",
            )
        )

    def _wake(self) -> None:
        """Nothing waits longer than a look."""


def _read_file(path: Path) -> bytes:
    """Read at most a little more than a message may have: intake then refuses it for its size, and tells somebody."""
    # A link could lead anywhere, and a pipe would never end.
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    try:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise OSError(errno.EINVAL, "not a plain file")
        with os.fdopen(descriptor, "rb", closefd=False) as file:
            return file.read(_MOST_BYTES)
    finally:
        os.close(descriptor)


def _header(properties: Properties) -> bytes:
    values = ((field.name, getattr(properties, field.name)) for field in fields(properties))
    lines = [f"{name}: {' '.join(str(value).split())}\n" for name, value in values if value is not None]
    return "".join(lines).encode("utf-8", "replace") + b"\n"


def _split(raw: bytes) -> tuple[Properties, bytes]:
    """Read header lines as far as they make sense; what does not is left to intake as part of the body."""
    head, gap, body = raw.partition(b"\n\n")
    if not gap:
        return Properties(), raw
    pairs = (line.partition(":") for line in head.decode("utf-8", "replace").splitlines())
    given = {name.strip(): value.strip() for name, _, value in pairs}
    texts = {name: given.get(name) for name in _TEXT_HEADERS}
    stamp = given.get("timestamp", "")
    return Properties(**texts, timestamp=int(stamp) if stamp.isascii() and stamp.isdigit() else None), body


def _sync_folder(folder: Path) -> None:
    """Make a rename survive a power cut."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
