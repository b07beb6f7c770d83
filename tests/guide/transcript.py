"""What an administrator types and sees, on an installation that has lived through the demo's night."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import groupby
from shutil import copytree, rmtree

from tests.cli.installation import Installation
from tests.guide.edits import Change, made

NIGHT = "2026-11-24"
STORY = "guide.test.yaml"
NEW = "rules-new"
_SPAN = ("--from", NIGHT, "--to", "2026-11-25")
_REF = re.compile(r"WF-UR-26-[0-9A-Z]{4}")
_SET = re.compile(r"\b[0-9a-f]{12}\b")


@dataclass(frozen=True)
class Desk:
    """Where the administrator sits.

    Attributes:
        here: The installation, which is the current folder.
        names: What differs from run to run, by what is shown for it.
    """

    here: Installation
    names: dict[str, str]

    def changed(self, change: Change, number: int) -> str:
        """A change as the guide shows it: the edit, the check, the test, the replay."""
        rules = self.here.root / NEW
        rmtree(rules, ignore_errors=True)
        copytree(self.here.root / "rules", rules)
        story = rules / "stories" / STORY
        diff = made(change, rules, story)
        typed = [
            self.typed("check", NEW),
            self.typed("test", f"{NEW}/stories/{STORY}", "--rules", NEW),
            self.typed("replay", *_SPAN, "--against", NEW),
        ]
        parts = (
            f"### {number}. {change.title}",
            change.about,
            fenced(diff, "diff"),
            f"Its story, `stories/{STORY}`:",
            fenced(change.story.rstrip(), "yaml"),
            fenced("\n\n".join(typed)),
        )
        return "\n\n".join(parts)

    def typed(self, *words: str) -> str:
        """A command and what it prints."""
        said = self.here(*words).output
        return self.named(f"$ alertd {' '.join(words)}\n{said.rstrip()}")

    def named(self, text: str) -> str:
        """The text with what differs from run to run under names that do not, and cases of one moment in one order."""
        text = _REF.sub("WF-UR-26-....", text.replace(f"{self.here.root}/", ""))
        text = _SET.sub(
            lambda found: self.names.setdefault(found[0], f"set-{len(self.names) + 1}".ljust(12, ".")), text
        )
        lines = [line.rstrip() for line in text.split("\n")]
        return "\n".join(line for _, run in groupby(lines, _is_case) for line in _in_order(list(run)))


def _is_case(line: str) -> bool:
    return line.startswith("  WF-UR-")


def _in_order(lines: list[str]) -> list[str]:
    return sorted(lines, key=_moments) if _is_case(lines[0]) else lines


def _moments(line: str) -> tuple[str, str]:
    before, _, after = line.partition("->")
    return after, before


def fenced(text: str, language: str = "text") -> str:
    """A block of a README."""
    return f"```{language}\n{text}\n```"
