"""Reloads while messages come in as fast as they can be offered: none lost, none doubled, each judged by one version.

Five reloads here; `make reloads` makes a hundred.
"""

from __future__ import annotations

import json
import os
import signal
from collections import Counter
from time import monotonic

import pytest

from alertd.service.messages import Properties
from alertd.transport.endpoint import Endpoint
from alertd.transport.publisher import Letter, Publisher
from tests.doubles.fake_twilio import FakeTwilio
from tests.doubles.mailserver import MailServer
from tests.doubles.waiting import eventually
from tests.e2e.conftest import Run
from tests.e2e.daemon_process import DaemonProcess
from tests.e2e.incidents import incident
from tests.e2e.installation import Installation

RELOADS = int(os.environ.get("ALERTD_RELOADS", "5"))
BURST = 50
"""Messages offered as fast as the broker takes them: well over 1,000 a second."""
RULE = """\
- rule: marked
  title: Every incident carries the mark of the set that judged it
  source: a test
  owner: head_of_service
  review_by: 2027-03-31
  severity: routine
  status: live
  when:
    message: incident
    all:
      - field: setting
        exists: yes
  if_missing: no_match
  then:
    - classify: MARK
  once_per: [case_ref]
"""


class Load:
    """Offers messages in bursts; every one is another child of nobody's concern but the mark's."""

    def __init__(self, publisher: Publisher) -> None:
        self._publisher = publisher
        self.offered = 0
        self.seconds = 0.0

    def burst(self) -> None:
        """Offer more than the daemon decides in one batch's time."""
        letters = [Letter(body(self.offered + n), Properties()) for n in range(BURST)]
        began = monotonic()
        assert self._publisher.publish(letters) == ()
        self.offered += BURST
        self.seconds += monotonic() - began


def body(number: int) -> bytes:
    """An incident that no shipped rule acts on."""
    data = json.loads(incident("community", number + 1))
    data["data"]["person"]["age"] = 40
    data["data"]["incident"] |= {"offence": ["other"], "injury": "none", "weapon": "none"}
    return json.dumps(data).encode()


def mark(installation: Installation, word: str) -> None:
    file = installation.root / "rules" / "marked.yaml"
    new = file.with_suffix(".new")
    new.write_text(RULE.replace("MARK", word))
    new.replace(file)


class Marked:
    """A daemon whose rules are changed again and again, while it is under load."""

    def __init__(self, installation: Installation, daemon: DaemonProcess) -> None:
        self._installation = installation
        self._daemon = daemon
        self._reloads = 0

    def reload(self, load: Load) -> None:
        """Bring another set into force, with a queue full of messages from before the swap until after it."""
        self._reloads += 1
        mark(self._installation, f"mark_{self._reloads}")
        self._daemon.signal(signal.SIGHUP)
        self._logged("rules_tried")
        load.burst()
        self._logged("rules_reloaded")
        load.burst()
        taken = self._installation.totals
        eventually(lambda: taken().get("received", 0) == load.offered, within=60, every=0.05, what="all is taken in")

    def _logged(self, event: str) -> None:
        eventually(lambda: self._daemon.log.count(f'"{event}"') == self._reloads, within=150, what=event)

    def held(self) -> list[float]:
        """How long each swap took, in seconds."""
        lines = (line for line in self._daemon.log.splitlines() if '"rules_reloaded"' in line)
        return [json.loads(line)["swap_seconds"] for line in lines]


@pytest.mark.timeout(120 + 60 * RELOADS)
def test_reloads_under_load_lose_double_and_misroute_nothing(
    run: Run, installation: Installation, endpoint: Endpoint, fake_twilio: FakeTwilio, mail_server: MailServer
) -> None:
    installation.keep_stories()
    mark(installation, "mark_0")
    installation.config.write_text(f"{installation.config.read_text()}reload: {{watch: no}}\n")
    daemon = run().consuming()
    marked, began, beats = Marked(installation, daemon), monotonic(), daemon.beats

    with Publisher(endpoint) as publisher:
        load = Load(publisher)
        for _ in range(RELOADS):
            marked.reload(load)

    lasted, beats = monotonic() - began, daemon.beats - beats
    totals = dict(installation.totals())
    assert totals.pop("received") == load.offered == totals["acted"] == sum(totals.values())
    assert judged_by_one_version_each(installation, load.offered) == RELOADS + 1
    print(
        f"\n{load.offered} messages, {load.offered / load.seconds:.0f} a second offered, {RELOADS} reloads in "
        f"{lasted:.0f} s; the swap took at most {max(marked.held()) * 1000:.2f} ms; {beats} beats of the watchdog"
    )
    assert beats > lasted / 2, "the watchdog is fed while rules are tried"
    fake_twilio.assert_nothing_else()
    mail_server.assert_nothing_else()


def judged_by_one_version_each(installation: Installation, messages: int) -> int:
    """Check that every message made one case, decided first by one version, with that version's mark and no other.

    Returns:
        How many versions judged.
    """
    with installation.store.read() as reading:
        cases = reading.list_cases(messages + 1)
        first = [json.loads(reading.decisions(case.id)[0][1]) for case in cases]
        versions = [one.version for one in reversed(reading.rule_loads(RELOADS + 1))]
    assert len(cases) == messages
    judged = Counter((each["version"], *each["labels"]) for each in first)
    assert judged.keys() == {(version, f"mark_{n}") for n, version in enumerate(versions)}, judged
    return len(judged)
