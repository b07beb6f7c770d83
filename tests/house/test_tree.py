"""Rules of the house that no linter knows."""

from __future__ import annotations

import ast
import re
import statistics
from collections.abc import Iterator

import pytest

from tests.house.tree import TREE, modules, texts

MAX_LINES = 300
# A catalogue grows with what it lists, one short class or row an entry: splitting it would hide, not help.
CATALOGUES = {
    "alertd/model/rulebook.py": 450,
    "alertd/model/case.py": 450,
    "alertd/service/ports.py": 600,
    "alertd/store/tables.py": 450,
}

# Of machines on which the tree was made: the folders of a person, a superuser or a job, never part of an installation.
PRIVATE_PATH = re.compile(r"(?<![\w$}.])/(?:root|home|work|Users)/\w")

MOBILE = re.compile(r"(?<![\w+.-])(?:\+44 ?7|07)(?:[ -]?\d){9}(?![\w.-])")
LONDON = re.compile(r"(?<![\w+.-])(?:\+44 ?20|020) ?\d{4} ?\d{4}(?![\w.-])")
MAIL = re.compile(r"[\w.+-]+@([\w-]+(?:\.[\w-]+)*\.[a-z]{2,})\b")
NOBODYS = ("example.gov.uk", "example.org", "example.com", "example.net", "example.nhs.uk")
PACKAGE_VERSIONS = re.compile(r"requirements.*\.lock")


def functions(tree: ast.Module) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    yield from (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))


def body_lines(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    body = function.body[1:] if ast.get_docstring(function) is not None else function.body
    return (body[-1].end_lineno or 0) - body[0].lineno + 1 if body else 0


def written() -> Iterator[tuple[str, str]]:
    """Texts that people wrote, so not the lock files."""
    yield from ((name, text) for name, text in texts() if not PACKAGE_VERSIONS.fullmatch(name))


def digits(number: str) -> str:
    national = re.sub(r"^\+44 ?", "0", number)
    return re.sub(r"\D", "", national)


@pytest.mark.parametrize(
    "name", ["README.md", "CHANGELOG.md", "LICENSE"] + [f"{room}/README.md" for room in ("systemd", "tests")]
)
def test_what_a_newcomer_looks_for_is_there(name: str) -> None:
    assert (TREE / name).read_text(encoding="utf-8").strip()


def test_no_file_of_the_program_is_long() -> None:
    lines = {name: text.count("\n") for name, text in texts() if re.fullmatch(r"alertd/.*\.py", name)}
    assert {name: n for name, n in lines.items() if n > CATALOGUES.get(name, MAX_LINES)} == {}


def test_functions_are_short() -> None:
    lengths = [body_lines(function) for _, tree in modules("alertd") for function in functions(tree)]
    assert statistics.median(lengths) <= 10


def test_every_function_is_read_in_one_glance() -> None:
    long = [(name, f.name) for name, tree in modules("alertd") for f in functions(tree) if body_lines(f) > 50]
    assert long == []


def test_names_say_what_a_thing_does() -> None:
    vague = re.compile(r"/(utils?|helpers?|misc|common)(/|\.py$)")
    assert [name for name, _ in modules("alertd") if vague.search(name)] == []
    classes = [
        (name, n.name) for name, tree in modules("alertd") for n in ast.walk(tree) if isinstance(n, ast.ClassDef)
    ]
    assert [found for found in classes if found[1].endswith(("Manager", "Helper", "Utils"))] == []


def test_no_test_is_skipped_or_expected_to_fail() -> None:
    ways = {"skip", "skipif", "skipIf", "skipTest", "xfail", "importorskip"}
    used = [
        (name, node.lineno, node.attr)
        for name, tree in modules("tests")
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and node.attr in ways
    ]
    assert used == []


def test_no_path_of_a_private_machine_is_written_down() -> None:
    assert [(name, found[0]) for name, text in written() if (found := PRIVATE_PATH.search(text))] == []


def test_every_mobile_number_is_invented() -> None:
    numbers = [(name, digits(found)) for name, text in written() for found in MOBILE.findall(text)]
    assert [pair for pair in numbers if not pair[1].startswith("07700900")] == []


def test_every_london_number_is_invented() -> None:
    numbers = [(name, digits(found)) for name, text in written() for found in LONDON.findall(text)]
    assert [pair for pair in numbers if not pair[1].startswith("02079460")] == []


def test_every_mail_address_is_nobodys() -> None:
    hosts = [(name, found) for name, text in written() for found in MAIL.findall(text)]
    assert [pair for pair in hosts if not pair[1].endswith(NOBODYS)] == []
