"""The provider's own description of its requests and answers, as a judge of ours.

`twilio_openapi_extract.json` holds the part that alertd speaks.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from jsonschema import Draft4Validator, FormatChecker

_FILE = Path(__file__).with_name("twilio_openapi_extract.json")
_PHONE_NUMBER = re.compile(r"\+[1-9][0-9]{6,14}")

Schema = dict[str, Any]
_formats = FormatChecker(formats=())


@_formats.checks("phone-number")
def _is_phone_number(value: object) -> bool:
    return not isinstance(value, str) or _PHONE_NUMBER.fullmatch(value) is not None


@_formats.checks("endpoint")
def _is_endpoint(value: object) -> bool:
    """Whom a call goes to or comes from: with alertd only ever a number."""
    return _is_phone_number(value)


@_formats.checks("uri")
def _is_uri(value: object) -> bool:
    """Absolute; in answers the provider's own are paths."""
    if not isinstance(value, str):
        return True
    parts = urlsplit(value)
    return value.startswith("/") or (parts.scheme in ("http", "https") and bool(parts.netloc))


@_formats.checks("date-time", raises=ValueError)
def _is_date_time(value: object) -> bool:
    return not isinstance(value, str) or datetime.fromisoformat(value) is not None


@cache
def description() -> Schema:
    """The whole extract."""
    loaded: Schema = json.loads(_FILE.read_text("utf-8"))
    return loaded


def form_problems(method: str, path: str, form: Mapping[str, str]) -> list[str]:
    """What the provider would object to in a form (POST) or query (GET); empty when nothing.

    Args:
        method: "GET" or "POST".
        path: As requested, with the account's and the message's own ids.
        form: Fields; of one that may be repeated, one value a line.
    """
    operation, identifiers = _operation(method, path)
    if operation is None:
        return [f"{method} {path} is not in the description"]
    parameters = {one["name"]: one for one in operation.get("parameters", ())}
    in_path = {name: parameters[name]["schema"] for name in identifiers}
    problems = _check({"type": "object", "properties": in_path}, identifiers)
    return problems + _check(_form_schema(operation, parameters), form)


def answer_problems(method: str, path: str, status: int, answer: object) -> list[str]:
    """What is wrong with an answer to such a request: this keeps the fake itself honest."""
    operation, _ = _operation(method, path)
    if operation is None or str(status) not in operation["responses"]:
        return [f"{method} {path} never answers {status}"]
    schema = operation["responses"][str(status)]["content"]["application/json"]["schema"]
    return _errors(_plain(schema), answer)


def _operation(method: str, path: str) -> tuple[Schema | None, dict[str, str]]:
    for template, operations in description()["paths"].items():
        pattern = re.sub(r"\\{(\w+)\\}", r"(?P<\1>[^/]+)", re.escape(template))
        match = re.fullmatch(pattern, path)
        if match is not None and method.lower() in operations:
            return operations[method.lower()], match.groupdict()
    return None, {}


def _form_schema(operation: Schema, parameters: Mapping[str, Schema]) -> Schema:
    if "requestBody" in operation:
        schema: Schema = operation["requestBody"]["content"]["application/x-www-form-urlencoded"]["schema"]
    else:
        schema = {"properties": {n: p["schema"] for n, p in parameters.items() if p["in"] == "query"}}
    return {"type": "object", **schema, "additionalProperties": False}


def _check(schema: Schema, form: Mapping[str, str]) -> list[str]:
    plain = _plain(schema)
    return _errors(plain, {name: _typed(value, plain["properties"].get(name, {})) for name, value in form.items()})


def _errors(schema: Schema, instance: object) -> list[str]:
    validator = Draft4Validator(schema, format_checker=_formats)
    return [f"{'/'.join(map(str, error.path))}: {error.message}" for error in validator.iter_errors(instance)]


def _typed(text: str, schema: Schema) -> object:
    """A form holds only text: read it as the type that the schema wants, if it can be."""
    if schema.get("type") == "array":
        return [_typed(each, schema["items"]) for each in text.splitlines()]
    if schema.get("type") == "integer" and re.fullmatch(r"-?\d+", text):
        return int(text)
    if schema.get("type") == "boolean" and text in ("true", "false"):
        return text == "true"
    return text


def _plain(node: Any) -> Any:  # noqa: ANN401  # JSON
    """Resolve references, and spell OpenAPI 3.0's `nullable` as JSON Schema does."""
    if isinstance(node, list):
        return [_plain(each) for each in node]
    if not isinstance(node, dict):
        return node
    if "$ref" in node:
        return _plain(description()["components"]["schemas"][node["$ref"].rpartition("/")[2]])
    made = {name: _plain(value) for name, value in node.items()}
    if made.pop("nullable", False):
        made["type"] = [made["type"], "null"]
    return made
