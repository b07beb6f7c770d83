"""The guide in rules/README.md follows three changes until they are in force: on a daemon that runs, by two people."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.cli.installation import Installation as CommandLine
from tests.doubles.fake_twilio import FakeTwilio
from tests.doubles.fake_twilio_state import TOKEN
from tests.doubles.mailserver import MailServer
from tests.doubles.waiting import eventually
from tests.e2e.conftest import Run
from tests.e2e.installation import TOKEN_VARIABLE, Installation
from tests.e2e.test_faults import RULES_ADMIN
from tests.guide.changes import THREE
from tests.guide.edits import made
from tests.guide.transcript import STORY, Desk, fenced
from tests.guide.writing import README, kept

pytestmark = pytest.mark.timeout(400)  # a trial of the rules steps back before everything else that runs

OWNER = "chris.yew@example.gov.uk"
SECOND_PHONE = "+447700900122"
_MOMENT = re.compile(r"\b\d\d (?:[A-Z][a-z]{2}) \d\d:\d\d(?::\d\d)?\b")


def test_three_changes_are_followed_until_they_are_in_force(
    run: Run,
    installation: Installation,
    fake_twilio: FakeTwilio,
    mail_server: MailServer,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv(TOKEN_VARIABLE, TOKEN)
    monkeypatch.chdir(installation.root)
    installation.keep_stories("scenario_13_young_adult")
    installation.config.write_text(f"{installation.config.read_text()}reload: {{watch: no}}\n")
    run().consuming()
    here = CommandLine(installation.root)
    eventually(lambda: here.json("status")["daemon"]["running"])
    desk = Desk(here, {})

    edited = _edited(installation.root)
    looked = [desk.typed("check"), desk.typed("test", "rules/stories")]
    asked = desk.typed("reload", "--as", "manager_ash")
    assert "a second person must stand for it" in asked
    shown = desk.typed("rules", "show")
    sent = desk.typed("approve", "--as", "manager_birch")
    text = fake_twilio.expect(SECOND_PHONE).body
    [code] = re.findall(r"\b(\d{6}) stands for", text)
    approved = desk.typed("approve", "--as", "manager_birch", "--code", code)
    eventually(lambda: here.json("rules")["rules"][0]["state"] == "in_force", within=150)
    listed = desk.typed("rules")

    for address in (RULES_ADMIN, OWNER):
        mail_server.expect(address, "are not in force")
    parts = (
        fenced(edited, "diff"),
        fenced("\n\n".join((*looked, asked, shown))),
        "Somebody else has looked at it, and stands for it by a code to their own phone:",
        fenced("\n\n".join((sent, f"(the text)  {desk.named(text)}", approved, listed))),
    )
    kept(README, "in force", _steady("\n\n".join(parts), code))


def _edited(root: Path) -> str:
    """The three edits, their stories together."""
    rules, story = root / "rules", root / "rules" / "stories" / STORY
    shown = [made(change, rules, story) for change in THREE]
    story.write_text("".join(change.story for change in THREE))
    return "\n\n".join(shown)


def _steady(text: str, code: str) -> str:
    text = _MOMENT.sub("26 Nov 14:10", text.replace(code, "493027"))
    text = re.sub(r"\(user [^)]+\)", "(user ash)", text)
    return re.sub(r"(?<=\S) {3,}", "  ", text)  # how wide a column is hangs on the user's name
