"""Names shared by many prints, stored as numbers."""

from collections.abc import Iterable, Sequence

from .ledger import NO_INDEX

_OTHERS = "other"


class Names:
    """Names by number. After ``most`` names, a new one becomes ``other``."""

    def __init__(self, most: int, names: Iterable[object] = ()) -> None:
        """Start with the stored names."""
        self._most = most
        self.all: list[str] = [name if isinstance(name, str) else "" for name in names][:most]
        self._numbers = {name: number for number, name in reversed(list(enumerate(self.all)))}

    def number(self, name: str) -> int:
        """Return the number of a name, a new one if it has none yet."""
        if (number := self._numbers.get(name)) is not None:
            return number
        if len(self.all) >= self._most - 1 and name != _OTHERS:
            return self.number(_OTHERS)
        number = self._numbers[name] = len(self.all)
        self.all.append(name)
        return number

    def numbers(self, names: Sequence[str | None]) -> list[int]:
        """Return the number of each of many names, as ``number`` does; ``NO_INDEX`` for None."""
        numbers = {name: NO_INDEX if name is None else self.number(name) for name in dict.fromkeys(names)}
        return [numbers[name] for name in names]

    def find(self, name: str) -> int | None:
        """Return the number of a name, None if it has none."""
        return self._numbers.get(name)

    def name(self, number: int) -> str | None:
        """Return the name of a number, None if there is none."""
        return self.all[number] or None if number < len(self.all) else None
