"""Webhooks: what is genuine reaches the service as it stands; what is forged or malformed reaches nothing.

Source: CONTRACT, HTTP; PLATFORM, Twilio: "an empty field that a parser drops breaks it, and the URL comes from
public_url, never from the Host header".
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from urllib.parse import urlencode

import pytest

from alertd.model.errors import ConfigError, StoreUnavailable
from alertd.service.receipts import News, Receipt
from alertd.service.replies import Reply
from alertd.transport.twilio_signature import signature
from alertd.web.forms import MOST_BYTES
from tests.doubles.fake_twilio import sign
from tests.web.provider import FORMS, NOW, PATHS, REPLY, REPORT, TOKEN, URL, Provider

HOOKS = sorted(PATHS)
Form = Mapping[str, str]


def right(hook: str) -> str:
    return sign(URL + PATHS[hook], FORMS[hook], TOKEN)


# --- genuine


def test_a_genuine_reply_reaches_the_service_and_is_answered_by_an_empty_response(provider: Provider) -> None:
    answer = provider.post(PATHS["inbound"], REPLY)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/xml")
    assert answer.text == '<?xml version="1.0" encoding="UTF-8"?><Response></Response>'
    assert provider.replies == [Reply("+447700900101", "Y482193", "SM0123456789abcdef", NOW)]
    assert provider.counted == {("inbound", "obeyed"): 1}


def test_what_is_said_to_a_stranger_goes_back_with_the_response_and_cannot_break_out_of_it(provider: Provider) -> None:
    provider.say = "Ring <us> & 'them'"
    answer = provider.post(PATHS["inbound"], REPLY)
    assert "<Response><Message>Ring &lt;us&gt; &amp; 'them'</Message></Response>" in answer.text


def test_an_opt_out_that_the_provider_names_stands_for_the_text(provider: Provider) -> None:
    provider.post(PATHS["inbound"], {**REPLY, "Body": "no more", "OptOutType": "STOP"})
    assert [reply.text for reply in provider.replies] == ["STOP"]


def test_a_genuine_report_reaches_the_service_with_the_key_of_its_message(provider: Provider) -> None:
    assert provider.post(PATHS["status"], REPORT).status_code == 204
    assert provider.receipts == [Receipt("n000001", "SM0123456789abcdef", News.DELIVERED, NOW)]


@pytest.mark.parametrize(
    ("word", "news"),
    [
        *((word, News.UNDER_WAY) for word in ("accepted", "scheduled", "queued", "sending", "sent")),
        *((word, News.DELIVERED) for word in ("delivered", "read")),
        *((word, News.FAILED) for word in ("undelivered", "failed", "canceled")),
    ],
)
def test_each_word_of_the_provider_is_understood(word: str, news: News, provider: Provider) -> None:
    provider.post(PATHS["status"], {**REPORT, "MessageStatus": word})
    assert [receipt.news for receipt in provider.receipts] == [news]


@pytest.mark.parametrize(
    ("code", "reason", "bad"),
    [
        ("30003", "failed, code 30003", (False, False)),
        ("21614", "failed, code 21614", (True, False)),
        ("21610", "failed, code 21610", (False, True)),
        ("", "failed, code 0", (False, False)),
    ],
)
def test_a_failure_says_why_and_whether_the_number_is_at_fault(
    code: str, reason: str, bad: tuple[bool, bool], provider: Provider
) -> None:
    provider.post(PATHS["status"], {**REPORT, "MessageStatus": "failed", "ErrorCode": code})
    assert [(one.reason, (one.bad_address, one.opted_out)) for one in provider.receipts] == [(reason, bad)]


@pytest.mark.parametrize("word", ["receiving", "partially_delivered", "DELIVERED", "no such word"])
def test_a_word_that_nobody_knows_is_taken_and_changes_nothing(word: str, provider: Provider) -> None:
    assert provider.post(PATHS["status"], {**REPORT, "MessageStatus": word}).status_code == 204
    assert provider.reached == 0


@pytest.mark.parametrize("query", ["", "?ref=", "?ref=" + "x" * 65, "?ref=a%2Fb", "?other=1"])
def test_a_report_about_none_of_our_messages_is_taken_and_changes_nothing(query: str, provider: Provider) -> None:
    path = PATHS["status"].partition("?")[0] + query
    assert provider.post(path, REPORT).status_code == 204
    assert (provider.reached, provider.counted) == (0, {("status", "unknown"): 1})


@pytest.mark.parametrize("hook", HOOKS)
def test_the_signature_covers_the_public_address_whatever_host_the_request_names(hook: str, provider: Provider) -> None:
    named = {"Host": "attacker.example.org", "X-Forwarded-Host": "attacker.example.org"}
    assert provider.post(PATHS[hook], FORMS[hook], **named).status_code < 300
    theirs = sign("https://attacker.example.org" + PATHS[hook], FORMS[hook], TOKEN)
    assert provider.post(PATHS[hook], FORMS[hook], theirs, **named).status_code == 403


@pytest.mark.parametrize("hook", HOOKS)
def test_fields_that_are_empty_doubled_or_not_ascii_are_signed_as_they_stand(hook: str, provider: Provider) -> None:
    fields = [*FORMS[hook].items(), ("Empty", ""), ("Twice", "b"), ("Twice", "a"), ("Ünï", "smile \U0001f600 + % &=")]
    signed = signature(URL + PATHS[hook], fields, TOKEN)
    assert provider.raw(PATHS[hook], urlencode(fields).encode(), signed).status_code < 300


def test_the_secret_of_either_account_will_do(provider: Provider) -> None:
    provider.tokens.append(lambda: "of another account")
    theirs = sign(URL + PATHS["inbound"], REPLY, "of another account")
    assert provider.post(PATHS["inbound"], REPLY, theirs).status_code == 200


# --- forged


FORGED: Mapping[str, Callable[[str], str]] = {
    "empty": lambda _: "",
    "blank": lambda _: " ",
    "of another secret": lambda hook: sign(URL + PATHS[hook], FORMS[hook], "guessed"),
    "of an empty secret": lambda hook: sign(URL + PATHS[hook], FORMS[hook], ""),
    "over http": lambda hook: sign(URL.replace("https", "http") + PATHS[hook], FORMS[hook], TOKEN),
    "over another host": lambda hook: sign("https://example.org" + PATHS[hook], FORMS[hook], TOKEN),
    "over another path": lambda hook: sign(URL + PATHS[hook] + "/", FORMS[hook], TOKEN),
    "over another query": lambda hook: sign(URL + PATHS[hook] + "&x=1", FORMS[hook], TOKEN),
    "over the path alone": lambda hook: sign(PATHS[hook], FORMS[hook], TOKEN),
    "over no fields": lambda hook: sign(URL + PATHS[hook], {}, TOKEN),
    "over a field less": lambda hook: sign(URL + PATHS[hook], dict(list(FORMS[hook].items())[1:]), TOKEN),
    "over a field more": lambda hook: sign(URL + PATHS[hook], {**FORMS[hook], "Extra": "1"}, TOKEN),
    "without the empty fields": lambda hook: sign(
        URL + PATHS[hook], {name: value for name, value in FORMS[hook].items() if value}, TOKEN
    ),
    "of another message": lambda hook: sign(URL + PATHS[hook], {**FORMS[hook], "MessageSid": "SMother"}, TOKEN),
    "cut short": lambda hook: right(hook)[:-1],
    "with one letter more": lambda hook: right(hook) + "A",
    "in other case": lambda hook: right(hook).swapcase(),
    "not base64": lambda _: "!!!!",
    "not ascii": lambda _: "\u00e9\u00e8",
    "very long": lambda _: "A" * 8000,
}


@pytest.mark.parametrize("hook", HOOKS)
@pytest.mark.parametrize("kind", sorted(FORGED))
def test_a_forged_request_is_refused_and_reaches_nothing(kind: str, hook: str, provider: Provider) -> None:
    answer = provider.post(PATHS[hook], FORMS[hook], FORGED[kind](hook))
    assert answer.status_code == 403
    assert provider.reached == 0
    assert provider.counted == {(hook, "forged"): 1}


@pytest.mark.parametrize("name", ["From", "Body", "MessageSid"])
def test_a_signed_request_that_was_changed_on_the_way_is_refused(name: str, provider: Provider) -> None:
    answer = provider.post(PATHS["inbound"], {**REPLY, name: "+447700900121"}, right("inbound"))
    assert (answer.status_code, provider.reached) == (403, 0)


@pytest.mark.parametrize("hook", HOOKS)
def test_a_request_without_the_header_is_refused(hook: str, provider: Provider) -> None:
    answer = provider.raw(PATHS[hook], urlencode(FORMS[hook]).encode(), None)
    assert (answer.status_code, provider.reached) == (403, 0)


def test_a_signature_of_one_hook_opens_no_other(provider: Provider) -> None:
    assert provider.post(PATHS["status"], REPLY, right("inbound")).status_code == 403


# --- malformed


MALFORMED: Mapping[str, tuple[bytes, int]] = {
    "empty": (b"", 400),
    "a name alone": (b"From", 400),
    "an empty pair": (b"From=a&&To=b", 400),
    "bytes that are no text": (b"From=\xff\xfe", 400),
    "escaped bytes that are no text": (b"From=%ff%fe", 400),
    "half a letter": (b"From=%c3", 400),
    "json": (b'{"From": "+447700900101"}', 400),
    "zeros": (b"\0" * 100, 400),
    "too many fields": (b"&".join(b"a%d=1" % n for n in range(201)), 400),
    "too long": (b"Body=" + b"a" * MOST_BYTES, 413),
}


@pytest.mark.parametrize("hook", HOOKS)
@pytest.mark.parametrize("kind", sorted(MALFORMED))
def test_a_body_that_is_no_form_is_refused(kind: str, hook: str, provider: Provider) -> None:
    body, status = MALFORMED[kind]
    assert provider.raw(PATHS[hook], body, right(hook)).status_code == status
    assert provider.reached == 0
    assert provider.counted == {(hook, "malformed"): 1}


def test_a_body_of_just_the_permitted_length_is_read(provider: Provider) -> None:
    used = len(urlencode({**REPLY, "Body": ""}))
    longest = {**REPLY, "Body": "a" * (MOST_BYTES - used)}
    assert len(urlencode(longest)) == MOST_BYTES
    assert provider.post(PATHS["inbound"], longest).status_code == 200
    longest["Body"] += "a"
    assert provider.post(PATHS["inbound"], longest).status_code == 413


@pytest.mark.parametrize("kind", ["", "text/plain", "application/json", "multipart/form-data; boundary=x"])
def test_another_content_type_is_refused(kind: str, provider: Provider) -> None:
    answer = provider.raw(PATHS["inbound"], urlencode(REPLY).encode(), right("inbound"), kind)
    assert (answer.status_code, provider.reached) == (415, 0)


@pytest.mark.parametrize(
    ("hook", "changed"),
    [
        ("inbound", {"From": ""}),
        ("inbound", {"MessageSid": ""}),
        ("inbound", {"MessageSid": "SM/../x"}),
        ("inbound", {"MessageSid": "S" * 65}),
        ("status", {"MessageSid": ""}),
        ("status", {"MessageSid": "a b"}),
        ("status", {"MessageStatus": ""}),
    ],
)
def test_a_genuine_request_without_what_it_needs_is_refused(hook: str, changed: Form, provider: Provider) -> None:
    answer = provider.post(PATHS[hook], {**FORMS[hook], **changed})
    assert (answer.status_code, provider.reached) == (400, 0)
    assert provider.counted == {(hook, "malformed"): 1}


@pytest.mark.parametrize("hook", HOOKS)
@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "PATCH"])
def test_a_hook_is_posted_to_and_nothing_else(method: str, hook: str, provider: Provider) -> None:
    assert provider.ask(PATHS[hook], method).status_code == 405
    assert provider.reached == 0


# --- trouble behind


@pytest.mark.parametrize("hook", HOOKS)
def test_what_cannot_be_stored_is_not_taken(hook: str, provider: Provider) -> None:
    provider.fault = StoreUnavailable("the disk is full")
    answer = provider.post(PATHS[hook], FORMS[hook])
    assert (answer.status_code, "disk" in answer.text) == (503, False)
    assert provider.counted == {(hook, "failed"): 1}


@pytest.mark.parametrize("hook", HOOKS)
def test_a_fault_of_alertd_is_counted_and_its_text_shown_to_nobody(
    hook: str, provider: Provider, capsys: pytest.CaptureFixture[str]
) -> None:
    provider.fault = KeyError("Dana Example, +447700900101")
    answer = provider.post(PATHS[hook], FORMS[hook])
    assert (answer.status_code, provider.counted) == (500, {(hook, "failed"): 1})
    assert "Dana" not in answer.text
    assert "request_failed" in capsys.readouterr().out


def test_with_a_secret_that_cannot_be_read_nothing_is_taken(provider: Provider) -> None:
    def unreadable() -> str:
        raise ConfigError("the file is gone")

    provider.tokens[:] = [unreadable]
    assert provider.post(PATHS["inbound"], REPLY).status_code == 503
    assert provider.reached == 0
