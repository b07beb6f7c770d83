"""A group of commands that lists when no other command is named: `alertd cases` is `alertd cases list`."""

from __future__ import annotations

import typer
from typer.core import TyperGroup

_HELP = ("-h", "--help")


class ListFirst(TyperGroup):
    """Puts `list` in front of options that come alone."""

    def parse_args(self, ctx: typer.Context, args: list[str]) -> list[str]:  # type: ignore[override]  # a Typer context
        """Parse, taking `list` for granted."""
        if not args or (args[0].startswith("-") and args[0] not in _HELP):
            args = ["list", *args]
        return super().parse_args(ctx, args)
