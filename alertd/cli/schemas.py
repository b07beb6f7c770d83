"""`schema`: the published contracts as JSON Schema, for senders and editors."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from alertd.cli.screen import show_json
from alertd.rulebook.settings import settings_schema
from alertd.service.messages import asyncapi_document, message_schema


class Subject(StrEnum):
    """What has a schema."""

    MESSAGES = "messages"
    CONFIG = "config"


def add_to(app: typer.Typer) -> None:
    """Add the commands of this room."""
    app.command()(schema)


def schema(
    subject: Annotated[Subject, typer.Argument(help="What to describe.")],
    *,
    asyncapi: Annotated[bool, typer.Option("--asyncapi", help="Messages: an AsyncAPI 3 document.")] = False,
) -> None:
    """Print a JSON Schema (2020-12) of the messages, or of alertd.yaml."""
    if asyncapi and subject is not Subject.MESSAGES:
        raise typer.BadParameter("only messages have an AsyncAPI document", param_hint="--asyncapi")
    if subject is Subject.CONFIG:
        show_json(settings_schema())
    else:
        show_json(asyncapi_document() if asyncapi else message_schema())
