"""`publish`: messages to the broker, or into the spool; checked first, each confirmed as safe."""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from alertd.cli.opening import settings_of
from alertd.cli.options import Config
from alertd.cli.screen import bad, console, good, plural, say
from alertd.daemon.clock import utc_now
from alertd.daemon.ways_in import amqp_endpoint, amqp_queues
from alertd.model.errors import BrokerUnavailable, NotPossible
from alertd.rulebook.settings import Settings
from alertd.service.messages import PERSON_SOURCE, Properties, validate_text
from alertd.transport.publisher import Letter, Publisher, Unpublished
from alertd.transport.spool import prepare, put

STDIN = "-"
CLOUDEVENTS = "application/cloudevents+json"
_CHUNK = 500


@dataclass(frozen=True, slots=True)
class Draft:
    """One message to publish, and where it stands (`file:line`)."""

    where: str
    body: bytes


def add_to(app: typer.Typer) -> None:
    """Add the commands of this room."""
    app.command()(publish)


def publish(
    files: Annotated[list[str], typer.Argument(metavar="FILE...", help="JSON or JSON lines; - reads standard input.")],
    *,
    valid_only: Annotated[
        bool, typer.Option("--valid-only", help="Send the others although some are refused.")
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only check; send nothing.")] = False,
    config: Config = None,
) -> None:
    """Send messages to alertd, checked against the published contract first; exit 1 unless every one is safe."""
    settings = settings_of(config)
    drafts = [draft for name in files for draft in drafts_in(name)]
    valid = _valid(drafts)
    refused = len(drafts) - len(valid)
    if refused and not valid_only and not dry_run:
        raise NotPossible(
            f"{refused} of {plural(len(drafts), 'message')} refused, nothing was sent\n"
            "Remedy: mend the lines above, or send the others with --valid-only"
        )
    if dry_run:
        say(f"{plural(len(valid), 'message')} could be sent, {refused} refused; nothing was sent (--dry-run).")
    else:
        lost = _send(settings, valid)
        for failure in lost:
            bad(f"{valid[failure.index].where}: {failure.reason}")
        safe = len(valid) - len(lost)
        (good if not lost else say)(f"{plural(safe, 'message')} safe with {_place(settings)}")
        refused += len(lost)
    if refused:
        raise typer.Exit(1)


def drafts_in(name: str) -> Iterator[Draft]:
    """Read the messages of a file: one JSON object, an array of them, or one a line.

    Raises:
        NotPossible: it is no UTF-8, or holds nothing.
        OSError: it cannot be read.
    """
    shown = "standard input" if name == STDIN else name
    raw = sys.stdin.buffer.read() if name == STDIN else Path(name).read_bytes()
    if not raw.strip():
        raise NotPossible(f"{shown} holds no message")
    try:
        whole = json.loads(raw)
    except ValueError:
        # Lines, or something broken: checked one by one, so that each is named with its line.
        lines = enumerate(raw.splitlines(), start=1)
        yield from (Draft(f"{shown}:{number}", line) for number, line in lines if line.strip())
        return
    if isinstance(whole, list):
        yield from (Draft(f"{shown}[{n}]", json.dumps(each).encode()) for n, each in enumerate(whole, start=1))
    else:
        yield Draft(f"{shown}:1", raw)


def _valid(drafts: Sequence[Draft]) -> list[Draft]:
    """Those without a problem; the problems of the others are told."""
    valid: list[Draft] = []
    for draft in drafts:
        problems = [*validate_text(draft.body), *_impersonation(draft.body)]
        for problem in problems:
            bad(f"{draft.where}: {problem}")
        if not problems:
            valid.append(draft)
    return valid


def _impersonation(body: bytes) -> Iterator[str]:
    """What claims to come from a person would not be read from a feed."""
    try:
        document = json.loads(body)
    except ValueError:
        return
    if isinstance(document, dict) and str(document.get("source", "")).startswith(PERSON_SOURCE):
        yield f"source: may not begin with {PERSON_SOURCE}: use `alertd record`, which writes such messages itself"


def _send(settings: Settings, drafts: Sequence[Draft]) -> list[Unpublished]:
    letters = [Letter(draft.body, Properties(content_type=CLOUDEVENTS)) for draft in drafts]
    spool, amqp = settings.intake.spool, settings.intake.amqp
    if spool is not None:
        prepare(spool.dir)
        return _chunked(letters, lambda chunk: _put(spool.dir, chunk))
    if amqp is None:
        return []
    # What pika has to say of a failed connection is said here, once and in plain words.
    logging.getLogger("pika").setLevel(logging.CRITICAL)
    try:
        with Publisher(amqp_endpoint(amqp), amqp_queues(amqp)) as publisher:
            return _chunked(letters, publisher.publish)
    except BrokerUnavailable as failure:
        remedy = "check that RabbitMQ runs, and intake.amqp in the settings"
        raise NotPossible(f"{amqp.url}: {failure}; nothing was sent\nRemedy: {remedy}") from failure


def send_one(settings: Settings, body: bytes) -> None:
    """Send one message that alertd itself wrote.

    Raises:
        NotPossible: it did not arrive, or nobody can say whether it did.
    """
    for lost in _send(settings, [Draft("the message", body)]):
        raise NotPossible(f"the message could not be sent: {lost.reason}")


def _put(folder: Path, letters: Sequence[Letter]) -> tuple[Unpublished, ...]:
    for letter in letters:
        put(folder, letter.body, Properties(), utc_now())
    return ()


def _chunked(letters: Sequence[Letter], send: Callable[[Sequence[Letter]], Sequence[Unpublished]]) -> list[Unpublished]:
    failures: list[Unpublished] = []
    columns = (TextColumn("sending"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    hidden = len(letters) <= _CHUNK or not console(errors=True).is_terminal
    with Progress(*columns, console=console(errors=True), transient=True, disable=hidden) as progress:
        task = progress.add_task("sending", total=len(letters))
        for start in range(0, len(letters), _CHUNK):
            chunk = letters[start : start + _CHUNK]
            found = send(chunk)
            failures += [Unpublished(start + each.index, each.reason, each.unsure) for each in found]
            progress.advance(task, len(chunk))
    return failures


def _place(settings: Settings) -> str:
    spool = settings.intake.spool
    return f"the spool in {spool.dir.resolve()}" if spool is not None else "the broker"
