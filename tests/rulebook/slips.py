"""One-slip edits of the shipped files, and whether the checker, or else a story, notices them.

`python -m tests.rulebook.slips 1000` prints the rates and every miss; a start given as second number repeats a run.
"""

from __future__ import annotations

import random
import re
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from shutil import copytree
from tempfile import TemporaryDirectory

from alertd.daemon.parts import intake_settings, voice_of
from alertd.daemon.rehearsal import Stage
from alertd.daemon.rules_in_force import load_rules
from alertd.daemon.story_run import run_story
from alertd.daemon.vetting import vet
from alertd.model.rulebook import Header, RuleBook
from alertd.rulebook.loader import Loaded, load
from alertd.rulebook.problems import Problem, Weight, as_json, format_problem
from alertd.rulebook.reference import Reference
from alertd.rulebook.settings import Settings
from alertd.rulebook.settings_file import load_settings
from alertd.rulebook.stories import load_stories
from alertd.rulebook.story import Story
from alertd.shipped import shipped
from alertd.store import open_store
from tests.service.stage import KEYRING, new_database

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
FOR_PEOPLE = ("title", "source", "about", "description", "name", "W107")
"""Settings whose words only people read: a misspelt one is no other rule."""

_KEY = re.compile(r"(?:^|[-{,]) *(?P<key>[a-z_A-Z0-9]+):(?= |$)")
_VALUE = re.compile(r"(?:: |- |\[|, )(?P<value>[^\s\[\]{},:#][^\[\]{},:#]*?)(?=\s*(?:$|[\]},]| #))")
_NAME = re.compile(r"\{[{%].*?(?P<name>[a-z_]{2,}).*?[%}]\}")


@dataclass(frozen=True, slots=True)
class Slip:
    """One edit: which file and line (from 1), what kind, and the file's new text."""

    file: str
    line: int
    kind: str
    before: str
    after: str
    text: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a slip.

    Attributes:
        by: `check`, `story`, `same` (a file with the same meaning), or "" for a miss.
        near: Whether a problem stands within one line of it; None when the checker said nothing.
        first: Whether the first problem does.
    """

    slip: Slip
    by: str
    near: bool | None = None
    first: bool | None = None


def slips(root: Path, count: int, start: int) -> Iterator[Slip]:
    """Random slips of the files below a folder, by a recorded start."""
    chosen = random.Random(start)
    files = sorted(p for p in root.rglob("*") if p.suffix in (".yaml", ".j2") and not p.name.endswith(".test.yaml"))
    lines = [(path, number) for path in files for number in _meaning_lines(path)]
    made = 0
    while made < count:
        path, number = chosen.choice(lines)
        if found := _slip(path.relative_to(root).as_posix(), path.read_text(), number, chosen):
            made += 1
            yield found


def _meaning_lines(path: Path) -> Iterator[int]:
    for number, line in enumerate(path.read_text().split("\n")):
        if line.strip() and not line.lstrip().startswith("#"):
            yield number


def _slip(file: str, text: str, number: int, chosen: random.Random) -> Slip | None:
    lines = text.split("\n")
    line = lines[number]
    kind = chosen.choice(("key", "value", "indent", "lost", "doubled"))
    if kind in ("lost", "doubled"):
        changed = [] if kind == "lost" else [line, line]
    else:
        edited = _indented(line, chosen) if kind == "indent" else _misspelt(file, line, kind, chosen)
        if edited is None or edited == line:
            return None
        changed = [edited]
    new = "\n".join([*lines[:number], *changed, *lines[number + 1 :]])
    return Slip(file, number + 1, kind, line, "\n".join(changed), new)


def _indented(line: str, chosen: random.Random) -> str:
    by = chosen.choice((-2, -1, 1, 2))
    return " " * by + line if by > 0 else line[min(-by, len(line) - len(line.lstrip())) :]


def _misspelt(file: str, line: str, kind: str, chosen: random.Random) -> str | None:
    code = line.split(" #", maxsplit=1)[0] if file.endswith(".yaml") else line
    pattern, group = {"key": (_KEY, "key"), "value": (_VALUE, "value")}[kind]
    if file.endswith(".j2"):
        pattern, group = _NAME, "name"
    found = [match for match in pattern.finditer(code) if not _is_for_people(code, match.start(group), kind)]
    if not found:
        return None
    match = chosen.choice(found)
    begin, end = match.span(group)
    return line[:begin] + _word_slip(line[begin:end], chosen) + line[end:]


def _is_for_people(code: str, at: int, kind: str) -> bool:
    keys = [match["key"] for match in _KEY.finditer(code) if match.end() <= at]
    return kind == "value" and bool(keys) and keys[-1] in FOR_PEOPLE


def _word_slip(word: str, chosen: random.Random) -> str:
    at = chosen.randrange(len(word))
    way = chosen.choice(("drop", "double", "swap"))
    if way == "swap" and at + 1 < len(word):
        return word[:at] + word[at + 1] + word[at] + word[at + 2 :]
    return word[:at] + word[at + 1 :] if way == "drop" else word[: at + 1] + word[at:]


class Bench:
    """A copy of the shipped files on which slips are tried, one at a time."""

    def __init__(self, root: Path) -> None:
        for name in ("config", "rules", "templates"):
            copytree(shipped(name), root / name)
        self.root = root
        self._settings = self._loaded_settings()
        self._plain = self._load()
        assert self._plain.book is not None
        self._stories = load_stories([root / "rules"]).stories

    def outcome(self, slip: Slip) -> Outcome:
        """Try a slip: the checker first, then whether it means the same, then the stories."""
        with self._slipped(slip):
            problems = self._problems()
            for problem in problems:
                assert problem.message
                assert format_problem(problem, colour=True)
            assert len(as_json(problems)) == len(problems)
            if problems:
                return _noticed(slip, problems)
            if self._means_the_same(slip):
                return Outcome(slip, "same")
            return Outcome(slip, "story" if self._a_story_fails() else "")

    @contextmanager
    def _slipped(self, slip: Slip) -> Iterator[None]:
        path = self.root / slip.file
        before = path.read_text()
        path.write_text(slip.text)
        try:
            yield
        finally:
            path.write_text(before)

    def _problems(self) -> Sequence[Problem]:
        read = load_settings(self.root / "config/alertd.yaml")
        if read.problems or read.settings is None:
            return read.problems
        loaded = load(read.settings.rules, read.settings.config, read.settings.templates, today=NOW.date())
        # What takes longer is asked only where the reading found nothing.
        return loaded.problems or vet(read.settings, read.settings.rules, NOW).problems

    def _loaded_settings(self) -> Settings:
        found = load_settings(self.root / "config/alertd.yaml").settings
        assert found is not None
        return found

    def _load(self) -> Loaded:
        return load(self._settings.rules, self._settings.config, self._settings.templates, today=NOW.date())

    def _means_the_same(self, slip: Slip) -> bool:
        if slip.file.endswith(".j2"):
            return False
        settings, loaded = self._loaded_settings(), self._load()
        assert loaded.book is not None
        assert self._plain.book is not None
        return settings == self._settings and meaning(loaded.book) == meaning(self._plain.book)

    def _a_story_fails(self) -> bool:
        settings = self._loaded_settings()
        rules = load_rules(settings, KEYRING.token, Reference, NOW.date())
        reading = intake_settings(settings, rules.synonyms)
        for story in self._stories:
            with TemporaryDirectory() as folder:
                store = open_store(f"sqlite:///{new_database(Path(folder))}", None, None, KEYRING)
                try:
                    stage = Stage(rules.ruling, rules.texts, store, voice_of(settings), reading)
                    if not run_story(story, stage).passed:
                        self._told_first(story)
                        return True
                finally:
                    store.close()
        return False

    def _told_first(self, story: Story) -> None:
        """Ask a story that told before first: the next slip is often like the last."""
        self._stories = (story, *(each for each in self._stories if each is not story))


def meaning(book: RuleBook) -> RuleBook:
    """A book without its version, places and words for people."""
    head = Header("", "", next(iter(book.roles)), NOW.date())
    return replace(
        book,
        version=type(book.version)(""),
        lists={name: replace(one, about="", source="") for name, one in book.lists.items()},
        definitions={n: replace(d, header=replace(head, owner=d.header.owner)) for n, d in book.definitions.items()},
        rules={
            name: replace(one, header=replace(head, owner=one.header.owner), description="", allow={})
            for name, one in book.rules.items()
        },
        clocks={name: replace(one, header=replace(head, owner=one.header.owner)) for name, one in book.clocks.items()},
        ladders={name: replace(one, title="") for name, one in book.ladders.items()},
        people={name: replace(one, name="") for name, one in book.people.items()},
    )


def _noticed(slip: Slip, problems: Sequence[Problem]) -> Outcome:
    ordered = sorted(problems, key=lambda one: one.severity is Weight.WARNING)
    here = [Path(one.file).name == Path(slip.file).name and abs(one.line - slip.line) <= 1 for one in ordered]
    return Outcome(slip, "check", any(here), here[0])


def report(outcomes: Sequence[Outcome]) -> tuple[float, float, str]:
    """Rates of slips noticed and of positions within one line, and a text of both with every miss."""
    real = [each for each in outcomes if each.by != "same"]
    told = [each for each in real if each.by == "check"]
    noticed = sum(bool(each.by) for each in real) / len(real)
    near = sum(bool(each.near) for each in told) / len(told)
    first = sum(bool(each.first) for each in told) / len(told)
    lines = [
        f"{len(real)} slips ({len(outcomes) - len(real)} more left the meaning as it was): {noticed:.1%} noticed, "
        f"{len(told)} by the checker and {sum(each.by == 'story' for each in real)} by a story; {near:.1%} of the "
        f"positions within one line, {first:.1%} for the first problem alone"
    ]
    for title, found in (
        ("missed", [e for e in real if not e.by]),
        ("told elsewhere", [e for e in told if not e.near]),
    ):
        lines += [f"  {title}: {_shown(each.slip)}" for each in found]
    return noticed, near, "\n".join(lines)


def _shown(slip: Slip) -> str:
    return f"{slip.file}:{slip.line} {slip.kind}: {slip.before.strip()!r} -> {slip.after.strip()!r}"


def run(count: int, start: int, folder: Path) -> tuple[float, float, str]:
    """Try so many slips."""
    bench = Bench(folder)
    found = report([bench.outcome(slip) for slip in slips(bench.root, count, start)])
    return found[0], found[1], f"start {start}: {found[2]}"


def main(arguments: Sequence[str]) -> int:
    """Run from the command line; 1 when too few are noticed."""
    count = int(arguments[0]) if arguments else 1000
    start = int(arguments[1]) if len(arguments) > 1 else random.SystemRandom().randrange(10**6)
    with TemporaryDirectory() as folder:
        noticed, near, text = run(count, start, Path(folder))
    print(text)
    return 0 if noticed >= 0.97 and near >= 0.9 else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
