"""`python -m tests.nights`: nine invented months of 113 cases, and how many messages each role gets by day and night.

--cases N   fewer cases over as many days fewer
--seed N    another nine months
"""

from __future__ import annotations

import argparse

from rich.console import Console

from alertd.core.calendar import RestHours
from tests.nights.cases import CASES
from tests.nights.play import play_months
from tests.nights.table import show

_WIDTH = 120


def main() -> None:
    """Play both runs and print them."""
    parser = argparse.ArgumentParser(prog="python -m tests.nights", description="Counts who is told what, and when.")
    parser.add_argument("--cases", type=int, default=CASES, help=f"how many; the borough published {CASES}")
    parser.add_argument("--seed", type=int, default=1, help="another seed makes other months")
    options = parser.parse_args()
    console = Console(width=_WIDTH)
    for records, title in ((True, "contacts recorded promptly"), (False, "accepted, and nothing recorded")):
        months = play_months(options.cases, options.seed, records=records)
        show(console, f"{options.cases} cases, {title}", months, RestHours())


if __name__ == "__main__":
    main()
