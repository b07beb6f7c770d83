"""Where the folders that alertd ships for people to copy and edit are found."""

from __future__ import annotations

from pathlib import Path

from alertd.model.errors import ConfigError

NAMES = frozenset({"config", "rules", "systemd", "templates"})
"""The shipped folders: top level in a checkout, `alertd/share/` in an installed wheel."""

_PACKAGE = Path(__file__).resolve().parent


def shipped(name: str) -> Path:
    """Find a shipped folder, in a checkout or in an installed wheel.

    Args:
        name: One of `NAMES`.

    Returns:
        The absolute path of the folder; read it, never write there.

    Raises:
        ValueError: `name` is not a shipped folder: a programming error.
        ConfigError: The installation is incomplete.
    """
    if name not in NAMES:
        raise ValueError(f"{name!r} is not shipped; one of {', '.join(sorted(NAMES))}")
    # The wheel first: its `share` exists only there, while site-packages may hold any folder called `config`.
    for place in (_PACKAGE / "share" / name, _PACKAGE.parent / name):
        if place.is_dir():
            return place
    raise ConfigError(f"the shipped folder {name!r} is missing from this installation: install alertd again")
