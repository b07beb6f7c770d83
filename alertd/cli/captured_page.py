"""A page of the messages that a capturing sender has kept: one file, which reloads itself in a browser."""

from __future__ import annotations

import email
import email.policy
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from html import escape
from pathlib import Path

from alertd.core.calendar import local

NAME = "messages.html"
_HEAD = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta http-equiv="refresh" content="2">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Messages captured by alertd</title>
<style>
  body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem }
  article { border-left: .3rem solid #888; padding: .2rem 1rem; margin: 1rem 0 }
  article.sms { border-color: #07804a } article.call { border-color: #a3321f } article.email { border-color: #1f5fa3 }
  h2 { font-size: 1rem; margin: 0 } pre { white-space: pre-wrap; font: inherit; margin: .3rem 0 }
</style>
<h1>Messages captured by alertd</h1>
<p>Nothing has left this machine. Newest first; the page reloads itself.</p>
"""


@dataclass(frozen=True, slots=True, order=True)
class Captured:
    """One message that was kept instead of sent."""

    at: datetime
    by: str
    to: str
    subject: str
    text: str


def write_page(folder: Path) -> Path:
    """Write the page of a capture folder; it is replaced whole, so that a browser never sees half of it."""
    articles = "".join(map(_article, sorted(captured(folder), reverse=True)))
    page, new = folder / NAME, folder / f"{NAME}.new"
    new.write_text(_HEAD + (articles or "<p>Nothing yet.</p>\n") + "</html>\n", encoding="utf-8")
    new.replace(page)
    return page


def captured(folder: Path) -> Iterator[Captured]:
    """Everything kept in a capture folder, in no order."""
    lines = folder / "messages.jsonl"
    if lines.exists():
        for line in lines.read_text(encoding="utf-8").splitlines():
            kept = json.loads(line)
            yield Captured(datetime.fromisoformat(kept["at"]), kept["channel"], kept["to"], "", kept["text"])
    for part in ("new", "cur"):
        for path in (folder / "Maildir" / part).glob("*"):
            yield _mail(path)


def _mail(path: Path) -> Captured:
    mail = email.message_from_bytes(path.read_bytes(), _class=EmailMessage, policy=email.policy.default)
    at = mail["Date"].datetime
    return Captured(at, "email", str(mail["To"]), str(mail["Subject"]), mail.get_content())


def _article(one: Captured) -> str:
    subject = f"<strong>{escape(one.subject)}</strong>" if one.subject else ""
    at = f"{local(one.at):%a %d %b %H:%M}"
    head = f"<h2>{at} &middot; {escape(one.by)} &middot; {escape(one.to)}</h2>"
    return f'<article class="{escape(one.by)}">{head}{subject}<pre>{escape(one.text)}</pre></article>\n'
