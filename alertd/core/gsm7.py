"""How long a text is as an SMS.

Source: 3GPP TS 23.038, section 6.2.1 (default alphabet) and its extension table; TS 23.040, section 9.2.3.24.1
(a part of a longer text gives 6 octets to its header: 153 septets, or 67 UCS-2 characters, remain).
"""

from __future__ import annotations

from collections.abc import Iterable

_BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_EXTENDED = frozenset("\f^{}\\[~]|€")

_ONE_GSM, _PART_GSM = 160, 153
_ONE_UCS2, _PART_UCS2 = 70, 67


def gsm7_septets(text: str) -> int | None:
    r"""Length in septets, `[]{}^\|~€` counting two; None when a character lies outside GSM-7."""
    if not _BASIC.issuperset(text) and not (_BASIC | _EXTENDED).issuperset(text):
        return None
    return sum(_septets(text))


def segments(text: str) -> int:
    """Number of SMS parts that carry the text; an empty text is one.

    A text with a single character outside GSM-7 travels as UCS-2, where a part holds 70 characters, not 160.
    """
    septets = gsm7_septets(text)
    if septets is None:
        return _parts([len(c.encode("utf-16-be", "surrogatepass")) // 2 for c in text], _ONE_UCS2, _PART_UCS2)
    return _parts(_septets(text), _ONE_GSM, _PART_GSM)


def _septets(text: str) -> list[int]:
    return [2 if character in _EXTENDED else 1 for character in text]


def _parts(sizes: list[int], one: int, part: int) -> int:
    return 1 if sum(sizes) <= one else _filled(sizes, part)


def _filled(sizes: Iterable[int], part: int) -> int:
    parts, room = 1, part
    for size in sizes:  # a pair is never divided between two parts
        if size > room:
            parts, room = parts + 1, part
        room -= size
    return parts
