"""A story may state the whole of a message: the first line that differs is told."""

from __future__ import annotations

import pytest

from alertd.daemon.story_run import otherwise
from alertd.rulebook.problems import format_problem
from alertd.rulebook.stories import stories_from_text

MAIL = "Subject line\nMASH: please accept WF-UR-26-7QK4.\n\nReply Y482193 to accept.\n"


@pytest.mark.parametrize(
    ("wanted", "told"),
    [
        (MAIL, ""),
        ("Subject line  \nMASH: please accept WF-UR-26-….\n\nReply Y… to accept.", ""),
        ("Subject line\nMASH: please accept WF-UR-26-….", "line 4 is 'Reply Y482193 to accept.', not ''"),
        (MAIL.replace("please ", ""), "line 2 is"),
        (MAIL + "Telephone: 020 7946 0123", "line 5 is '', not 'Telephone: 020 7946 0123'"),
        (MAIL.replace("\n\n", "\n"), "line 3 is '', not 'Reply Y482193 to accept.'"),
    ],
)
def test_the_first_line_that_differs_is_told(wanted: str, told: str) -> None:
    found = otherwise(wanted, MAIL)
    assert found.startswith(told)
    assert bool(found) is bool(told)


def test_the_lines_of_a_text_stay_apart() -> None:
    step = "    - at: 2026-11-21 03:10\n      includes:\n        - reads: |\n            One.\n\n            Two.\n"
    text = f"- test: t\n  story:\n{step}"
    loaded = stories_from_text("t.test.yaml", text)
    assert loaded.problems == (), [*map(format_problem, loaded.problems)]
    assert loaded.stories[0].steps[0].includes[0].reads == "One.\n\nTwo.\n"
