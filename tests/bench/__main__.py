"""`python -m tests.bench`: how fast alertd is, beside what limits it, in one run.

--quick       small sizes: does everything still work, and roughly how fast
--only NAME   one measurement; may be given again
--json        figures as JSON on standard output
--dir FOLDER  on the disk to measure on
"""

from __future__ import annotations

import argparse
import signal
import tempfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from rich.console import Console

from tests.bench import big_store, broker_rate, crowded_night, decide_rate, latency, replay_rate
from tests.bench.figure import Figure
from tests.bench.machine import facts
from tests.bench.report import as_json, show
from tests.bench.site import QUICK, Site, Sizes

_LEAST_WIDTH = 120
"""Columns of the table where the terminal has fewer."""

Measure = Callable[[Site], Iterator[Figure]]

MEASURES: Mapping[str, Measure] = {
    "broker": broker_rate.through_the_broker,
    "engine": decide_rate.judging_alone,
    "decide": decide_rate.decide_and_commit,
    "latency": latency.publish_to_provider,
    "crowd": crowded_night.many_alerts,
    "replay": replay_rate.against_changed_rules,
    "big": big_store.on_a_big_store,
}


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description="Measures alertd beside its limits.")
    parser.add_argument("--quick", action="store_true", help="small sizes, in about two minutes")
    parser.add_argument("--only", action="append", choices=sorted(MEASURES), help="one measurement; may be repeated")
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.add_argument("--dir", type=Path, help="folder on the disk to measure on; else the system's temporary one")
    return parser.parse_args()


def main() -> None:
    """Measure, and print what was measured even when a later measurement fails."""
    options = _options()
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # whoever ends it, the private servers go too
    progress = Console(stderr=True)
    figures: list[Figure] = []
    with (
        tempfile.TemporaryDirectory(prefix="alertd-bench-", dir=options.dir) as folder,
        progress.status("beginning") as status,
        Site(Path(folder), QUICK if options.quick else Sizes(), status.update) as site,
    ):
        machine = facts(site)
        try:
            for name in options.only or MEASURES:
                for figure in MEASURES[name](site):
                    figures.append(figure)
                    progress.print(f"{name}: {figure.name} {figure.value:,.1f} {figure.unit}", highlight=False)
        finally:
            if options.json:
                print(as_json(machine, figures))
            else:
                show(Console(width=max(_LEAST_WIDTH, progress.width)), machine, figures)


if __name__ == "__main__":
    main()
