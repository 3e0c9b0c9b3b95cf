"""The phrases of each language, and names and numbers as people say them."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
import json
from pathlib import Path
import re
from typing import Any

from ..model.spelling import folded

_FOLDER = Path(__file__).parent / "languages"
CJK = "\u3040-\u30ff\u4e00-\u9fff"
"""Characters of scripts that are written without spaces."""
_SCRIPT_CHANGES = re.compile(f"(?<=[{CJK}])(?=[^{CJK}])|(?<=[^{CJK}])(?=[{CJK}])")
WORD_BEFORE_NUMBER = re.compile(r"(?<=[^\W\d_]{3})(?=\d)")
_ENDS = re.compile(
    rf"(?<=[^\W_])(?=[\W_])|(?<=[{CJK}]{{2}})(?=[{CJK}])|{_SCRIPT_CHANGES.pattern}|{WORD_BEFORE_NUMBER.pattern}"
)
"""Where words of a name end."""
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
    return _key(text, phrases.numbers)


def written(text: str) -> str:
    """Return the key of a name as it is written, whatever the language."""
    return _key(text, {})


def _key(text: str, numbers: Mapping[str, int]) -> str:
    apart = WORD_BEFORE_NUMBER.sub(" ", _SCRIPT_CHANGES.sub(" ", folded(text)))
    words = (numbers.get(word, word) for word in re.findall(r"[^\W_]+", apart))
    return " ".join(str(int(word)) if str(word).isdecimal() else str(word) for word in words)


def beginnings(name: str) -> Iterator[str]:
    """Yield a name, and with which words it begins; of a script without spaces, with which two and more characters."""
    yield name
    for end in _ENDS.finditer(name):
        yield name[: end.start()]


def count_and_names(request: str, phrases: Phrases, copies: int | None = None) -> Iterator[tuple[int, list[str]]]:
    """Yield what a request to print can mean: how many copies, unless that is known, and spellings of the name."""
    words = spoken(request, phrases).split()
    whole = " ".join(words)
    yield 1 if copies is None else copies, [whole, *_singulars(whole)]
    if copies is None and len(words) > 1 and words[0].isdecimal():
        rest = " ".join(words[1:])
        yield int(words[0]), [rest, *_singulars(rest)]


def _singulars(name: str) -> list[str]:
    return [name.removesuffix(plural) + singular for plural, singular in _PLURALS if name.endswith(plural)]
