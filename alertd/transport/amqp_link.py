"""One AMQP connection on a thread of its own, asked from another.

pika is not thread-safe: everything of pika happens on the link's thread, where heartbeats go on whatever the asking
thread does. `ask` makes a request there and waits for its answer with a deadline, so that a broker that accepts a
request and never answers cannot hold anybody for ever.
"""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from types import TracebackType
from typing import Any, Self, TypeVar

from pika.adapters.select_connection import IOLoop, SelectConnection
from pika.channel import Channel
from pika.connection import Connection
from pika.exceptions import AMQPError

from alertd.model.errors import BrokerUnavailable
from alertd.transport.amqp_headers import tolerate_unreadable_headers
from alertd.transport.endpoint import Endpoint

T = TypeVar("T")

_OPEN_LIMIT = timedelta(seconds=15)
_CLOSE_LIMIT = timedelta(seconds=3)
_BEAT_SECONDS = 1.0


class LinkFailed(BrokerUnavailable):
    """The connection or channel ended, or an answer did not come in time.

    Attributes:
        code: AMQP reply code when the broker gave one (404, 406, 541, …), else None.
        overdue: True when a deadline passed.
    """

    def __init__(self, text: str, code: int | None = None, *, overdue: bool = False) -> None:
        super().__init__(text)
        self.code = code
        self.overdue = overdue


class Link:
    """An open connection; a context manager that opens and closes it.

    Args:
        endpoint: Where to.
        on_wait: Called on the asking thread every second while it waits for an answer.
        on_end: Called on the link's thread, once, when the connection or a channel has ended, with the reason.

    Raises:
        ConfigError: The TLS files cannot be used.
    """

    def __init__(
        self,
        endpoint: Endpoint,
        on_wait: Callable[[], None] = lambda: None,
        on_end: Callable[[LinkFailed], None] = lambda _: None,
    ) -> None:
        tolerate_unreadable_headers()
        self._parameters = endpoint.parameters()
        self._on_wait = on_wait
        self._on_end = on_end
        self._loop = IOLoop()
        self._connection: SelectConnection | None = None
        self._answers: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self._state = threading.Lock()
        self._looping = True
        self._failure: LinkFailed | None = None
        self._thread = threading.Thread(target=self._run, name="amqp-link", daemon=True)

    @property
    def server_version(self) -> tuple[int, ...]:
        """The broker's version, such as (3, 10, 8); empty when it does not say."""
        properties = (self._connection and self._connection.server_properties) or {}
        words = str(properties.get("version", "")).split(".")
        return tuple(int(word) for word in words if word.isdigit())

    def __enter__(self) -> Self:
        """Connect.

        Raises:
            LinkFailed: It could not be reached, refused, or did not answer in time.
        """
        self._post(self._connect)
        self._thread.start()
        try:
            self._answer(_OPEN_LIMIT)
        except LinkFailed:
            self.close()
            raise
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        """Close."""
        self.close()

    def ask(self, request: Callable[[Callable[[T], None]], object], within: timedelta) -> T:
        """Make a request on the link's thread and wait for its answer; one thread asks at a time.

        Args:
            request: Makes it, given the callback that takes the answer.
            within: How long to wait.

        Raises:
            LinkFailed: The connection or channel ended, or the answer did not come in time.
        """
        answers: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self._answers = answers
        if self._failure is not None:  # looked at after `_answers` is set: an end from now on is put there
            raise self._failure
        self.post(lambda: request(answers.put))
        answer: T = self._answer(within)
        return answer

    def channel(self, within: timedelta) -> Channel:
        """Open a channel; when the broker closes it, the link counts as ended.

        Raises:
            LinkFailed: As `ask`.
        """
        return self.ask(self.open_channel, within)

    def post(self, action: Callable[[], object]) -> None:
        """Have something done on the link's thread, in order; nothing happens when the link has ended."""

        def unless_ended() -> None:
            if self._failure is None:
                try:
                    action()
                except AMQPError as error:  # it is closing just now
                    self._end(_failed(error))

        self._post(unless_ended)

    def close(self) -> None:
        """Say goodbye and wait a little for the answer.

        A peer that has vanished does not answer: then the link's thread is left to its heartbeat, which ends it.
        """
        self._post(self._hang_up)
        if self._thread.ident is not None:
            self._thread.join(_CLOSE_LIMIT.total_seconds())

    def _answer(self, within: timedelta) -> Any:  # noqa: ANN401  # whatever was asked for
        end = time.monotonic() + within.total_seconds()
        while (left := end - time.monotonic()) > 0:
            self._on_wait()
            with suppress(queue.Empty):
                answer = self._answers.get(timeout=min(left, _BEAT_SECONDS))
                if isinstance(answer, LinkFailed):
                    raise answer
                return answer
        raise LinkFailed(f"RabbitMQ did not answer within {within.total_seconds():g} s", overdue=True)

    # --- on the link's thread ---

    def _run(self) -> None:
        try:
            self._loop.start()
        finally:
            with self._state:
                self._looping = False
            self._end(LinkFailed("the connection's thread ended"))
            self._loop.close()

    def _post(self, action: Callable[[], object]) -> None:
        with self._state:
            if self._looping:  # a closed loop cannot be woken
                self._loop.add_callback_threadsafe(action)

    def _connect(self) -> None:
        self._connection = SelectConnection(
            self._parameters,
            on_open_callback=self._answers.put,
            on_open_error_callback=self._lost,
            on_close_callback=self._lost,
            custom_ioloop=self._loop,
        )

    def open_channel(self, done: Callable[[Channel], None]) -> None:
        """Open a channel without waiting; only from the link's thread (in a `post` or an answer)."""

        def opened(channel: Channel) -> None:
            channel.add_on_close_callback(self._channel_closed)
            done(channel)

        if self._connection is not None:
            self._connection.channel(on_open_callback=opened)

    def _channel_closed(self, _: Channel, reason: Exception) -> None:
        self._end(_failed(reason))

    def _lost(self, _: Connection, reason: BaseException) -> None:
        self._end(_failed(reason))
        self._loop.stop()

    def _hang_up(self) -> None:
        connection = self._connection
        if connection is None:
            self._loop.stop()
        elif not (connection.is_closing or connection.is_closed):
            connection.close()

    def _end(self, failure: LinkFailed) -> None:
        if self._failure is None:
            self._failure = failure
            self._answers.put(failure)
            self._on_end(failure)


def _failed(reason: BaseException) -> LinkFailed:
    """Put pika's reason in words; its own texts name hosts and queues, never a secret."""
    deepest = reason
    while isinstance(inner := _inner(deepest), BaseException):
        deepest = inner
    code = getattr(reason, "reply_code", None)
    text = str(getattr(deepest, "reply_text", "") or deepest) or type(deepest).__name__
    return LinkFailed(f"RabbitMQ: {text}" + (f" ({code})" if code else ""), code)


def _inner(error: BaseException) -> object:
    """The cause that a pika error wraps: a workflow holds a list of them, a phase holds one."""
    attempts = getattr(error, "exceptions", None)
    if attempts:
        return attempts[-1]
    return getattr(error, "exception", None) or next((a for a in error.args if isinstance(a, BaseException)), None)
