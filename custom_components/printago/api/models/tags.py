"""Tags that a printer must have: several of one kind in one text, in any order.

Clients write ``a|b`` (Printago's documentation). Responses may use the form of Printago's own filter, ``&=a,b``.
"""

from collections.abc import Iterable, Mapping
import re

PIN = "printer.id"
"""The kind of tag that pins a job to one printer."""
USER_TAGS = "user.tags"
PROVIDER, NOZZLE, MODEL = "printer.provider", "printer.nozzleDiameter", "printer.modelName"
"""The kinds of tags that each printer has by itself."""
_FILTER = "&="
_SEPARATORS = re.compile(r"[|,]")


def plain_tags(value: str) -> str:
    """Return the tags of a kind in the form of clients, from either form."""
    if not (text := value.strip()).startswith(_FILTER):
        return value
    return join_tags(text.removeprefix(_FILTER).split(","))


def join_tags(tags: Iterable[str]) -> str:
    """Return tags in the form of clients, without duplicates."""
    return "|".join(dict.fromkeys(tag for text in tags if (tag := text.strip())))


def split_tags(value: str) -> list[str]:
    """Return the tags of a kind, from either form."""
    return [tag for text in plain_tags(value).split("|") if (tag := text.strip())]


def have_tags(found: Mapping[str, str], wanted: Mapping[str, str]) -> bool:
    """Return whether all wanted kinds have exactly these tags."""
    return all(_pieces(value) == _pieces(found.get(kind, "")) for kind, value in wanted.items())


def _pieces(value: str) -> set[str]:
    # A tag may contain a comma, for which Printago's own form has no escape.
    return {piece for tag in split_tags(value) for text in _SEPARATORS.split(tag) if (piece := text.strip())}
