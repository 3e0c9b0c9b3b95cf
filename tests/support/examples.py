"""Every automation that people copy: the examples of README and docs, and the blueprints with their forms filled in."""

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

LONGEST = "00:05:00"
DANGER = "printago.emergency_stop"
DID = "example_did"
"""The event of the action that a blueprint's form is filled with."""
PRESSES: dict[str, list[dict[str, Any]]] = {
    "a button": [{"trigger": "state", "entity_id": "button.wall"}],
    "an event entity": [{"trigger": "state", "entity_id": "event.wall"}],
    "a tag": [{"trigger": "tag", "tag_id": "wall"}],
    "a contact": [{"trigger": "state", "entity_id": "binary_sensor.wall", "to": "on"}],
    "a held contact": [{"trigger": "state", "entity_id": "binary_sensor.wall", "to": "on", "for": 2}],
    "a remote's event": [{"trigger": "event", "event_type": "remote_pressed", "event_data": {"button": "wall"}}],
}
"""What people choose where a blueprint asks for a trigger, as the editor writes it: without any guard."""


@dataclass(frozen=True)
class Example:
    """One automation to try; of a blueprint, one way to fill in its form."""

    name: str
    config: Mapping[str, Any]
    """An automation, or a blueprint whose inputs are still open."""
    press: list[dict[str, Any]] = field(default_factory=list)

    @property
    def is_blueprint(self) -> bool:
        """Whether its form has to be filled in first."""
        return "blueprint" in self.config

    @property
    def is_for_danger(self) -> bool:
        """Whether it had better act once too often than not at all."""
        return DANGER in self.actions

    @property
    def actions(self) -> set[str]:
        """The names of all actions that it may call."""
        return {node["action"] for node in nodes(self.config) if isinstance(node.get("action"), str)}


def nodes(config: Any) -> Iterator[Mapping[str, Any]]:
    """Yield every mapping of a configuration, at whatever depth."""
    if isinstance(config, Mapping):
        yield config
        for value in config.values():
            yield from nodes(value)
    elif isinstance(config, list):
        for value in config:
            yield from nodes(value)


@cache
def documented() -> tuple[Example, ...]:
    """Return the automations of README and docs; raises ValueError for YAML that is none, nor a card, dashboard or call."""
    found: list[Example] = []
    for page in (ROOT / "README.md", *sorted(ROOT.glob("docs/**/*.md"))):
        for _, language, text in FENCE.findall(page.read_text(encoding="utf-8")):
            if language in ("yaml", "yml"):
                found += automations(page.name, yaml.safe_load(text))
    return tuple(found)


def automations(page: str, parsed: Any) -> Iterator[Example]:
    """Yield the automations of one piece of YAML; raises ValueError for what is no automation, card, dashboard or call."""
    for config in parsed if isinstance(parsed, list) else [parsed]:
        if not isinstance(config, dict) or not config.keys() & {"triggers", "trigger", "type", "action", "strategy"}:
            raise ValueError(f"{page}: nobody knows how to try this example: {config}")
        if config.keys() & {"triggers", "trigger"}:
            yield Example(f"{page}: {config['alias']}", config)


@cache
def blueprints() -> tuple[Example, ...]:
    """Return the blueprints, those that ask for a trigger once for each kind that people choose."""
    found: list[Example] = []
    for path in sorted(BLUEPRINTS.rglob("*.y*ml")):
        config = load_yaml_dict(str(path))
        if config["blueprint"]["domain"] != AUTOMATION:
            raise ValueError(f"{path.name}: nobody knows how to try a blueprint of a {config['blueprint']['domain']}")
        if any("trigger" in settings["selector"] for settings in form(config).values()):
            found += [Example(f"{path.name} with {name}", config, press) for name, press in PRESSES.items()]
        else:
            found.append(Example(path.name, config))
    return tuple(found)


def form(config: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Return the inputs of a blueprint, those in sections too."""
    inputs: dict[str, dict[str, Any]] = {}
    for key, settings in config["blueprint"]["input"].items():
        inputs |= settings.get("input", {key: settings})
    return inputs


def hurried(config: Any) -> Any:
    """Return a configuration in which nothing has to last for longer than some minutes before it counts."""
    if isinstance(config, Mapping):
        return {key: LONGEST if key == "for" and is_long(value) else hurried(value) for key, value in config.items()}
    return [hurried(value) for value in config] if isinstance(config, list) else config


def is_long(value: Any) -> bool:
    """Return whether this is a time of more than some minutes."""
    return isinstance(value, str) and value > LONGEST


def filled_in(example: Example, devices: Mapping[str, str], ours: Mapping[str, str]) -> dict[str, Any]:
    """Return a blueprint as the automation that its form makes of it.

    ``devices`` are the device IDs of a ``printer`` and the ``farm``, ``ours`` entity IDs of that printer by domain and
    device class, joined by a dot. Fails for an input that nobody knows how to fill in.
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
        pytest.fail(f"{example.name}: nobody knows how to fill in {key} ({kind})")
    return [value] if options.get("multiple") else value


def _filter(given: Any) -> dict[str, Any]:
    """Return the one filter of a selector."""
    one = given[0] if isinstance(given, list) else given or {}
    return {name: value[0] if isinstance(value, list) else value for name, value in one.items()}


ALL = (*documented(), *blueprints())
