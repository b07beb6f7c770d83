"""Finds, reads and checks `alertd.yaml`, in the words and with the positions of the rule checker."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from alertd.model.errors import ConfigError
from alertd.rulebook import tree
from alertd.rulebook.problems import Place, Problem, Report
from alertd.rulebook.quantities import Misread
from alertd.rulebook.setting_types import FOLDER
from alertd.rulebook.settings import Settings
from alertd.rulebook.suggestions import allowed, did_you_mean, nearest
from alertd.rulebook.tree import Entries, Items, Node, Text

VARIABLE = "ALERTD_CONFIG"
PLACES = (Path("config/alertd.yaml"), Path("/etc/alertd/config/alertd.yaml"), Path("/etc/alertd/alertd.yaml"))
"""Where settings are looked for when neither an option nor the variable names them."""


_MAY_EXPOSE = re.compile(rb"(?i)(password|token|secret|key)\s*:\s*[^{\s]|://[^/\s]*@")
"""Lines that may hold a secret in the open, and are not repeated whatever is wrong with them."""


@dataclass(frozen=True, slots=True)
class LoadedSettings:
    """What became of the file: settings, unless an error stopped it, and every problem."""

    settings: Settings | None
    problems: tuple[Problem, ...]


def find_config(explicit: Path | None, environ: Mapping[str, str], places: tuple[Path, ...] = PLACES) -> Path:
    """Find the settings: the option, `$ALERTD_CONFIG`, else the first of `places` that is there.

    Raises:
        ConfigError: none is there; a file that was named and is missing is never passed over for another.
    """
    named = explicit or (Path(environ[VARIABLE]) if environ.get(VARIABLE) else None)
    if named:
        if named.is_file():
            return named
        source = "--config" if explicit else f"${VARIABLE}"
        raise ConfigError(f"there is no file '{named}' ({source}): check the path")
    for place in places:
        if place.is_file():
            return place
    looked = ", ".join(str(place) for place in places)
    raise ConfigError(f"no settings found ({looked}): name the file with --config, or run 'alertd init DIR'")


def load_settings(path: Path) -> LoadedSettings:
    """Read a settings file; relative paths in it count from its own folder."""
    report = Report()
    try:
        data = path.read_bytes()
    except OSError:
        report.error("E001", Place(str(path), 1), "this file cannot be read", "check the path and who may read it")
        return LoadedSettings(None, report.problems())
    return _checked(report, str(path), data, path.parent)


def settings_from_text(text: str, folder: Path = Path(), name: str = "alertd.yaml") -> LoadedSettings:
    """Read settings from a text, as `load_settings` does."""
    return _checked(Report(), name, text.encode(), folder)


def _checked(report: Report, name: str, data: bytes, folder: Path) -> LoadedSettings:
    sheet = tree.settings(name, data, report)
    for number, line in enumerate(data.split(b"\n"), 1):
        if _MAY_EXPOSE.search(line):
            report.hide(Place(name, number))
    whole = _whole(sheet, report)
    settings = None
    try:
        settings = Settings.model_validate(_plain(whole), context={FOLDER: folder})
    except ValidationError as wrong:
        details = wrong.errors(include_url=False)
        excused = {(outline.id,) for outline in sheet.outlines} | _misspelt(details)
        for detail in details:
            if detail["type"] != "missing" or detail["loc"] not in excused:
                _explain(report, whole, detail)
    return LoadedSettings(None if report.failed else settings, report.problems())


def _whole(sheet: tree.Sheet, report: Report) -> Entries:
    """Join the parts of the file to one mapping, refusing a name given twice."""
    found: dict[str, tree.Entry] = {}
    for node in sheet.nodes:
        if not isinstance(node, Entries):
            report.error("E002", node.place, "the settings are 'name: value' lines", "take the dash or bracket out")
            continue
        for key, entry in node.entries.items():
            if key in found:
                first = found[key].key.place.line
                message = f"'{key}' is written twice here (first on line {first})"
                report.error("E003", entry.key.place, message, "keep one of the two")
            found.setdefault(key, entry)
    return Entries(found, Place(sheet.name, 1))


def _plain(node: Node | None) -> Any:  # noqa: ANN401 - what pydantic takes
    match node:
        case Text():
            return node.value
        case Items():
            return [_plain(item) for item in node.items if item]
        case Entries():
            return {key: _plain(entry.value) for key, entry in node.entries.items() if entry.value}
        case _:
            return None


def _misspelt(details: list[ErrorDetails]) -> set[tuple[int | str, ...]]:
    """Missing settings that a misspelt one was meant to be, which is told already."""
    strays = [detail["loc"] for detail in details if detail["type"] == "extra_forbidden"]
    return {(*loc[:-1], meant) for loc in strays if (meant := nearest(str(loc[-1]), _names_at(loc[:-1])))}


def _explain(report: Report, whole: Entries, detail: ErrorDetails) -> None:
    """Say a validation error in the rule checker's words; pydantic's own are never shown."""
    loc, kind = detail["loc"], detail["type"]
    if kind == "union_tag_invalid":
        loc = (*loc, "provider")
    name = str(loc[-1]) if loc else ""
    wrong = detail.get("ctx", {}).get("error")
    if kind == "missing":
        around, _ = _places(whole, loc[:-1])
        if not _written_empty(whole, loc):
            report.error("E011", around, f"'{name}' is missing here", f"add a line '{name}: …'")
    elif kind == "extra_forbidden":
        known = _names_at(loc[:-1])
        message = f"'{name}' is not a setting here{did_you_mean(name, known)}"
        report.error("E010", _places(whole, loc)[0], message, allowed(known))
    elif isinstance(wrong, Misread):
        place = _places(whole, loc)[0 if name == "[key]" else 1]
        if not wrong.shown:
            report.hide(place)
        report.error(wrong.code, place, wrong.message, wrong.remedy)
    else:
        code, message, remedy = _reason(kind, detail.get("ctx", {}))
        report.error(code, _places(whole, loc)[1], message, remedy)


_REASONS = (
    ("literal_error", "E012", "this is not one of the words allowed here", "allowed: {expected}"),
    ("union_tag_invalid", "E012", "this is not one of the words allowed here", "allowed: {expected_tags}"),
    ("union_tag_not_found", "E011", "'provider' is missing here", "add 'provider:', which says how messages leave"),
    ("int_", "E014", "this is not a whole number", "write digits only"),
    ("greater_than", "E014", "this number is too small", "the least is {ge}"),
    ("less_than", "E014", "this number is too great", "the most is {le}"),
    ("bool", "E014", "this is neither yes nor no", "write yes or no"),
    ("string_pattern", "E014", "this is not written in the right form", "write two or three capital letters"),
    ("string_type", "E014", "a single text is expected here", "write it without brackets or dashes"),
    ("string_too_long", "E014", "this text is too long", "at most {max_length} characters"),
    ("too_long", "E014", "this list is too long", "at most {max_length}"),
    ("too_short", "E014", "this list is too short", "at least {min_length}"),
    ("tuple", "E014", "a list is expected here", "start each item with '- ', or write [a, b]"),
    ("model", "E014", "settings are expected here", "write 'name: value' lines"),
    ("dict", "E014", "settings are expected here", "write 'name: value' lines"),
)
"""Beginning of pydantic's error type → code, message, remedy with the limits of its context."""


def _reason(kind: str, context: Mapping[str, Any]) -> tuple[str, str, str]:
    for beginning, code, message, remedy in _REASONS:
        if kind.startswith(beginning):
            plain = {name: str(value).replace("'", "").replace(" or ", ", ") for name, value in context.items()}
            return code, message, remedy.format_map(plain)
    return "E014", "this value does not fit here", "compare it with the sample in config/"


def _places(whole: Entries, loc: tuple[int | str, ...]) -> tuple[Place, Place]:
    """Where the name and the value of a setting stand; parts of `loc` that the file does not write are passed over."""
    node: Node | None = whole
    key = value = whole.place
    for part in loc:
        if isinstance(node, Entries) and part in node.entries:
            entry = node.entries[str(part)]
            key, node = entry.key.place, entry.value
            value = node.place if isinstance(node, Text) else key
        elif isinstance(node, Items) and isinstance(part, int) and part < len(node.items):
            node = node.items[part]
            key = value = node.place if node else key
    return key, value


def _written_empty(whole: Entries, loc: tuple[int | str, ...]) -> bool:
    """Whether a missing setting is written without a value, which is told already."""
    node: Node | None = whole
    for part in loc:
        if isinstance(node, Entries) and part in node.entries:
            node = node.entries[str(part)].value
        elif isinstance(node, Items) and isinstance(part, int) and part < len(node.items):
            node = node.items[part]
    return node is None


def _names_at(loc: tuple[int | str, ...]) -> list[str]:
    """Names that the settings at a place may have."""
    models: list[type[BaseModel]] = [Settings]
    for part in loc:
        inner = [found for model in models for name, info in model.model_fields.items()
                 if part in (name, info.alias) for found in _models(info.annotation)]  # fmt: skip
        tagged = [model for model in models if "provider" in model.model_fields and _tag(model) == part]
        models = inner or tagged or models
    return sorted({info.alias or name for model in models for name, info in model.model_fields.items()})


def _models(annotation: object) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for inner in get_args(annotation):
        yield from _models(inner)


def _tag(model: type[BaseModel]) -> object:
    return next(iter(get_args(model.model_fields["provider"].annotation)), None)
