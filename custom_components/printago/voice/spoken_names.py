"""The names of printers in sentence templates, short enough to be parsed at once.

The assistant parses all templates on its event loop before the first sentence, in a time that is proportional to their length,
and each name is part of several templates in each language. So names that only differ by a number are one pattern, which also
matches numbers that no printer has: the answer then is that there is no such printer.
"""

from collections.abc import Iterable, Iterator, Set as AbstractSet
from dataclasses import dataclass, field
import re
from typing import Self

from ..model.spelling import folded, tidied
from .phrases import PRINTER, WORD_BEFORE_NUMBER, Phrases

_BETWEEN = "[ |-]"
_DIGIT = "(0|1|2|3|4|5|6|7|8|9)"
_MOST_DIGITS = 4
_PUNCTUATION = re.escape(".,?!;:\u3002\uff0c\uff1f\u061f\uff01\u00bf\u00a1\uff1b\uff1a\u2026\u2013\u2014\u2015")
_AT_WORDS_ENDS = re.compile(rf"(?<!\w)[{_PUNCTUATION}]+|[{_PUNCTUATION}]+(?!\w)")
"""The assistant drops this from what was said."""
_OF_PRINTS = ("done", "clear")
"""The kinds of sentences that are said of no other device."""
_SYNTAX = re.compile(r"[\\()\[\]{}<>|@:;]")

type _Around = tuple[bool, tuple[str, ...]]
"""Whether words are before a number, and those after it."""


@dataclass(frozen=True, slots=True)
class Names:
    """Names as words, those that only differ by a number together."""

    whole: set[tuple[str, ...]] = field(default_factory=set)
    numbered: dict[_Around, tuple[set[tuple[str, ...]], set[str]]] = field(default_factory=dict)
    """By what is around a number: the words before it, and the numbers."""
    exact: set[str] = field(default_factory=set)
    """Names that their words do not match as they are written, such as ``O'Brien``, as templates."""

    @classmethod
    def of(cls, names: Iterable[str], *, as_written: bool = True) -> Self:
        """Take names as their words, and with ``as_written`` also with the signs around these."""
        found = cls()
        for name in names:
            words = _words(folded(name))
            # The assistant does not take ß for ss.
            spelled = _words(tidied(name).lower())
            for each in {words, spelled} if len(spelled) == len(words) else {words}:
                found._add(each)
            if as_written and words and (exact := _exact(name, (words, spelled))):
                found.exact.add(exact)
        return found

    def _add(self, words: tuple[str, ...]) -> None:
        last = max((place for place, word in enumerate(words) if _is_short_number(word)), default=None)
        if last is None:
            self.whole.add(words)
            return
        before, numbers = self.numbered.setdefault((last > 0, words[last + 1 :]), (set(), set()))
        before.add(words[:last])
        numbers.add(words[last])

    def template(self, phrases: Phrases) -> str:
        """Return a template that matches the names as they are written and said; empty if nothing can be said."""
        whole, numbered = set(self.whole), []
        for (has_before, after), (before, numbers) in self.numbered.items():
            number = _numbers(numbers, phrases)
            if has_before and not after and before <= whole:
                # All of them also stand alone.
                whole -= before
                numbered.append(f"{_either([_joined(words, phrases) for words in before])}[{_BETWEEN}{number}]")
                continue
            first = [_either([_joined(words, phrases) for words in before])] if has_before else []
            numbered.append(_BETWEEN.join(filter(None, (*first, number, _joined(after, phrases)))))
        alone = (_joined(words, phrases) for words in sorted(whole))
        return "|".join(filter(None, (*alone, *numbered, *sorted(self.exact))))


def templates(
    phrases: Phrases, names: Names, stores: Names | None = None, in_prints: Names | None = None
) -> Iterator[tuple[str, str]]:
    """Yield the sentences with the names of the printers filled in, each with its kind; names of stores may follow.

    With ``in_prints``, these are the names in sentences that are only said of prints.
    """
    said, said_of_prints = (_filling(phrases, each, stores) for each in (names, in_prints or names))
    for kind, sentences in phrases.sentences.items():
        filling = said_of_prints if kind in _OF_PRINTS else said
        for sentence in sentences:
            if PRINTER not in sentence:
                yield sentence, kind
            elif filling:
                yield sentence.replace(PRINTER, f"({filling})"), kind


def _filling(phrases: Phrases, names: Names, stores: Names | None) -> str:
    said = names.template(phrases)
    if said and stores is not None and (store := stores.template(phrases)):
        return f"({said})[{_BETWEEN}({store})]"
    return said


def _words(text: str) -> tuple[str, ...]:
    return tuple(re.findall(r"[^\W_]+", WORD_BEFORE_NUMBER.sub(" ", text)))


def _exact(name: str, spellings: Iterable[Iterable[str]]) -> str | None:
    """Return a template of a name as it is written; None if that of its words matches it as well."""
    text = " ".join(_AT_WORDS_ENDS.sub(" ", tidied(name).replace("\u2019", "'")).split())
    if re.sub(r"[\s_-]", "", text).lower() in map("".join, spellings):
        return None
    return _SYNTAX.sub(lambda sign: f"\\{sign[0]}", text)


def _is_short_number(word: str) -> bool:
    return word.isascii() and word.isdecimal() and len(word) <= _MOST_DIGITS


def _joined(words: Iterable[str], phrases: Phrases) -> str:
    return _BETWEEN.join(_either(_forms(word, phrases)) for word in words)


def _forms(word: str, phrases: Phrases) -> Iterable[str]:
    if not word.isdecimal():
        return (word,)
    said = (said for said, number in phrases.numbers.items() if number == int(word))
    return dict.fromkeys((word, str(int(word)), *said))


def _numbers(numbers: AbstractSet[str], phrases: Phrases) -> str:
    """Return a template of these numbers, or of all with as many digits if that is shorter."""
    any_number = _either((_DIGIT + f"[{_DIGIT}]" * (max(map(len, numbers)) - 1), *phrases.numbers))
    if len(numbers) * 2 > len(any_number):
        return any_number
    exact = _either(dict.fromkeys(form for number in sorted(numbers) for form in _forms(number, phrases)))
    return min(exact, any_number, key=len)


def _either(forms: Iterable[str]) -> str:
    listed = sorted(forms)
    return listed[0] if len(listed) == 1 else f"({'|'.join(listed)})"
