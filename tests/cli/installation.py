"""The command line as a person types it, on an installation."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from typer.testing import CliRunner, Result

from alertd.cli.main import app


def alertd(*words: object, typed: str | None = None) -> Result:
    """Run a command line; a traceback is a failed test."""
    result = CliRunner().invoke(app, [str(word) for word in words], input=typed)
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


@dataclass(frozen=True)
class Installation:
    """A folder made by `init`, with a migrated store."""

    root: Path

    @property
    def config(self) -> Path:
        return self.root / "config/alertd.yaml"

    def __call__(self, *words: object, typed: str | None = None) -> Result:
        """Run a command on it."""
        return alertd(*words, "--config", self.config, typed=typed)

    def done(self, *words: object, typed: str | None = None) -> str:
        """Run a command that must succeed, and give its output."""
        result = self(*words, typed=typed)
        assert result.exit_code == 0, result.output
        return result.stdout

    def refused(self, *words: object, typed: str | None = None) -> str:
        """Run a command that must be refused with a text, and give that."""
        result = self(*words, typed=typed)
        assert result.exit_code == 1, result.output
        assert "Traceback" not in result.output
        return result.output

    def json(self, *words: object) -> Any:  # noqa: ANN401
        """Run a listing, and read its JSON whatever its exit code."""
        return json.loads(self(*words, "--json").stdout)

    def incident(self, *fields: str) -> str:
        """Enter an incident by hand, and give the reference of its case."""
        given = fields or ("setting=custody", "person.ref=P-1", "age=15", "custody.ref=C-1", "offence=bladed_article")
        said = self.done("incident", "new", *given, "--as", "edt_duty_phone")
        return next(line.partition(":")[0] for line in said.splitlines() if line.startswith("WF-UR-"))
