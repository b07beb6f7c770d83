"""A secret that stands elsewhere, is read when it is needed, and never shows itself."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import NoReturn

from alertd.model.errors import ConfigError

SOURCES = ("file", "env", "credential")
"""Where a secret may stand: a file, an environment variable, systemd's credentials folder."""

_CREDENTIALS = "CREDENTIALS_DIRECTORY"


class Secret:
    """A reference to a secret, whose value only `resolve` gives: not `repr`, `str`, a format, or a serialiser."""

    __slots__ = ("_kind", "_where")

    def __init__(self, kind: str, where: str) -> None:
        """Name a secret.

        Args:
            kind: One of `SOURCES`, or `plain` for an identifier written in the file itself.
            where: Absolute path, variable, credential's name, or the identifier.
        """
        self._kind = kind
        self._where = where

    def __repr__(self) -> str:
        return f"Secret({self._kind})"

    __str__ = __repr__

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and (self._kind, self._where) == (other._kind, other._where)

    def __hash__(self) -> int:
        return hash((self._kind, self._where))

    def __reduce__(self) -> NoReturn:
        raise TypeError("a secret is not copied into other processes or files")

    def resolve(self, environ: Mapping[str, str] = os.environ) -> str:
        """Read the secret now.

        Args:
            environ: Environment variables.

        Returns:
            The text without the line end after it.

        Raises:
            ConfigError: it is not there, cannot be read or is empty; the text names the remedy, never the value.
        """
        found = {"file": self._file, "env": self._variable, "credential": self._credential}.get(self._kind)
        value = found(environ) if found else self._where
        if not value.strip():
            raise ConfigError(f"the secret in {self._kind} '{self._where}' is empty: write it there")
        return value.rstrip("\r\n")

    def _file(self, _environ: Mapping[str, str]) -> str:
        return _read(Path(self._where), "check the path, and that alertd's user may read it")

    def _variable(self, environ: Mapping[str, str]) -> str:
        if self._where not in environ:
            raise ConfigError(f"the variable '{self._where}' for a secret is not set: set it where alertd is started")
        return environ[self._where]

    def _credential(self, environ: Mapping[str, str]) -> str:
        if _CREDENTIALS not in environ:
            message = f"the credential '{self._where}' needs systemd: add LoadCredential={self._where}:PATH to the unit"
            raise ConfigError(message)
        remedy = f"add LoadCredential={self._where}:PATH to the unit"
        return _read(Path(environ[_CREDENTIALS]) / self._where, remedy)


def _read(path: Path, remedy: str) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as wrong:
        raise ConfigError(f"the secret in '{path}' cannot be read ({type(wrong).__name__}): {remedy}") from None
