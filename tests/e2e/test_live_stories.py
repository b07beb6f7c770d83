"""The story runner, the demo and the daemon decide and send by one path.

Stories are played to the live daemon, with a real broker and providers that speak HTTP and SMTP: at each step it sends
what the story runner does, to the same people over the same channels in the same words.
"""

from __future__ import annotations

import pytest

from alertd.daemon.parts import Options, open_parts
from alertd.rulebook.stories import load_stories
from alertd.rulebook.story import Story
from alertd.shipped import shipped
from alertd.transport.endpoint import Endpoint
from tests.doubles.fake_twilio import FakeTwilio
from tests.doubles.fake_twilio_state import TOKEN
from tests.doubles.mailserver import MailServer
from tests.e2e.conftest import Run
from tests.e2e.installation import TOKEN_VARIABLE, Installation
from tests.e2e.live_story import LiveStory, rehearsed

pytestmark = pytest.mark.timeout(400)  # a trial of the rules steps back before everything else that runs

STORIES = {
    "scenario_06_booking_time_corrected": "scenario 6 - no booking-in time at first, then an earlier one",
    "scenario_11_corrected": "scenario 11 - corrected to something not serious after five hours",
}


@pytest.fixture(params=STORIES)
def told(request: pytest.FixtureRequest) -> Story:
    """One story of a file."""
    file: str = request.param
    found = load_stories([shipped("rules") / "stories" / f"{file}.test.yaml"]).stories
    return next(each for each in found if each.name == STORIES[file])


@pytest.fixture
def still(told: Story, installation: Installation, monkeypatch: pytest.MonkeyPatch) -> Installation:
    """An installation at the story's first moment, in which every message arrives, as it does in a story."""
    monkeypatch.setenv(TOKEN_VARIABLE, TOKEN)
    installation.no_receipts()
    installation.stand_still(told.steps[0].at)
    return installation


def test_a_story_played_to_the_live_daemon_sends_what_the_story_runner_sends(
    told: Story,
    still: Installation,
    run: Run,
    endpoint: Endpoint,
    fake_twilio: FakeTwilio,
    mail_server: MailServer,
) -> None:
    run().consuming()

    with open_parts(still.settings, options=Options(now=still.now)) as parts:
        expected = rehearsed(told, parts, still.root)
        live = LiveStory(still, endpoint, fake_twilio, mail_server).play(told, parts)

    assert sum(map(len, expected)) >= 4
    assert live == expected
