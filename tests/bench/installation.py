"""A whole installation in a folder of its own, and the daemon run on it as a process."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from alertd.transport.queues import Queues
from tests.bench.machine import children, resident
from tests.bench.site import ROOT, Site
from tests.doubles.private import free_port
from tests.doubles.waiting import eventually

_SETTINGS = """\
service:
  borough: WF
  name: Urgent Response
  public_url: "https://urgent.example.gov.uk"
  call_back: "020 7946 0123"
  timezone: Europe/London
intake: {{amqp: {{url: "{amqp}", queue: {queue}}}}}
store: {{url: "{store}"}}
rules: {root}/rules
templates: {root}/templates
people: people.yaml
sms:
  provider: twilio
  account_sid: "{account}"
  auth_token: {{env: BENCH_TWILIO_TOKEN}}
  from: "+447700900001"
  base_url: "{twilio}"
  rate: {rate}
email: {{provider: capture, dir: mail}}
call: off
web: {{listen: "127.0.0.1:{port}"}}
privacy: {{encryption_key: {{env: BENCH_MASTER_KEY}}}}
"""
_STOP = 20.0
"""Seconds for the daemon to leave; it promises ten."""


@dataclass(frozen=True, slots=True)
class Provider:
    """Where texts go.

    Attributes:
        base_url: What stands in for the provider's.
        account: Account id.
        token: Its secret.
        rate: How fast it takes texts.
    """

    base_url: str = "http://127.0.0.1:9"  # nobody listens there
    account: str = "AC" + "0" * 32
    token: str = "none"
    rate: str = "10000/s"


@dataclass(frozen=True, slots=True)
class Installation:
    """Settings in a folder, ready to run.

    Attributes:
        config: `alertd.yaml`.
        environ: Environment of the daemon, secrets in it.
        log: Where it writes.
    """

    config: Path
    environ: Mapping[str, str]
    log: Path

    @contextmanager
    def running(self) -> Iterator[Daemon]:
        """Start the daemon; stopped, and required to have ended well, on leaving."""
        with self.log.open("ab") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", "tests.bench.one_phone", "run", "--config", str(self.config)],
                cwd=ROOT,
                env=dict(self.environ),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        daemon = Daemon(process, self.log)
        try:
            yield daemon
            daemon.check()
            process.send_signal(signal.SIGTERM)
            process.wait(_STOP)
        finally:
            process.kill()
            process.wait()


@dataclass(frozen=True, slots=True)
class Daemon:
    """A daemon that was started."""

    process: subprocess.Popen[bytes]
    log: Path

    def check(self) -> None:
        """Make sure that it still runs.

        Raises:
            RuntimeError: it has left; the text has the end of its log.
        """
        if self.process.poll() is not None:
            raise RuntimeError("the daemon left: " + self.log.read_text(errors="replace")[-3000:])

    def wait_ready(self) -> None:
        """Wait until it says that it is ready."""

        def said() -> bool:
            self.check()
            return b"daemon_ready" in self.log.read_bytes()

        eventually(said, within=60, every=0.02, what="the daemon is ready")

    def memory(self) -> tuple[int, int]:
        """Bytes resident: the daemon itself, and the processes that it has started."""
        own = self.process.pid
        return resident(own), sum(resident(child) for child in children(own))


def install(site: Site, store_url: str, vhost: str, provider: Provider) -> Installation:
    """Write an installation on a store and a virtual host: shipped rules, people, hours and templates."""
    folder = Path(store_url.removeprefix("sqlite:///")).parent / "config"
    shutil.copytree(ROOT / "config", folder, dirs_exist_ok=True)
    config = folder / "alertd.yaml"
    config.write_text(
        _SETTINGS.format(
            amqp=site.broker.url(vhost),
            queue=Queues().messages,
            store=store_url,
            root=ROOT,
            account=provider.account,
            twilio=provider.base_url,
            rate=provider.rate,
            port=free_port(),
        )
    )
    secrets = {"BENCH_TWILIO_TOKEN": provider.token, "BENCH_MASTER_KEY": site.master}
    return Installation(config, {**os.environ, **secrets}, folder / "daemon.log")
