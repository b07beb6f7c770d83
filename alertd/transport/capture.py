"""A sender that keeps what it is given: for demonstrations, drills on paper, and tests.

Email becomes a Maildir, texts and calls a file of JSON lines; any mail program and any editor reads them.
"""

from __future__ import annotations

import hashlib
import os
import threading
from collections.abc import Callable
from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path

import orjson

from alertd.model.delivery import CannotSay, Found, LookUp, NotFound, Outcome, Outgoing, RetryLater, Sent
from alertd.model.values import Channel


class CaptureSender:
    """Writes every message to a folder, and shows it.

    Taken twice, the same key is kept twice, under the same id: a repeat can be seen.

    Args:
        folder: Gets `Maildir/` and `messages.jsonl`; closed to other users.
        on_sent: Called with each message kept, on the sending thread: the screen.
        now: Aware UTC, for the line's time.
    """

    name = "capture"

    def __init__(
        self, folder: Path, now: Callable[[], datetime], on_sent: Callable[[Outgoing], None] = lambda _: None
    ) -> None:
        self._maildir = folder / "Maildir"
        self._lines = folder / "messages.jsonl"
        self._now = now
        self._on_sent = on_sent
        self._lock = threading.Lock()
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        for part in ("tmp", "new", "cur"):
            (self._maildir / part).mkdir(mode=0o700, parents=True, exist_ok=True)

    def send(self, outgoing: Outgoing) -> Outcome:
        """Keep it; only a full or broken disk refuses."""
        try:
            with self._lock:
                if outgoing.channel is Channel.EMAIL:
                    self._keep_mail(outgoing)
                else:
                    self._keep_line(outgoing)
        except OSError as error:
            return RetryLater(f"cannot write: {error.strerror or error}")
        self._on_sent(outgoing)
        return Sent(_id(outgoing))

    def look_up(self, outgoing: Outgoing, since: datetime) -> LookUp:  # noqa: ARG002  # the id says enough
        """Look whether it was kept."""
        try:
            kept = self._has_mail(outgoing) if outgoing.channel is Channel.EMAIL else self._has_line(outgoing)
        except OSError as error:
            return CannotSay(f"cannot read: {error.strerror or error}")
        return Found(_id(outgoing)) if kept else NotFound()

    def _keep_mail(self, outgoing: Outgoing) -> None:
        mail = EmailMessage(policy=SMTP)
        mail["To"] = " ".join(outgoing.address.split())
        mail["Subject"] = " ".join(outgoing.subject.split())
        mail["Date"] = self._now()
        mail["Message-ID"] = f"<{_id(outgoing)}@capture.invalid>"
        mail["Auto-Submitted"] = "auto-generated"
        mail.set_content(outgoing.body)
        times = sum(1 for _ in self._mails(outgoing))
        name = f"{_id(outgoing)}.{times}"
        (self._maildir / "tmp" / name).write_bytes(bytes(mail))
        (self._maildir / "tmp" / name).replace(self._maildir / "new" / name)

    def _mails(self, outgoing: Outgoing) -> list[Path]:
        return [path for part in ("new", "cur") for path in (self._maildir / part).glob(f"{_id(outgoing)}.*")]

    def _has_mail(self, outgoing: Outgoing) -> bool:
        return bool(self._mails(outgoing))

    def _keep_line(self, outgoing: Outgoing) -> None:
        line = {
            "id": _id(outgoing),
            "at": self._now(),
            "channel": outgoing.channel,
            "to": outgoing.address,
            "text": outgoing.body,
        }
        # One write to a file opened for appending: another process's lines stay whole too.
        descriptor = os.open(self._lines, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        try:
            os.write(descriptor, orjson.dumps(line, option=orjson.OPT_APPEND_NEWLINE))
        finally:
            os.close(descriptor)

    def _has_line(self, outgoing: Outgoing) -> bool:
        if not self._lines.exists():
            return False
        wanted = b'"id":"' + _id(outgoing).encode() + b'"'
        with self._lines.open("rb") as lines:
            return any(wanted in line for line in lines)


def _id(outgoing: Outgoing) -> str:
    """Made from key and channel alone, so that it is the same after a restart."""
    return hashlib.sha256(f"{outgoing.channel}:{outgoing.key}".encode()).hexdigest()[:32]
