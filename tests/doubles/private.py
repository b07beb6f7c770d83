"""What the private servers share: free ports, an unprivileged user, folders of their own."""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import tempfile
from pathlib import Path
from typing import TypedDict


class RunAs(TypedDict, total=False):
    """Arguments of `subprocess.Popen` that drop privileges; empty when there are none to drop."""

    user: str
    group: int
    extra_groups: list[int]


def free_port() -> int:
    """A loopback port that nobody listens on just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def answers(port: int) -> bool:
    """Whether somebody listens on a loopback port."""
    try:
        socket.create_connection(("127.0.0.1", port), 0.5).close()
    except OSError:
        return False
    return True


def run_as(user: str) -> RunAs:
    """Run a server as `user` when we are root, for it refuses to run as root; else as ourselves."""
    if os.geteuid() != 0:
        return {}
    return {"user": user, "group": pwd.getpwnam(user).pw_gid, "extra_groups": []}


def private_folder(prefix: str, user: str) -> Path:
    """A new folder that `user` (when we are root) or we own.

    Outside pytest's own temporary folder: that is closed to other users, and its path can be too long for a socket.
    """
    folder = Path(tempfile.mkdtemp(prefix=prefix))
    give_to(folder, user)
    return folder


def give_to(folder: Path, user: str) -> None:
    """Make `user` the owner of a folder and all in it, when we are root."""
    if os.geteuid() == 0:
        for path in (folder, *folder.rglob("*")):
            shutil.chown(path, user, pwd.getpwnam(user).pw_gid)
