"""Webhooks that must change nothing, by name: forged, malformed, replayed, late, about nothing of ours.

A provider's hooks join with a table of their own (`Case`s of any hook) in `TABLES` of `test_fifty_webhooks.py`.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from urllib.parse import urlencode

import httpx

from alertd.web.voice import VOICE
from tests.doubles.fake_twilio import sign
from tests.service_replies.desk import MANAGER, MASH, MASH_TWO, STRANGER
from tests.web.provider import FORMS, PATHS, TOKEN, URL
from tests.web.test_hooks import FORGED, MALFORMED
from tests.web.webhook_scene import FIRST_TEXTS, Case, Scene

LIVE_CALL = {"keys": {"Digits": "1"}, "status": {"CallStatus": "completed"}, "machine": {"AnsweredBy": "human"}}
"""What a call may post, by what it is about."""
OTHER_KINDS = ("", "text/plain", "application/json", "multipart/form-data; boundary=x")


def forged() -> Iterator[Case]:
    """Signatures that are not right, over requests that would accept or settle."""
    for hook in PATHS:
        for kind, signature in FORGED.items():
            yield Case(f"{hook}: signature {kind}", hook, partial(_forged, hook, signature(hook)), 403, "forged")
        yield Case(f"{hook}: no signature", hook, partial(_forged, hook, None), 403, "forged")
    live = {"From": MASH, "Body": "Y{P1}", "MessageSid": "SMforged"}
    yield Case("inbound: a live code, signed by a guess", "inbound", partial(_live, live), 403, "forged")
    for on, form in LIVE_CALL.items():
        for kind, secret in (("a guess", "guessed"), ("an empty secret", "")):
            name = f"voice: a live call's {on}, signed by {kind}"
            yield Case(name, "voice", partial(_live_call, on, form, secret), 403, "forged")


def _forged(hook: str, signature: str | None, scene: Scene) -> httpx.Response:
    return scene.raw(PATHS[hook], urlencode(FORMS[hook]).encode(), signature)


def _live_call(on: str, form: dict[str, str], secret: str, scene: Scene) -> httpx.Response:
    """Of the call about P7, which nobody has accepted: a 1 that is believed accepts it."""
    call = scene.refs["call P7"]
    path, told = f"{VOICE}?on={on}&ref={call.id}", {"CallSid": call.provider_id, **form}
    return scene.post(path, told, sign(URL + path, told, secret))


def _live(form: dict[str, str], scene: Scene) -> httpx.Response:
    told = {name: value.format(**scene.codes) for name, value in form.items()}
    return scene.post(PATHS["inbound"], told, sign(URL + PATHS["inbound"], told, "guessed"))


def malformed() -> Iterator[Case]:
    """What is no form, is too long, or lacks what it needs."""
    for hook, path in PATHS.items():
        right = sign(URL + path, FORMS[hook], TOKEN)
        for kind, (body, status) in MALFORMED.items():
            yield Case(f"{hook}: {kind}", hook, partial(_raw, path, body, right, ""), status, "malformed")
        for kind in OTHER_KINDS:
            body = urlencode(FORMS[hook]).encode()
            name = kind or "no content type"
            yield Case(f"{hook}: as {name}", hook, partial(_raw, path, body, right, kind or " "), 415, "malformed")
    for lacking in ({"From": ""}, {"MessageSid": ""}, {"MessageSid": "SM/../x"}, {"MessageSid": "S" * 65}):
        yield Case(f"inbound: {lacking}"[:40], "inbound", partial(_lacking, "inbound", lacking), 400, "malformed")
    for lacking in ({"MessageSid": ""}, {"MessageSid": "a b"}, {"MessageStatus": ""}):
        yield Case(f"status: {lacking}", "status", partial(_lacking, "status", lacking), 400, "malformed")


def _raw(path: str, body: bytes, signature: str, kind: str, scene: Scene) -> httpx.Response:
    return scene.raw(path, body, signature, kind.strip()) if kind else scene.raw(path, body, signature)


def _lacking(hook: str, changed: dict[str, str], scene: Scene) -> httpx.Response:
    return scene.post(PATHS[hook], {**FORMS[hook], **changed})


def replayed() -> Iterator[Case]:
    """The same again, and what comes too late to matter."""
    for body, sid in FIRST_TEXTS.items():
        # No alert has this code: that is answered once for ever, whoever asks under whatever identity.
        yield _text(f"{body} again", body, sid, "obeyed" if body == "Y000000" else "replayed")
    yield _text("STOP again after a START", "STOP", "SMstop", "replayed", MASH_TWO)
    yield _text("a second acceptance again", "Y{P2}", "SMsecond", "replayed", MANAGER)
    yield _text("an acceptance's identity with another text", "N{P2}", "SMaccept", "replayed")
    yield _text("a stranger again", "Y{P1}", "SMstranger2", "stranger", STRANGER)
    yield _text("a sender of letters", "Y{P1}", "SMletters", "no_number", "URGENT")
    yield _text("a short code", "Y{P1}", "SMshort", "no_number", "60777")
    yield _text("a number without its plus", "Y{P1}", "SMplus", "no_number", MASH[1:])
    yield _text("a code that no alert has, under a new identity", "Y000000", "SMunknown2", "obeyed")
    yield _text("help again within the hour", "what?", "SMhelp2", "unclear")
    for word in ("queued", "sending", "sent", "delivered", "read", "undelivered", "failed", "canceled"):
        yield _report(f"{word} after delivered", "P7", word, "nothing_new")
        yield _report(f"{word} after undelivered", "P8", word, "nothing_new")
    for word in ("queued", "sending", "sent"):
        yield _report(f"{word} after it was taken", "P1", word, "nothing_new")
    yield _report("a failure of another request", "P1", "failed", "nothing_new", "SManother")
    yield _report("a word that nobody knows", "P1", "teleported", "unknown")
    for name, query in (("nobody's", "?ref=nobody"), ("no", ""), ("an impossible", "?ref=a%2Fb")):
        yield Case(f"status: {name} reference", "status", partial(_of_nobody, query), 204, "unknown")


def calls() -> Iterator[Case]:
    """Keys and states of calls, again or too late."""
    yield Case("voice: the same key again", "voice", lambda scene: scene.key("P5", "1"), 200, "replayed")
    yield Case("voice: a key about nothing of ours", "voice", lambda s: s.key("P5", "1", "nobody"), 200, "unknown")
    for name, digit in (("no key", ""), ("two keys", "11"), ("a letter", "a"), ("a wide digit", "\uff11")):
        yield Case(f"voice: {name}", "voice", partial(_key, digit), 400, "malformed")
    for query in ("", "?on=keys", "?on=else&ref=n000001", "?on=keys&ref=a%2Fb", "?on=machine&ref=n000001"):
        yield Case(f"voice: at an address that we never gave, {query}", "voice", partial(_at, query), 400, "malformed")
    for word in ("human", "machine_start", "unknown"):
        yield Case(f"voice: judged {word} after a key", "voice", partial(_judged, word), 204, "nothing_new")
    for word in ("queued", "ringing", "in-progress", "completed", "busy", "no-answer", "failed", "canceled"):
        yield _call(f"{word} after a key was pressed", "P5", word)
        yield _call(f"{word} after it was not answered", "P7", word)
    yield Case("voice: a state of nobody's", "voice", lambda s: s.call_state("P7", "busy", "nobody"), 204, "unknown")
    yield Case("voice: an unknown state", "voice", lambda scene: scene.call_state("P7", "humming"), 204, "unknown")


def _key(digit: str, scene: Scene) -> httpx.Response:
    return scene.key("P5", digit)


def _at(query: str, scene: Scene) -> httpx.Response:
    return scene.post(VOICE + query, {"CallSid": scene.refs["call P7"].provider_id, "Digits": "1"})


def _judged(word: str, scene: Scene) -> httpx.Response:
    call = scene.refs["call P5"]
    return scene.post(f"{VOICE}?on=machine&ref={call.id}", {"CallSid": call.provider_id, "AnsweredBy": word})


def _call(name: str, child: str, word: str) -> Case:
    return Case(f"voice: {name}", "voice", lambda scene: scene.call_state(child, word), 204, "nothing_new")


def _text(name: str, body: str, sid: str, counted: str, sender: str = MASH) -> Case:
    return Case(f"inbound: {name}", "inbound", lambda scene: scene.text(body, sid, sender), 200, counted)


def _report(name: str, child: str, word: str, counted: str, sid: str = "") -> Case:
    return Case(f"status: {name}", "status", lambda scene: scene.report(child, word, sid), 204, counted)


def _of_nobody(query: str, scene: Scene) -> httpx.Response:
    return scene.post(PATHS["status"].partition("?")[0] + query, FORMS["status"])
