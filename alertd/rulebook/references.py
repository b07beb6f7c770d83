"""Checks what blocks say of each other by name: that it is there, carries what is read, and stands in no circle."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import TypeVar

from alertd.core.strata import label_circle, labels_read, way_between
from alertd.model.conditions import Condition, DefinitionCondition, Group
from alertd.model.contract import FIELDS
from alertd.model.ids import DefinitionId, RuleId
from alertd.model.rulebook import Classify, Definition, RuleBook
from alertd.rulebook.leaves import fields_in, leaves_in
from alertd.rulebook.operands import carried_by, not_carried
from alertd.rulebook.problems import Place, Report
from alertd.rulebook.reading import Reading, Reference, Use
from alertd.rulebook.suggestions import allowed, did_you_mean, nearest

K = TypeVar("K")
Index = Mapping[str, Mapping[str, Place]]
"""Every block's place by kind and id, those that could not be read included."""


TOLD_BY_THE_PROGRAM = ("safeguarding_duty", "duty_manager", "rules_admin", "head_of_service")
"""Roles that hear of unreadable messages, unreachable numbers, system problems and breaches whatever the rules say."""


def check_references(reading: Reading, index: Index) -> None:
    """Refuse names that no block carries (E021)."""
    for reference in reading.references:
        known = [name for kind in reference.kinds for name in index.get(kind, {})]
        if reference.id not in known:
            reading.report.error("E021", reference.place, *_missing(reference, known))
            _point_at_the_other(reading, reference, index)


def _point_at_the_other(reading: Reading, reference: Reference, index: Index) -> None:
    """Warn (W104) at a block like the one that is missing and named by nobody: the slip may well be in its own id."""
    named = {(kind, one.id) for one in reading.references for kind in one.kinds}
    for kind in reference.kinds:
        meant = nearest(reference.id, index.get(kind, {}))
        if meant and (kind, meant) not in named:
            message = (
                f"nothing uses the {kind} '{meant}': did you mean '{reference.id}', which {reference.place} names?"
            )
            reading.report.warn("W104", index[kind][meant], message, "give both the same id")


def _missing(reference: Reference, known: list[str]) -> tuple[str, str]:
    what = " or ".join(reference.kinds)
    message = f"there is no {what} called '{reference.id}'{did_you_mean(reference.id, known)}"
    return message, allowed(known) if known else f"add a block '- {reference.kinds[0]}: {reference.id}'"


def check_program_roles(report: Report, index: Index, folder: str) -> None:
    """Refuse a set without a role that alertd itself tells (E021)."""
    known = index.get("role", {})
    for name in TOLD_BY_THE_PROGRAM:
        if name not in known:
            message = f"there is no role '{name}', which alertd itself tells{did_you_mean(name, known)}"
            report.error("E021", Place(folder, 1), message, f"add a block '- role: {name}'")


def check_uses(report: Report, uses: Iterable[Use], book: RuleBook) -> None:
    """Refuse definitions where they read what the record does not carry (E022), or look at other cases (E016)."""
    for use in uses:
        definition = book.definitions.get(DefinitionId(use.definition))
        if definition is None:
            continue
        for name in dict.fromkeys(fields_in(definition.condition, book.definitions)):
            if use.kind not in FIELDS[name].kinds:
                message = f"'{use.definition}' does not fit here: {not_carried(name, use.kind)}"
                report.error("E022", use.place, message, carried_by(name))
        if not use.cross and any(leaves_in(definition.condition, book.definitions)):
            message = f"'{use.definition}' looks at other cases, which cannot be done here"
            report.error("E016", use.place, message, "use a definition without 'count' and 'another'")


def circle(edges: Mapping[K, Iterable[K]]) -> list[K]:
    """Find a circle among named things.

    Args:
        edges: What each thing names; names without an entry lead nowhere.

    Returns:
        The members in order, or nothing.
    """
    for start in edges:
        for name in edges[start]:
            if way := way_between(edges, name, start):
                return [start, *way[:-1]]
    return []


def without_circles(
    report: Report, definitions: Mapping[DefinitionId, Definition], index: Index
) -> dict[DefinitionId, Definition]:
    """Give the definitions that can be written out; those in a circle are refused (E033) and left out."""
    usable = dict(definitions)
    while found := circle({name: list(_named_in(usable[name].condition)) for name in usable}):
        _refuse_circle(report, "definitions", [str(name) for name in found], index["definition"])
        for name in found:
            del usable[name]
    return usable


def _named_in(condition: Condition) -> Iterable[DefinitionId]:
    match condition:
        case DefinitionCondition():
            yield condition.name
        case Group():
            for item in condition.items:
                yield from _named_in(item)
        case _ if hasattr(condition, "where"):
            yield from _named_in(condition.where)
        case _:
            return


def _refuse_circle(report: Report, what: str, members: list[str], places: Mapping[str, Place]) -> None:
    way = " → ".join([*members, members[0]])
    report.error("E033", places[members[0]], f"these {what} stand in a circle: {way}", "take one of the links out")


def check_circles(report: Report, book: RuleBook, index: Index) -> None:
    """Refuse circles of roles, of `instead_of`, and of labels through `none` (E033)."""
    links = {
        # Where a rota and a role share a name the rota is meant, and the way ends there. A backup is one step, no way.
        str(role.id): [way for way in (role.rota, str(role.otherwise)) if way not in book.rotas]
        for role in book.roles.values()
    }
    if found := circle(links):
        _refuse_circle(report, "roles", found, index["role"])
    if wider := circle({rule.id: list(rule.instead_of) for rule in book.rules.values()}):
        _refuse_circle(report, "rules ('instead_of')", [str(name) for name in wider], index["rule"])
    if labels := label_circle(book.rules.values(), book.definitions):
        _refuse_circle(report, "rules (labels under 'none')", [str(name) for name in labels], index["rule"])


def check_labels(reading: Reading, given: Collection[str]) -> None:
    """Refuse labels that no rule gives (E025): what reads them could never match."""
    for label, place in reading.labels:
        if label not in given:
            message = f"no rule gives the label '{label}'{did_you_mean(label, given)}"
            reading.report.error("E025", place, message, allowed(given) if given else "add 'classify' to a rule")


def check_labels_in_where(reading: Reading, book: RuleBook) -> None:
    """Refuse labels inside `where` that themselves depend on other cases (E033): they would chase each other."""
    depending = _labels_across_cases(book)
    for leaf, place in reading.leaves:
        reads = labels_read(leaf.where, book.definitions)
        bad = sorted({read.label or "any" for read in reads if read.label is None or read.label in depending})
        if bad and depending:
            message = f"the label '{bad[0]}' depends on other cases and cannot be read inside 'where'"
            reading.report.error("E033", place, message, "repeat the conditions that the label rests on")


def _labels_across_cases(book: RuleBook) -> frozenset[str]:
    """Labels given by a rule that looks at other cases, or that reads such a label."""
    found: frozenset[str] = frozenset()
    while True:
        more = frozenset(
            action.label
            for rule in book.rules.values()
            if _looks_across(book, rule.id, found)
            for action in rule.then
            if isinstance(action, Classify)
        )
        if more == found:
            return found
        found = more


def _looks_across(book: RuleBook, rule: RuleId, labels: frozenset[str]) -> bool:
    when = book.rules[rule].when
    reads = labels_read(when, book.definitions)
    return any(leaves_in(when, book.definitions)) or any(read.label is None or read.label in labels for read in reads)
