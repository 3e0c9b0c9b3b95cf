"""All automations that users copy: the examples of README and docs, and the blueprints with filled-in forms."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
import re
from typing import Any

from homeassistant.components.automation.const import DOMAIN as AUTOMATION
from homeassistant.util.yaml import load_yaml_dict, substitute
import pytest
import yaml

ROOT = Path(__file__).parents[2]
BLUEPRINTS = ROOT / "blueprints"
FENCE = re.compile(r"^( *)```(\w*)\n(.*?)^ *```", re.MULTILINE | re.DOTALL)

_KNOWN = {"triggers", "trigger", "type", "action", "strategy", "intents"}
"""Keys of what has a test, sentences for intents in ``test_voice_intents.py``."""
LONGEST = "00:05:00"
DANGER = "printago.emergency_stop"
DID = "example_did"
"""The event for the action in a blueprint's form."""
PRESSES: dict[str, list[dict[str, Any]]] = {
    "a button": [{"trigger": "state", "entity_id": "button.wall"}],
    "an event entity": [{"trigger": "state", "entity_id": "event.wall"}],
    "a tag": [{"trigger": "tag", "tag_id": "wall"}],
    "a contact": [{"trigger": "state", "entity_id": "binary_sensor.wall", "to": "on"}],
    "a held contact": [{"trigger": "state", "entity_id": "binary_sensor.wall", "to": "on", "for": 2}],
    "a remote's event": [{"trigger": "event", "event_type": "remote_pressed", "event_data": {"button": "wall"}}],
}
"""Triggers that users choose in a blueprint, as the editor writes them: without conditions."""


@dataclass(frozen=True)
class Example:
    """One automation to test; for a blueprint, one way to fill in its form."""

    name: str
    config: Mapping[str, Any]
    """An automation, or a blueprint with open inputs."""
    press: list[dict[str, Any]] = field(default_factory=list)

    @property
    def is_blueprint(self) -> bool:
        """Whether its form must be filled in first."""
        return "blueprint" in self.config

    @property
    def is_for_danger(self) -> bool:
        """Whether acting once too often is better than not at all."""
        return DANGER in self.actions

    @property
    def actions(self) -> set[str]:
        """The names of all actions that it can call."""
        return {node["action"] for node in nodes(self.config) if isinstance(node.get("action"), str)}


def nodes(config: Any) -> Iterator[Mapping[str, Any]]:
    """Yield every mapping of a configuration, at any depth."""
    if isinstance(config, Mapping):
        yield config
        for value in config.values():
            yield from nodes(value)
    elif isinstance(config, list):
        for value in config:
            yield from nodes(value)


@cache
def documented() -> tuple[Example, ...]:
    """Return the automations of README and docs; raises ValueError for invalid YAML, and for anything unknown in it."""
    found: list[Example] = []
    for page in (ROOT / "README.md", *sorted(ROOT.glob("docs/**/*.md"))):
        for _, language, text in FENCE.findall(page.read_text(encoding="utf-8")):
            if language in ("yaml", "yml"):
                found += automations(page.name, yaml.safe_load(text))
    return tuple(found)


def automations(page: str, parsed: Any) -> Iterator[Example]:
    """Yield the automations in one piece of YAML; raises ValueError for anything except automations, cards, dashboards,
    calls, sentences.
    """
    for config in parsed if isinstance(parsed, list) else [parsed]:
        if not isinstance(config, dict) or not config.keys() & _KNOWN:
            raise ValueError(f"{page}: no test for this example: {config}")
        if config.keys() & {"triggers", "trigger"}:
            yield Example(f"{page}: {config['alias']}", config)


@cache
def blueprints() -> tuple[Example, ...]:
    """Return the blueprints; those with a trigger input once for each kind that users choose."""
    found: list[Example] = []
    for path in sorted(BLUEPRINTS.rglob("*.y*ml")):
        config = load_yaml_dict(str(path))
        if config["blueprint"]["domain"] != AUTOMATION:
            raise ValueError(f"{path.name}: no test for blueprints of the domain {config['blueprint']['domain']}")
        if any("trigger" in settings["selector"] for settings in form(config).values()):
            found += [Example(f"{path.name} with {name}", config, press) for name, press in PRESSES.items()]
        else:
            found.append(Example(path.name, config))
    return tuple(found)


def form(config: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Return the inputs of a blueprint, including those in sections."""
    inputs: dict[str, dict[str, Any]] = {}
    for key, settings in config["blueprint"]["input"].items():
        inputs |= settings.get("input", {key: settings})
    return inputs


def hurried(config: Any) -> Any:
    """Return a configuration in which no duration is longer than some minutes."""
    if isinstance(config, Mapping):
        return {key: LONGEST if key == "for" and is_long(value) else hurried(value) for key, value in config.items()}
    return [hurried(value) for value in config] if isinstance(config, list) else config


def is_long(value: Any) -> bool:
    """Return whether this is a duration of more than some minutes."""
    return isinstance(value, str) and value > LONGEST


def filled_in(example: Example, devices: Mapping[str, str], ours: Mapping[str, str]) -> dict[str, Any]:
    """Return the automation that a blueprint's form creates.

    ``devices`` are the device IDs of a ``printer`` and the ``farm``, ``ours`` entity IDs of that printer by domain and
    device class, joined by a dot. Fails for an unknown input.
    """
    inputs = {key: _value(example, key, settings, devices, ours) for key, settings in form(example.config).items()}
    config = {key: value for key, value in example.config.items() if key != "blueprint"}
    return {"alias": "Blueprint", **substitute(config, inputs)}


def _value(
    example: Example,
    key: str,
    settings: Mapping[str, Any],
    devices: Mapping[str, str],
    ours: Mapping[str, str],
) -> Any:
    kind, options = next(iter(settings["selector"].items()))
    if kind == "action":
        return [{"event": DID}]
    if "default" in settings:
        return settings["default"]
    options = options or {}
    if kind == "trigger":
        return example.press
    wanted = _filter(options.get("entity", options.get("filter")) if kind == "target" else options.get("filter"))
    is_ours = wanted.get("integration") == "printago"
    value: Any = None
    if kind == "device" and is_ours:
        value = devices["farm" if key == "farm" else "printer"]
    elif kind == "target":
        value = {"device_id": devices["printer"]} if is_ours else {"entity_id": f"{wanted['domain']}.example"}
    elif kind == "entity":
        value = ours[f"{wanted['domain']}.{wanted['device_class']}"] if is_ours else f"{wanted['domain']}.example"
    else:
        pytest.fail(f"{example.name}: no value is defined for the input {key} ({kind})")
    return [value] if options.get("multiple") else value


def _filter(given: Any) -> dict[str, Any]:
    """Return the only filter of a selector."""
    one = given[0] if isinstance(given, list) else given or {}
    return {name: value[0] if isinstance(value, list) else value for name, value in one.items()}


ALL = (*documented(), *blueprints())
