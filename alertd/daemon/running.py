"""The daemon: opened, run, watched, reloaded and ended."""

from __future__ import annotations

import gc
import os
from collections.abc import Mapping
from datetime import timedelta
from functools import partial
from pathlib import Path
from signal import SIGHUP, Signals
from time import monotonic

import structlog

from alertd.daemon.bench import Bench
from alertd.daemon.clock import Now, utc_now
from alertd.daemon.figures import Figures
from alertd.daemon.heartbeat import Heartbeat, Pulse
from alertd.daemon.lanes import SendingLanes
from alertd.daemon.logs import configure_logs
from alertd.daemon.loops import Loops, Shared, Wakes
from alertd.daemon.parts import Options, Parts, open_parts, read_settings
from alertd.daemon.progress import Progress
from alertd.daemon.reload import Reload, record_version
from alertd.daemon.reloading import FilesWatch, Reloading
from alertd.daemon.signals import STOPS, held_back, next_signal
from alertd.daemon.trial_process import TrialProcess
from alertd.daemon.troubles import Troubles
from alertd.daemon.watch_feed import in_words
from alertd.model.case import Notification
from alertd.model.delivery import Outcome
from alertd.model.errors import AlertdError, StoreUnavailable
from alertd.rulebook.settings import Settings
from alertd.service.means import LANES
from alertd.service.steadfast import Disagreements
from alertd.transport.backoff import Backoff
from alertd.transport.systemd_notify import SystemdNotifier, notifier

BEAT = 0.5
"""Seconds between two looks of the main thread: signals, watchdog, status."""
DRAIN = 8.0
"""Seconds that a stop may take; what is under way then is looked up at the next start."""

_log = structlog.get_logger(__name__)


def run_daemon(config: Path, *, now: Now = utc_now, environ: Mapping[str, str] = os.environ) -> int:
    """Run until SIGTERM or SIGINT; SIGHUP reloads rules, people and templates.

    Args:
        config: `alertd.yaml`.
        now: The present, aware UTC.
        environ: The process's environment: systemd names its sockets there.

    Returns:
        The exit code: 0 after a stop that was asked for.

    Raises:
        ConfigError: settings, secrets or rules cannot be used: every problem at once.
        SchemaMismatch: the store must be migrated first.
    """
    configure_logs(environ)
    settings = read_settings(config)
    with held_back():
        return Daemon(config, settings, notifier(environ), now).run()


def _spare_the_collector() -> None:
    """Leave rules and code out of garbage collection, and collect less often.

    Deciding makes many small objects that live as long as their batch; looking through everything that stays cost a
    tenth of the time a message takes.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000, 20, 50)


class Daemon:
    """One installation, running.

    Args:
        config: `alertd.yaml`.
        settings: What it held.
        systemd: Told how it fares.
        now: The present, aware UTC.
    """

    def __init__(self, config: Path, settings: Settings, systemd: SystemdNotifier, now: Now) -> None:
        self._settings = settings
        self._systemd = systemd
        self._now = now
        self.figures = Figures()
        wakes = Wakes()
        self._shared = Shared(
            troubles=Troubles(now),
            figures=self.figures,
            progress=Progress(monotonic),
            wakes=wakes,
            lanes=SendingLanes(LANES, wakes.deliver.give, self._send_failed),
        )
        self._bench = Bench(self._shared.troubles, self.figures, now)
        self._trials = TrialProcess(config, settings)
        self._status = ""
        self._is_ready = False
        self._is_reloading = False

    def run(self) -> int:
        """Open everything, run until told to stop, and drain."""
        parts = self._open()
        if parts is None:
            return 0
        if why := parts.rules.present.refused:
            _log.error("rules_refused", reason=why)
            text = f"The files were refused at the start, so the last good set is in force: {why} Remedy: alertd check"
            self._shared.troubles.tell("rules", f"{self._now():%Y%m%dT%H%M%S.%f}", text)
        self._bench.keep(Disagreements(parts.store, parts.keyring.token))
        _spare_the_collector()
        reloading = self._reloading(parts)
        loops = Loops(parts, self._shared, reloading)
        self.figures.loops(self._shared.progress.ages)
        self.figures.clocks(partial(self._clock_totals, parts))
        self.figures.rules_in_force(parts.rules.book().version)
        self.figures.providers(parts.fail_over.standing)
        loops.start()
        _log.info("daemon_started", rules=parts.rules.book().version)
        pulse = Pulse(parts.store)
        while (heard := next_signal(BEAT)) not in STOPS:
            self._hear_of_reloads(heard, reloading, loops, parts)
            self._beat(loops, parts)
            pulse.beat(Heartbeat(self._now(), self._status, self._shared.progress.ages(), loops.waiting))
        self._drain(loops, parts, heard)
        return 0

    # --- start and end

    def _open(self) -> Parts | None:
        """Open the installation, waiting for a store that is away; None when told to stop meanwhile."""
        backoff = Backoff()
        options = Options(
            judge=self._bench,
            now=self._now,
            settled=self._settled,
            lanes=self._shared.lanes,
            clock_acted_on=self._clock_acted_on,
        )
        while True:
            try:
                return _opened(self._settings, options)
            except StoreUnavailable as away:
                self._bench.close()
                self._say(f"waiting for the store: {away}")
                _log.warning("store_awaited", reason=str(away))
            if next_signal(backoff.failed().total_seconds()) in STOPS:
                return None

    def _drain(self, loops: Loops, parts: Parts, heard: Signals | None) -> None:
        self._systemd.stopping("ending what is in hand")
        self._trials.close()
        if loops.drain(DRAIN):
            parts.close()
        else:
            _log.warning("drain_cut_short", troubles=loops.troubles())
        self._bench.close()
        _log.info("daemon_stopped", signal=heard.name if heard else "")

    # --- while it runs

    def _beat(self, loops: Loops, parts: Parts) -> None:
        stuck = self._shared.progress.stuck()
        if stuck:
            _log.error("loops_stuck", loops=stuck)
        else:
            self._systemd.beat()
        loops.look()
        self._bench.look()
        self._report(loops, parts)

    def _report(self, loops: Loops, parts: Parts) -> None:
        troubles = "".join(f"; {name}: {why}" for name, why in loops.troubles().items())
        passed = "".join(f"; {name} passed over: {why}" for name, why in parts.fail_over.standing().items() if why)
        status = f"rules {parts.rules.book().version}; {in_words(loops.feed)}{troubles}{passed}"
        if not self._is_ready and loops.has_begun():
            self._is_ready = True
            self._systemd.ready(status)
            _log.info("daemon_ready", rules=parts.rules.book().version)
        self._say(status)

    def _say(self, status: str) -> None:
        if status != self._status:
            self._status = status
            self._systemd.status(status)

    def _reloading(self, parts: Parts) -> Reloading:
        settings = parts.settings
        reload = Reload(parts, self._bench, self._shared.troubles, self.figures, self._trials)
        watch = FilesWatch(settings, settings.reload.quiet) if settings.reload.watch else None
        return Reloading(parts, reload, watch, self._shared.wakes.all_but_intake)

    def _hear_of_reloads(self, heard: Signals | None, reloading: Reloading, loops: Loops, parts: Parts) -> None:
        """Pass a SIGHUP on, and tell systemd when what it asked for has come to its end."""
        if heard is SIGHUP:
            self._systemd.reloading()
            self._is_reloading = True
            reloading.ask()
            self._shared.wakes.reload.give()
        elif self._is_reloading and not reloading.is_busy:
            self._is_reloading = False
            self._systemd.ready(f"rules {parts.rules.book().version}; {in_words(loops.feed)}")

    def _settled(self, note: Notification, outcome: Outcome) -> None:
        self.figures.settled(note, outcome, self._now())
        _log.info(
            "notification_settled",
            key=note.id,
            channel=note.channel.value,
            outcome=type(outcome).__name__,
            attempt=note.attempts,
        )

    def _clock_acted_on(self, late: timedelta) -> None:
        self.figures.clock_lateness.observe(late.total_seconds())

    def _clock_totals(self, parts: Parts) -> Mapping[tuple[str, str], int]:
        """How clocks stand; nothing while the store is away, and not a failed look at all other figures."""
        try:
            with parts.store.read() as reading:
                return reading.clock_totals(self._now())
        except StoreUnavailable:
            return {}

    def _send_failed(self) -> None:
        self.figures.loop_failures.labels("send").inc()


def _opened(settings: Settings, options: Options) -> Parts:
    parts = open_parts(settings, options=options)
    try:
        if not parts.rules.present.refused and parts.rules.present.awaited is None:
            record_version(parts, parts.rules.present)
    except AlertdError:
        parts.close()
        raise
    return parts
