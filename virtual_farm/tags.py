"""Tags of printers and jobs."""

from .entities import Document

_FILTER = "&="
_USER_TAGS = "user.tags"


def tag_values(value: str) -> set[str]:
    """Return the tags in a value: `a|b` as clients write it, or `&=a,b` as the cloud may store it."""
    if value.startswith(_FILTER):
        return set(value.removeprefix(_FILTER).split(","))
    return set(value.split("|"))


def as_filter(tags: Document) -> Document:
    """Return tags, with those of users in the form of the cloud's filter."""
    if not isinstance(value := tags.get(_USER_TAGS), str):
        return tags
    return {
        **tags,
        _USER_TAGS: _FILTER + ",".join(dict.fromkeys(value.removeprefix(_FILTER).replace("|", ",").split(","))),
    }
