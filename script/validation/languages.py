"""Checks that all languages have the same strings and placeholders."""

from collections.abc import Iterator
import re

from .project import Project, Texts, placeholders

LANGUAGES = frozenset({"de", "en", "es", "fr", "it", "ja", "nl", "pl", "pt-BR", "sv", "zh-Hans"})
_KEY = re.compile(r"[a-z0-9](?:[a-z0-9_-]*[a-z0-9])?")
_MARKUP = re.compile(r"<[a-zA-Z/][^>]*>")
_QUOTED = re.compile(r"'\{\w+\}'")
_WORDS = 4
_MOST_ENGLISH = 0.1


def check(project: Project) -> Iterator[str]:
    """Yield what a language lacks, has too much, or has differently."""
    languages = project.languages
    for language in sorted(LANGUAGES - languages.keys()):
        yield f"translations/{language}.json is missing"
    for language in sorted(languages.keys() - LANGUAGES):
        yield f"translations/{language}.json is no language that the project keeps"
    for language, texts in languages.items():
        yield from (f"translations/{language}.json: {problem}" for problem in _texts(texts))
        if language != "en":
            problems = _against_english(project.english, texts)
            yield from (f"translations/{language}.json {problem}" for problem in problems)


def _texts(texts: Texts) -> Iterator[str]:
    for path, text in texts.items():
        if not all(map(_KEY.fullmatch, path.split("."))):
            yield f"{path} is no translation key"
        if not text.strip():
            yield f"{path} is empty"
        if text != text.strip():
            yield f"{path} begins or ends with a blank"
        if _MARKUP.search(text):
            yield f"{path} contains HTML"
        if _QUOTED.search(text):
            yield f"{path} has a placeholder between single quotes, which are no quotes to the format"
        if "[%key:" in text:
            yield f"{path} refers to another text, which custom integrations cannot"


def _against_english(english: Texts, texts: Texts) -> Iterator[str]:
    yield from (f"lacks {path}" for path in sorted(english.keys() - texts.keys()))
    yield from (f"has {path}, which English has not" for path in sorted(texts.keys() - english.keys()))
    common = english.keys() & texts.keys()
    for path in sorted(common):
        if (wanted := placeholders(english[path])) != (found := placeholders(texts[path])):
            yield f"has the placeholders {sorted(found)} in {path}, English {sorted(wanted)}"
    sentences = [path for path in common if len(english[path].split()) >= _WORDS]
    same = [path for path in sentences if english[path] == texts[path]]
    if len(same) > len(sentences) * _MOST_ENGLISH:
        yield f"is English in {len(same)} of {len(sentences)} sentences, such as {min(same)}"
