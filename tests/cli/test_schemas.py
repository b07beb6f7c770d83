"""`schema`: printed, written beside the files, made by `init`."""

from __future__ import annotations

import json
from pathlib import Path

from jsonschema import Draft202012Validator

from tests.cli.installation import Installation, alertd
from tests.rulebook.yaml12 import read


def test_schemas_are_printed_written_and_made_by_init(here: Installation) -> None:
    places = [here.root / each for each in ("rules/rules.schema.json", "config/rules.schema.json")]
    assert all(place.is_file() for place in (*places, here.root / "config/config.schema.json"))
    lists = here.root / "rules/lists.yaml"
    lists.write_text(lists.read_text() + "\n- list: words_of_today\n  words: [today]\n")
    assert "words_of_today" in json.dumps(json.loads(here.done("schema", "rules")))
    assert str(places[0].name) in here.done("schema", "rules", "--write")
    assert all("words_of_today" in place.read_text() for place in places)
    assert "config.schema.json" in here.done("schema", "config", "--write")
    assert here("schema", "messages", "--write").exit_code == 2


def test_while_the_files_hold_errors_every_name_is_left_open(here: Installation) -> None:
    (here.root / "rules/wrong.yaml").write_text("- rule: x\n")
    schema = json.loads(here.done("schema", "rules"))
    assert Draft202012Validator(schema).is_valid(read((here.root / "rules/custody.yaml").read_text()))
    assert "golden_houre" not in json.dumps(schema)


def test_a_set_is_described_by_its_folder(tmp_path: Path) -> None:
    assert alertd("init", tmp_path / "x").exit_code == 0
    assert (tmp_path / "x/rules/rules.schema.json").is_file()
