"""Callbacks of GOV.UK Notify that must change nothing: forged, malformed, replayed, late, about nothing of ours."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import partial

import httpx

from tests.service_replies.desk import MASH, STRANGER
from tests.web.provider import TOKEN
from tests.web.test_notify_hook import MALFORMED
from tests.web.webhook_scene import NOTIFY_TEXTS, Case, Scene

HOOK = "notify"
FORGED = {
    "none": None,
    "empty": "",
    "guessed": "Bearer guessed",
    "cut short": f"Bearer {TOKEN[:-1]}",
    "one letter more": f"Bearer {TOKEN}x",
    "in other case": f"Bearer {TOKEN.upper()}",
    "of another scheme": f"Basic {TOKEN}",
    "without a scheme": TOKEN,
}
"""Over a live code and over a report that would set a number aside."""


def notify() -> Iterator[Case]:
    """All of them."""
    for how, authorization in FORGED.items():
        yield Case(f"notify: a text, token {how}", HOOK, partial(_live_text, authorization), 403, "forged")
        yield Case(f"notify: a report, token {how}", HOOK, partial(_live_report, authorization), 403, "forged")
    for how, (malformed, status) in MALFORMED.items():
        yield Case(f"notify: {how}", HOOK, partial(_raw, malformed), status, "malformed")
    for kind in ("", "text/plain", "application/x-www-form-urlencoded"):
        yield Case(f"notify: as {kind or 'no content type'}", HOOK, partial(_kind, kind), 415, "malformed")
    for body, id_ in NOTIFY_TEXTS.items():
        yield _text(f"{body} again", body, id_, "replayed")
    yield _text("an identity with another text", "Y{P1}", "notify-attempt", "replayed")
    yield _text("a stranger again", "Y{P1}", "notify-stranger", "stranger", STRANGER)
    yield _text("a sender of letters", "Y{P1}", "notify-letters", "no_number", "URGENT")
    for word in ("created", "sending", "pending", "sent", "delivered", "permanent-failure", "temporary-failure"):
        yield _report(f"{word} after delivered", "P7", word, "nothing_new")
        yield _report(f"{word} after undelivered", "P8", word, "nothing_new")
    yield _report("a word that nobody knows", "P1", "teleported", "unknown")
    yield _report("nobody's reference", "P1", "delivered", "unknown", reference="nobody")
    yield _report("no reference", "P1", "permanent-failure", "unknown", reference=None)
    yield _report("a failure of another request", "P1", "permanent-failure", "nothing_new", id="another")


def _live_text(authorization: str | None, scene: Scene) -> httpx.Response:
    body = {"id": "forged", "source_number": MASH.removeprefix("+"), "message": f"Y{scene.codes['P1']}"}
    return scene.notify(json.dumps(body).encode(), authorization)


def _live_report(authorization: str | None, scene: Scene) -> httpx.Response:
    note = scene.refs["P1"]
    body = {"id": note.provider_id, "reference": note.id, "status": "permanent-failure"}
    return scene.notify(json.dumps(body).encode(), authorization)


def _raw(body: bytes, scene: Scene) -> httpx.Response:
    return scene.notify(body)


def _kind(kind: str, scene: Scene) -> httpx.Response:
    body = {"id": "typed", "source_number": MASH.removeprefix("+"), "message": f"Y{scene.codes['P1']}"}
    return scene.notify(json.dumps(body).encode(), kind=kind)


def _text(name: str, body: str, id_: str, counted: str, sender: str = MASH) -> Case:
    return Case(f"notify: {name}", HOOK, lambda scene: scene.notify_text(body, id_, sender), 200, counted)


def _report(name: str, child: str, word: str, counted: str, **more: object) -> Case:
    return Case(f"notify: {name}", HOOK, lambda scene: scene.notify_report(child, word, **more), 200, counted)
