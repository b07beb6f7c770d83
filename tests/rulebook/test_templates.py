from __future__ import annotations

from pathlib import Path

import pytest

from alertd.rulebook.loader import load, load_text
from alertd.rulebook.texts import SENT_BY_THE_PROGRAM
from tests.rulebook.base import VALID

TEXTS = {
    "templates/urgent_response.sms.j2": "{{ ref }} {{ cohort }}{% if host %} {{ host }}{% endif %}",
    "templates/urgent_response.email.j2": "Subject: {{ ref }}\n\n{% for reason in reasons %}{{ reason }}{% endfor %}\n",
    "templates/urgent_response.call.j2": "Urgent alert from {{ service }}",
}


def problems(name: str, text: str) -> list[tuple[str, int, int]]:
    loaded = load_text({**VALID, **TEXTS, f"templates/{name}": text})
    return [(found.code, found.line, found.col) for found in loaded.problems]


def test_templates_that_carry_what_they_may_are_fine() -> None:
    assert load_text({**VALID, **TEXTS}).problems == ()


@pytest.mark.parametrize("name", ["age", "offence", "lines", "link", "reasons", "person"])
def test_a_text_message_names_nothing_of_the_child(name: str) -> None:
    assert problems("urgent_response.sms.j2", f"{{{{ ref }}}}\n  {{{{ {name} }}}}") == [("E026", 2, 6)]


def test_a_mail_lists_lines_by_their_allowed_parts() -> None:
    text = "Subject: x\n\n{% for line in lines %}{{ line.ref }} {{ line.age }}{% endfor %}"
    assert [code for code, *_ in problems("digest.email.j2", text)] == ["E026"]


def test_a_template_takes_nothing_from_other_files() -> None:
    assert [code for code, *_ in problems("urgent_response.sms.j2", "{% include 'x' %}")] == ["E026"]


def test_a_template_that_cannot_be_read_points_to_its_line() -> None:
    assert problems("urgent_response.sms.j2", "fine\n{% if ref %}\n{% endfor %}")[0][:2] == ("E001", 3)
    assert problems("urgent_response.sms.j2", "{{ ref | nonsense }}")[0][0] == "E001"


def test_a_mail_begins_with_its_subject() -> None:
    assert problems("urgent_response.email.j2", "{{ ref }}") == [("E014", 1, 1)]


def test_a_channel_without_a_text_is_told_where_it_is_used() -> None:
    texts = {name: text for name, text in TEXTS.items() if ".call." not in name}
    (found,) = load_text({**VALID, **texts}).problems
    assert (found.code, found.file, found.line) == ("E027", "rules/ladders.yaml", 4)


def test_a_template_that_is_not_there_is_told_where_it_is_used() -> None:
    texts = {name.replace("urgent_response", "urgent_respons"): text for name, text in TEXTS.items()}
    found = load_text({**VALID, **texts}).problems
    assert {problem.code for problem in found} == {"E021"}
    assert "did you mean 'urgent_respons'" in found[0].message


def test_a_folder_holds_every_template_that_the_program_sends(tmp_path: Path) -> None:
    for name in SENT_BY_THE_PROGRAM[1:]:
        (tmp_path / f"{name}.sms.j2").write_text("{{ ref }}")
    found = load([], tmp_path, tmp_path).problems
    assert [problem.message for problem in found if problem.code == "E027"] == [
        f"the template '{SENT_BY_THE_PROGRAM[0]}', which alertd itself sends, is missing"
    ]


def test_a_file_with_another_ending_is_no_template() -> None:
    assert problems("urgent_response.fax.j2", "{{ ref }}") == [("E014", 1, 1)]
