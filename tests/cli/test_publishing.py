"""`publish`: checked first, then safe in the spool or with the broker."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

from alertd.transport.amqp_link import Link
from alertd.transport.endpoint import Endpoint
from alertd.transport.queues import Queues, ensure_queues
from tests.cli.installation import Installation
from tests.doubles.broker import Broker

Write = Callable[[str, str], Path]


def message(number: int = 1, **more: object) -> dict[str, object]:
    data = {"setting": "custody", "person": {"ref": f"P-{number}", "age": 15}}
    kind = "alertd.incident.v1"
    return {"specversion": "1.0", "id": f"m-{number}", "source": "police/custody", "type": kind, "data": data, **more}


def spooled(here: Installation) -> list[dict[str, object]]:
    return [json.loads(path.read_text()) for path in sorted((here.root / "var/spool/new").glob("*"))]


def test_one_message_is_put_into_the_spool_as_it_stands(here: Installation, write: Write) -> None:
    said = here.done("publish", write("one.json", json.dumps(message(), indent=2)))
    assert "1 message safe with the spool" in said
    assert spooled(here) == [message()]


def test_lines_and_arrays_are_several_messages_in_their_order(here: Installation, write: Write) -> None:
    lines = write("three.jsonl", "".join(json.dumps(message(n)) + "\n" for n in (1, 2, 3)) + "\n")
    array = write("two.json", json.dumps([message(4), message(5)]))
    assert "5 messages safe" in here.done("publish", lines, array)
    assert [each["id"] for each in spooled(here)] == ["m-1", "m-2", "m-3", "m-4", "m-5"]


def test_standard_input_is_read_for_a_dash(here: Installation) -> None:
    here.done("publish", "-", typed=json.dumps(message()))
    assert spooled(here) == [message()]


def test_one_refused_line_keeps_all_back_and_is_named(here: Installation, write: Write) -> None:
    lines = [json.dumps(message(1)), json.dumps(message(2, type="other")), '{"broken": ', json.dumps(message(3))]
    said = here.refused("publish", write("four.jsonl", "\n".join(lines)))
    assert "four.jsonl:2: type: must be" in said
    assert "four.jsonl:3: " in said
    assert "2 of 4 messages refused, nothing was sent" in said
    assert not (here.root / "var/spool").exists()


def test_the_others_go_when_asked_and_the_exit_still_says_no(here: Installation, write: Write) -> None:
    lines = [json.dumps(message(1)), json.dumps(message(2, type="other"))]
    here.refused("publish", write("two.jsonl", "\n".join(lines)), "--valid-only")
    assert [each["id"] for each in spooled(here)] == ["m-1"]


def test_a_dry_run_sends_nothing(here: Installation, write: Write) -> None:
    assert "1 message could be sent" in here.done("publish", write("one.json", json.dumps(message())), "--dry-run")
    assert not (here.root / "var/spool").exists()


def test_nobody_publishes_in_the_name_of_a_person(here: Installation, write: Write) -> None:
    said = here.refused("publish", write("one.json", json.dumps(message(source="person/manager_ash"))))
    assert "alertd record" in said


def test_a_problem_never_repeats_a_value(here: Installation, write: Write) -> None:
    bad = message(data={"person": {"name": ["Casey Example"], "age": "fifteen"}})
    said = here.refused("publish", write("one.json", json.dumps(bad)))
    assert "data.person.age" in said
    assert "Casey" not in said
    assert "fifteen" not in said


def test_a_file_that_is_not_there_or_empty_is_told(here: Installation, write: Write, tmp_path: Path) -> None:
    assert "none.json" in here.refused("publish", tmp_path / "none.json")
    assert "holds no message" in here.refused("publish", write("empty.json", "  \n"))


def over_amqp(here: Installation, port: int, vhost: str) -> None:
    spool = "  spool: {dir: ../var/spool}"
    url = f'  amqp: {{url: "amqp://127.0.0.1:{port}/{vhost}"}}'
    here.config.write_text(here.config.read_text().replace(spool, url))


def test_messages_are_confirmed_by_the_broker(here: Installation, broker: Broker, vhost: str, write: Write) -> None:
    over_amqp(here, broker.port, vhost)
    place = Endpoint("127.0.0.1", broker.port, vhost)
    ensure_queues(lambda: Link(place), Queues(), timedelta(seconds=10))
    lines = "\n".join(json.dumps(message(n)) for n in range(600))
    assert "600 messages safe with the broker" in here.done("publish", write("many.jsonl", lines))


def test_a_broker_without_the_queue_is_told_with_a_remedy(
    here: Installation, broker: Broker, vhost: str, write: Write
) -> None:
    over_amqp(here, broker.port, vhost)
    said = here.refused("publish", write("one.json", json.dumps(message())))
    assert "one.json:1: there is no queue alertd.messages" in said


def test_a_broker_that_is_not_there_is_told(here: Installation, write: Write) -> None:
    over_amqp(here, 1, "%2F")
    said = here.refused("publish", write("one.json", json.dumps(message())))
    assert "amqp://127.0.0.1:1/%2F" in said
    assert "nothing was sent" in said
    assert "Remedy" in said
