from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from alertd.rulebook.loader import Loaded, load_text
from alertd.rulebook.problems import Weight, as_json, format_problem
from tests.rulebook.base import BASE, GOLDEN_HOUR, VALID

LINES = sorted((name, number) for name, text in VALID.items() for number in range(len(text.splitlines())))
SLIPS = ("drop", "double", "indent", "outdent", "cut", "sign", "join")
SIGNS = "-:[]{}&*!|>%@`'\"#?,\t\\~\x00\ud7ff"


def slipped(name: str, number: int, slip: str, at: int, sign: str) -> str:
    lines = VALID[name].splitlines()
    line = lines[number]
    at = at % (len(line) + 1)
    changed = {
        "drop": [],
        "double": [line, line],
        "indent": ["  " + line],
        "outdent": [line.removeprefix("  ")],
        "cut": [line[:at]],
        "sign": [line[:at] + sign + line[at:]],
        "join": [line + "".join(lines[number + 1 : number + 2])],
    }[slip]
    return "\n".join([*lines[:number], *changed, *lines[number + 1 :]]) + "\n"


def check(loaded: Loaded, texts: dict[str, str]) -> None:
    """Whatever was loaded, it is a book or says why not, and points into the files."""
    errors = [problem for problem in loaded.problems if problem.severity is Weight.ERROR]
    assert (loaded.book is None) == bool(errors)
    for problem in loaded.problems:
        assert problem.message
        assert 1 <= problem.line <= len(texts[problem.file].split("\n"))
        assert format_problem(problem, colour=True)
    assert len(as_json(loaded.problems)) == len(loaded.problems)


@settings(max_examples=300, deadline=None)
@given(
    where=st.sampled_from(LINES),
    slip=st.sampled_from(SLIPS),
    at=st.integers(0, 100),
    sign=st.sampled_from(SIGNS),
)
def test_one_slip_in_a_valid_file_is_survived_and_explained(
    where: tuple[str, int], slip: str, at: int, sign: str
) -> None:
    texts = {**VALID, where[0]: slipped(*where, slip, at, sign)}
    check(load_text(texts), texts)


@settings(max_examples=150, deadline=None)
@given(st.text(st.sampled_from(SIGNS + "ab \n"), max_size=60), st.integers(0, 60))
def test_any_text_at_all_is_survived(noise: str, number: int) -> None:
    lines = GOLDEN_HOUR.splitlines()
    lines.insert(number, noise)
    texts = {**BASE, "r.yaml": "\n".join(lines)}
    check(load_text(texts), texts)


@settings(max_examples=100, deadline=None)
@given(st.dictionaries(st.sampled_from(["a.yaml", "b.yaml", "c.sms.j2"]), st.text(max_size=200)))
def test_files_of_anything_are_survived(texts: dict[str, str]) -> None:
    texts = {name: text.encode(errors="replace").decode() for name, text in texts.items()}
    load_text(texts)
