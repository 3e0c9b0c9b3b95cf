"""The page on development: its example of a new entity works as it stands there, and its helpers exist."""

import json
from pathlib import Path
import re

from homeassistant.const import UnitOfLength
from homeassistant.core import HomeAssistant
import pytest

from custom_components.printago import sensor as platform
from custom_components.printago.sensor import printer_sensor as sensor
from script.validation.icons import _known_icons
from tests.conftest import SetUp
from tests.project.test_docs_entities import PAGE as ENTITIES
from tests.support.common import printer_named, value_of
from virtual_farm import VirtualFarm

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/development.md").read_text()
EXAMPLE = PAGE[PAGE.index("## Add an entity") : PAGE.index("## How the tests are")]
CODE, NAME, ICON, ROW, TEST = re.findall(r"```\w+\n(.*?)```", EXAMPLE, re.DOTALL)
PLACES = (
    "custom_components/printago/sensor/printer_sensor.py",
    "translations/en.json",
    "icons.json",
    "tests/platforms/test_entities.py",
)


async def test_example_of_a_new_entity_works_unchanged(
    hass: HomeAssistant,
    farm: VirtualFarm,
    setup_entry: SetUp,
    every_entity_enabled: None,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    descriptions = eval(f"({CODE})", {**vars(sensor), "UnitOfLength": UnitOfLength})  # noqa: S307
    monkeypatch.setattr(platform, "PRINTER_SENSORS", (*sensor.PRINTER_SENSORS, *descriptions))
    await setup_entry()

    exec(TEST, {"value_of": value_of, "printer_named": printer_named, "farm": farm, "hass": hass})  # noqa: S102

    (key,) = (description.key for description in descriptions)
    assert set(json.loads(f"{{{NAME}}}")) == set(json.loads(f"{{{ICON}}}")) == {key}
    icon = json.loads(f"{{{ICON}}}")[key]["default"]
    assert icon.startswith("mdi:")
    if known := _known_icons((ROOT / ".venv-ha").resolve()):
        assert icon.removeprefix("mdi:") in known
    header = next(line for line in ENTITIES.read_text().splitlines() if line.startswith("| key |"))
    assert ROW.count("|") == header.count("|")
    assert f"`{key}`" in ROW


def test_example_of_a_new_entity_is_ten_lines() -> None:
    assert sum(len(block.strip().splitlines()) for block in (CODE, NAME, ICON, ROW, TEST)) == 10
    for place in PLACES:
        assert place in EXAMPLE


def test_every_script_is_listed_and_exists() -> None:
    listed = set(re.findall(r"^\| `script/([\w-]+)", PAGE, re.MULTILINE))
    there = {path.name for path in (ROOT / "script").iterdir() if path.is_file() and not path.suffix}
    assert listed == there - {"debian-python", "debian-mosquitto"}
