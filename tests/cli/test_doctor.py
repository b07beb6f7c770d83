"""`doctor` and `drill`: what is wrong is said with its remedy; an exercise is measured, and leaves nothing running."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

from alertd.daemon.clock import utc_now
from alertd.daemon.examining import DRILL_NOTE
from alertd.daemon.heartbeat import Heartbeat, Pulse
from alertd.daemon.parts import open_parts, read_settings
from alertd.service.ports import Rank
from tests.cli.installation import Installation
from tests.doubles.private import free_port
from tests.doubles.waiting import eventually

TREE = Path(__file__).resolve().parents[2]


def findings(here: Installation) -> dict[str, tuple[str, str]]:
    return {each["what"]: (each["health"], each["found"]) for each in here.json("doctor")["findings"]}


def healths(here: Installation) -> dict[str, str]:
    return {what: health for what, (health, _) in findings(here).items()}


def command(here: Installation, *words: str) -> list[str]:
    """A command line of a process of its own."""
    return [sys.executable, "-m", "alertd.cli", *words, "--config", str(here.config)]


@contextmanager
def running(here: Installation) -> Iterator[None]:
    """The daemon as a process, until the test has seen enough."""
    _change(here, 'listen: "127.0.0.1:8026"', f'listen: "127.0.0.1:{free_port()}"')
    silent = subprocess.DEVNULL
    process = subprocess.Popen(command(here, "run"), cwd=TREE, stdout=silent, stderr=silent)
    try:
        eventually(
            lambda: here.json("status")["daemon"]["running"], within=30, every=0.2, what="the daemon's heartbeat"
        )
        yield
    finally:
        process.terminate()
        assert process.wait(20) == 0


def _change(here: Installation, old: str, new: str) -> None:
    text = here.config.read_text()
    assert old in text
    here.config.write_text(text.replace(old, new))


def test_an_installation_that_never_ran_is_told_what_to_do_first(here: Installation) -> None:
    said = here.refused("doctor")
    assert "systemctl start alertd" in said
    assert "must be mended" in said
    found = healths(here)
    assert found["daemon"] == "bad"
    assert found["store"] == found["rules"] == found["secrets"] == found["clock"] == found["work"] == "good"


def test_captured_messages_and_drills_never_tried_are_worth_a_look(here: Installation) -> None:
    found = healths(here)
    assert found["texts"] == found["mails"] == found["drill"] == found["calls"] == "worth a look"


def test_a_well_installation_is_well(here: Installation) -> None:
    with open_parts(read_settings(here.config)) as parts:
        Pulse(parts.store).beat(Heartbeat(utc_now(), "rules; messages come in", {}, 0))
        with parts.store.write(Rank.TICK) as writing:
            writing.set_note(DRILL_NOTE, utc_now().isoformat())
    assert here("doctor").exit_code == 0
    assert healths(here)["drill"] == "good"


def test_a_drill_of_long_ago_is_worth_a_look(here: Installation) -> None:
    with open_parts(read_settings(here.config)) as parts, parts.store.write(Rank.TICK) as writing:
        writing.set_note(DRILL_NOTE, (utc_now() - timedelta(days=91)).isoformat())
    assert "91 days ago" in findings(here)["drill"][1]


def test_a_store_that_was_never_migrated_is_named_with_the_remedy(here: Installation) -> None:
    for file in (here.root / "var").glob("alertd.db*"):
        file.unlink()
    assert "alertd migrate" in here.refused("doctor")


def test_rules_with_an_error_are_named(here: Installation) -> None:
    clocks = here.root / "rules" / "clocks.yaml"
    clocks.write_text(clocks.read_text().replace("due: 1 hour", "due: 1 hor"))
    assert findings(here)["rules"][0] == "bad"


def test_a_person_without_any_number_is_named_by_id_alone(here: Installation) -> None:
    people = here.root / "config" / "people.yaml"
    people.write_text(people.read_text() + "\n- person: spare_phone\n  name: Nobody Yet\n")
    said = here.refused("doctor")
    assert "spare_phone" in said
    assert "Nobody Yet" not in said


def test_people_yaml_that_everybody_can_read_is_worth_a_look(here: Installation) -> None:
    (here.root / "config" / "people.yaml").chmod(0o644)
    assert healths(here)["people.yaml"] == "worth a look"
    (here.root / "config" / "people.yaml").chmod(0o640)
    assert "people.yaml" not in healths(here)


def test_a_broker_and_providers_that_are_away_are_each_named(here: Installation) -> None:
    text = here.config.read_text()
    text = text.replace("spool: {dir: ../var/spool}", f'amqp: {{url: "amqp://127.0.0.1:{free_port()}/%2F"}}')
    mail = f'email: {{provider: smtp, host: 127.0.0.1, port: {free_port()}, starttls: never, from: "a@example.gov.uk"}}'
    start, end = text.index("\nemail:"), text.index("\ncall:")
    here.config.write_text(text[:start] + "\n" + mail + "\n" + text[end:])
    found = healths(here)
    assert found["broker"] == found["mails"] == "bad"


def accepted(here: Installation) -> Any:  # noqa: ANN401
    """The open alert, once there is one, after somebody has accepted it."""
    alert = eventually(lambda: here.json("alerts"), within=30, every=0.2, what="the alert of the exercise")[0]
    here.done("accept", alert["code"], "--as", "edt_duty_phone")
    return alert


def test_a_drill_is_marked_measured_and_ended(here: Installation) -> None:
    with running(here):
        words = ["drill", "--as", "mash_service_manager", "--yes", "--wait", "1", "--json"]
        drill = subprocess.Popen(command(here, *words), cwd=TREE, stdout=subprocess.PIPE)
        alert = accepted(here)
        said, _ = drill.communicate(timeout=60)
        told = json.loads(said)
        eventually(lambda: not here.json("clocks"), within=20, every=0.2, what="no clock that runs")
    assert told["case"] == alert["case"]
    assert told["accepted_by"] == "edt_duty_phone"
    assert 0 < told["seconds_to_acceptance"] < 60
    assert {each["by"] for each in told["sent"]} >= {"sms", "email"}
    texts = (here.root / "var/outbox/messages.jsonl").read_text()
    assert texts.count("EXERCISE") >= 1
    assert healths(here)["drill"] == "good"


def test_a_drill_is_not_begun_while_the_daemon_is_down(here: Installation) -> None:
    assert "does not run" in here.refused("drill", "--as", "mash_service_manager", "--yes")
    assert here.json("cases") == []


def test_a_dry_run_says_who_would_be_told_and_sends_nothing(here: Installation) -> None:
    assert "told first:" in here.done("drill", "--as", "mash_service_manager", "--dry-run")
    assert not list((here.root / "var").glob("spool/**/*.json"))
