"""Lists of words with what they include, and the words by which each matches."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from alertd.model.ids import ListId
from alertd.model.rulebook import WordList
from alertd.rulebook.problems import Place
from alertd.rulebook.reading import Reading
from alertd.rulebook.suggestions import allowed, did_you_mean


@dataclass(frozen=True, slots=True)
class Lists:
    """Lists with everything they include.

    Attributes:
        lists: By id; `words` holds the included words too.
        matching: By id: the words, then the synonyms that match as well.
    """

    lists: Mapping[ListId, WordList]
    matching: Mapping[str, tuple[str, ...]]


def resolve(reading: Reading, found: Mapping[str, WordList], places: Mapping[str, Place]) -> Lists:
    """Write out what lists include, refusing circles (E033).

    Args:
        reading: Takes the problems, and knows what each list includes; names without a list are told elsewhere.
        found: The lists as read.
        places: Where each list stands.
    """
    lists: dict[ListId, WordList] = {}
    told: set[str] = set()
    for name, one in found.items():
        whole = _reach(name, reading.includes)
        if name in whole[1:] and not told.intersection(whole):
            told.update(whole)
            message = f"the list '{name}' includes itself: {' → '.join(whole)}"
            reading.report.error("E033", places[name], message, "take one of the 'include' lines out")
        parts = [found[part] for part in dict.fromkeys(whole) if part in found]
        words = tuple(dict.fromkeys(word for part in parts for word in part.words))
        synonyms = {alias: word for part in reversed(parts) for alias, word in part.synonyms.items()}
        lists[one.id] = replace(one, words=words, synonyms=synonyms)
    return Lists(lists, {name: (*one.words, *one.synonyms) for name, one in lists.items()})


def check_words(reading: Reading) -> None:
    """Refuse words of a list that no field compared with it ever holds, and synonyms of none (E025).

    A misspelt word silently drops out of every rule that names the list.
    """
    fields: dict[str, list[tuple[str, ...]]] = {}
    for name, words in reading.compared:
        for part in _reach(name, reading.includes):
            fields.setdefault(part, []).append(words)
    for name, word, place in reading.listed:
        if word not in reading.words.get(name, (word,)):
            message = f"the list '{name}' has no word '{word}'{did_you_mean(word, reading.words[name])}"
            reading.report.error("E025", place, message, "add it to 'words', or name a word that stands there")
            continue
        vocabularies = fields.get(name, ())
        held = [each for words in vocabularies for each in words]
        if vocabularies and all(vocabularies) and word not in held:
            message = f"no field that is compared with the list '{name}' ever holds '{word}'{did_you_mean(word, held)}"
            reading.report.error("E025", place, message, allowed(sorted(set(held))))


def _reach(name: str, includes: Mapping[str, tuple[str, ...]]) -> list[str]:
    """The list and everything it includes, nearest first; ends with the list itself when it comes back to it."""
    found = [name]
    for one in found:
        for inner in includes.get(one, ()):
            if inner == name:
                return [*found, name]
            if inner not in found:
                found.append(inner)
    return found
