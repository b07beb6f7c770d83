"""Runs a piece of Python against the engine in a process of its own: what is pinned here may crash or hang."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass

PRELUDE = """
import json, sys
import durable_rules_engine as engine

_made = [0]

def rule_set(rules):
    _made[0] += 1
    rules = {name: {"all": [{"m": pattern}]} for name, pattern in rules.items()}
    rules["z"] = {"all": [{"m": {"p": 1}}], "pri": 9999}
    return engine.create_ruleset(f"s{_made[0]}", json.dumps(rules, ensure_ascii=False))

def step(handle, state):
    started = engine.start_action_for_state(handle, state)
    fired = started and started[1]
    while fired:
        yield fired[2 : fired.index('"', 2)]
        fired = engine.complete_and_start_action(handle, state)

def fire(handle, fact):
    code, state = engine.assert_fact(handle, json.dumps({"sid": "x", "id": "k", "p": 1, **fact}, ensure_ascii=False))
    names = list(step(handle, state)) if not code else [f"code {code}"]
    engine.retract_fact(handle, '{"sid":"x","id":"k"}')
    return names

def say(value):
    print(json.dumps(value))
"""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of the process.

    Attributes:
        said: What it said before it ended.
        code: Its exit code: negative for a signal, None when it had to be killed as hung.
        complaint: The last line of its standard error.
    """

    said: list[object]
    code: int | None
    complaint: str = ""


def run(code: str, *, seconds: float = 20) -> Outcome:
    """Run `code` after the prelude and collect what it says, one JSON value a line."""
    command = [sys.executable, "-c", PRELUDE + code]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=seconds, check=False)
    except subprocess.TimeoutExpired as hung:
        return Outcome(_values(hung.stdout), None)
    return Outcome(_values(done.stdout), done.returncode, (done.stderr.splitlines() or [""])[-1])


def _values(output: str | bytes | None) -> list[object]:
    text = output.decode() if isinstance(output, bytes) else output or ""
    return [json.loads(line) for line in text.splitlines()]
