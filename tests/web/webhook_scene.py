"""A whole alertd behind its webhooks, with much that has been answered already: what a replay would like to undo."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from sqlite3 import connect
from urllib.parse import urlencode

import httpx
from prometheus_client import CollectorRegistry

from alertd.model.case import Notification
from alertd.model.values import Channel
from alertd.service.calls import Calls
from alertd.service.composing import Composer
from alertd.service.reply_orders import Orders
from alertd.web.app import Providers, make_app
from alertd.web.hooks import INBOUND, STATUS, Twilio
from alertd.web.notify_hooks import NOTIFY, Notify
from alertd.web.voice import VOICE, Voice
from tests.doubles.fake_twilio import sign
from tests.service.stage import KEYRING, shipped_voice
from tests.service_replies.desk import MANAGER, MASH, MASH_TWO, STRANGER, Desk, new_desk
from tests.web.provider import FORM, TOKEN, URL, asked

Form = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Case:
    """One request that must change nothing.

    Attributes:
        name: A sentence's worth.
        hook: Under which it is counted.
        ask: Makes it.
        status: What is answered.
        counted: Under which result.
    """

    name: str
    hook: str
    ask: Callable[[Scene], httpx.Response]
    status: int
    counted: str


@dataclass
class Scene:
    """The side of Twilio and of GOV.UK Notify.

    Attributes:
        codes: Of the alerts, by child.
        counted: Webhooks by hook and result.
        refs: The first text about each child, and the call about two of them.
        stood: How everything stood when it was last compared.
    """

    desk: Desk
    codes: dict[str, str] = field(default_factory=dict)
    refs: dict[str, Notification] = field(default_factory=dict)
    counted: Counter[tuple[str, str]] = field(default_factory=Counter)
    stood: object = None

    def __post_init__(self) -> None:
        world = self.desk.world
        tokens, receipt = [lambda: TOKEN], world.receipts.take
        orders = Orders(world.store, lambda: world.people, lambda: world.book)
        composer = Composer(lambda: world.book, lambda: world.texts, shipped_voice())
        calls = Calls(world.store, orders, composer, world.receipts, KEYRING.token)
        texts = Twilio(URL, tokens, self.desk.replies.handle, receipt, lambda: world.now)
        voice = Voice(URL, tokens, calls.press, receipt, lambda _: None, lambda: world.now)
        notify = Notify(tokens, self.desk.replies.handle, receipt, lambda: world.now)
        count = lambda *what: self.counted.update([what])  # noqa: E731
        self._app = make_app(CollectorRegistry(), dict, count, Providers(texts, voice, notify))
        self._watcher = connect(world.path)

    def raw(self, path: str, body: bytes, signature: str | None, kind: str = FORM) -> httpx.Response:
        """Post any bytes, without the header when there is no signature."""
        signed = {} if signature is None else {"X-Twilio-Signature": signature}
        return asked(self._app, "POST", path, body, {"Content-Type": kind, **signed})

    def post(self, path: str, form: Form, signature: str | None = None) -> httpx.Response:
        """Post a form, rightly signed when no signature is given."""
        right = sign(URL + path, form, TOKEN) if signature is None else signature
        return self.raw(path, urlencode(form).encode(), right)

    def notify(
        self, body: bytes, authorization: str | None = f"Bearer {TOKEN}", kind: str = "application/json"
    ) -> httpx.Response:
        """Post as GOV.UK Notify does, without the header when there is no authorization."""
        headers = {} if authorization is None else {"Authorization": authorization}
        return asked(self._app, "POST", NOTIFY, body, {"Content-Type": kind, **headers})

    def notify_text(self, body: str, id_: str, sender: str = MASH) -> httpx.Response:
        """Hand over a text by Notify; `{P1}` stands for a code."""
        form = {"id": id_, "source_number": sender.removeprefix("+"), "message": body.format(**self.codes)}
        return self.notify(json.dumps(form).encode())

    def notify_report(self, child: str, status: str, **more: object) -> httpx.Response:
        """Report by Notify on the text about a child."""
        note = self.refs[child]
        form = {"id": note.provider_id, "reference": note.id, "status": status, **more}
        return self.notify(json.dumps(form).encode())

    def text(self, body: str, sid: str, sender: str = MASH, **more: str) -> httpx.Response:
        """Hand over a text that somebody sent to us; `{P1}` stands for a code."""
        form = {"From": sender, "To": "+447700900001", "Body": body.format(**self.codes), "MessageSid": sid, **more}
        return self.post(INBOUND, form)

    def report(self, child: str, status: str, sid: str = "", code: str = "", **more: str) -> httpx.Response:
        """Report on the text about a child."""
        note = self.refs[child]
        form = {"MessageSid": sid or note.provider_id, "MessageStatus": status, "ErrorCode": code, **more}
        return self.post(f"{STATUS}?ref={note.id}", form)

    def key(self, child: str, digit: str, ref: str = "") -> httpx.Response:
        """Press a key in the call about a child."""
        call = self.refs[f"call {child}"]
        return self.post(f"{VOICE}?on=keys&ref={ref or call.id}", {"CallSid": call.provider_id, "Digits": digit})

    def call_state(self, child: str, word: str, ref: str = "") -> httpx.Response:
        """Report on the call about a child."""
        call = self.refs[f"call {child}"]
        return self.post(f"{VOICE}?on=status&ref={ref or call.id}", {"CallSid": call.provider_id, "CallStatus": word})

    def close(self) -> None:
        """End it."""
        self._watcher.close()
        self.desk.world.store.close()

    def writes(self) -> object:
        """Changes with everything that is written or sent: where it does not, nothing can have come of a request."""
        (version,) = self._watcher.execute("PRAGMA data_version").fetchone()
        return version, len(self.desk.world.provider.asked)

    def standing(self) -> object:
        """All that the store holds of cases, lines and messages to people."""
        world = self.desk.world
        world.settle()
        with world.store.read() as reading:
            replies = [row for note in world.notes() for row in reading.obligations(note.lines)]
        facts = [(each.row.ref, each.alerts, each.clocks, each.obligations) for each in world.all_facts()]
        return facts, world.outcomes(), world.notes(), replies, len(world.provider.asked)


def new_scene(folder: Path) -> Scene:
    """Eight alerts with what people and Twilio have said of each, and a stranger who was told where to ring."""
    desk = new_desk(folder, confirms=True)
    desk.world.at("11-26 14:10")
    scene = Scene(desk)
    for child in ("P1", "P2", "P3", "P4", "P5", "P6", "P7", "P8"):
        before = len(desk.world.notes())
        scene.codes[child] = desk.alert(child)
        new = desk.world.notes()[before:]
        scene.refs[child] = next(note for note in new if note.channel is Channel.SMS)
    for body, sid in FIRST_TEXTS.items():
        assert scene.text(body, sid).status_code == 200
        desk.world.settle()
    scene.text("hello", "SMstranger", STRANGER)
    scene.text("STOP", "SMstop", MASH_TWO)
    scene.text("START", "SMstart", MASH_TWO)
    scene.text("Y{P2}", "SMsecond", MANAGER)
    desk.world.at("11-26 14:15")
    desk.world.settle()
    for child in ("P5", "P7"):
        calls = [note for note in desk.world.notes(desk.case(child).row.id) if note.channel is Channel.CALL]
        scene.refs[f"call {child}"] = calls[0]
    assert scene.key("P5", "1").status_code == 200
    assert scene.call_state("P7", "no-answer").status_code == 204
    scene.report("P7", "delivered")
    scene.report("P8", "undelivered", code="30003")
    for body, id_ in NOTIFY_TEXTS.items():
        assert scene.notify_text(body, id_).status_code == 200
    scene.stood = scene.standing()
    return scene


FIRST_TEXTS = {
    "Y{P2}": "SMaccept",
    "P{P3}": "SMpolice",
    "N{P4}": "SMhandon",
    "A{P5}": "SMattempt",
    "C{P6} family": "SMcontact",
    "who is this": "SMhelp",
    "Y000000": "SMunknown",
}
"""Texts by the identities under which they came first."""
NOTIFY_TEXTS = {"A{P7}": "notify-attempt", "N{P8}": "notify-handon"}
"""The same by Notify."""
