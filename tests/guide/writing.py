"""READMEs that hold what commands print: compared by the tests, written anew by `make guide`."""

from __future__ import annotations

import os
from pathlib import Path

README = Path(__file__).parents[2] / "rules" / "README.md"
WRITE = "ALERTD_WRITE_GUIDE"


def kept(readme: Path, mark: str, text: str) -> None:
    """Require that a README holds this between two comments of this name; write it there when asked to."""
    begin, end = f"<!-- {mark} -->\n", f"\n<!-- end of {mark} -->"
    head, found, rest = readme.read_text(encoding="utf-8").partition(begin)
    held, ended, tail = rest.partition(end)
    assert found, begin
    assert ended, end
    if os.environ.get(WRITE):
        readme.write_text(f"{head}{begin}{text}{end}{tail}", encoding="utf-8")
    else:
        assert held == text, "`make guide` writes it anew"
