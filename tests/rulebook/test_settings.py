from __future__ import annotations

import copy
import json
import pickle
import re
from datetime import time, timedelta
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from alertd.model.errors import ConfigError
from alertd.rulebook.problems import format_problem
from alertd.rulebook.secret import Secret
from alertd.rulebook.sender_settings import Capture, GovukNotify, Smtp, Twilio, TwilioVoice
from alertd.rulebook.settings import Settings, settings_schema
from alertd.rulebook.settings_file import find_config, load_settings, settings_from_text
from alertd.shipped import shipped

WHOLE = """\
service: {borough: WF, name: Urgent Response, public_url: "https://urgent.example.gov.uk", call_back: "020 7946 0123"}
intake:
  person_ref: borough
  amqp:
    url: "amqp://127.0.0.1:5672/%2F"
    username: alertd
    password: {file: broker.secret}
    prefetch: 200
store:
  url: "sqlite:///var/alertd.db"
rules: ../rules
templates: ../templates
people: people.yaml
sms:
  provider: twilio
  account_sid: {env: SID}
  auth_token: {env: TOKEN}
  from: "+447700900001"
  poll: 20 seconds
  rate: 60/min
email:
  provider: smtp
  host: mail.example.gov.uk
  from: alerts@example.gov.uk
call: off
rest: {from: 22:00, to: 07:30, early: 21:00}
privacy:
  retention: {alerts: 90 days}
  cohort_words: {hospital_ae: A&E}
"""


def settings(text: str = WHOLE) -> Settings:
    loaded = settings_from_text(text, Path("/etc/alertd"))
    assert loaded.settings is not None, [*map(format_problem, loaded.problems)]
    return loaded.settings


def refused(old: str, new: str) -> list[tuple[str, int]]:
    assert old in WHOLE
    loaded = settings_from_text(WHOLE.replace(old, new))
    assert loaded.settings is None
    assert all(problem.remedy for problem in loaded.problems)
    return [(problem.code, problem.line) for problem in loaded.problems]


def test_settings_come_out_typed() -> None:
    found = settings()
    assert found.intake.amqp is not None
    assert (found.intake.amqp.prefetch, found.intake.amqp.queue) == (200, "alertd.messages")
    (sender,) = found.sms
    assert isinstance(sender, Twilio)
    assert (sender.sender, sender.poll, sender.rate) == ("+447700900001", timedelta(seconds=20), 1.0)
    assert isinstance(found.email, Smtp)
    assert (found.email.port, found.email.starttls) == (25, "required")
    assert found.call is None
    assert (found.rest.start, found.rest.end, found.rest.early) == (time(22), time(7, 30), time(21))
    assert found.service.call_back == "020 7946 0123"


def test_paths_count_from_the_file_that_names_them() -> None:
    found = settings()
    assert found.rules == (Path("/etc/alertd/../rules"),)
    assert found.config == Path("/etc/alertd")
    assert found.store.url == "sqlite:////etc/alertd/var/alertd.db"
    absolute = settings(WHOLE.replace("sqlite:///var", "sqlite:////var"))
    assert absolute.store.url == "sqlite:////var/alertd.db"


def test_what_is_left_out_has_the_values_of_the_protocol() -> None:
    text = "\n".join(line for line in WHOLE.splitlines() if not line.startswith(("rest", "privacy", " " * 2 + "re")))
    found = settings(text.replace("  cohort_words: {hospital_ae: A&E}", ""))
    assert (found.rest.start, found.rest.end, found.rest.early) == (time(22), time(7, 30), time(21))
    assert found.privacy.retention.alerts == timedelta(days=90)


def test_a_cohort_without_a_word_says_nothing_on_a_lock_screen() -> None:
    assert settings().privacy.cohort("hospital_ae") == "A&E"
    assert settings().privacy.cohort("custody") == "urgent case"


def test_two_senders_are_tried_in_order() -> None:
    twilio = WHOLE[WHOLE.index("  provider: twilio") : WHOLE.index("email:")]
    two = "  - {provider: capture, dir: out}\n  -" + twilio[1:].replace("\n  ", "\n    ")
    found = settings(WHOLE.replace(twilio, two))
    assert [type(sender) for sender in found.sms] == [Capture, Twilio]


CALLS = """\
call:
  provider: twilio
  account_sid: AC00000000000000000000000000000001
  auth_token: {env: TWILIO_TOKEN}
  from: 020 7946 0999
"""


def test_calls_go_by_twilio_one_a_second_when_nothing_else_is_said() -> None:
    call = settings(WHOLE.replace("call: off\n", CALLS)).call
    assert isinstance(call, TwilioVoice)
    assert (call.sender, call.rate, call.base_url) == ("+442079460999", 1.0, "https://api.twilio.com")


@pytest.mark.parametrize("name", ["ALERTD", "WF Urgent", "number", "+1"])
def test_a_call_comes_from_a_number_and_never_from_a_name(name: str) -> None:
    loaded = settings_from_text(WHOLE.replace("call: off\n", CALLS.replace("020 7946 0999", name)))
    assert loaded.settings is None
    assert [problem.code for problem in loaded.problems] == ["E014"]
    assert all(problem.remedy for problem in loaded.problems)


NOTIFY = """\
  provider: notify
  api_key: {file: notify.secret}
  template_id: f33517ff-2a88-4f6e-b855-c550268ce08a
  callback_token: {env: NOTIFY_TOKEN}
  poll: 20 seconds
"""


def test_notify_sends_texts_and_mails() -> None:
    twilio = WHOLE[WHOLE.index("  provider: twilio") : WHOLE.index("email:")]
    smtp = WHOLE[WHOLE.index("  provider: smtp") : WHOLE.index("call:")]
    found = settings(WHOLE.replace(twilio, NOTIFY).replace(smtp, NOTIFY))
    for sender in (found.sms[0], found.email):
        assert isinstance(sender, GovukNotify)
        assert (sender.poll, sender.base_url) == (timedelta(seconds=20), "https://api.notifications.service.gov.uk")


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("template_id: f33517ff-2a88-4f6e-b855-c550268ce08a", "template_id: Alerts", "E014"),
        ("api_key: {file: notify.secret}", "api_key: alertd-26785a09", "E014"),
        ("callback_token: {env: NOTIFY_TOKEN}", "callback_token: guess", "E014"),
    ],
)
def test_settings_of_notify_are_checked_and_no_secret_stands_in_them(old: str, new: str, expected: str) -> None:
    twilio = WHOLE[WHOLE.index("  provider: twilio") : WHOLE.index("email:")]
    loaded = settings_from_text(WHOLE.replace(twilio, NOTIFY.replace(old, new)))
    assert [problem.code for problem in loaded.problems] == [expected]
    assert "guess" not in str(loaded.problems)


@pytest.mark.parametrize(
    ("poll", "said", "calls_back"),
    [("off", "", True), ("20 seconds", "", False), ("20 seconds", "  status_callback: true\n", True),
     ("off", "  status_callback: false\n", False)],
)  # fmt: skip
def test_a_polled_twilio_reports_to_no_webhook_unless_it_is_told_to(poll: str, said: str, calls_back: bool) -> None:
    plain = re.sub("  status_callback:.*\n", "", WHOLE)
    (sender,) = settings(plain.replace("  poll: 20 seconds\n", f"  poll: {poll}\n{said}")).sms
    assert isinstance(sender, Twilio)
    assert sender.calls_back is calls_back


def test_off_means_not_at_all() -> None:
    found = settings(WHOLE.replace("poll: 20 seconds", "poll: off"))
    assert isinstance(found.sms[0], Twilio)
    assert found.sms[0].poll is None


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("prefetch: 200", "prefetsch: 200", ("E010", 8)),
        ("prefetch: 200", "prefetch: many", ("E014", 8)),
        ("prefetch: 200", "prefetch: 0", ("E014", 8)),
        ("person_ref: borough", "person_ref: everyone", ("E012", 3)),
        ("  host: mail.example.gov.uk\n", "", ("E011", 21)),
        ("provider: smtp", "provider: snmp", ("E012", 22)),
        ("  provider: smtp\n", "", ("E011", 21)),
        ("rate: 60/min", "rate: fast", ("E014", 20)),
        ("poll: 20 seconds", "poll: 20", ("E014", 19)),
        ('from: "+447700900001"', "from: Council", ("E014", 18)),
        ("from: alerts@example.gov.uk", "from: alerts", ("E014", 24)),
        ("password: {file: broker.secret}", "password: {file: a, env: b}", ("E014", 7)),
        ("password: {file: broker.secret}", "password: {vault: a}", ("E014", 7)),
        ("to: 07:30", "to: 7.30", ("E014", 26)),
        ("hospital_ae: A&E", "hospital_a_e: A&E", ("E012", 29)),
        ("templates: ../templates", "templates:", ("E013", 12)),
        ("templates: ../templates", "rules: ../templates", ("E003", 12)),
        ("borough: WF", "borough: wf", ("E014", 1)),
        ("https://urgent", "ftp://urgent", ("E014", 1)),
        ("sqlite:///var/alertd.db", "mysql://db/alertd", ("E014", 10)),
        ("  person_ref: borough", "  spool: {dir: in}", ("E014", 2)),
        ("  retention", "  keep: [person.name]\n  retention", ("E014", 27)),
        ("  retention", "  keep: [person.age]\n  retention", ("E012", 28)),
    ],
)
def test_a_wrong_setting_gets_its_code_and_line(old: str, new: str, expected: tuple[str, int]) -> None:
    assert expected in refused(old, new)


def test_a_misspelt_setting_is_told_once() -> None:
    assert refused("auth_token:", "auth_tokn:") == [("E010", 17)]


def test_a_slip_of_syntax_hides_none_of_the_others_and_blames_nobody() -> None:
    found = settings_from_text(WHOLE.replace("host: mail", "host: x: mail").replace("poll: 20 seconds", "poll: 1m"))
    assert [problem.code for problem in found.problems] == ["E014", "E001"]


def test_words_of_the_library_are_never_shown() -> None:
    found = settings_from_text(
        "service: {borough: [1]}\nintake: 5\nsms: 7\nrules: {a: b}\nrest: x\nprivacy: {keep: 1}\n"
    )
    said = " ".join(f"{problem.message} {problem.remedy}" for problem in found.problems)
    assert not [word for word in ("Input", "pydantic", "valid ", "dict", "tuple", "union", "{") if word in said]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("sqlite:///var/alertd.db", "postgresql+psycopg://alertd:hunter2@db.example.gov.uk/alertd"),
        ("amqp://127.0.0.1", "amqp://alertd:hunter2@127.0.0.1"),
        ("{file: broker.secret}", "hunter2"),
        ("{file: broker.secret}", "hunter2: x"),
        ("{env: TOKEN}", "hunter2"),
    ],
)
def test_a_secret_in_the_open_is_refused_and_not_repeated(old: str, new: str) -> None:
    found = settings_from_text(WHOLE.replace(old, new))
    assert found.settings is None
    assert "hunter2" not in "".join(map(format_problem, found.problems))


def test_the_shipped_settings_load() -> None:
    assert load_settings(shipped("config") / "alertd.yaml").problems == ()


def test_the_schema_is_valid_and_accepts_the_sample() -> None:
    schema = settings_schema()
    Draft202012Validator.check_schema(schema)
    sample = {
        "service": {"borough": "WF", "name": "x", "public_url": "https://x", "call_back": "020 7946 0123"},
        "intake": {"spool": {"dir": "in"}},
        "store": {"url": "sqlite:///a.db"},
        "rules": "rules",
        "templates": "templates",
        "people": "people.yaml",
        "sms": {"provider": "capture", "dir": "out"},
        "email": {"provider": "capture", "dir": "out"},
        "call": "off",
    }
    assert Draft202012Validator(schema).is_valid(sample)
    assert not Draft202012Validator(schema).is_valid({**sample, "store": {"uri": "x"}})


def test_settings_are_found_in_the_order_of_the_contract(tmp_path: Path) -> None:
    first, second, third = (tmp_path / name for name in ("a.yaml", "b.yaml", "c.yaml"))
    for path in (first, second, third):
        path.write_text("")
    assert find_config(first, {"ALERTD_CONFIG": str(second)}, (third,)) == first
    assert find_config(None, {"ALERTD_CONFIG": str(second)}, (third,)) == second
    assert find_config(None, {}, (tmp_path / "none.yaml", third)) == third


def test_a_named_file_that_is_missing_is_never_passed_over(tmp_path: Path) -> None:
    there = tmp_path / "c.yaml"
    there.write_text("")
    for explicit, environ in ((tmp_path / "x", {}), (None, {"ALERTD_CONFIG": str(tmp_path / "x")})):
        with pytest.raises(ConfigError, match="check the path"):
            find_config(explicit, environ, (there,))
    with pytest.raises(ConfigError, match="alertd init"):
        find_config(None, {}, ())


def test_a_secret_is_read_when_it_is_needed(tmp_path: Path) -> None:
    file = tmp_path / "secret"
    secret = Secret("file", str(file))
    with pytest.raises(ConfigError, match="cannot be read"):
        secret.resolve()
    file.write_text("hunter2\n")
    assert secret.resolve() == "hunter2"
    assert Secret("env", "TOKEN").resolve({"TOKEN": "hunter2"}) == "hunter2"
    assert Secret("credential", "secret").resolve({"CREDENTIALS_DIRECTORY": str(tmp_path)}) == "hunter2"
    assert Secret("plain", "AC1").resolve() == "AC1"


@pytest.mark.parametrize(
    ("secret", "environ"),
    [(Secret("env", "TOKEN"), {}), (Secret("env", "TOKEN"), {"TOKEN": " "}), (Secret("credential", "x"), {})],
)
def test_a_secret_that_is_not_there_says_what_to_do(secret: Secret, environ: dict[str, str]) -> None:
    with pytest.raises(ConfigError, match=r"set it|write it|add LoadCredential"):
        secret.resolve(environ)


def test_a_secret_never_shows_itself() -> None:
    found = settings(WHOLE.replace("{env: SID}", "AC-visible"))
    shown = f"{found!r} {found} {found.model_dump_json()} {found.model_dump(mode='json')}"
    assert "AC-visible" not in shown
    assert "Secret(plain)" in json.loads(found.model_dump_json())["sms"][0]["account_sid"]
    with pytest.raises(TypeError):
        pickle.dumps(Secret("plain", "x"))
    with pytest.raises(TypeError):
        copy.copy(Secret("plain", "x"))
