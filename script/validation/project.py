"""The checked files, each read once."""

from collections.abc import Iterator
from functools import cached_property
import json
from pathlib import Path
import re
from typing import Any

from homeassistant.exceptions import HomeAssistantError
from homeassistant.util.yaml import parse_yaml

DOMAIN = "printago"
PLACEHOLDER = re.compile(r"\{(\w+)\}")

type Texts = dict[str, str]
"""Strings by their dotted path."""


class Project:
    """A checkout. Missing and invalid files read as empty; ``broken`` lists them."""

    def __init__(self, root: Path) -> None:
        """Use the checkout at a path."""
        self.root = root
        self.package = root / "custom_components" / DOMAIN
        self.broken: list[str] = []

    def _read(self, path: Path) -> Any:
        name = path.relative_to(self.root)
        try:
            text = path.read_text(encoding="utf-8")
            loaded = (parse_yaml if path.suffix == ".yaml" else json.loads)(text)
        except FileNotFoundError:
            self.broken.append(f"{name} is missing")
            return {}
        except (ValueError, HomeAssistantError) as err:
            self.broken.append(f"{name} cannot be read: {str(err).splitlines()[0]}")
            return {}
        if not isinstance(loaded, dict):
            self.broken.append(f"{name} holds no mapping")
            return {}
        return loaded

    @cached_property
    def manifest(self) -> dict[str, Any]:
        """Return manifest.json."""
        return dict(self._read(self.package / "manifest.json"))

    @cached_property
    def hacs(self) -> dict[str, Any]:
        """Return hacs.json."""
        return dict(self._read(self.root / "hacs.json"))

    @cached_property
    def quality_scale(self) -> dict[str, Any]:
        """Return the rules of quality_scale.yaml."""
        return dict(self._read(self.package / "quality_scale.yaml").get("rules") or {})

    @cached_property
    def services(self) -> dict[str, Any]:
        """Return services.yaml."""
        return self._described("services")

    @cached_property
    def triggers(self) -> dict[str, Any]:
        """Return triggers.yaml, without what its entries share."""
        return self._described("triggers")

    @cached_property
    def conditions(self) -> dict[str, Any]:
        """Return conditions.yaml, without what its entries share."""
        return self._described("conditions")

    def _described(self, name: str) -> dict[str, Any]:
        entries = self._read(self.package / f"{name}.yaml")
        return {key: entry or {} for key, entry in entries.items() if not key.startswith(".")}

    @cached_property
    def icons(self) -> Texts:
        """Return icons.json."""
        return dict(flattened(self._read(self.package / "icons.json")))

    @cached_property
    def languages(self) -> dict[str, Texts]:
        """Return the translations by language."""
        files = sorted((self.package / "translations").glob("*.json"))
        return {file.stem: dict(flattened(self._read(file))) for file in files}

    @property
    def english(self) -> Texts:
        """Return the language that all others follow."""
        return self.languages.get("en", {})

    def text(self, name: str) -> str:
        """Return a text file of the checkout, empty if it is missing."""
        path = self.root / name
        return path.read_text(encoding="utf-8") if path.is_file() else ""


def flattened(tree: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """Yield the strings of a tree by their dotted path."""
    if not isinstance(tree, dict):
        yield path, tree if isinstance(tree, str) else repr(tree)
        return
    for key, branch in tree.items():
        yield from flattened(branch, f"{path}.{key}" if path else str(key))


def fields(entry: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Return the fields of a service, trigger or condition, including those in sections."""
    found: dict[str, dict[str, Any]] = {}
    for name, field in (entry.get("fields") or {}).items():
        if "fields" in (field or {}):
            found |= fields(field)
        else:
            found[name] = field or {}
    return found


def sections(entry: dict[str, Any]) -> list[str]:
    """Return the names of the sections of a service."""
    return [name for name, field in (entry.get("fields") or {}).items() if "fields" in (field or {})]


def selectors(tree: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield type and settings of every selector within a tree."""
    if isinstance(tree, list):
        for branch in tree:
            yield from selectors(branch)
    if not isinstance(tree, dict):
        return
    for key, branch in tree.items():
        if key == "selector" and isinstance(branch, dict):
            yield from ((kind, settings or {}) for kind, settings in branch.items())
        yield from selectors(branch)


def placeholders(text: str) -> frozenset[str]:
    """Return the names in braces."""
    return frozenset(PLACEHOLDER.findall(text))
