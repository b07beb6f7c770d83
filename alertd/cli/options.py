"""Options that many commands share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

Config = Annotated[
    Path | None,
    typer.Option(
        "--config",
        metavar="FILE",
        help="Settings; else $ALERTD_CONFIG, ./config/alertd.yaml, /etc/alertd/config/alertd.yaml.",
        show_default=False,
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
As = Annotated[
    str,
    typer.Option(
        "--as", metavar="PERSON", envvar="ALERTD_AS", help="Who does this: an id of people.yaml.", show_default=False
    ),
]
Everything = Annotated[bool, typer.Option("--all", help="Also what is over.")]
Limit = Annotated[int, typer.Option("--limit", min=1, max=100_000, metavar="N", help="At most so many.")]
At = Annotated[
    str,
    typer.Option("--at", metavar="TIME", help="When, local: 14:40, 'yesterday 23:10', '20 minutes ago', ISO 8601."),
]
