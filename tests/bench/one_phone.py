"""`alertd` without its limit for one phone: `python -m tests.bench.one_phone run …`.

Every alert of the shipped rota goes to one duty phone, which alertd spares: ten texts at once, then one a second. At a
hundred alerts a second that limit is all that a measurement of latency would show.
"""

from __future__ import annotations

from alertd.cli.main import main
from alertd.daemon import senders
from alertd.transport.rate import Rate

if __name__ == "__main__":
    senders._ADDRESS_RATE = Rate(per_second=10_000.0, burst=10_000)
    main()
