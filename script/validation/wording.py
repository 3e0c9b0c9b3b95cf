"""Checks plain American English: spelling, quotes, and words that have a standard term instead."""

from collections import Counter
from collections.abc import Iterator
import io
from pathlib import Path
import re
import tokenize

from .project import Project

PAGES = ("README.md", "CHANGELOG.md", "CONTRIBUTING.md", "docs/*.md", "docs/**/*.md", ".github/**/*.md")
BLUEPRINTS = "blueprints/**/*.yaml"
CODE = ("custom_components", "virtual_farm", "tests", "script", "benchmarks")

AVOIDED = (
    *("told", "untold", "heard", "happening", "happenings", "seldom", "believed", "chronicle", "wish", "wishes"),
    *("stranger", "strangers", "bearings", "whims", "hark", "lest", "nought"),
)
"""Words that have a standard term: event, pending, slow poll, assumed, history, target, unknown, initial state."""
PHRASES = ("at will", "let go of", "goes on trying", "has to be so", "may not")
"""Phrases to avoid in user-facing text, besides the words."""

_SPELLING = re.compile(
    r"\b(colou?red|(?:dis)?colour\w*|behaviour\w*|favou?rites?(?<!favorite)(?<!favorites)|neighbour\w*|honour\w*|labour\w*"
    r"|cancelled|cancelling|travelled|travelling|labelled|labelling|modelled|modelling|signalled|fuelled"
    r"|centre[ds]?|fibres?|metres?|licen[c]es?|defence|offence|catalogues?|dialogues?|programmes?|grey\w*"
    r"|judgement|whilst|amongst|learnt|ageing|artefacts?|tyres?|aluminium"
    r"|(?:organ|recogn|serial|normal|synchron|initial|optim|minim|maxim|summar|author|custom|util|final|prior|real"
    r"|categor|emphas|visual|special|general|standard|capital|apolog|analy|paraly)[iy]s(?:e|es|ed|ing|ation))\b",
    re.IGNORECASE,
)
_CODE_SPAN = re.compile(r"^ *```.*?^ *```|`[^`\n]*`|<!--.*?-->|\]\([^)]*\)|https?://\S+", re.MULTILINE | re.DOTALL)
_WORD = re.compile(rf"(?<![a-z])(?:{'|'.join(AVOIDED)})(?![a-z])", re.IGNORECASE)
_PHRASE = re.compile(rf"\b(?:{'|'.join(PHRASES)})\b", re.IGNORECASE)
_STRAIGHT = re.compile(r"['\"]")
_CURLED = re.compile("[\u2018\u2019\u201c\u201d]")
_WITH_EXAMPLES = frozenset({"script/validation/wording.py", "tests/project/test_validate.py"})
"""Files that contain the words to avoid on purpose."""
_DOUBLE = frozenset("\u201c\u201d\u201e\u00ab\u00bb\u300c\u300d")
_QUOTES = {
    "de": "\u201e\u201c",
    "es": "\u00ab\u00bb",
    "fr": "\u00ab\u00bb",
    "it": "\u00ab\u00bb",
    "ja": "\u300c\u300d",
    "pl": "\u201e\u201d",
    "sv": "\u201d",
}
_OTHERS = "\u201c\u201d"
_PIECE = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])")


def check(project: Project) -> Iterator[str]:
    """Yield problems of spelling, quotes and wording in all user-facing text, and words to avoid in code."""
    for path, text in project.english.items():
        yield from (f"translations/en.json: {path} {problem}" for problem in _wording(_CODE_SPAN.sub("", text)))
    for language, texts in project.languages.items():
        allowed = frozenset(_QUOTES.get(language, _OTHERS))
        for path, text in texts.items():
            bare = _CODE_SPAN.sub("", text)
            if _STRAIGHT.search(bare):
                yield f"translations/{language}.json: {path} has a straight quote"
            if strange := sorted(_DOUBLE.intersection(bare) - allowed):
                yield f"translations/{language}.json: {path} has the quotes of another language: {' '.join(strange)}"
    for name, text in _pages(project.root):
        bare = _CODE_SPAN.sub(lambda found: "\n" * found[0].count("\n"), text)
        for number, line in enumerate(bare.splitlines(), 1):
            yield from (f"{name}:{number} {problem}" for problem in _wording(line))
            if _CURLED.search(line):
                yield f"{name}:{number} has a curled quote"
    for file in sorted(project.root.glob(BLUEPRINTS)):
        name = file.relative_to(project.root)
        for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), 1):
            yield from (f"{name}:{number} {problem}" for problem in _wording(line))
    yield from code_words(project.root)


def code_words(root: Path) -> Iterator[str]:
    """Yield each line of code whose names, comments or strings contain a word to avoid."""
    for folder in CODE:
        for path in sorted((root / folder).rglob("*.py")):
            if (name := path.relative_to(root)).as_posix() not in _WITH_EXAMPLES:
                yield from _code(path, name)


def _code(path: Path, name: Path) -> Iterator[str]:
    with tokenize.open(path) as file:
        source = file.read()
    for number, words in _avoided(source):
        yield f"{name}:{number} says {words}"


def _avoided(source: str) -> list[tuple[int, str]]:
    """Return the lines with words to avoid."""
    found: dict[int, Counter[str]] = {}
    lowered = source.lower()
    if not any(word in lowered for word in AVOIDED):
        return []
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type in (tokenize.COMMENT, tokenize.STRING, tokenize.FSTRING_MIDDLE):
            words = _WORD.findall(token.string.replace("_", " "))
        elif token.type == tokenize.NAME:
            words = [piece for piece in _PIECE.findall(token.string) if piece.lower() in AVOIDED]
        else:
            continue
        if words:
            found.setdefault(token.start[0], Counter()).update(word.lower() for word in words)
    return [(number, ", ".join(sorted(counted))) for number, counted in found.items()]


def _pages(root: Path) -> Iterator[tuple[Path, str]]:
    for pattern in dict.fromkeys(PAGES):
        for path in sorted(root.glob(pattern)):
            yield path.relative_to(root), path.read_text(encoding="utf-8")


def _wording(text: str) -> list[str]:
    british = [f"has a British spelling: {found[0]}"] if (found := _SPELLING.search(text)) else []
    plain = (pattern.search(text) for pattern in (_WORD, _PHRASE))
    return british + [f"says {found[0].lower()!r}, for which there is a plain term" for found in plain if found]
