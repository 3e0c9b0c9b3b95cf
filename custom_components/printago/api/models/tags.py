"""Tags that a printer has to have: several of a kind in one text, whose order means nothing.

Clients write ``a|b`` (Printago's documentation). It may come back in the form of Printago's own filter, ``&=a,b``.
"""

from collections.abc import Iterable, Mapping
import re

PIN = "printer.id"
"""The kind of tag that leaves one printer only."""
USER_TAGS = "user.tags"
_FILTER = "&="
_SEPARATORS = re.compile(r"[|,]")


def plain_tags(value: str) -> str:
    """Return the tags of a kind as clients write them, whichever form they came in."""
    if not (text := value.strip()).startswith(_FILTER):
        return value
    return join_tags(text.removeprefix(_FILTER).split(","))


def join_tags(tags: Iterable[str]) -> str:
    """Return tags as clients write them, each once."""
    return "|".join(dict.fromkeys(tag for text in tags if (tag := text.strip())))


def split_tags(value: str) -> list[str]:
    """Return the tags of a kind, in either form."""
    return [tag for text in plain_tags(value).split("|") if (tag := text.strip())]


def have_tags(found: Mapping[str, str], wanted: Mapping[str, str]) -> bool:
    """Return whether all kinds that are wanted were found with just these tags."""
    return all(_pieces(value) == _pieces(found.get(kind, "")) for kind, value in wanted.items())


def _pieces(value: str) -> set[str]:
    # A tag may have a comma, of which Printago's own form says nothing.
    return {piece for tag in split_tags(value) for text in _SEPARATORS.split(tag) if (piece := text.strip())}
