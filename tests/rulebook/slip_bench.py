"""Whether the checker, or else a story, notices one-slip edits of the shipped files.

`python -m tests.rulebook.slip_bench 1000` prints the rates and every miss; a start as second number repeats a run.
"""

from __future__ import annotations

import random
import re
import sys
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from shutil import copyfile, copytree
from tempfile import TemporaryDirectory

from jinja2 import Environment
from rich.progress import track

from alertd.daemon.rehearsal import Stage
from alertd.daemon.rules_in_force import load_rules
from alertd.daemon.story_run import run_story
from alertd.daemon.verb_settings import intake_settings, voice_of
from alertd.daemon.vetting import vet
from alertd.model.conditions import ALWAYS
from alertd.model.ids import RotaId
from alertd.model.rulebook import Hours, Role, RuleBook
from alertd.rulebook.leaves import canonical
from alertd.rulebook.problems import Problem, Weight, as_json, format_problem
from alertd.rulebook.reference import Reference
from alertd.rulebook.settings import Settings
from alertd.rulebook.settings_file import load_settings
from alertd.rulebook.stories import load_stories
from alertd.rulebook.story import Story
from alertd.shipped import shipped
from alertd.store import open_store
from tests.rulebook.slips import Slip, slips
from tests.service.stage import KEYRING, empty_database

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)


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


class Bench:
    """A copy of the shipped files on which slips are tried, one at a time.

    Args:
        root: An empty folder.
        most: Stories that are played, at most, for a change that the checker lets pass; those that are likeliest to
            notice it come first. A change that these let pass counts as missed, though another might have caught it.
    """

    def __init__(self, root: Path, most: int) -> None:
        for name in ("config", "rules", "templates"):
            copytree(shipped(name), root / name)
        self.root = root
        self._most = most
        self._settings = self._loaded_settings()
        self._plain = vet(self._settings, self._settings.rules, NOW)
        assert self._plain.problems == ()
        assert self._plain.book is not None
        self._meanings = meanings(self._plain.book)
        self._stories = [(story, _words(story)) for story in load_stories([root / "rules"]).stories]
        self._told: Counter[str] = Counter()

    def outcome(self, slip: Slip) -> Outcome:
        """Try a slip: the checker first, then whether it means the same, then the stories."""
        path = self.root / slip.file
        before = path.read_text()
        path.write_text(slip.text)
        try:
            problems, book = self._checked()
            for problem in problems:
                assert problem.message
                assert format_problem(problem, colour=True)
            assert len(as_json(problems)) == len(problems)
            if problems:
                return _noticed(slip, problems)
            assert book is not None
            changed = self._changed(slip, before, book)
            if not changed:
                return Outcome(slip, "same")
            return Outcome(slip, "story" if self._a_story_fails(changed | _touched(before, slip.text)) else "")
        finally:
            path.write_text(before)

    def _checked(self) -> tuple[Sequence[Problem], RuleBook | None]:
        read = load_settings(self.root / "config/alertd.yaml")
        if read.problems or read.settings is None:
            return read.problems, None
        loaded = vet(read.settings, read.settings.rules, NOW, taken=self._plain.book)
        return loaded.problems, loaded.book

    def _loaded_settings(self) -> Settings:
        found = load_settings(self.root / "config/alertd.yaml").settings
        assert found is not None
        return found

    def _changed(self, slip: Slip, before: str, book: RuleBook) -> frozenset[str]:
        """Ids of everything that means something else now; of a change of settings, of everything."""
        if slip.file.endswith(".j2"):
            name = Path(slip.file).name
            return frozenset() if reads_the_same(name, before, slip.text) else frozenset({name.split(".")[0]})
        if self._loaded_settings() != self._settings:
            return frozenset(self._meanings)
        after = meanings(book)
        return frozenset(name for name in self._meanings.keys() | after if self._meanings.get(name) != after.get(name))

    def _a_story_fails(self, changed: frozenset[str]) -> bool:
        """Play stories until one fails: those that name most of what was changed first, and short before long."""

        def likely(one: tuple[Story, frozenset[str]]) -> tuple[int, int, int]:
            story, words = one
            return -len(words & changed), -self._told[story.name], len(story.steps)

        play = self._player()
        for story, _ in sorted(self._stories, key=likely)[: self._most]:
            if not play(story):
                self._told[story.name] += 1
                return True
        return False

    def _player(self) -> Callable[[Story], bool]:
        """What plays stories by the files as they are now, and says whether they come true."""
        settings = self._loaded_settings()
        rules = load_rules(settings, KEYRING.token, Reference, NOW.date())
        reading = intake_settings(settings, rules.synonyms)

        def play(story: Story) -> bool:
            with TemporaryDirectory() as folder:
                database = copyfile(empty_database(), Path(folder) / "story.db")
                with closing(open_store(f"sqlite:///{database}", None, None, KEYRING)) as store:
                    stage = Stage(rules.ruling, rules.texts, store, voice_of(settings), reading)
                    return run_story(story, stage).passed

        return play


def _touched(before: str, after: str) -> frozenset[str]:
    """Words of the lines that a slip changed: a story that names an offence is likelier to miss it."""
    lines = set(before.split("\n")) ^ set(after.split("\n"))
    return frozenset(re.findall(r"\w+", " ".join(lines)))


def _words(story: Story) -> frozenset[str]:
    """Every id and word in a story; of templates, only those whose texts it looks at."""
    texts = [wanted for step in story.steps for wanted in (*(step.expect or ()), *step.includes, *step.never)]
    plain = [replace(wanted, template="") if not (wanted.reads or wanted.text) else wanted for wanted in texts]
    states = [replace(step, expect=None, includes=(), never=()) for step in story.steps]
    return frozenset(re.findall(r"\w+", f"{plain} {states}"))


def reads_the_same(name: str, before: str, after: str) -> bool:
    """Whether two templates are one: the same once compiled, or to every set of values that a check fills in."""
    return _compiled(before) == _compiled(after) or (".email." not in name and _bare(before) == _bare(after))


def _compiled(text: str) -> str:
    source = Environment(autoescape=False).compile(text, raw=True)  # noqa: S701 - never rendered
    return re.sub(r"^debug_info = .*$", "", source, flags=re.MULTILINE)


def _bare(text: str) -> str:
    """A text for one line: how often white space stands in a place is nothing."""
    return _compiled(re.sub(r"\s+", " ", text).strip())


def meanings(book: RuleBook) -> dict[str, str]:
    """What each id means, without places and words for people; a rule with its definitions and lists written out.

    Hours, rotas and lists count through the roles and rules that use them.
    """
    found: dict[str, str] = {}
    plain = replace(next(iter(book.rules.values())).header, title="", source="", where="", review_by=NOW.date())
    for rule in book.rules.values():
        form = canonical(rule.when, book.definitions)
        bare = replace(rule, header=replace(plain, owner=rule.header.owner), description="", allow={}, when=ALWAYS)
        found[rule.id] = f"{bare} {form}"
    for clock in book.clocks.values():
        stops = [canonical(stop.condition, book.definitions) for stop in clock.stops_when]
        bare_clock = replace(clock, header=replace(plain, owner=clock.header.owner))
        found[clock.id] = f"{bare_clock} {stops} {book.hours.get(clock.hours) if clock.hours else ''}"
    for ladder in book.ladders.values():
        # Whoever is told by a ladder's step is told in the name of the first role's alert: any story that climbs tells.
        for name in (ladder.id, *(step.template for step in ladder.steps)):
            found[name] = f"{found.get(name, '')} {replace(ladder, title='')}"
    for role in book.roles.values():
        rotas = [book.rotas.get(RotaId(name or "")) for name in (role.rota, role.backup)]
        found[role.id] = f"{role} {rotas} {_hours(book, role)}"
    found |= {person.id: str(replace(person, name="")) for person in book.people.values()}
    return found


def _hours(book: RuleBook, role: Role) -> Hours | None:
    return book.hours.get(role.during) if role.during else None


def _noticed(slip: Slip, problems: Sequence[Problem]) -> Outcome:
    ordered = sorted(problems, key=lambda one: one.severity is Weight.WARNING)
    here = [Path(one.file).name == Path(slip.file).name and _is_near(slip, one.line) for one in ordered]
    return Outcome(slip, "check", any(here), here[0])


def _is_near(slip: Slip, line: int) -> bool:
    """Within one line; what is missing from a block is told at the block's first line, as the language says."""
    if abs(line - slip.line) <= 1:
        return True
    lines = slip.text.split("\n")
    if slip.file.endswith(".j2"):
        return slip.kind == "lost" and "endif" in slip.before and line < slip.line and "{%- if" in lines[line - 1]
    begun = max((number for number in range(1, slip.line) if _begins(lines, number, slip)), default=0)
    return slip.kind == "lost" and line == begun


def _begins(lines: Sequence[str], number: int, slip: Slip) -> bool:
    """Whether a line begins the block, item or group in which the slip's line stood."""
    depth = len(slip.before) - len(slip.before.lstrip())
    line = lines[number - 1]
    return bool(line.strip()) and not line.lstrip().startswith("#") and len(line) - len(line.lstrip()) < depth


def report(outcomes: Sequence[Outcome]) -> tuple[float, float, str]:
    """Rates of slips noticed and of positions within one line, and a text of both with every miss."""
    real = [each for each in outcomes if each.by != "same"]
    told = [each for each in real if each.by == "check"]
    missed = [each for each in real if not each.by]
    noticed = 1 - len(missed) / len(real)
    near = sum(bool(each.near) for each in told) / len(told)
    first = sum(bool(each.first) for each in told) / len(told)
    lines = [
        f"{len(real)} slips ({len(outcomes) - len(real)} more left the meaning as it was)",
        f"{noticed:.1%} noticed, {len(told)} by the checker and {len(real) - len(told) - len(missed)} by a story",
        f"{near:.1%} of the positions within one line, {first:.1%} for the first problem alone",
    ]
    for title, found in (
        ("missed", [e for e in real if not e.by]),
        ("told elsewhere", [e for e in told if not e.near]),
    ):
        lines += [f"  {title}: {_shown(each.slip)}" for each in found]
    return noticed, near, "\n".join(lines)


def _shown(slip: Slip) -> str:
    return f"{slip.file}:{slip.line} {slip.kind}: {slip.before.strip()!r} -> {slip.after.strip()!r}"


def main(arguments: Sequence[str]) -> int:
    """Run from the command line, with a bar of progress on a terminal; 1 when too few are noticed."""
    count = int(arguments[0]) if arguments else 1000
    start = int(arguments[1]) if len(arguments) > 1 else random.SystemRandom().randrange(10**6)
    with TemporaryDirectory() as folder:
        bench = Bench(Path(folder), most=16)
        tried = track(slips(bench.root, count, start), f"slips from {start}", total=count)
        noticed, near, text = report([bench.outcome(slip) for slip in tried])
    print(f"start {start}: {text}")
    return 0 if noticed >= 0.97 and near >= 0.9 else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
