"""`alertd replay`: what other rules would have done, in words and as JSON; what is lost is answered for by somebody."""

from __future__ import annotations

import json
from pathlib import Path
from shutil import copytree

import pytest

from alertd.cli.opening import opened
from alertd.daemon.reload import record_version
from tests.cli.installation import Installation

NARROWED = "has_any: [pwits] - was: has_any: custody_offences"


@pytest.fixture(scope="module")
def with_case(made: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """An installation with one incident, and the reference of its case."""
    here = Installation(Path(copytree(made, tmp_path_factory.mktemp("replayed") / "installation")))
    return here.root, here.incident()


@pytest.fixture
def place(with_case: tuple[Path, str], tmp_path: Path) -> Installation:
    """The same, of this test alone."""
    return Installation(Path(copytree(with_case[0], tmp_path / "installation")))


@pytest.fixture
def other(place: Installation, tmp_path: Path) -> Path:
    """The installation's rules, with the cohort in custody narrowed."""
    rules = Path(copytree(place.root / "rules", tmp_path / "other"))
    _narrow(rules)
    return rules


def _narrow(rules: Path) -> None:
    _edit(rules, "has_any: custody_offences", "has_any: [pwits]")


def _edit(rules: Path, old: str, new: str) -> None:
    text = (rules / "custody.yaml").read_text()
    assert old in text
    (rules / "custody.yaml").write_text(text.replace(old, new))


def _last_hours(against: Path, *more: str) -> tuple[str, ...]:
    return ("replay", "--from", "12 hours ago", "--against", str(against), *more)


def test_the_rules_in_force_differ_in_nothing_and_no_bar_is_drawn_where_there_is_no_terminal(
    place: Installation,
) -> None:
    result = place(*_last_hours(place.root / "rules", "--because", "Why.", "--as", "edt_duty_phone", "--json"))
    assert (result.exit_code, result.stderr) == (0, "")
    data = json.loads(result.stdout)
    assert (data["messages"], data["cases"], data["changes"], data["answered"]) == (1, 1, [], None)
    assert data["by_role"]


def test_what_is_lost_is_shown_with_its_line_and_waits_for_an_answer(
    place: Installation, other: Path, with_case: tuple[Path, str]
) -> None:
    line = (other / "custody.yaml").read_text().splitlines().index("        has_any: [pwits]") + 1
    said = place.refused(*_last_hours(other))
    assert f"{other}/custody.yaml:{line}: {NARROWED}" in said
    assert "1 message of 1 case" in said
    assert "nothing was sent" in said
    assert "LOST" in said
    assert with_case[1] in said
    assert '--because "…" --as PERSON' in said


def test_an_answer_is_kept_for_that_set(place: Installation, other: Path) -> None:
    why = place.done(*_last_hours(other, "--because", "The panel agreed it.", "--as", "edt_duty_phone"))
    assert "answered for: The panel agreed it." in why
    data = place.json(*_last_hours(other))
    assert data["answered"] == "The panel agreed it."
    assert {change["difference"] for change in data["changes"]} == {"lost"}
    assert {change["case"] for change in data["changes"]} <= {row["case"] for row in place.json("cases")}


def test_an_answer_needs_a_person(place: Installation, other: Path) -> None:
    assert "there is no person 'nobody'" in place.refused(*_last_hours(other, "--because", "Why.", "--as", "nobody"))


def test_an_installation_changed_in_place_is_tried_against_what_is_still_in_force(place: Installation) -> None:
    with opened(place.config) as parts:
        record_version(parts, parts.rules.present)
    _narrow(place.root / "rules")
    said = place.refused(*_last_hours(place.root))
    assert f"{place.root}/rules/custody.yaml:" in said
    assert NARROWED in said


def test_errors_in_the_other_rules_are_shown_where_they_are(place: Installation, other: Path) -> None:
    _edit(other, "has_any: [pwits]", "has_any: [pwit]")
    said = place.refused(*_last_hours(other))
    assert f"{other}/custody.yaml:" in said
    assert "nothing was replayed" in said


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--from", "1 hour ago", "--against", "no/such"), "there is no no/such"),
        (("--from", "1 hour ago", "--to", "2 hours ago", "--against", "."), "is not before"),
        (("--from", "soon", "--against", "."), "yesterday 23:10"),
    ],
)
def test_a_time_or_a_folder_that_is_none_is_refused(place: Installation, words: tuple[str, ...], said: str) -> None:
    assert said in place.refused("replay", *words)
