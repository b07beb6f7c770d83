"""`demo`: all of alertd on embedded parts, playing a sample night; nothing leaves the machine."""

from __future__ import annotations

import json
import shlex
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from pathlib import Path
from tempfile import mkdtemp
from typing import Annotated

import typer

from alertd.cli.captured_page import captured, write_page
from alertd.cli.installing import KEY, SETTINGS, Copy, install, make_key, working_set
from alertd.cli.night import Night, last_night
from alertd.cli.player import Player, PretendClock
from alertd.cli.telling import Teller, show_sum
from alertd.core.calendar import local
from alertd.core.wording import moment
from alertd.daemon.clock import utc_now
from alertd.daemon.parts import Options, Parts, open_parts, read_settings
from alertd.daemon.running import run_daemon
from alertd.daemon.signals import held_back
from alertd.daemon.ways_in import spool_folder
from alertd.model.errors import ConfigError, MatcherError, NotPossible
from alertd.model.rulebook import RuleBook
from alertd.model.values import Kind
from alertd.rulebook.cage import Cage
from alertd.rulebook.judges import Disagreement, TwoJudges
from alertd.rulebook.reference import Reference
from alertd.service.messages import write_event

SPEED = 1200.0
"""Pretend seconds in a real one: ten hours take half a minute."""

OUTBOX = Path("var/outbox")
_NO_CALLS, _CALLS = "\ncall: off\n", "\ncall: {provider: capture, dir: ../var/outbox}\n"
_PAGE_SECONDS = 1.0
_TRY = Path("try.json")


def add_to(app: typer.Typer) -> None:
    """Add the commands of this room."""
    app.command()(demo)


def demo(
    *,
    speed: Annotated[float, typer.Option("--speed", min=1, help="Pretend seconds in a real one.")] = SPEED,
    keep: Annotated[bool, typer.Option("--keep", help="Stay up afterwards, as the real daemon.")] = False,
    folder: Annotated[
        Path | None, typer.Option("--dir", metavar="DIR", help="Play here; else in a new folder.", show_default=False)
    ] = None,
    evening: Annotated[
        str, typer.Option("--date", metavar="DAY", help="Evening on which the night begins; else last night's.")
    ] = "",
) -> None:
    """Play a sample night: messages in, people told, nobody answering, deadlines missed, and the morning's digest."""
    root = _root(folder)
    night = _night(evening)
    config = _set_up(root)
    teller = Teller()
    teller.note(f"A pretended night, {moment(night.begins_at)} to {moment(night.ends_at)}; everyone in it is invented.")
    teller.note("Each line: time, what, who, why. A text is shown in full the first time one of its kind goes out.\n")
    with teller.screen.status("") as shown:
        clock = PretendClock(night.begins_at, speed, lambda at: shown.update(f"{local(at):%H:%M}"))
        player = Player(clock, teller)
        with _playing(config, clock, player, teller) as parts:
            player.play(night, parts)
            shown.stop()
            show_sum(teller, parts, clock.at)
    page = write_page(root / OUTBOX)
    teller.note(f"\nThe messages as a page: {page}")
    teller.note(f"The mails as a Maildir:  {root / OUTBOX / 'Maildir'}")
    if keep:
        _stay_up(root, config, teller)


def _root(folder: Path | None) -> Path:
    if folder is None:
        return Path(mkdtemp(prefix="alertd-demo-"))
    root = folder.expanduser().absolute()
    if root.exists() and any(root.iterdir()):
        raise NotPossible(f"{root} is not empty: name a new folder with --dir, or leave it out")
    return root


def _night(evening: str) -> Night:
    if not evening:
        return last_night(utc_now())
    try:
        return Night(date.fromisoformat(evening))
    except ValueError:
        raise NotPossible(f"'{evening}' is not a date: write it like 2026-11-26") from None


def _set_up(root: Path) -> Path:
    """Make an installation as `init` does, with calls captured too."""
    install(root, [_with_calls(copy) for copy in working_set(root)])
    make_key(root / KEY)
    return root / SETTINGS


def _with_calls(copy: Copy) -> Copy:
    if copy.place != SETTINGS:
        return copy
    if _NO_CALLS not in copy.text:
        raise ConfigError("the shipped settings are changed: `call: off` is not there; install alertd again")
    return Copy(copy.place, copy.text.replace(_NO_CALLS, _CALLS))


@contextmanager
def _playing(config: Path, clock: PretendClock, player: Player, teller: Teller) -> Iterator[Parts]:
    """Open an installation on the pretended clock, judged by both judges as the daemon does."""
    cages: list[Cage] = []

    def both(book: RuleBook) -> TwoJudges:
        cages.append(Cage(book))
        return TwoJudges(Reference(book), cages[-1], disagreed, failed)

    def disagreed(found: Disagreement) -> None:
        teller.note(f"       the judges disagree on {found.expr}: told to the rules administrators")

    def failed(error: MatcherError, records: int) -> None:
        teller.note(f"       the engine gave no answer for {records} records ({error}): the reference decides")

    options = Options(judge=both, now=clock.now, captured=player.captured, settled=player.settled)
    try:
        with open_parts(read_settings(config), migrate=True, options=options) as parts:
            yield parts
    finally:
        for cage in cages:
            cage.close()


# --- staying up


def _stay_up(root: Path, config: Path, teller: Teller) -> None:
    """Run the real daemon on what the night has left, until Ctrl-C."""
    spool = spool_folder(read_settings(config)).resolve()
    (root / _TRY).write_bytes(_sample(utc_now()))
    asked = f"--config {shlex.quote(str(config))}"
    teller.note("\nNow in real time, until Ctrl-C. In another terminal:")
    teller.note(f"  alertd publish {shlex.quote(str(root / _TRY))} {asked}")
    teller.note(f"  alertd alerts {asked}")
    teller.note(f"  alertd accept CODE --as edt_duty_phone {asked}")
    teller.note(f"  alertd status {asked}")
    teller.note(f"Or move a file into the spool: {spool / 'new'}\n")
    ended = threading.Event()
    watching = threading.Thread(target=_watch, args=(root / OUTBOX, teller, ended), name="page")
    with held_back():  # before the thread begins, or Ctrl-C would find it open to signals
        watching.start()
        try:
            code = run_daemon(config)
        finally:
            ended.set()
            watching.join()
    if code:
        raise typer.Exit(code)


def _watch(outbox: Path, teller: Teller, ended: threading.Event) -> None:
    """Keep the page up to date and print what is new on it."""
    known = set(captured(outbox))
    while not ended.wait(_PAGE_SECONDS):
        fresh = sorted(set(captured(outbox)) - known)
        for one in fresh:
            teller.note(f"{local(one.at):%H:%M}  {one.by:<7}{one.to}  {one.subject or one.text}")
        if fresh:
            known.update(fresh)
            write_page(outbox)


def _sample(now: datetime) -> bytes:
    """A message to try: a young person in A&E ten minutes ago."""
    presented = local(now - timedelta(minutes=10)).isoformat(timespec="seconds")
    data = json.loads(
        '{"setting": "hospital_ae", "person": {"ref": "P-401", "age": 16}, "hospital": {"ref": "H-4401", '
        '"site": "Whipps Cross Hospital", "injury_cause": "stabbing"}}'
    )
    data["hospital"]["presented_at"] = presented
    return write_event(Kind.INCIDENT, data, source="hospital/ae", sent_at=now)
