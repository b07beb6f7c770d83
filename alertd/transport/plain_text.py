"""Text made safe for where it goes: no controls, no line breaks where there must be none, GSM-7 for an SMS."""

# ruff: noqa: RUF001  # lookalikes are what it is about

from __future__ import annotations

import unicodedata
from functools import cache

from alertd.core.gsm7 import gsm7_septets

_LOOKALIKES = str.maketrans(
    {
        **dict.fromkeys("‘’‚‛′´`", "'"),
        **dict.fromkeys("“”„‟″«»", '"'),
        **dict.fromkeys("‐‑‒–—―−", "-"),
        "…": "...",
        "•": "*",
        "·": ".",
        "×": "x",
        "⁄": "/",
    }
)


def one_line(text: str) -> str:
    """Without controls and invisible format characters; every run of white space, line breaks too, is one space."""
    return " ".join(_visible(text).split())


def lines(text: str) -> str:
    """Without controls and invisible format characters, but with line breaks; none trailing, never two empty lines."""
    kept: list[str] = []
    for line in text.replace("\r\n", "\n").replace("\r", "\n").split("\n"):
        clean = _visible(line).rstrip()
        if clean or (kept and kept[-1]):
            kept.append(clean)
    return "\n".join(kept).strip("\n")


def gsm7(text: str) -> str:
    """The same in characters of GSM-7: a lookalike, the letter without its accent, or a question mark.

    A single character outside would silently make a segment 70 characters long instead of 160.

    Source: 3GPP TS 23.038, section 6.2.1.
    """
    return "".join(_gsm7_character(character) for character in text.translate(_LOOKALIKES))


def _visible(text: str) -> str:
    if text.isascii() and text.isprintable():  # nearly always, and then there is nothing to look at
        return text
    # White space of any kind becomes a space; of the rest, directions and joiners (Cf) could disguise a text.
    return "".join(" " if c.isspace() else c for c in text if c.isspace() or unicodedata.category(c)[0] != "C")


@cache
def _gsm7_character(character: str) -> str:
    if gsm7_septets(character) is not None:
        return character
    plain = "".join(c for c in unicodedata.normalize("NFKD", character) if not unicodedata.combining(c))
    usable = plain and plain == plain.strip() and gsm7_septets(plain) is not None
    return plain if usable else "?"
