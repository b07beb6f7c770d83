"""Rule sets by command: what waits for whom, a second person by a code to their own number, going back."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import timedelta

import pytest

from alertd.cli.opening import opened
from alertd.daemon.parts import Options, Parts, open_parts
from alertd.daemon.reload import record_version
from alertd.model.errors import NotPossible
from alertd.model.ids import PersonId, Version
from alertd.model.rule_loads import LoadReport, LoadState, RuleLoad
from alertd.service.approving import GOOD_FOR, TRIES, Approving
from alertd.service.rule_loads import RuleLoads, waiting
from tests.cli.installation import Installation

BY = ("--as", "manager_birch")
AUTHOR, SECOND = PersonId("manager_ash"), PersonId("manager_birch")
VERSION = Version("0123456789ab")


@pytest.fixture
def parts(here: Installation) -> Iterator[Parts]:
    """A set is in force, and another one waits for a second person."""
    with opened(here.config) as parts:
        record_version(parts, parts.rules.present)
        report = LoadReport(urgent=("retires disclosure_cohort",), messages=12, by_role=(("mash", 3, 2),))
        load = RuleLoad(0, VERSION, parts.rules.book().version, parts.now(), LoadState.WAITING, AUTHOR, "ash", report)
        RuleLoads(parts.store).wait(load, "{}")
        yield parts


def codes(here: Installation) -> list[str]:
    """Codes that were sent to the second person's own number."""
    lines = (here.root / "var" / "outbox" / "messages.jsonl").read_text().splitlines()
    texts = [json.loads(line) for line in lines]
    assert {text["to"] for text in texts} == {"+447700900122"}
    return [re.findall(rf"(\d{{6}}) stands for rule set {VERSION}", text["text"])[0] for text in texts]


@pytest.mark.usefixtures("parts")
def test_a_code_to_ones_own_number_stands_for_a_set_that_waits(here: Installation) -> None:
    assert any(VERSION in each and "alertd approve" in each for each in here.json("status")["look_at"])
    assert f"Then: alertd approve {VERSION} --as manager_birch --code CODE" in here.done("approve", *BY)
    [code] = codes(here)
    wrong = f"{(int(code) + 1) % 10**6:06d}"
    assert "that code is wrong or too old" in here.refused("approve", VERSION[:5], *BY, "--code", wrong)

    said = here.done("approve", VERSION, *BY, "--code", code)

    assert f"manager_birch stands for {VERSION}" in said
    assert "The daemon tries it once more" in said
    assert "already" in here.refused("approve", VERSION, *BY, "--code", code)
    [load, _] = here.json("rules")["rules"]
    assert load["approvals"][0]["proof"] == "code"
    assert load["approvals"][0]["account"]
    shown = here.done("rules", "show")
    for part in (
        "retires disclosure_cohort",
        "manager_ash (user ash)",
        "manager_birch stands for it, by code",
        "mash  3",
    ):
        assert part in re.sub(r" {2,}", "  ", shown)
    assert "manager_birch" in here.done("rules")


@pytest.mark.usefixtures("parts")
def test_the_author_cannot_approve_and_what_does_not_wait_cannot_be_approved(here: Installation) -> None:
    assert "somebody else must stand for it" in here.refused("approve", "--as", "manager_ash")
    assert "there is no set ffff" in here.refused("approve", "ffff", *BY)
    assert "there is no set ffff" in here.refused("rules", "show", "ffff")
    in_force = here.json("rules")["rules"][1]["version"]
    assert "it is in force" in here.refused("approve", in_force, *BY)


def test_a_code_is_good_for_ten_minutes_and_a_few_tries(parts: Parts) -> None:
    now, account = parts.now(), "birch"
    approving = Approving(parts.store, parts.keyring.token)
    load = approving.asked("")
    approving.send_code(load, SECOND, "482193", now)
    with pytest.raises(NotPossible, match="wrong or too old"):
        approving.by_code(VERSION, SECOND, "482193", account, now + GOOD_FOR + timedelta(seconds=1))
    approving.send_code(load, SECOND, "482193", now)
    for _ in range(TRIES):
        with pytest.raises(NotPossible, match="wrong or too old"):
            approving.by_code(VERSION, SECOND, "000000", account, now)
    with pytest.raises(NotPossible, match="wrong or too old"):
        approving.by_code(VERSION, SECOND, "482193", account, now)
    with parts.store.read() as reading:
        found = waiting(reading)
    assert found is not None
    assert found.people == {AUTHOR}


def test_going_back_by_command(here: Installation) -> None:
    with opened(here.config) as parts:
        record_version(parts, parts.rules.present)
        first = parts.rules.book().version
    assert "no set was in force before" in here.refused("rollback", "--because", "a test", *BY)
    people = here.root / "config" / "people.yaml"
    people.write_text(people.read_text().replace("+447700900101", "+447700900109"))
    with open_parts(parts.settings, options=Options()) as again:
        assert again.rules.present.awaited is not None
        text = json.dumps({})
        load = RuleLoad(0, again.rules.present.awaited, first, again.now(), LoadState.IN_FORCE)
        RuleLoads(again.store).put_in_force(load, text)

    said = here.done("rollback", "--because", "the desk's phone is dead", *BY)

    assert f"{first} is in force again, {load.version} is not" in said
    assert [each["state"] for each in here.json("rules")["rules"]] == ["in_force", "rolled_back", "replaced"]
    assert any("the files hold" in each for each in here.json("status")["look_at"])


def test_a_reload_by_command_needs_the_daemon(here: Installation) -> None:
    assert "the daemon does not run" in here.refused("reload", *BY)
