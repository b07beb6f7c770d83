"""A trial in a process of its own, seen from the daemon: started, waited for, ended.

`python -m alertd.daemon.trial_process` is that process: it reads a trial from its standard input, tries it at low
priority, and writes what came of it to its standard output.
"""

from __future__ import annotations

import os
import pickle
import signal
import subprocess
import sys
import threading
from dataclasses import dataclass, fields
from datetime import timedelta
from pathlib import Path

import structlog

from alertd.daemon.logs import configure_logs
from alertd.daemon.parts import read_settings
from alertd.daemon.rule_trial import Trial, Tried, try_rules
from alertd.model.errors import AlertdError, StoreUnavailable
from alertd.rulebook.settings import RestHours, Settings

LONGEST = timedelta(minutes=10)
"""A trial that takes longer is ended, and its set refused."""
_POLITE = 5
"""How far the process steps back: the loops of the daemon go first."""
_log = structlog.get_logger(__name__)


class TrialCutShort(AlertdError):
    """The process of a trial ended before it had an answer."""


class TrialEnded(AlertdError):
    """The daemon ends: the set is tried again at its next start."""


@dataclass(frozen=True, slots=True)
class _Places:
    """Settings that the daemon goes by until it is restarted, whatever `alertd.yaml` says by now."""

    rules: tuple[Path, ...]
    templates: Path
    people: Path
    rest: RestHours


class TrialProcess:
    """Tries sets, one at a time; `close` may be called from any thread.

    Args:
        config: `alertd.yaml`, which the process reads for itself: a secret is never handed on.
        settings: What was read there when the daemon began, and names the files.
        longest: See `LONGEST`.
    """

    def __init__(self, config: Path, settings: Settings, longest: timedelta = LONGEST) -> None:
        self._config = config
        self._places = _Places(settings.rules, settings.templates, settings.people, settings.rest)
        self._longest = longest
        self._process: subprocess.Popen[bytes] | None = None
        self._lock = threading.Lock()
        self._closed = False

    def __call__(self, trial: Trial) -> Tried:
        """Try a set.

        Raises:
            StoreUnavailable: the store cannot be read.
            TrialCutShort: there is no answer: too slow, or killed.
            TrialEnded: `close` was called.
        """
        asked = pickle.dumps((self._config, self._places, trial))
        with self._start() as process:
            try:
                given, _ = process.communicate(asked, timeout=self._longest.total_seconds())
            except subprocess.TimeoutExpired:
                raise TrialCutShort(f"the trial of the rules took longer than {self._longest}") from None
            finally:
                process.kill()
        if self._closed:
            raise TrialEnded("the daemon ends")
        if process.returncode != 0 or not given:
            raise TrialCutShort("the trial of the rules ended before its time: the log says why")
        answer = pickle.loads(given)  # noqa: S301  # our own child wrote it
        if isinstance(answer, StoreUnavailable):
            raise answer
        if not isinstance(answer, Tried):
            raise TrialCutShort(str(answer))
        return answer

    def close(self) -> None:
        """End the trial in hand, and begin no other."""
        with self._lock:
            self._closed = True
            if self._process is not None:
                self._process.kill()

    def _start(self) -> subprocess.Popen[bytes]:
        with self._lock:
            if self._closed:
                raise TrialEnded("the daemon ends")
            self._process = subprocess.Popen(  # our own module, by our own interpreter
                [sys.executable, "-P", "-m", "alertd.daemon.trial_process"],
                env={**os.environ, "PYTHONPATH": os.pathsep.join(path or os.curdir for path in sys.path)},
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
            )
            return self._process


def main() -> None:
    """Try what standard input asks for."""
    # A stop of the whole group ends the daemon first, which then ends this.
    for name in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(name, signal.SIG_IGN)
    os.nice(_POLITE)
    configure_logs(os.environ)
    out = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # nothing that a library prints may stand in the answer
    config, places, trial = pickle.loads(sys.stdin.buffer.read())  # noqa: S301  # our own parent wrote it
    answer: Tried | Exception
    try:
        kept = {field.name: getattr(places, field.name) for field in fields(places)}
        answer = try_rules(read_settings(config).model_copy(update=kept), trial)
    except AlertdError as trouble:
        answer = trouble
    except Exception as fault:  # noqa: BLE001  # the process's one: told without what it may quote
        _log.error("trial_failed", exc_info=fault)
        sys.exit(1)
    with out:
        out.write(pickle.dumps(answer))


if __name__ == "__main__":
    main()
