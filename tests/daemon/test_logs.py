"""A log tells what happened and where, and nothing of what a message or a person holds."""

from __future__ import annotations

import json

import pytest
import structlog

from alertd.daemon.logs import configure_logs

NAME = "Kai Example"


@pytest.fixture(autouse=True)
def _as_before() -> object:
    yield
    structlog.reset_defaults()


def raised() -> Exception:
    people: dict[str, str] = {}
    try:
        people[NAME]
    except KeyError as fault:
        return fault
    raise AssertionError("nobody of that name")


def test_a_fault_is_told_by_type_and_place_and_without_its_text(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logs({"INVOCATION_ID": "x"})

    structlog.get_logger().error("turn_failed", loop="tick", exc_info=raised())

    line = json.loads(capsys.readouterr().err)
    assert (line["event"], line["fault"], line["level"]) == ("turn_failed", "KeyError", "error")
    assert "test_logs.raised:" in line["at"][-1]
    assert NAME not in json.dumps(line)


def test_without_a_terminal_a_line_is_json_too(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logs({})

    structlog.get_logger().info("daemon_ready", rules="abc")

    assert json.loads(capsys.readouterr().err)["rules"] == "abc"
