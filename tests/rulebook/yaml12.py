"""YAML as an editor's language server reads it: version 1.2, where `no` and `17:15` are texts and `18` is a number."""

from __future__ import annotations

import re
from typing import Any

import yaml


class Loader(yaml.SafeLoader):
    """Scalars by the core schema of YAML 1.2."""

    yaml_implicit_resolvers: dict[str, Any] = {}  # noqa: RUF012 - the library's own name for it


_CORE = {
    "bool": r"true|True|TRUE|false|False|FALSE",
    "int": r"[-+]?[0-9]+",
    "float": r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?",
    "null": r"~|null|Null|NULL|",
}
for _name, _pattern in _CORE.items():
    Loader.add_implicit_resolver(f"tag:yaml.org,2002:{_name}", re.compile(rf"^({_pattern})$"), None)


def _number(_: Loader, node: yaml.ScalarNode) -> int:
    return int(node.value)


Loader.add_constructor("tag:yaml.org,2002:int", _number)


def _once(loader: Loader, node: yaml.MappingNode) -> dict[Any, Any]:
    keys = [loader.construct_object(key) for key, _ in node.value]
    if len(keys) != len(set(keys)):
        raise yaml.YAMLError("a key is written twice")
    return loader.construct_mapping(node, deep=True)


Loader.add_constructor("tag:yaml.org,2002:map", _once)


def read(text: str) -> Any:  # noqa: ANN401
    """The data of a file; raises yaml.YAMLError."""
    return yaml.load(text, Loader)  # noqa: S506 - a safe loader
