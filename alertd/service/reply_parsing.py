"""What a text from a duty phone asks for, read with care: whatever is not clear is not obeyed.

Source: CONTRACT, "A reply by SMS".
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

LONGEST = 1600
"""Characters of a text that are read: the longest that the provider hands on."""
MOST = 10
"""Codes of one text that are obeyed."""
_DIGITS = 6


class Order(StrEnum):
    """What a letter before a code asks for."""

    ACCEPT = "y"
    POLICE = "p"
    HAND_ON = "n"
    ATTEMPT = "a"
    CONTACT = "c"


class Keyword(StrEnum):
    """A text that is one word of the provider's: texts to this number are to stop, or to go on."""

    STOP = "stop"
    START = "start"


@dataclass(frozen=True, slots=True)
class Command:
    """One order about one alert.

    Attributes:
        order: What is asked for.
        code: Six digits.
        reached: With CONTACT, who was reached, a word of `contact.with`; "" when the text does not say.
    """

    order: Order
    code: str
    reached: str = ""


@dataclass(frozen=True, slots=True)
class Asked:
    """What a text asks for.

    Attributes:
        commands: In the order written, each once.
        unclear: Codes that it names without saying clearly what to do.
        keyword: A word of the provider's that is the whole text.
    """

    commands: tuple[Command, ...] = ()
    unclear: tuple[str, ...] = ()
    keyword: Keyword | None = None


# The provider's own words: it blocks or frees a number by them whatever alertd makes of the text.
_KEYWORDS = {
    **dict.fromkeys("stop stopall unsubscribe cancel end quit revoke optout".split(), Keyword.STOP),
    **dict.fromkeys("start unstop yes".split(), Keyword.START),
}
_ACCEPTING = frozenset("y yes yep yeah ok okay ack acknowledge acknowledged accept accepted".split())
_POLITE = frozenset("please pls plz thanks thank you thx cheers hi hello and code alert the reply".split())
_NEGATING = frozenset("no not dont don't cant can't cannot won't wont never nobody wrong isn't unable".split())
_REACHED = {
    **dict.fromkeys("yp young youngperson".split(), "young_person"),
    **dict.fromkeys("family parent parents mum mother dad father carer".split(), "family"),
    "custody": "custody",
    "ward": "ward",
    **dict.fromkeys("other professional".split(), "other_professional"),
}
_REFERENCE = re.compile(r"\b[a-z]{2,3}-[a-z]{2}-[0-9]{2}-[0-9a-z]{4,6}\b")
_ONE_WORD = re.compile(r"[\W_]*([^\W\d_]+)[\W_]*")
_TOKEN = re.compile(r"([^\W\d_]+(?:['’][^\W\d_]+)*)|([0-9]+)")


@dataclass(frozen=True, slots=True)
class _Place:
    """A code in a text, with the words between it and the code before.

    Attributes:
        joined: The last word stands right before the code, with no space between.
    """

    code: str
    words: tuple[str, ...]
    joined: bool


def parse(text: str) -> Asked:
    """Read a reply; never raises.

    Case, spaces, punctuation and the script of the digits do not count. A letter joined to a code (`Y482193`) is obeyed
    whatever else the text says; a code alone, a letter apart from it, or a word such as "yes" only when the text says
    nothing else. A code with orders that contradict one another is unclear, and so is one under both Y and P in a text
    with other words: that is an alert quoted whole.
    """
    plain = _REFERENCE.sub(" ", _folded(text[:LONGEST]))
    places, after = _places(plain)
    if not places:
        alone = _ONE_WORD.fullmatch(plain)
        return Asked(keyword=_KEYWORDS.get(alone[1]) if alone else None)
    words = [word for place in places for word in place.words] + list(after)
    found: dict[str, list[Command | None]] = {}
    for place, behind in zip(places, [*(each.words for each in places[1:]), after], strict=True):
        found.setdefault(place.code, []).append(_command(place, behind, words))
    return _settled(found, says_more=bool(set(words) - _ACCEPTING - _POLITE - set(Order)))


def _folded(text: str) -> str:
    """Plain letters and digits, in lower case and without characters that nobody sees."""
    shown = (c for c in unicodedata.normalize("NFKC", text) if unicodedata.category(c) != "Cf")
    return "".join(_digit(c) for c in shown).casefold().replace("’", "'")


def _digit(character: str) -> str:
    value = unicodedata.decimal(character, None)
    return character if value is None else str(value)


def _places(plain: str) -> tuple[list[_Place], tuple[str, ...]]:
    """Codes with the words before each, and the words after the last."""
    places: list[_Place] = []
    words: list[str] = []
    end = 0
    for is_word, chain in _runs(plain):
        if is_word:
            words.append(chain[0][0])
            end = chain[0].end()
            continue
        joined = bool(words) and not re.search(r"\s", plain[end : chain[0].start()])
        for code in _codes([each[0] for each in chain]):
            places.append(_Place(code, tuple(words), joined))
            words, joined = [], False
    return places, tuple(words)


def _runs(plain: str) -> Iterator[tuple[bool, list[re.Match[str]]]]:
    """Words one by one, and groups of digits with no word between them together."""
    chain: list[re.Match[str]] = []
    for token in _TOKEN.finditer(plain):
        if token[2] is not None:
            chain.append(token)
            continue
        if chain:
            yield False, chain
            chain = []
        yield True, [token]
    if chain:
        yield False, chain


def _codes(groups: Sequence[str]) -> list[str]:
    """Codes in neighbouring groups of digits: the groups put together in sixes, or those of six among short ones.

    A telephone number ends in six digits too: beside a group of four or more, nothing is a code.
    """
    if any(len(group) > 3 and len(group) != _DIGITS for group in groups):
        return []
    sixes: list[str] = []
    part = ""
    for group in groups:
        part += group
        if len(part) == _DIGITS:
            sixes.append(part)
            part = ""
    return [group for group in groups if len(group) == _DIGITS] if part else sixes


def _command(place: _Place, behind: Sequence[str], words: Sequence[str]) -> Command | None:
    """What is to be done about one code; None when that is not clear."""
    order = _order(place, words)
    if order is Order.CONTACT:
        return Command(order, place.code, _reached(behind))
    return None if order is None else Command(order, place.code)


def _order(place: _Place, words: Sequence[str]) -> Order | None:
    letter = place.words[-1] if place.words and place.words[-1] in set(Order) else ""
    own = [word for word in place.words if word not in _POLITE]
    if letter and (place.joined or own == [letter]):
        order = Order(letter)
        is_denied = order in (Order.ACCEPT, Order.POLICE) and not _NEGATING.isdisjoint(place.words)
        return None if is_denied else order
    return Order.ACCEPT if _ACCEPTING.union(_POLITE).issuperset(words) else None


def _reached(behind: Sequence[str]) -> str:
    """Who was reached, when the words after the code name one kind of person and deny nothing."""
    named = {_REACHED[word] for word in behind if word in _REACHED}
    return named.pop() if len(named) == 1 and _NEGATING.isdisjoint(behind) else ""


def _settled(found: dict[str, list[Command | None]], *, says_more: bool) -> Asked:
    commands: list[Command] = []
    unclear: list[str] = []
    for code, given in list(found.items())[:MOST]:
        known = list(dict.fromkeys(each for each in given if each is not None))
        orders = {each.order for each in known}
        quoted = {Order.ACCEPT, Order.POLICE} <= orders and says_more
        contrary = Order.HAND_ON in orders and not orders.isdisjoint({Order.ACCEPT, Order.POLICE})
        if quoted or contrary or len(known) < len(set(given)):
            unclear.append(code)
        else:
            # P accepts too: a Y beside it says nothing more.
            commands += [each for each in known if each.order is not Order.ACCEPT or Order.POLICE not in orders]
    return Asked(tuple(commands), tuple(unclear))
