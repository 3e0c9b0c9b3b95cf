"""Comparison of names, however they are typed, pasted or spoken.

The only place that compares a person's text with a name of the farm.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from difflib import get_close_matches
from functools import lru_cache
import re
import unicodedata

_SAME = str.maketrans(
    {
        # Apostrophes, primes and accents that stand alone.
        **dict.fromkeys("\u2018\u2019\u201a\u201b\u2032\u2035\u02b9\u02bb\u02bc\u02bd\u02c8\u00b4`\u2039\u203a", "'"),
        # Quotation marks, double primes and guillemets.
        **dict.fromkeys("\u201c\u201d\u201e\u201f\u2033\u2036\u00ab\u00bb\u301d\u301e\u301f", '"'),
        # Hyphens, dashes and the minus sign.
        **dict.fromkeys(
            "\u2010\u2011\u2012\u2013\u2014\u2015\u2043\u2212\u2e3a\u2e3b\ufe31\ufe32\ufe58\ufe63\uff0d", "-"
        ),
        # The slashes of fractions.
        **dict.fromkeys("\u2044\u2215", "/"),
        # In Turkish the capital of the i without a dot is I.
        "\u0131": "i",
        # A Braille pattern without dots, and control characters.
        "\u2800": " ",
        **dict.fromkeys((*range(0x20), *range(0x7F, 0xA0)), " "),
    }
)
_INVISIBLE = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164"
    "\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufff8\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
)
"""Unicode's ``Default_Ignorable_Code_Point``: soft hyphens, zero-width characters, marks of direction, variation selectors."""
_BETWEEN_NUMBERS = re.compile(
    "(?<=\\d)(?=[\u00b2\u00b3\u00b9\u00bc-\u00be\u2070-\u2089\u2150-\u2189\u2460-\u249b])"
    "|(?<=[\u00b2\u00b3\u00b9\u00bc-\u00be\u2070-\u2089\u2150-\u2189\u2460-\u249b])(?=\\d)"
)
"""Where a fraction, or a raised, lowered or circled digit meets a plain one: ``10\u00b2`` is not ``102``."""
_DOTTED_I = "i\u0307"
_MOST_SIMILAR = 3
_COMPARED = 40
"""How many characters of a name are compared to find similar ones: the time grows with their square."""
_KEPT = 10_000
"""How many results are kept: the names of a store are compared again after each of its changes."""
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]+")
_AT_THE_ENDS = re.compile(rf"^(?:\s|{_INVISIBLE.pattern})+|(?:\s|{_INVISIBLE.pattern})+$")


@lru_cache(_KEPT)
def tidied(text: str) -> str:
    """Return a name as it is stored: composed (NFC), on one line, without white space or invisible characters at its ends.

    Invisible characters within it stay: emoji and several scripts need them.
    """
    return unicodedata.normalize("NFC", _AT_THE_ENDS.sub("", _CONTROL.sub(" ", text)))


@lru_cache(_KEPT)
def folded(text: str) -> str:
    """Return a key that is the same for all spellings of a name; empty if nothing in it is visible.

    Unicode's NFKC_Casefold: case, composition, width (full-width digits, ligatures, superscripts) and invisible characters
    do not count. Nor does how much white space there is and of which kind; quotes, apostrophes, dashes and slashes are those
    of a keyboard, and the two letters i of Turkish are one. Accents count, and so do all other signs.
    """
    text = _INVISIBLE.sub("", unicodedata.normalize("NFC", text)).translate(_SAME)
    text = _BETWEEN_NUMBERS.sub(" ", text)
    text = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
    text = _INVISIBLE.sub("", text).translate(_SAME).replace(_DOTTED_I, "i")
    return " ".join(text.split())


def folded_number(text: str) -> str:
    """Return a key that is the same for all spellings of an order number: shops write ``#1001`` and ``1001``."""
    return folded(text).lstrip("# ")


def alike[T](
    wanted: str, items: Iterable[T], name_of: Callable[[T], str], fold: Callable[[str], str] = folded
) -> list[T]:
    """Return the items with exactly this name, else those with another spelling of it.

    If there are several, the caller must not pick one.
    """
    if not (key := fold(wanted)):
        return []
    named = [(item, name_of(item)) for item in items]
    exact = [item for item, name in named if name == wanted]
    return exact or [item for item, name in named if fold(name) == key]


def similar(wanted: str, names: Iterable[str]) -> list[str]:
    """Return the few most similar names, best first, and those that contain the text."""
    if not (key := folded(wanted)[:_COMPARED]):
        return []
    by_key = {folded(name)[:_COMPARED]: name for name in names}
    close = get_close_matches(key, by_key, n=_MOST_SIMILAR, cutoff=0.5)
    containing = [each for each in by_key if key in each and each not in close]
    return [by_key[each] for each in (*close, *containing)[:_MOST_SIMILAR]]


def distinct(names: Mapping[str, str]) -> dict[str, str]:
    """Return names by ID for a person to choose from; names that are spelled alike get their ID appended.

    A key may have a prefix, as in ``part:<ID>``.
    """
    times = Counter(map(folded, names.values()))
    return {
        key: name if times[folded(name)] == 1 else f"{name} ({key.rpartition(':')[2]})" for key, name in names.items()
    }
