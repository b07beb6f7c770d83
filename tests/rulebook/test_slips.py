"""Slips of the shipped files at random: almost every one is noticed, and told where it was made."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from tests.rulebook.slip_bench import Bench, reads_the_same, report
from tests.rulebook.slips import slips

START = 20261125
"""Recorded, so that a run can be repeated; `make mutation` takes another each time."""


@pytest.mark.unmeasured
@pytest.mark.timeout(400)
def test_slips_are_noticed_and_told_within_a_line(tmp_path: Path) -> None:
    bench = Bench(tmp_path, most=8)
    outcomes, longest = [], 0.0
    for slip in slips(bench.root, 150, START):
        begun = time.process_time()
        outcomes.append(bench.outcome(slip))
        longest = max(longest, time.process_time() - begun)
    noticed, near, text = report(outcomes)
    print(text)
    assert noticed >= 0.97, text
    assert near >= 0.9, text
    assert longest < 20, "a slip made something hang"


def test_white_space_that_nobody_sees_leaves_a_template_the_same() -> None:
    text = "Subject: {{ ref }}\n\n{{ team }}: read this.\n{%- if link %}\nSee {{ link }}\n{%- endif %}\n"
    assert reads_the_same("a.email.j2", text, text.replace("{%- if", "  {%- if"))
    assert not reads_the_same("a.email.j2", text, text.replace("See", "  See"))
    assert reads_the_same("a.sms.j2", "{{ ref }} a", "  {{ ref }}  a")
    assert not reads_the_same("a.sms.j2", "{{ ref }} a", "{{ ref }}a")
