"""One change to the rules as an administrator makes it: the lines edited, and the story that shows what is meant."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from difflib import unified_diff
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Edit:
    """Words of a file that become others; each stands there once.

    Attributes:
        file: In the folder of the rules.
        old, new: With their indentation.
        after: Text after which the words are looked for, to tell them from the same words elsewhere.
    """

    file: str
    old: str
    new: str
    after: str = ""


@dataclass(frozen=True, slots=True)
class Change:
    """What an administrator wants, and how it is done.

    Attributes:
        title: What is wanted.
        about: What to think of, in a sentence or two.
        edits: In the order in which they are made.
        story: The test that shows what is meant from now on.
    """

    title: str
    about: str
    edits: Sequence[Edit]
    story: str


def made(change: Change, rules: Path, story: Path) -> str:
    """Make a change in a folder of rules, add its story, and give what differs as a person sees it."""
    shown: list[str] = []
    for file in dict.fromkeys(edit.file for edit in change.edits):
        path = rules / file
        before = after = path.read_text()
        for edit in change.edits:
            after = _edited(after, edit) if edit.file == file else after
        path.write_text(after)
        lines = list(unified_diff(before.splitlines(), after.splitlines(), n=2, lineterm=""))
        shown += [f"{rules.name}/{file}", *(line for line in lines[2:] if not line.startswith("@@"))]
    story.write_text(change.story)
    return "\n".join(shown)


def _edited(text: str, edit: Edit) -> str:
    start = text.index(edit.after) if edit.after else 0
    head, found, tail = text[:start], edit.old, text[start:]
    if found not in tail:
        raise AssertionError(f"{edit.file} no longer says: {found}")
    return head + tail.replace(found, edit.new, 1)
