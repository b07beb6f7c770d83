"""alertd.transport.render: what a text may become, whatever it is given."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alertd.core.gsm7 import gsm7_septets
from alertd.model.delivery import Rendered, Unrenderable
from alertd.model.errors import ConfigError
from alertd.model.values import Channel
from alertd.transport.plain_text import gsm7, lines, one_line
from alertd.transport.render import Renderer, context_names

SMS = (
    "{{ ref }} {{ cohort }}. {{ clock }} due {{ due }}, {{ left }} left.\n"
    "{% if repeat %} Repeat.{% endif %} Reply Y{{ code }}.{% if call_back %} {{ call_back }}{% endif %}"
    "{% if host %} {{ host }}{% endif %}"
)
EMAIL = (
    "Subject: {{ ref }} {{ cohort }}\n{%- for reason in reasons %}\n- {{ reason }}\n{%- endfor %}\n\n\n\n{{ link }}\n"
)
FIELDS: dict[str, str | bool | list[str]] = {
    "ref": "WF-UR-26-7QK4",
    "cohort": "custody",
    "clock": "Golden Hour",
    "due": "15:00 Thu 26 Nov",
    "left": "30 min",
    "code": "482193",
    "call_back": "020 7946 0123",
    "host": "urgent.example.gov.uk",
    "repeat": False,
    "reasons": ["Serious violence", "Custody"],
    "link": "https://urgent.example.gov.uk/",
}


@pytest.fixture
def renderer() -> Renderer:
    return Renderer({"alert.sms.j2": SMS, "alert.email.j2": EMAIL, "alert.call.j2": "Alert {{ ref }}\n\nPress 1."})


def rendered(answer: Rendered | Unrenderable) -> Rendered:
    assert isinstance(answer, Rendered)
    return answer


def test_an_sms_is_one_line_in_one_segment(renderer: Renderer) -> None:
    text = rendered(renderer.render("alert", Channel.SMS, FIELDS))
    assert text.body == (
        "WF-UR-26-7QK4 custody. Golden Hour due 15:00 Thu 26 Nov, 30 min left. Reply Y482193. 020 7946 0123 "
        "urgent.example.gov.uk"
    )
    assert (text.segments, text.dropped, text.subject) == (1, (), "")


@pytest.mark.parametrize(
    ("longer", "dropped", "segments"),
    [
        (40, (), 1),
        (41, ("host",), 1),
        (62, ("host",), 1),
        (63, ("host", "call_back"), 1),
        (76, ("host", "call_back"), 1),
        (77, ("host", "call_back"), 2),
    ],
)
def test_host_gives_way_before_the_call_back_number_and_never_silently_two_segments(
    renderer: Renderer, longer: int, dropped: tuple[str, ...], segments: int
) -> None:
    text = rendered(renderer.render("alert", Channel.SMS, FIELDS | {"cohort": "custody" + "y" * longer}))
    assert (text.dropped, text.segments) == (dropped, segments)


def test_an_email_has_its_subject_and_keeps_its_lines(renderer: Renderer) -> None:
    text = rendered(renderer.render("alert", Channel.EMAIL, FIELDS))
    assert text.subject == "WF-UR-26-7QK4 custody"
    assert text.body == "- Serious violence\n- Custody\n\nhttps://urgent.example.gov.uk/\n"


def test_a_call_is_spoken_in_one_breath(renderer: Renderer) -> None:
    assert rendered(renderer.render("alert", Channel.CALL, FIELDS)).body == "Alert WF-UR-26-7QK4 Press 1."


@pytest.mark.parametrize("channel", list(Channel))
def test_a_value_is_never_a_template(renderer: Renderer, channel: Channel) -> None:
    text = rendered(renderer.render("alert", channel, FIELDS | {"ref": "{{ 7*7 }}{% raw %}"}))
    assert "49" not in text.subject + text.body
    assert "7*7" in text.subject + text.body


def test_a_value_cannot_forge_lines_or_headers(renderer: Renderer) -> None:
    forged = "custody\r\nBcc: all@example.gov.uk\n\nNew body\u2028\x85\x0b\x00\u202e"
    text = rendered(renderer.render("alert", Channel.EMAIL, FIELDS | {"cohort": forged, "reasons": [forged]}))
    assert text.subject == "WF-UR-26-7QK4 custody Bcc: all@example.gov.uk New body"
    assert text.body.splitlines()[0] == "- custody Bcc: all@example.gov.uk New body"


def test_values_in_lines_are_safe_too() -> None:
    renderer = Renderer({"d.email.j2": "Subject: x\n\n{% for l in lines %}{{ l.ref }}{% endfor %}"})
    text = rendered(renderer.render("d", Channel.EMAIL, {"lines": [{"ref": "A\nB"}]}))
    assert text.body == "A B\n"


@pytest.mark.parametrize(
    "template",
    ["{{ missing }}", "{{ ref.__class__.__mro__ }}", "{{ ref + 1 }}", "{{ 1 / 0 }}", "{% include 'other' %}"],
)
def test_a_template_that_fails_is_said_so_without_any_value(template: str) -> None:
    renderer = Renderer({"a.sms.j2": template})
    answer = renderer.render("a", Channel.SMS, {"ref": "WF-UR-26-7QK4"})
    assert isinstance(answer, Unrenderable)
    assert answer.reason.startswith("template a.sms.j2 failed")
    assert "7QK4" not in answer.reason


def test_a_missing_template_and_a_missing_subject_are_said_so() -> None:
    renderer = Renderer({"a.email.j2": "no subject"})
    assert renderer.render("b", Channel.SMS, {}) == Unrenderable("there is no template b.sms.j2")
    assert isinstance(renderer.render("a", Channel.EMAIL, {}), Unrenderable)
    assert renderer.has("a", Channel.EMAIL)
    assert not renderer.has("a", Channel.SMS)


def test_templates_that_cannot_be_compiled_are_all_listed(tmp_path: Path) -> None:
    (tmp_path / "a.sms.j2").write_text("{{ ref")
    (tmp_path / "b.sms.j2").write_text("fine\n{% if %}")
    (tmp_path / "c.sms.j2").write_text("fine")
    with pytest.raises(ConfigError, match=r"a\.sms\.j2, line 1(.|\n)*b\.sms\.j2, line 2"):
        Renderer.from_folder(tmp_path)


def test_templates_that_cannot_be_read_are_named(tmp_path: Path) -> None:
    (tmp_path / "a.sms.j2").write_bytes(b"\xff")
    with pytest.raises(ConfigError, match="cannot be read"):
        Renderer.from_folder(tmp_path)


def test_names_expected_by_a_template_are_known() -> None:
    assert context_names("{{ ref }}{% for l in lines %}{{ l.due }}{% endfor %}{% if host %}{% endif %}") == {
        "ref",
        "lines",
        "host",
    }
    with pytest.raises(ConfigError, match="line 1"):
        context_names("{{")


def test_lookalikes_become_gsm_7_and_the_rest_a_question_mark() -> None:
    assert gsm7("“don’t” – wait… Zoë Łukasz ✓ €5") == '"don\'t" - wait... Zoe ?ukasz ? €5'


@given(st.text())
def test_whatever_comes_in_an_sms_goes_out_as_one_line_of_gsm_7(text: str) -> None:
    made = gsm7(one_line(text))
    assert gsm7_septets(made) is not None
    assert made == " ".join(made.split())


@given(st.text())
def test_lines_hold_no_controls_and_no_two_empty_lines(text: str) -> None:
    made = lines(text)
    assert all(character.isprintable() or character == "\n" for character in made)
    assert "\n\n\n" not in made


@given(st.text(), st.sampled_from(Channel))
def test_any_value_renders_and_never_breaks_the_subject(text: str, channel: Channel) -> None:
    renderer = Renderer({"alert.sms.j2": SMS, "alert.email.j2": EMAIL, "alert.call.j2": "{{ ref }}"})
    made = rendered(renderer.render("alert", channel, FIELDS | {"ref": text, "reasons": [text]}))
    assert len(made.subject.splitlines()) <= 1
    assert made.segments >= 1
