"""Checks of templates: that each exists for its channel, can be read, and names only what the channel may carry."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache

import jinja2
from jinja2 import meta, nodes

from alertd.model.values import Channel
from alertd.rulebook.problems import Place, Report
from alertd.rulebook.reading import TemplateUse
from alertd.rulebook.suggestions import allowed, did_you_mean

SHORT_NAMES = tuple(
    "ref cohort clock due left team call_back host code cases part count check late repeat estimated stand_down "
    "source time service exercise".split()
)
"""What a text or a call may carry: nothing of the child, only of the work."""

EMAIL_NAMES = (*SHORT_NAMES, "reasons", "link", "lines")
LINE_NAMES = tuple("ref cohort clock due left event code".split())
"""What one line of a digest or hand-over list carries."""

NAMES: dict[Channel, tuple[str, ...]] = {
    Channel.SMS: SHORT_NAMES,
    Channel.CALL: SHORT_NAMES,
    Channel.EMAIL: EMAIL_NAMES,
}

SENT_BY_THE_PROGRAM = tuple(
    "urgent_response golden_hour_warning golden_hour_missed contact_warning contact_missed clock_warning clock_breach "
    "escalation repeat_alert repeat_alerts stand_down digest digest_breach unreadable_message feed_alarm answer_needed "
    "possible_duplicate data_quality orphan_status handover out_of_area community_tension associate_note routine_note "
    "deceased_note reply swap_note".split()
)
"""Templates that alertd uses whatever the rules say."""

_FILE = re.compile(r"([a-z][a-z0-9_]*)\.(sms|email|call)\.j2")
_ENVIRONMENT = jinja2.Environment(autoescape=False)  # noqa: S701 - templates are parsed here, never rendered


@dataclass(frozen=True, slots=True)
class Template:
    """A template file: its own name, the name to show, and its text."""

    file: str
    shown: str
    text: str


def check_texts(report: Report, templates: Iterable[Template], uses: Iterable[TemplateUse]) -> None:
    """Check all templates, and that every use has one (E021, E026, E027, E001)."""
    known: dict[str, set[str]] = {}
    for template in templates:
        report.source(template.shown, template.text)
        if found := _FILE.fullmatch(template.file):
            known.setdefault(found[1], set()).add(found[2])
            _check(report, template, Channel(found[2]))
        else:
            message = f"'{template.file}' is no template's name"
            report.error(
                "E014", Place(template.shown, 1), message, "name it NAME.sms.j2, NAME.email.j2 or NAME.call.j2"
            )
    for use in uses:
        _check_use(report, use, known)


def check_program_texts(report: Report, templates: Iterable[Template], folder: str) -> None:
    """Refuse a folder that lacks a template which alertd itself uses (E027)."""
    known = {found[1] for template in templates if (found := _FILE.fullmatch(template.file))}
    for name in SENT_BY_THE_PROGRAM:
        if name not in known:
            message = f"the template '{name}', which alertd itself sends, is missing"
            report.error("E027", Place(folder, 1), message, f"add {name}.sms.j2 or {name}.email.j2")


def _check_use(report: Report, use: TemplateUse, known: Mapping[str, set[str]]) -> None:
    if use.template not in known:
        message = f"there is no template called '{use.template}'{did_you_mean(use.template, known)}"
        report.error("E021", use.place, message, f"add {use.template}.{use.channel}.j2 to the templates")
    elif use.channel not in known[use.template]:
        message = f"'{use.template}' has no text for '{use.channel}'"
        report.error("E027", use.place, message, f"add {use.template}.{use.channel}.j2, or take '{use.channel}' out")


def _check(report: Report, template: Template, channel: Channel) -> None:
    refused = _read(template.text, channel)
    if isinstance(refused, int):
        message = "this template cannot be read"
        remedy = "check that every {{ has its }}, every {% if %} its {% endif %}, and the words between them"
        report.error("E001", Place(template.shown, refused), message, remedy)
        return
    for name, line in refused:
        message = f"'{name}' may not stand in a template for {channel}{did_you_mean(name, NAMES[channel])}"
        report.error("E026", _where(template, name, line), message, allowed(NAMES[channel]))
    if channel is Channel.EMAIL:
        _check_subject(report, template)


@lru_cache(maxsize=512)
def _read(text: str, channel: Channel) -> tuple[tuple[str, int], ...] | int:
    """What a template names and may not, with its lines; the line where it cannot be read. Kept, for reloads."""
    try:
        return tuple(_refused(_ENVIRONMENT.parse(text), NAMES[channel]))
    except jinja2.TemplateSyntaxError as wrong:
        return _unbalanced(text) or wrong.lineno or 1


_TAG = re.compile(r"\{%-?\s*(?P<end>end)?(?P<word>\w*)")
_IN_PAIRS, _ALONE = ("if", "for"), ("set", "else", "elif")


def _unbalanced(text: str) -> int | None:
    """Line of an `if` or `for` that nothing ends, or of an end that began nowhere; None when it is something else.

    Jinja itself would point to the end of the file.
    """
    opened: list[tuple[str, int]] = []
    for number, line in enumerate(text.split("\n"), 1):
        for tag in _TAG.finditer(line):
            if tag["word"] in _ALONE:
                continue
            if tag["word"] not in _IN_PAIRS:
                return None
            if not tag["end"]:
                opened.append((tag["word"], number))
            elif opened and opened[-1][0] == tag["word"]:
                opened.pop()
            else:
                return number
    return opened[-1][1] if opened else None


def _refused(tree: nodes.Template, names: tuple[str, ...]) -> Iterator[tuple[str, int]]:
    """Names that a template takes from outside and may not, with their lines."""
    # This also looks every filter and test up, as compiling would.
    undeclared = meta.find_undeclared_variables(tree) - set(names)
    for name in tree.find_all(nodes.Name):
        if name.name in undeclared:
            yield name.name, name.lineno
    for use in tree.find_all((nodes.Include, nodes.Import, nodes.FromImport, nodes.Extends)):
        yield "another template", use.lineno
    loops = {target.name for loop in tree.find_all(nodes.For) for target in _targets(loop)}
    for part in tree.find_all(nodes.Getattr):
        if isinstance(part.node, nodes.Name) and part.node.name in loops and part.attr not in LINE_NAMES:
            yield f"{part.node.name}.{part.attr}", part.lineno


def _targets(loop: nodes.For) -> Iterator[nodes.Name]:
    if isinstance(loop.iter, nodes.Name) and loop.iter.name == "lines" and isinstance(loop.target, nodes.Name):
        yield loop.target


def _check_subject(report: Report, template: Template) -> None:
    lines = template.text.splitlines()
    if not lines or not lines[0].startswith("Subject: ") or (len(lines) > 1 and lines[1].strip()):
        message = "a mail begins with a line 'Subject: ...' and an empty line"
        report.error("E014", Place(template.shown, 1), message, "add them at the top")


def _where(template: Template, name: str, line: int) -> Place:
    lines = template.text.splitlines()
    found = re.search(rf"\b{re.escape(name)}\b", lines[line - 1]) if 0 < line <= len(lines) else None
    return Place(template.shown, line, found.start() + 1 if found else 1, len(name) if found else 1)
