"""Finds what the code needs translations and icons for, by importing the package and reading its source."""

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
import importlib.util
import itertools
from pathlib import Path
import pkgutil
import re
import sys
from types import ModuleType
from typing import Any

from homeassistant.components.sensor import SensorDeviceClass
from homeassistant.config_entries import HANDLERS
from homeassistant.const import Platform
import voluptuous as vol

from .project import DOMAIN
from .source import Call, Source, UnknownValueError

_NUMBERS = itertools.count()
_SUFFIX = "EntityDescription"
_PLATFORMS = frozenset(Platform)
# The texts that users read.
_ERRORS = frozenset(
    {"ConfigEntryAuthFailed", "ConfigEntryError", "ConfigEntryNotReady", "HomeAssistantError", "ServiceValidationError"}
    | {"IntentHandleError", "Unresolvable", "UpdateFailed"}
)
_ERROR_FACTORIES = frozenset({"action_error", "action_failure"})
# Descriptions for trays are created when a printer reports them: one of each kind.
_PLACES = ((-1, 0), (0, 0))


@dataclass(frozen=True, slots=True)
class EntityFacts:
    """One type of entity."""

    platform: str
    key: str
    placeholders: frozenset[str]
    states: tuple[str, ...]
    events: tuple[str, ...]
    unit: bool
    """It has its own unit, so the unit is not translated."""


@dataclass(frozen=True, slots=True)
class Raised:
    """An error or issue with a translated text."""

    key: str
    """A pattern."""
    placeholders: frozenset[str] | None
    """None if the source does not say."""
    where: str


@dataclass(slots=True)
class Flow:
    """One form, or several steps."""

    path: str
    """The prefix of its translation keys, without a dot at the end."""
    fields: dict[str, list[str]]
    """Fields of each step; those within a section as ``section/field``, the section itself as ``section/``."""
    errors: set[str] = field(default_factory=set)
    aborts: set[str] = field(default_factory=set)
    successes: set[str] = field(default_factory=set)
    """The message when an entry was created."""
    extra: tuple[str, ...] = ()
    """Further translations."""


@dataclass(slots=True)
class Facts:
    """All facts."""

    source: Source
    entities: list[EntityFacts] = field(default_factory=list)
    actions: dict[str, dict[str, bool]] = field(default_factory=dict)
    """Fields of each action, and whether they are required."""
    triggers: frozenset[str] = frozenset()
    conditions: frozenset[str] = frozenset()
    errors: list[Raised] = field(default_factory=list)
    issues: list[Raised] = field(default_factory=list)
    health: tuple[str, ...] = ()
    """The fields of system health."""
    modules: dict[str, ModuleType] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)
    flows: list[Flow] = field(default_factory=list)


def read(package: Path) -> Facts:
    """Import a package under a private name, and read its source."""
    facts = Facts(Source(package))
    facts.modules = modules = _imported(package)
    for module in modules.values():
        facts.entities += map(_entity, _descriptions(vars(module).values()))
    trays = modules["sensor.tray_sensor"]
    facts.entities += [_entity(trays.TrayDescription.of(trays.SlotAddress(*place))) for place in _PLACES]
    facts.entities = list({(each.platform, each.key): each for each in facts.entities}.values())
    facts.actions = {action.name: dict(schema_fields(action.schema)) for action in modules["services"].ACTIONS}
    facts.triggers = frozenset(modules["trigger"].TRIGGERS)
    facts.conditions = frozenset(modules["condition"].CONDITIONS)
    facts.health = tuple(_returned_keys(facts.source.modules["system_health.py"], "_async_info"))
    for call in facts.source.calls:
        _note_raised(facts, call)
    return facts


def _imported(package: Path) -> dict[str, ModuleType]:
    """Return the modules by name within the package, imported under a private name."""
    name = f"validated_{next(_NUMBERS)}"
    spec = importlib.util.spec_from_file_location(
        name, package / "__init__.py", submodule_search_locations=[str(package)]
    )
    assert spec is not None
    assert spec.loader is not None
    sys.modules[name] = root = importlib.util.module_from_spec(spec)
    flow = HANDLERS.get(DOMAIN)
    spec.loader.exec_module(root)
    modules = {"": root}
    for found in pkgutil.walk_packages([str(package)], f"{name}."):
        modules[found.name.removeprefix(f"{name}.")] = importlib.import_module(found.name)
    if flow is not None:
        # A config flow registers itself for its domain; restore the previous one for other users.
        HANDLERS[DOMAIN] = flow
    return modules


def _descriptions(values: Iterable[Any]) -> Iterator[Any]:
    """Yield the entity descriptions among values; Home Assistant creates separate classes for them."""
    for value in values:
        if type(value).__name__.endswith(("EntityDescription", "Description")) and hasattr(value, "translation_key"):
            yield value
        elif isinstance(value, list | tuple):
            yield from _descriptions(value)


def _entity(description: Any) -> EntityFacts:
    names = (_snake_case(base.__name__.removesuffix(_SUFFIX)) for base in type(description).__mro__)
    platform = next(name for name in names if name in _PLATFORMS)
    enum = getattr(description, "device_class", None) == SensorDeviceClass.ENUM
    return EntityFacts(
        platform=platform,
        key=description.translation_key or description.key,
        placeholders=frozenset(description.translation_placeholders or ()),
        states=tuple(map(str, description.options or ())) if enum else (),
        events=tuple(getattr(description, "event_types", None) or ()),
        unit=getattr(description, "native_unit_of_measurement", None) is not None,
    )


def _snake_case(name: str) -> str:
    return re.sub("(?<!^)(?=[A-Z])", "_", name).lower()


def schema_fields(schema: Any) -> Iterator[tuple[str, bool]]:
    """Yield the names in a schema, and whether they are required."""
    if isinstance(schema, vol.All):
        for part in schema.validators:
            yield from schema_fields(part)
    elif isinstance(schema, vol.Schema):
        yield from schema_fields(schema.schema)
    elif isinstance(schema, dict):
        for marker in schema:
            required = isinstance(marker, vol.Required) and isinstance(marker.default, vol.Undefined)
            yield str(marker), required


def _returned_keys(tree: ast.Module, function: str) -> Iterator[str]:
    """Yield the keys of the mapping that a function returns."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name == function:
            for inner in ast.walk(node):
                if isinstance(inner, ast.Return) and isinstance(inner.value, ast.Dict):
                    yield from (str(key.value) for key in inner.value.keys if isinstance(key, ast.Constant))


def _note_raised(facts: Facts, call: Call) -> None:
    try:
        if call.name == "EntryIssue":
            facts.issues += _raised(facts.source, call, call.node.args[2], None)
        elif call.name in ("async_raise", "async_create_issue"):
            key = call.keyword("translation_key")
            # The common function for issues passes on its callers' arguments.
            if key is not None and not isinstance(key, ast.Subscript):
                facts.issues += _raised(facts.source, call, key, None)
        elif call.name == "async_get_exception_message":
            facts.errors += _raised(facts.source, call, call.node.args[1], None)
        elif call.name in _ERROR_FACTORIES:
            keywords = [keyword.arg for keyword in call.node.keywords]
            facts.errors += _raised(facts.source, call, call.node.args[0], frozenset(filter(None, keywords)))
        elif call.name in _ERRORS and not (call.keyword("translation_domain") and call.keyword("translation_key")):
            facts.problems.append(f"{call.where}: {call.name} has no translated message")
        elif call.keyword("translation_domain") is not None:
            given = _placeholders(call)
            facts.errors += _raised(facts.source, call, call.keyword("translation_key"), given)
    except UnknownValueError as err:
        facts.problems.append(f"{call.where}: which translation_key this is is not clear from {err}")


def _raised(source: Source, call: Call, key: ast.expr | None, given: frozenset[str] | None) -> list[Raised]:
    return [Raised(text, given, call.where) for text in source.strings(key, call)]


def _placeholders(call: Call) -> frozenset[str] | None:
    value = call.keyword("translation_placeholders")
    if value is None:
        return frozenset()
    if isinstance(value, ast.Dict) and all(isinstance(key, ast.Constant) for key in value.keys):
        return frozenset(str(key.value) for key in value.keys if isinstance(key, ast.Constant))
    return None
