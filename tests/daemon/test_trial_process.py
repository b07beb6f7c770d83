"""The process of a trial: it answers, it is ended when it takes too long, and with the daemon."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest

from alertd.daemon.parts import Parts
from alertd.daemon.rule_trial import Trial
from alertd.daemon.trial_process import TrialCutShort, TrialEnded, TrialProcess
from alertd.model.ids import Version
from tests.daemon.conftest import NOW
from tests.doubles.waiting import eventually

TRIAL = Trial(NOW, Version("0123456789ab"), stored=Version("ba9876543210"))


def process(parts: Parts, longest: timedelta = timedelta(minutes=2)) -> TrialProcess:
    return TrialProcess(parts.settings.config / "alertd.yaml", parts.settings, longest)


def test_it_answers_what_is_wrong(parts: Parts) -> None:
    assert process(parts)(TRIAL).errors == ("there is no set ba9876543210 on record.",)


def test_one_that_takes_too_long_is_ended(parts: Parts) -> None:
    with pytest.raises(TrialCutShort, match="took longer than"):
        process(parts, timedelta(milliseconds=1))(TRIAL)


def test_it_ends_with_the_daemon(parts: Parts) -> None:
    running = process(parts)
    ended: list[Exception] = []

    def tried() -> None:
        try:
            running(TRIAL)
        except TrialEnded as end:
            ended.append(end)

    thread = threading.Thread(target=tried)
    thread.start()
    eventually(lambda: running._process is not None)
    running.close()
    thread.join(10)
    assert len(ended) == 1
    with pytest.raises(TrialEnded):
        running(TRIAL)
