"""What an administrator types and sees, on an installation that has lived through the demo's night."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
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
        """The text with what differs from run to run under names that do not."""
        text = text.replace(f"{self.here.root}/", "")
        text = _REF.sub(lambda found: self._name(found[0], _a_ref), text)
        return "\n".join(
            line.rstrip() for line in _SET.sub(lambda found: self._name(found[0], _a_set), text).split("\n")
        )

    def _name(self, found: str, make: Callable[[int], str]) -> str:
        return self.names.setdefault(found, make(len(self.names)))


def _a_ref(number: int) -> str:
    return f"WF-UR-26-{number + 1:04d}"


def _a_set(number: int) -> str:
    return f"set-{number + 1}".ljust(12, ".")


def fenced(text: str, language: str = "text") -> str:
    """A block of a README."""
    return f"```{language}\n{text}\n```"
