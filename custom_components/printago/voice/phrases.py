"""The phrases of each language, and names and numbers as people say them."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
import json
from pathlib import Path
import re
from typing import Any

from ..model.printer import PrinterState
from ..model.spelling import folded

_FOLDER = Path(__file__).parent / "languages"
_CJK = "\u3040-\u30ff\u4e00-\u9fff"
_SCRIPT_CHANGES = re.compile(f"(?<=[{_CJK}])(?=[^{_CJK}])|(?<=[^{_CJK}])(?=[{_CJK}])")
_WORD_BEFORE_NUMBER = re.compile(r"(?<=[^\W\d_]{3})(?=\d)")
_PLURALS = (("s", ""), ("es", ""), ("n", ""), ("en", ""), ("e", ""), ("ies", "y"))
PRINTER = "{printer}"


@dataclass(frozen=True, slots=True)
class Phrases:
    """What is said in one language."""

    time: str
    """How a time of today is said, for ``strftime``."""
    time_later: str
    """How a time of another day is said."""
    numbers: Mapping[str, int]
    sentences: Mapping[str, tuple[str, ...]]
    """Templates of sentences by kind."""
    answers: Mapping[str, str]


@cache
def read_phrases() -> dict[str, Phrases]:
    """Return the phrases by language. It reads files: call it in the executor first."""
    return {path.stem: _phrases(json.loads(path.read_text("utf-8"))) for path in sorted(_FOLDER.glob("*.json"))}


def _phrases(source: Mapping[str, Any]) -> Phrases:
    numbers = {word: number for number, words in enumerate(source["numbers"], 1) for word in words.split("|")}
    sentences = {kind: tuple(templates) for kind, templates in source["sentences"].items()}
    return Phrases(source["time"], source["time_later"], numbers, sentences, source["answers"])


def language_of(wanted: str, languages: Iterable[str]) -> str:
    """Return the language to answer in: the speaker's, or a regional form of it, else English."""
    known = {language.casefold(): language for language in languages}
    if (exact := known.get(wanted.casefold())) is not None:
        return exact
    base = wanted.casefold().partition("-")[0]
    return next((language for key, language in known.items() if key.partition("-")[0] == base), "en")


def spoken(text: str, phrases: Phrases) -> str:
    """Return a key that is the same for a name as it is written and as it is said: ``p1s 3`` for P1S-03 and P1S three."""
    apart = _WORD_BEFORE_NUMBER.sub(" ", _SCRIPT_CHANGES.sub(" ", folded(text)))
    words = (phrases.numbers.get(word, word) for word in re.findall(r"[^\W_]+", apart))
    return " ".join(str(int(word)) if str(word).isdecimal() else str(word) for word in words)


def printers_in(text: str, printers: Iterable[PrinterState], phrases: Phrases) -> list[PrinterState]:
    """Return the printers that a sentence names; of several names that it contains, the longest counts."""
    said = f" {spoken(text, phrases)} "
    found: dict[int, dict[str, PrinterState]] = {}
    for printer in printers:
        for name in (printer.name, printer.printago_name):
            key = spoken(name, phrases)
            if key and (f" {key} " in said or (re.search(f"[{_CJK}]", key) and key in said)):
                found.setdefault(len(key), {})[printer.id] = printer
    return list(found[max(found)].values()) if found else []


def count_and_names(request: str, phrases: Phrases) -> Iterator[tuple[int, list[str]]]:
    """Yield what a request to print can mean: how many copies, and spellings of the name."""
    words = spoken(request, phrases).split()
    whole = " ".join(words)
    yield 1, [whole, *_singulars(whole)]
    if len(words) > 1 and words[0].isdecimal():
        rest = " ".join(words[1:])
        yield int(words[0]), [rest, *_singulars(rest)]


def _singulars(name: str) -> list[str]:
    return [name.removesuffix(plural) + singular for plural, singular in _PLURALS if name.endswith(plural)]


def name_template(name: str, phrases: Phrases) -> str:
    """Return a sentence template that matches a name as it is written and as it is said; empty if nothing can be said."""
    words = re.findall(r"[^\W_]+", _WORD_BEFORE_NUMBER.sub(" ", folded(name)))
    return "[ |-]".join(_word_template(word, phrases) for word in words)


def _word_template(word: str, phrases: Phrases) -> str:
    if not word.isdecimal():
        return word
    forms = [word, str(int(word)), *(said for said, number in phrases.numbers.items() if number == int(word))]
    return f"({'|'.join(dict.fromkeys(forms))})"


def templates(phrases: Phrases, names: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Yield the sentences with the names of the printers filled in, each with its kind."""
    said = "|".join(dict.fromkeys(filter(None, (name_template(name, phrases) for name in names))))
    for kind, sentences in phrases.sentences.items():
        for sentence in sentences:
            if PRINTER not in sentence:
                yield sentence, kind
            elif said:
                yield sentence.replace(PRINTER, f"({said})"), kind
