"""`schema`: the published contracts as JSON Schema, for senders and editors."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import orjson
import typer

from alertd.cli.opening import settings_of
from alertd.cli.options import Config
from alertd.cli.screen import good, show_json
from alertd.rulebook.loader import load
from alertd.rulebook.schema import rules_schema
from alertd.rulebook.settings import Settings, settings_schema
from alertd.service.messages import asyncapi_document, message_schema
from alertd.transport.render import SUFFIX

RULES_FILE = "rules.schema.json"
CONFIG_FILE = "config.schema.json"
"""Names that the first line of each shipped file points to."""


class Subject(StrEnum):
    """What has a schema."""

    MESSAGES = "messages"
    RULES = "rules"
    CONFIG = "config"


def add_to(app: typer.Typer) -> None:
    """Add the commands of this room."""
    app.command()(schema)


def schema(
    subject: Annotated[Subject, typer.Argument(help="What to describe.")],
    *,
    asyncapi: Annotated[bool, typer.Option("--asyncapi", help="Messages: an AsyncAPI 3 document.")] = False,
    write: Annotated[
        bool, typer.Option("--write", help="Rules, config: put it beside the files, for editors.")
    ] = False,
    config: Config = None,
) -> None:
    """Print a JSON Schema (2020-12) of the messages, of the rule files with the names they hold, or of alertd.yaml."""
    if asyncapi and subject is not Subject.MESSAGES:
        raise typer.BadParameter("only messages have an AsyncAPI document", param_hint="--asyncapi")
    if write and subject is Subject.MESSAGES:
        raise typer.BadParameter("messages lie in no folder: send the output to a file", param_hint="--write")
    if write:
        for place in write_schemas(settings_of(config), subject):
            good(f"written: {place}")
    elif subject is Subject.MESSAGES:
        show_json(asyncapi_document() if asyncapi else message_schema())
    else:
        show_json(settings_schema() if subject is Subject.CONFIG else schema_of_rules(settings_of(config)))


def schema_of_rules(settings: Settings) -> dict[str, Any]:
    """JSON Schema of the rule files of an installation; while they hold errors, every name is left open."""
    book = load(settings.rules, settings.config, None).book
    templates = {path.name.removesuffix(SUFFIX).rpartition(".")[0] for path in settings.templates.glob(f"*{SUFFIX}")}
    return rules_schema(book, templates)


def write_schemas(settings: Settings, subject: Subject) -> list[Path]:
    """Write a schema beside the files that it describes, and say where."""
    if subject is Subject.RULES:
        places = [folder / RULES_FILE for folder in (*filter(Path.is_dir, settings.rules), settings.config)]
        found = schema_of_rules(settings)
    else:
        places, found = [settings.config / CONFIG_FILE], settings_schema()
    for place in places:
        place.write_bytes(orjson.dumps(found, option=orjson.OPT_INDENT_2))
    return places
