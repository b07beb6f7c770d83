"""Run stories and say what was expected, what came, and at which line of the test."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import zip_longest

from alertd.core.calendar import local
from alertd.core.history import live_runs
from alertd.core.plan import labels_of
from alertd.core.wording import moment
from alertd.daemon.rehearsal import Sending, Stage
from alertd.model.case import Facts
from alertd.rulebook.story import Expected, Step, Story

ANYTHING = "…"
"""In a test's whole text: references and codes, which no test can know."""


@dataclass(frozen=True, slots=True)
class Failure:
    """One thing that came out otherwise than a step says.

    Attributes:
        where: `file:line` of the test.
        expected: What the test says.
        came: What came.
        nearest: Of the messages sent, the one most like what was expected, and how it differs; "" where none is.
    """

    where: str
    expected: str
    came: str
    nearest: str = ""


@dataclass(frozen=True, slots=True)
class Result:
    """Outcome of one story; it passed when there are no failures."""

    story: Story
    failures: tuple[Failure, ...]
    matched: frozenset[str]
    asked: frozenset[str]

    @property
    def passed(self) -> bool:
        """Whether everything came out as the story says."""
        return not self.failures


def run_story(story: Story, stage: Stage) -> Result:
    """Play a story on a fresh stage.

    Args:
        story: Its steps, in order of time.
        stage: Unused so far; closed by the caller.
    """
    failures: list[Failure] = []
    matched: set[str] = set()
    asked: set[str] = set()
    for step in story.steps:
        before = len(stage.sent)
        stage.play(step)
        sent = stage.sent[before:]
        failures += _sends(step, sent)
        case = stage.case(step.case)
        ran = _ran(case)
        matched |= ran[0]
        asked |= ran[1]
        failures += _state(step, stage, case, ran)
    return Result(story, tuple(failures), frozenset(matched), frozenset(asked))


def _ran(case: Facts | None) -> tuple[set[str], set[str]]:
    """Rules that match now, and those that came out unknown."""
    if case is None:
        return set(), set()
    live = [run for run in case.runs if run.ended_at is None]
    return {run.rule for run in live if not run.asks}, {run.rule for run in live if run.asks or run.presumed}


# --- sends


def _sends(step: Step, sent: Sequence[Sending]) -> list[Failure]:
    failures = _absent(step, step.includes, sent)
    if step.expect is not None:
        failures += _absent(step, step.expect, sent)
        answered = _pair(step.expect, sent).values()
        extra = (each for number, each in enumerate(sent) if number not in answered)
        failures += [Failure(step.where, "nothing else to be sent", _told(each)) for each in extra]
    for unwanted in step.never:
        came = (each for each in sent if _fits(unwanted, each))
        failures += [Failure(unwanted.where or step.where, f"never {_asked(unwanted)}", _told(each)) for each in came]
    return failures


def _absent(step: Step, wanted: Sequence[Expected], sent: Sequence[Sending]) -> list[Failure]:
    found = _pair(wanted, sent)
    return [
        Failure(each.where or step.where, f"{_asked(each)} to be sent", _came(sent), _nearest(each, sent))
        for number, each in enumerate(wanted)
        if number not in found
    ]


def _pair(wanted: Sequence[Expected], sent: Sequence[Sending]) -> dict[int, int]:
    """Give each expectation a message of its own, as many as possible (augmenting paths)."""
    taken: dict[int, int] = {}

    def place(number: int, tried: set[int]) -> bool:
        for candidate, each in enumerate(sent):
            if candidate in tried or not _fits(wanted[number], each):
                continue
            tried.add(candidate)
            if candidate not in taken or place(taken[candidate], tried):
                taken[candidate] = number
                return True
        return False

    for number in range(len(wanted)):
        place(number, set())
    return {number: candidate for candidate, number in taken.items()}


def _fits(wanted: Expected, each: Sending) -> bool:
    return not any(_differences(wanted, each))


def _differences(wanted: Expected, each: Sending) -> Iterator[str]:
    """In what a message is not what a test says, as `name: this, not that`."""
    singles = (("to", each.to), ("asked", each.asked), ("person", each.person), ("by", each.by.value))
    for name, came in singles:
        if (expected := getattr(wanted, name)) and expected != came:
            yield f"{name}: {came}, not {expected}"
    for name, several in (("template", each.templates), ("about", each.abouts)):
        if (expected := getattr(wanted, name)) and expected not in several:
            yield f"{name}: {'+'.join(sorted(several)) or 'none'}, not {expected}"
    if wanted.text.casefold() not in each.text.casefold():
        yield f"text: {' '.join(each.text.split())!r} without {wanted.text!r}"
    if wanted.reads and (other := otherwise(wanted.reads, each.text)):
        yield f"reads: {other}"


def otherwise(wanted: str, came: str) -> str:
    """Where a whole text is not as a test says; "" where it is. White space at the ends of lines is nothing."""
    lines = zip_longest(
        *([line.rstrip() for line in text.strip().split("\n")] for text in (wanted, came)), fillvalue=""
    )
    for number, (expected, found) in enumerate(lines, 1):
        if not re.fullmatch(".*".join(map(re.escape, expected.split(ANYTHING))), found):
            return f"line {number} is {found!r}, not {expected!r}"
    return ""


def _nearest(wanted: Expected, sent: Sequence[Sending]) -> str:
    """The message with the fewest differences; a second one alike is missing when it has none."""
    if not sent:
        return ""
    closest = min(sent, key=lambda each: len(list(_differences(wanted, each))))
    differs = "; ".join(_differences(wanted, closest)) or "the same, and answers another line of the test already"
    return f"{_told(closest)} ({differs})"


def _asked(wanted: Expected) -> str:
    names = ("to", "asked", "person", "by", "template", "about", "text")
    given = [f"{name}: {value}" for name in names if (value := getattr(wanted, name))]
    return ", ".join([*given, *(["reads: as written"] if wanted.reads else [])]) or "a message"


def _told(each: Sending) -> str:
    asked = f" (asked: {each.asked})" if each.asked != each.to else ""
    return f"{local(each.at):%H:%M} {each.by} to {each.to}{asked}, {'+'.join(sorted(each.templates))}"


def _came(sent: Sequence[Sending]) -> str:
    return "; ".join(map(_told, sent)) or "nothing"


# --- state


def _state(step: Step, stage: Stage, case: Facts | None, ran: tuple[set[str], set[str]]) -> list[Failure]:
    checks: list[tuple[bool, str, Callable[[], str]]] = []
    matched, unknown = ran
    _missing(checks, "matches", step.matches, matched)
    _missing(checks, "asks", step.asks, unknown)
    labels = _labels(case, stage)
    _missing(checks, "labels", step.labels, labels)
    if step.referrals is not None:
        _missing(checks, "referrals", step.referrals, stage.referrals(case.row.id) if case else set())
    clocks = stage.clock_states(case) if case else {}
    for name, wanted in step.clocks.items():
        came = clocks.get(name, ("none", None))[0]
        checks.append((came == wanted.value, f"clock {name}: {wanted.value}", lambda came=came: came))  # type: ignore[misc]
    for name, due in step.due.items():
        at = clocks[name][1] if name in clocks else None
        checks.append((at == due, f"{name} due {moment(due)}", lambda at=at: moment(at) if at else "no such clock"))  # type: ignore[misc]
    asked = stage.requests(case.row.id if case and step.case else None)
    for name, number in step.requests.items():
        checks.append((asked.get(name, 0) == number, f"request {name}: {number}", lambda: str(asked)))
    if step.cases is not None:
        count = len(stage.cases())
        checks.append((count == step.cases, f"{step.cases} cases", lambda: str(count)))
    return [Failure(step.where, expected, came()) for good, expected, came in checks if not good]


def _missing(
    checks: list[tuple[bool, str, Callable[[], str]]], what: str, wanted: tuple[str, ...] | None, came: set[str]
) -> None:
    if wanted is not None:
        checks.append((set(wanted) <= came, f"{what}: {', '.join(wanted)}", lambda: ", ".join(sorted(came)) or "none"))


def _labels(case: Facts | None, stage: Stage) -> set[str]:
    if case is None:
        return set()
    rules = stage.book.rules
    live = [run for run in live_runs(case.runs, stage.book) if run.ended_at is None and not run.asks]
    return {label for run in live for label in labels_of(rules[run.rule])}
