"""The hook of calls: keys, states and judgements of the answer; what is forged or malformed is in test_hooks.

Source: Twilio, "Gather", "Call status callbacks", "Answering Machine Detection".
"""

from __future__ import annotations

from collections.abc import Mapping
from xml.etree import ElementTree

import pytest

from alertd.model.errors import StoreUnavailable
from alertd.service.calls import Heard, Press, Result
from alertd.service.receipts import News, Receipt
from alertd.web.voice import VOICE
from tests.doubles.fake_twilio import sign
from tests.web.provider import NOW, PATHS, STATE, TOKEN, URL, Provider

KEYS, MACHINE = f"{VOICE}?on=keys&ref=n000001", f"{VOICE}?on=machine&ref=n000001"
SID = STATE["CallSid"]
PRESSED: Mapping[str, str] = {"CallSid": SID, "To": "+447700900101", "Digits": "1", "FinishedOnKey": ""}
JUDGED: Mapping[str, str] = {"CallSid": SID, "AnsweredBy": "human", "MachineDetectionDuration": "2100"}


def spoken(twiml: str) -> list[str]:
    return [said.text or "" for said in ElementTree.fromstring(twiml).iter("Say")]  # noqa: S314  # our own answer


# --- keys


def test_a_key_reaches_the_service_and_what_it_says_is_spoken_before_the_call_ends(provider: Provider) -> None:
    answer = provider.post(KEYS, PRESSED)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/xml")
    assert provider.presses == [Press("n000001", SID, "1", again=False, at=NOW)]
    assert [verb.tag for verb in ElementTree.fromstring(answer.text)] == ["Say", "Hangup"]  # noqa: S314  # as above
    assert spoken(answer.text) == ["Thank you."]
    assert provider.counted == {("voice", "accepted"): 1}


def test_a_key_that_is_asked_for_once_more_comes_back_marked_as_the_second(provider: Provider) -> None:
    provider.heard = Heard(Result.WRONG_KEY, "Once <more> & again", asks=True)
    gather = ElementTree.fromstring(provider.post(KEYS, {**PRESSED, "Digits": "7"}).text)[0]  # noqa: S314  # as above
    action = gather.attrib["action"]
    assert (gather.tag, action) == ("Gather", f"{URL}{VOICE}?on=keys&ref=n000001&again=1")
    assert [said.text for said in gather] == ["Once <more> & again"]
    provider.post(action.removeprefix(URL), PRESSED)
    assert [press.again for press in provider.presses] == [False, True]


@pytest.mark.parametrize("digits", ["", "11", "a", "1\n", " ", "\uff11"])
def test_what_is_no_key_is_refused(digits: str, provider: Provider) -> None:
    assert provider.post(KEYS, {**PRESSED, "Digits": digits}).status_code == 400
    assert provider.reached == 0


def test_whoever_presses_while_nothing_can_be_stored_hears_that_it_did_not_count(provider: Provider) -> None:
    provider.fault = StoreUnavailable("away")
    answer = provider.post(KEYS, PRESSED)
    assert answer.status_code == 200
    assert spoken(answer.text)[0].startswith("That could not be recorded")
    assert provider.counted == {("voice", "failed"): 1}


# --- reports


@pytest.mark.parametrize(
    ("word", "news", "reason", "is_over"),
    [
        *((word, News.UNDER_WAY, "", False) for word in ("queued", "initiated", "ringing", "in-progress", "answered")),
        *((word, News.FAILED, word, True) for word in ("busy", "no-answer", "failed", "canceled")),
        ("completed", News.FAILED, "no_person_heard", True),
    ],
)
def test_each_state_of_a_call_is_understood(
    word: str, news: News, reason: str, is_over: bool, provider: Provider
) -> None:
    assert provider.post(PATHS["voice"], {**STATE, "CallStatus": word}).status_code == 204
    assert provider.receipts == [Receipt("n000001", SID, news, NOW, reason)]
    assert provider.ended == (["n000001"] if is_over else [])


def test_a_call_that_ended_with_a_person_on_it_was_delivered(provider: Provider) -> None:
    provider.post(PATHS["voice"], {**STATE, "CallStatus": "completed", "AnsweredBy": "human"})
    assert [one.news for one in provider.receipts] == [News.DELIVERED]
    provider.post(PATHS["voice"], {**STATE, "CallStatus": "completed", "AnsweredBy": "machine_start"})
    assert provider.receipts[-1].news is News.FAILED


@pytest.mark.parametrize(
    ("word", "news", "reason"),
    [
        ("human", News.DELIVERED, ""),
        ("unknown", News.UNDER_WAY, ""),
        ("a word to come", News.UNDER_WAY, ""),
        *((f"machine_{end}", News.FAILED, "machine") for end in ("start", "end_beep", "end_silence", "end_other")),
        ("fax", News.FAILED, "machine"),
    ],
)
def test_each_judgement_of_the_answer_is_understood(word: str, news: News, reason: str, provider: Provider) -> None:
    assert provider.post(MACHINE, {**JUDGED, "AnsweredBy": word}).status_code == 204
    assert provider.receipts == [Receipt("n000001", SID, news, NOW, reason)]
    assert (provider.ended, provider.presses) == ([], [])


def test_a_number_that_is_wrong_for_good_is_known_by_its_code(provider: Provider) -> None:
    provider.post(PATHS["voice"], {**STATE, "CallStatus": "failed", "ErrorCode": "21217"})
    provider.post(PATHS["voice"], {**STATE, "CallStatus": "failed", "ErrorCode": "32009"})
    told = [(one.reason, one.bad_address) for one in provider.receipts]
    assert told == [("failed, code 21217", True), ("failed, code 32009", False)]


def test_a_state_that_nobody_knows_is_taken_and_changes_nothing(provider: Provider) -> None:
    assert provider.post(PATHS["voice"], {**STATE, "CallStatus": "on a boat"}).status_code == 204
    assert (provider.reached, provider.counted) == (0, {("voice", "unknown"): 1})


@pytest.mark.parametrize(
    "query", ["", "?on=keys", "?on=keys&ref=", "?on=other&ref=n1", "?on=status&ref=a%2Fb", "?ref=n1", "?on=machine"]
)
def test_an_address_that_we_never_gave_is_refused(query: str, provider: Provider) -> None:
    form = {**STATE, **JUDGED, **PRESSED}
    assert provider.post(VOICE + query, form).status_code == 400
    assert provider.counted == {("voice", "malformed"): 1}


@pytest.mark.parametrize("missing", ["CallSid", "AnsweredBy"])
def test_a_report_without_what_it_needs_is_refused(missing: str, provider: Provider) -> None:
    form = {name: value for name, value in JUDGED.items() if name != missing}
    assert provider.post(MACHINE, form).status_code == 400
    assert provider.reached == 0


def test_a_key_signed_for_one_alert_opens_no_other_and_no_second_question(provider: Provider) -> None:
    mine = sign(URL + KEYS, PRESSED, TOKEN)
    for theirs in (KEYS.replace("n000001", "n000002"), KEYS + "&again=1", KEYS.replace("keys", "status")):
        assert provider.post(theirs, PRESSED, mine).status_code == 403
    assert provider.reached == 0
