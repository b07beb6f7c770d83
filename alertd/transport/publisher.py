"""Messages to RabbitMQ: each one confirmed as safe on disk, or reported."""

from __future__ import annotations

import struct
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from types import TracebackType
from typing import Self

from pika import DeliveryMode
from pika.channel import Channel
from pika.exceptions import ShortStringTooLong
from pika.frame import Method
from pika.spec import Basic, BasicProperties

from alertd.service.messages import Properties
from alertd.transport.amqp_link import Link, LinkFailed
from alertd.transport.endpoint import Endpoint
from alertd.transport.queues import Queues

_CHUNK = 500
_NOT_CONFIRMED = "not confirmed: it may have arrived; sending it again is safe, alertd knows it by its id"


@dataclass(frozen=True, slots=True)
class Letter:
    """One message to publish."""

    body: bytes
    properties: Properties


@dataclass(frozen=True, slots=True)
class Unpublished:
    """A message that the broker did not confirm.

    Attributes:
        index: Its place among those given.
        reason: Plain words.
        unsure: True when it may have arrived all the same.
    """

    index: int
    reason: str
    unsure: bool = False


@dataclass(slots=True)
class _Chunk:
    """Messages under way together."""

    letters: Sequence[tuple[int, Letter]]
    done: Callable[[list[Unpublished]], None]
    waiting: dict[int, tuple[int, Letter]] = field(default_factory=dict)
    returned: dict[int, str] = field(default_factory=dict)
    failures: list[Unpublished] = field(default_factory=list)


class Publisher:
    """An open connection for publishing; a context manager, for one thread at a time.

    Args:
        endpoint: Where the broker is.
        queues: Messages go to `queues.messages`, which must exist.
        within: How long a chunk of messages may take to be confirmed.
    """

    def __init__(
        self, endpoint: Endpoint, queues: Queues | None = None, within: timedelta = timedelta(seconds=30)
    ) -> None:
        self._endpoint = endpoint
        self._queue = (queues or Queues()).messages
        self._within = within
        self._link: Link | None = None
        self._channel: Channel | None = None
        self._tag = 0
        self._chunk: _Chunk | None = None

    def __enter__(self) -> Self:
        """Connect.

        Raises:
            BrokerUnavailable: It cannot be reached.
        """
        self._connect()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        """Close."""
        self._disconnect()

    def publish(self, letters: Sequence[Letter]) -> tuple[Unpublished, ...]:
        """Publish all, in order, and tell which were not confirmed; empty when all are safe on the broker's disk.

        Messages are persistent and mandatory: one that finds no queue is reported, not dropped. A lost connection is
        made again for the next ones; when that fails they are reported too.
        """
        numbered = list(enumerate(letters))
        failures: list[Unpublished] = []
        for start in range(0, len(numbered), _CHUNK):
            failures += self._publish_chunk(numbered[start : start + _CHUNK])
        return tuple(sorted(failures, key=lambda failure: failure.index))

    def _publish_chunk(self, letters: Sequence[tuple[int, Letter]]) -> list[Unpublished]:
        try:
            link = self._link or self._connect()
        except LinkFailed as failure:
            return [Unpublished(index, f"not sent: {failure}") for index, _ in letters]
        chunk = _Chunk(letters, lambda _: None)

        def send(done: Callable[[list[Unpublished]], None]) -> None:
            chunk.done = done
            self._send(chunk)

        try:
            return link.ask(send, self._within)
        except LinkFailed:
            self._disconnect()
            open_ones = [index for index, _ in (chunk.waiting.values() if chunk.waiting else letters)]
            return chunk.failures + [Unpublished(index, _NOT_CONFIRMED, unsure=True) for index in open_ones]

    def _connect(self) -> Link:
        link = Link(self._endpoint).__enter__()
        try:
            channel = link.channel(self._within)

            def confirm(done: Callable[[object], None]) -> None:
                channel.add_on_return_callback(self._returned)
                channel.confirm_delivery(self._confirmed, callback=done)

            link.ask(confirm, self._within)
        except LinkFailed:
            link.close()
            raise
        self._link, self._channel, self._tag, self._chunk = link, channel, 0, None
        return link

    def _disconnect(self) -> None:
        if self._link is not None:
            self._link.close()
        self._link = None

    # --- on the link's thread ---

    def _send(self, chunk: _Chunk) -> None:
        self._chunk = chunk
        for index, letter in chunk.letters:
            if (problem := self._send_one(letter)) is None:
                self._tag += 1  # the broker counts what is published on a confirming channel from 1
                chunk.waiting[self._tag] = (index, letter)
            else:
                chunk.failures.append(Unpublished(index, problem))
        self._finish_if_all_settled(chunk)

    def _send_one(self, letter: Letter) -> str | None:
        if self._channel is None:
            return "not connected"
        given = letter.properties
        properties = BasicProperties(
            content_type=given.content_type,
            message_id=given.message_id,
            type=given.type,
            app_id=given.app_id,
            timestamp=given.timestamp,
            delivery_mode=DeliveryMode.Persistent,
        )
        try:
            self._channel.basic_publish("", self._queue, letter.body, properties, mandatory=True)
        except (ShortStringTooLong, UnicodeError, struct.error):  # raised before anything is written
            return "its properties cannot be written: ids and types hold at most 255 bytes of UTF-8"
        return None

    def _returned(self, _: Channel, method: Basic.Return, properties: BasicProperties, body: bytes) -> None:
        """Note that a message found no queue; its confirmation follows.

        A return does not carry the tag; of two messages alike, either may be meant.
        """
        chunk = self._chunk
        if chunk is None:
            return
        for tag, (_index, letter) in chunk.waiting.items():
            same = letter.body == body and letter.properties.message_id == properties.message_id
            if same and tag not in chunk.returned:
                chunk.returned[tag] = f"there is no queue {self._queue} ({method.reply_text}): start alertd once first"
                return

    def _confirmed(self, frame: Method[Basic.Ack | Basic.Nack]) -> None:
        chunk = self._chunk
        if chunk is None:
            return
        tag, multiple = frame.method.delivery_tag or 0, frame.method.multiple
        refused = (
            "the broker refused it: the queue is full or its disk is" if isinstance(frame.method, Basic.Nack) else None
        )
        settled = [t for t in chunk.waiting if t <= tag] if multiple else [tag] if tag in chunk.waiting else []
        for each in settled:
            index, _ = chunk.waiting.pop(each)
            problem = refused or chunk.returned.get(each)
            if problem is not None:
                chunk.failures.append(Unpublished(index, problem))
        self._finish_if_all_settled(chunk)

    def _finish_if_all_settled(self, chunk: _Chunk) -> None:
        if not chunk.waiting and self._chunk is chunk:
            self._chunk = None
            chunk.done(chunk.failures)
