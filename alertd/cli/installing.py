"""`init`: a working installation in a folder, with a key of its own."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from alertd.cli.opening import settings_of
from alertd.cli.schemas import Subject, write_schemas
from alertd.cli.screen import bad, good, plural, say
from alertd.core.calendar import local
from alertd.daemon.clock import utc_now
from alertd.model.errors import NotPossible
from alertd.shipped import NAMES, shipped
from alertd.store import new_master

SETTINGS = Path("config/alertd.yaml")
KEY = Path("credentials/master_key")
RESTRICTED = Path("config/people.yaml")
_SHIPPED_DATA = "../var"
"""Where the shipped settings keep data, from the file's own folder."""
_UNIT = Path("systemd/alertd.service")
_UNIT_CONFIG = "/etc/alertd"
_UNIT_PROGRAM = "/opt/alertd/.venv/bin/alertd"
_UNIT_STATE = "StateDirectory=alertd\nStateDirectoryMode=0700\nWorkingDirectory=/var/lib/alertd\n"
_STATE = Path("/var/lib")
_CLOSED_TO_SERVICES = (Path("/home"), Path("/root"))
"""What `ProtectHome=yes` of the unit hides."""


@dataclass(frozen=True, slots=True)
class Copy:
    """One file to write: its place in the installation, and its text."""

    place: Path
    text: str


def add_to(app: typer.Typer) -> None:
    """Add the commands of this room."""
    app.command("init")(init)


def init(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Folder of the installation; made when missing.")],
    *,
    data: Annotated[
        Path | None,
        typer.Option("--data", metavar="DIR", help="Folder of database and captured messages.", show_default=False),
    ] = None,
    force: Annotated[
        bool, typer.Option("--force", help="Write over files that are there; each is kept beside the new one.")
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would be written.")] = False,
) -> None:
    """Write a working set of settings, rules, templates and systemd units to DIR, with a new encryption key.

    Data goes to DIR/var, for an installation in /etc to the folder of the same name in /var/lib. A key that is there is
    never replaced. Schemas for editors are put beside settings and rules.
    """
    root = folder.expanduser().absolute()
    chosen = data.expanduser().absolute() if data is not None else data_folder(root)
    copies = list(_copies(root, chosen))
    changed = [copy for copy in copies if _differs(root / copy.place, copy.text)]
    if changed and not force:
        raise NotPossible(
            f"{plural(len(changed), 'file')} in {root} would be written over, such as {changed[0].place}\n"
            "Remedy: choose another folder, or keep what is there beside the new files with --force"
        )
    if dry_run:
        for copy in copies:
            say(f"would write {root / copy.place}")
        return
    install(root, copies)
    for subject in (Subject.RULES, Subject.CONFIG):
        write_schemas(settings_of(root / SETTINGS), subject)
    made = make_key(root / KEY)
    _say_done(root, chosen, len(copies), key_is_new=made)


def data_folder(root: Path) -> Path:
    """Where the data of an installation goes unless somebody chooses."""
    return _STATE / root.name if root.parent == Path("/etc") else root / "var"


def install(root: Path, copies: list[Copy]) -> None:
    """Write files, keeping those that differ beside the new ones under the hour's name."""
    stamp = f"{local(utc_now()):%Y%m%d-%H%M%S}"
    for copy in copies:
        place = root / copy.place
        place.parent.mkdir(parents=True, exist_ok=True)
        if _differs(place, copy.text):
            shutil.copy2(place, place.with_name(f"{place.name}.{stamp}"))
        place.write_text(copy.text, encoding="utf-8")
        if copy.place == RESTRICTED:
            place.chmod(0o640)


def make_key(place: Path) -> bool:
    """Make an encryption key that only its owner can read; False when there is one already."""
    place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        descriptor = os.open(place, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return False
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(new_master())
    return True


def working_set(root: Path) -> list[Copy]:
    """The files of an installation whose data lies beside them."""
    return list(_copies(root, root / "var"))


def _copies(root: Path, data: Path) -> Iterator[Copy]:
    for name in sorted(NAMES):
        source = shipped(name)
        for path in sorted(p for p in source.rglob("*") if p.is_file()):
            place = Path(name) / path.relative_to(source)
            yield Copy(place, _fitted(place, path.read_text(encoding="utf-8"), root, data))


def _fitted(place: Path, text: str, root: Path, data: Path) -> str:
    """Put this installation's own folders where the shipped file has the usual ones."""
    if place == SETTINGS and data != root / "var":
        return text.replace(f"{_SHIPPED_DATA}/", f"{data}/")
    if place == _UNIT:
        program = shutil.which("alertd") or str(Path(sys.executable).with_name("alertd"))
        return _on_data(text.replace(_UNIT_CONFIG, str(root)).replace(_UNIT_PROGRAM, program), data)
    return text


def _on_data(unit: str, data: Path) -> str:
    """Let the service write to its data folder, the only one that its sandbox leaves open."""
    # Below /var/lib systemd makes the folder itself and gives it to the account; elsewhere somebody has to.
    if _STATE in data.parents:
        lines = f"StateDirectory={data.relative_to(_STATE)}\nStateDirectoryMode=0700\n"
    else:
        lines = f"ReadWritePaths={data}\n"
    return unit.replace(_UNIT_STATE, f"{lines}WorkingDirectory={data}\n")


def _differs(place: Path, text: str) -> bool:
    return place.exists() and place.read_bytes() != text.encode()


def _say_done(root: Path, data: Path, files: int, *, key_is_new: bool) -> None:
    good(f"{plural(files, 'file')} written to {root}; data goes to {data}")
    if key_is_new:
        say(f"A new encryption key lies in {root / KEY}, readable by you alone.")
        say("Keep a copy of it away from this machine: without it nothing stored can be read.")
    else:
        say(f"The encryption key in {root / KEY} stays as it is.")
    if any(place.is_relative_to(closed) for place in (root, data) for closed in _CLOSED_TO_SERVICES):
        bad(f"A service cannot see {data}: the unit closes /home and /root. For one, choose /etc/NAME as DIR.")
    config = root / SETTINGS
    say()
    say("Next:")
    say(f"  put your people into {root / RESTRICTED}: everyone in it is invented")
    say(f"  say in {config} where messages come from and how texts and mails leave")
    say(f"  alertd check --config {config}")
    say(f"  alertd migrate --config {config}      makes the database")
    say(f"  alertd run --config {config}          or {root / 'systemd/README.md'} for a service")
