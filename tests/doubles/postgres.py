"""A private PostgreSQL server: its own data folder and port, a fresh database for each test."""

from __future__ import annotations

import shutil
import signal
import subprocess
import uuid
from pathlib import Path

from tests.doubles.private import answers, free_port, private_folder, run_as
from tests.doubles.waiting import eventually

_USER = "postgres"
_BIN_DIRS = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name))


class Postgres:
    """A server that belongs to one test session; started by `start`, gone with `close`.

    `user` is the database's superuser, trusted without a password on loopback only.
    """

    def __init__(self) -> None:
        if not _BIN_DIRS:
            raise RuntimeError("PostgreSQL is missing: apt-get install --no-install-recommends postgresql")
        self.user = "alertd"
        self.port = free_port()
        self._bin = _BIN_DIRS[-1]
        self._root = private_folder("alertd-pg-", _USER)
        self._process: subprocess.Popen[bytes] | None = None
        self.run("initdb", "-D", self._data, "-A", "trust", "-U", self.user, "-N", "-E", "UTF8", "--locale=C.UTF-8")

    @property
    def _data(self) -> str:
        return str(self._root / "data")

    def run(self, program: str, *arguments: str) -> str:
        """Run one of the server's own programs and return what it prints."""
        done = subprocess.run(
            [str(self._bin / program), *arguments],
            capture_output=True,
            text=True,
            timeout=60,
            cwd=self._root,
            check=False,
            **run_as(_USER),
        )
        if done.returncode:
            raise RuntimeError(f"{program}: {done.stderr}")
        return done.stdout

    def start(self) -> None:
        """Start the server and wait until it answers queries.

        fsync stays on: what a crash leaves behind is what the tests want to see.
        """
        with (self._root / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [
                    str(self._bin / "postgres"),
                    *("-D", self._data, "-p", str(self.port), "-k", str(self._root)),
                    *("-c", "listen_addresses=127.0.0.1", "-c", "max_connections=200"),
                ],
                stdout=log,
                stderr=log,
                cwd=self._root,
                start_new_session=True,
                **run_as(_USER),
            )
        eventually(self._is_ready, within=30, every=0.05, what="PostgreSQL answers")

    def _is_ready(self) -> bool:
        if self._process is None or self._process.poll() is not None:
            raise RuntimeError("PostgreSQL left: " + (self._root / "log").read_text(errors="replace")[-2000:])
        try:
            return answers(self.port) and self.query("postgres", "select 1") == "1"
        except RuntimeError:
            return False

    def query(self, database: str, statement: str) -> str:
        """Run one statement by psql and return what it prints, bare."""
        connection = ("-h", "127.0.0.1", "-p", str(self.port), "-U", self.user)
        return self.run("psql", *connection, "-d", database, "-XAtqc", statement).strip()

    def new_database(self) -> str:
        """Create an empty database and return its SQLAlchemy URL."""
        name = f"t{uuid.uuid4().hex[:12]}"
        self.query("postgres", f"create database {name}")
        return f"postgresql+psycopg://{self.user}@127.0.0.1:{self.port}/{name}"

    def drop_database(self, url: str) -> None:
        """Drop what `new_database` made, connections or not."""
        self.query("postgres", f"drop database if exists {url.rpartition('/')[2]} with (force)")

    def stop(self, how: signal.Signals = signal.SIGINT) -> None:
        """Stop the server: SIGINT cuts its connections and shuts down cleanly; SIGQUIT is a crash."""
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(how)
            self._process.wait(30)

    def restart(self, how: signal.Signals = signal.SIGINT) -> None:
        """Stop and start on the same port and data."""
        self.stop(how)
        self.start()

    def close(self) -> None:
        """Stop for good and remove the data."""
        self.stop()
        shutil.rmtree(self._root)
