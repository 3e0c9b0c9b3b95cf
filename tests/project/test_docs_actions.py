"""Every example of docs/actions.md, run against the virtual farm: each action is described, and answers as it says."""

import json
from pathlib import Path
import re
from typing import Any

from homeassistant.core import HomeAssistant
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
import yaml

from custom_components.printago.const import DOMAIN
from custom_components.printago.services import ACTIONS
from tests.support.common import device_of, pass_time, printer_named
from virtual_farm import FarmConfig, VirtualFarm

DOCS = Path(__file__).parents[2] / "docs" / "actions.md"
SECTION = re.compile(r"^### `(\w+)`\n(.*?)(?=^##|\Z)", re.MULTILINE | re.DOTALL)
SHARED = re.compile(r"^## Change jobs\n(.*?)(?=^##|\Z)", re.MULTILINE | re.DOTALL)
SHARES = "(#change-jobs)"
CALL = re.compile(r"```yaml\n(.*?)```", re.DOTALL)
RESPONSE = re.compile(r"```text\n(.*?)```", re.DOTALL)
FIELD = re.compile(r"^\| `(\w+)` \|", re.MULTILINE)
WAITING_JOB = "<ID of a waiting job>"
PRINTER = re.compile(r"<device ID of (.*)>")


def sections() -> dict[str, str]:
    """Return the text about each action."""
    return {match[1]: match[2] for match in SECTION.finditer(DOCS.read_text())}


def shared() -> str:
    """Return the text about all actions that change jobs: their filters and their response."""
    (text,) = SHARED.findall(DOCS.read_text())
    return str(text)


@pytest.fixture
def farm_config() -> FarmConfig:
    """Let time pass quickly: jobs appear a moment after their build."""
    return FarmConfig(speed=10)


def shape(value: Any) -> Any:
    """Return what there is at every place of a response, whatever it says; of a list, its first member."""
    if isinstance(value, dict):
        return {name: shape(member) for name, member in value.items()}
    if isinstance(value, list):
        return [shape(value[0])] if value else []
    return "value"


def test_every_action_is_described_with_all_of_its_fields() -> None:
    described = sections()
    assert described.keys() == {action.name for action in ACTIONS}
    translated = json.loads((DOCS.parents[1] / "custom_components/printago/translations/en.json").read_text())[
        "services"
    ]
    for name, text in described.items():
        described_fields = FIELD.findall(text + shared() if SHARES in text else text)
        assert set(described_fields) == translated[name]["fields"].keys() - {"config_entry_id"}


@pytest.mark.parametrize("name", sorted(sections()))
async def test_example_works_and_responds_as_documented(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry, tmp_path: Path, name: str
) -> None:
    text = sections()[name]
    (call,) = CALL.findall(text)
    (response,) = RESPONSE.findall(text) or RESPONSE.findall(shared())
    example = yaml.safe_load(call)
    assert example["action"] == f"{DOMAIN}.{name}"

    def real(value: Any) -> Any:
        if isinstance(value, list):
            return [real(member) for member in value]
        if isinstance(value, str) and (match := PRINTER.fullmatch(value)) is not None:
            device = device_of(hass, entry, printer_named(farm, match[1]))
            assert device is not None
            return device.id
        if value == WAITING_JOB:
            return next(job.id for job in farm.world.jobs.values() if job.status == "pending")
        return value

    data = {field: real(value) for field, value in example["data"].items()}
    if name == "upload_part":
        hass.config.allowlist_external_dirs = {str(tmp_path)}
        data["path"] = str(tmp_path / "bracket.stl")
        (tmp_path / "bracket.stl").write_bytes(b"solid bracket" * 50)
    if name == "get_materials":
        # What is in stock is read soon after the start.
        await pass_time(hass, 31)
    if name == "skip_objects":
        printing = farm.world.printers[printer_named(farm, "X1 Carbon 01")].printing_job_id
        assert printing is not None
        objects = [
            {"identifyId": number, "name": object_name, "skipped": False}
            for number, object_name in (("101", "Left clip"), ("102", "Right clip"))
        ]
        farm.job(printing).skip_objects_data = {"objects": objects}

    returned = await hass.services.async_call(DOMAIN, name, data, blocking=True, return_response=True)

    assert shape(returned) == shape(yaml.safe_load(response))
