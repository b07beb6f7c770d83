"""A private RabbitMQ node: its own name, ports, epmd and data folder, a virtual host for each test."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import uuid
from collections.abc import Mapping
from pathlib import Path

from tests.doubles.certificates import Authority, Pem
from tests.doubles.private import free_port, give_to, private_folder, run_as
from tests.doubles.waiting import eventually

_USER = "rabbitmq"
# Not the one in sbin: that is a `su` wrapper with fixed paths.
_BIN = Path("/usr/lib/rabbitmq/bin")
# Idle without spinning, and only on loopback.
_ERLANG = "+S 1:1 +sbwt none +sbwtdcpu none +sbwtdio none -kernel inet_dist_use_interface {127,0,0,1}"


class Broker:
    """A node that belongs to one test session; started by `start`, gone with `close`.

    Attributes:
        port: Plain AMQP.
        tls_port: AMQP over TLS; clients must show a certificate of `authority`, and may sign in by it (EXTERNAL).
    """

    def __init__(self) -> None:
        if not (_BIN / "rabbitmq-server").exists():
            raise RuntimeError("RabbitMQ is missing: apt-get install --no-install-recommends rabbitmq-server")
        self.port, self.tls_port = free_port(), free_port()
        self._dist_port, self._epmd_port = free_port(), free_port()
        self.root = private_folder("alertd-mq-", _USER)
        self._node = f"alertd{self.port}@localhost"
        self._process: subprocess.Popen[bytes] | None = None
        (self.root / "log").mkdir()
        (self.root / "env.conf").touch()
        (self.root / "enabled_plugins").write_text("[rabbitmq_auth_mechanism_ssl].\n")
        self.authority = Authority(self.root)
        (self.root / "rabbitmq.conf").write_text(self._settings(self.authority.issue("broker")))
        give_to(self.root, _USER)

    def _settings(self, own: Pem) -> str:
        return (
            f"listeners.tcp.1 = 127.0.0.1:{self.port}\n"
            f"listeners.ssl.1 = 127.0.0.1:{self.tls_port}\n"
            f"ssl_options.cacertfile = {self.authority.ca}\n"
            f"ssl_options.certfile = {own.cert}\nssl_options.keyfile = {own.key}\n"
            "ssl_options.verify = verify_peer\nssl_options.fail_if_no_peer_cert = true\n"
            "auth_mechanisms.1 = PLAIN\nauth_mechanisms.2 = EXTERNAL\nssl_cert_login_from = common_name\n"
            "log.console = false\nlog.file.level = info\n"
            "disk_free_limit.absolute = 50MB\nvm_memory_high_watermark.absolute = 2GB\n"
        )

    @property
    def _environment(self) -> Mapping[str, str]:
        root = str(self.root)
        return {
            "PATH": "/usr/sbin:/usr/bin:/sbin:/bin",
            "LANG": "C.UTF-8",
            "HOME": root,  # holds the Erlang cookie
            "ERL_EPMD_PORT": str(self._epmd_port),
            "ERL_EPMD_ADDRESS": "127.0.0.1",
            "RABBITMQ_NODENAME": self._node,
            "RABBITMQ_NODE_PORT": str(self.port),
            "RABBITMQ_NODE_IP_ADDRESS": "127.0.0.1",
            "RABBITMQ_DIST_PORT": str(self._dist_port),
            "RABBITMQ_MNESIA_BASE": f"{root}/mnesia",
            "RABBITMQ_LOG_BASE": f"{root}/log",
            "RABBITMQ_CONF_ENV_FILE": f"{root}/env.conf",
            "RABBITMQ_CONFIG_FILE": f"{root}/rabbitmq.conf",
            "RABBITMQ_ENABLED_PLUGINS_FILE": f"{root}/enabled_plugins",
            "RABBITMQ_PID_FILE": f"{root}/pid",
            "RABBITMQ_GENERATED_CONFIG_DIR": f"{root}/gen",
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": _ERLANG,
        }

    def start(self) -> None:
        """Start the node and wait until it greets an AMQP client."""
        with (self.root / "stdout").open("ab") as out:
            self._process = subprocess.Popen(
                [str(_BIN / "rabbitmq-server")],
                env=dict(self._environment),
                cwd=self.root,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                start_new_session=True,
                **run_as(_USER),
            )
        eventually(self._greets, within=90, every=0.05, what="RabbitMQ greets")

    def _greets(self) -> bool:
        if self._process is None or self._process.poll() is not None:
            raise RuntimeError("RabbitMQ left: " + (self.root / "stdout").read_text(errors="replace")[-2000:])
        try:
            with socket.create_connection(("127.0.0.1", self.port), 0.5) as client:
                client.settimeout(5)
                client.sendall(b"AMQP\x00\x00\x09\x01")
                return client.recv(1) == b"\x01"  # the method frame of Connection.Start: truly ready
        except OSError:
            return False

    def ctl(self, *arguments: str) -> str:
        """Run rabbitmqctl on this node and return what it prints.

        Raises:
            RuntimeError: It failed.
        """
        done = subprocess.run(
            [str(_BIN / "rabbitmqctl"), "-q", "-n", self._node, *arguments],
            env=dict(self._environment),
            cwd=self.root,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
            **run_as(_USER),
        )
        if done.returncode:
            raise RuntimeError(f"rabbitmqctl {' '.join(arguments)}: {done.stdout}{done.stderr}")
        return done.stdout

    def evaluate(self, expression: str) -> str:
        """Evaluate an Erlang expression in the node: the only way to see some of its states."""
        return self.ctl("eval", expression).strip()

    def new_vhost(self) -> str:
        """Create an empty virtual host that guest may use, and return its name."""
        name = f"t{uuid.uuid4().hex[:12]}"
        self.ctl(
            "eval",
            f'rabbit_vhost:add(<<"{name}">>, <<"test">>), '
            f'rabbit_auth_backend_internal:set_permissions(<<"guest">>, <<"{name}">>, <<".*">>, <<".*">>, <<".*">>, '
            '<<"test">>).',
        )
        return name

    def drop_vhost(self, name: str) -> None:
        """Delete a virtual host with all its queues."""
        self.ctl("delete_vhost", name)

    def url(self, vhost: str) -> str:
        """AMQP URL of a virtual host, without credentials."""
        return f"amqp://127.0.0.1:{self.port}/{vhost}"

    def queues(self, vhost: str) -> dict[str, dict[str, object]]:
        """Every queue of a virtual host by name: its type and arguments."""
        columns = ("name", "type", "arguments")
        listed = json.loads(self.ctl("list_queues", "-p", vhost, "--formatter", "json", *columns))
        return {str(queue["name"]): queue for queue in listed}

    def counts(self, vhost: str, queue: str) -> tuple[int, int]:
        """Messages ready and unacknowledged in a quorum queue, at this moment: listings lag by seconds."""
        answer = self.evaluate(_COUNTS % (vhost, queue))
        ready, unacknowledged = answer.strip("{}").split(",")
        return int(ready), int(unacknowledged)

    def settle(self) -> None:
        """Wait until every quorum queue's log and metadata are safe on disk.

        A SIGKILL within 5 s of a declaration can lose the node's table of Raft members and wedge the new queue for
        good. A consistent query proves that a queue's member leads and has committed its own configuration; the
        tables (`ra_directory_reverse`, `ra_log_meta`) are then written out at once instead of by their own timers.
        """
        eventually(lambda: self.evaluate(_ALL_LED) == "true", within=30, every=0.1, what="every queue has its leader")
        self.evaluate("ok = mnesia:sync_log(), [ok = dets:sync(Table) || Table <- dets:all()].")

    def pid(self) -> int:
        """Process id of the Erlang machine."""
        return int((self.root / "pid").read_text())

    def stop(self) -> None:
        """Shut the node down cleanly."""
        self._end(signal.SIGTERM)

    def kill(self) -> None:
        """Kill the node as a power cut would."""
        self._end(signal.SIGKILL)

    def _end(self, how: signal.Signals) -> None:
        if self._process is not None and self._process.poll() is None:
            os.kill(self.pid(), how)
            self._process.wait(30)

    def close(self) -> None:
        """Stop for good, end its epmd, and remove the data."""
        self.stop()
        subprocess.run(
            ["epmd", "-port", str(self._epmd_port), "-kill"],
            env=dict(self._environment),
            capture_output=True,
            timeout=10,
            check=False,
        )
        shutil.rmtree(self.root)


_ALL_LED = (
    "lists:all(fun(Q) -> "
    "case ra:consistent_query(amqqueue:get_pid(Q), fun(_) -> ok end, 1000) of {ok, ok, _} -> true; _ -> false end "
    "end, [Q || Q <- rabbit_amqqueue:list(), amqqueue:get_type(Q) =:= rabbit_quorum_queue])."
)

_COUNTS = (
    'case rabbit_amqqueue:lookup(rabbit_misc:r(<<"%s">>, queue, <<"%s">>)) of {ok, Q} -> '
    "{ok, Counts, _} = ra:consistent_query(amqqueue:get_pid(Q), "
    "fun(S) -> {rabbit_fifo:query_messages_ready(S), rabbit_fifo:query_messages_checked_out(S)} end), Counts end."
)
