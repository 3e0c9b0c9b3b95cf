"""Saved prints whose part or SKU is gone: detected, reported, and repaired by choosing another one."""

from homeassistant.components.repairs import DOMAIN as REPAIRS
from homeassistant.config_entries import ConfigSubentryData
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import ServiceValidationError
from homeassistant.helpers import device_registry as dr
from homeassistant.setup import async_setup_component
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from custom_components.printago.const import DOMAIN
from tests.conftest import SetUp, entry_data
from tests.support.common import device_of, entity_id, pass_time, paths, press, until
from tests.support.saved_prints import BUILD, KIND, issue_of, last_build, outcome, part_id, save_print, sku_id
from virtual_farm import FarmConfig, VirtualFarm

pytestmark = pytest.mark.usefixtures("quick_to_ask")


@pytest.fixture
def farm_config() -> FarmConfig:
    """Let simulated time pass quickly: jobs appear a moment after their build, and progress."""
    return FarmConfig(speed=10, printers=3)


def remove_part(farm: VirtualFarm, name: str = "Benchy") -> None:
    """Delete a part in Printago, and send the event."""
    farm.world.parts.remove(part_id(farm, name))


async def test_deleted_part_raises_an_issue_whose_repair_selects_another(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry, hass_client: ClientSessionGenerator
) -> None:
    assert await async_setup_component(hass, REPAIRS, {})
    await pass_time(hass, 31)
    saved = await save_print(hass, entry, f"part:{part_id(farm)}", quantity=2)
    remove_part(farm)

    with pytest.raises(ServiceValidationError) as refused:
        await press(hass, saved, "print")

    assert refused.value.translation_key == "part_unknown"
    assert BUILD not in paths(farm)
    assert outcome(hass, saved) == "refused"
    issue = issue_of(hass, saved)
    assert issue is not None
    assert issue.translation_placeholders == {"name": "Print Benchy"}
    client = await hass_client()
    answer = await client.post("/api/repairs/issues/fix", json={"handler": DOMAIN, "issue_id": issue.issue_id})
    flow = await answer.json()
    assert flow["step_id"] == "choose"
    other = part_id(farm, "Calibration Cube")
    await client.post(f"/api/repairs/issues/fix/{flow['flow_id']}", json={"thing": f"part:{other}"})
    await hass.async_block_till_done()
    assert issue_of(hass, saved) is None
    await press(hass, saved, "print")
    (part,) = last_build(farm)["parts"]
    assert (part["partId"], part["quantity"]) == (other, 2)


async def test_issue_has_the_name_that_a_user_gave_the_device(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry
) -> None:
    saved = await save_print(hass, entry, f"part:{part_id(farm)}", quantity=2)
    device = device_of(hass, entry, saved)
    assert device is not None
    dr.async_get(hass).async_update_device(device.id, name_by_user="The boat")
    remove_part(farm)
    with pytest.raises(ServiceValidationError):
        await press(hass, saved, "print")
    issue = issue_of(hass, saved)
    assert issue is not None
    assert issue.translation_placeholders == {"name": "The boat"}


async def test_deletion_is_detected_before_a_press(hass: HomeAssistant, farm: VirtualFarm, setup_entry: SetUp) -> None:
    entry = await setup_entry()
    saved = await save_print(hass, entry, f"part:{part_id(farm)}", quantity=1)
    kept = await save_print(hass, entry, f"sku:{sku_id(farm, 'DESK-SET')}", quantity=1)
    remove_part(farm)

    await pass_time(hass, 31)

    assert issue_of(hass, saved) is not None
    assert issue_of(hass, kept) is None
    hass.config_entries.async_remove_subentry(entry, saved)
    await hass.async_block_till_done()
    assert issue_of(hass, saved) is None


async def test_sku_without_parts_is_detected_by_an_event_of_parts(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry, monkeypatch: pytest.MonkeyPatch
) -> None:
    saved = await save_print(hass, entry, f"sku:{sku_id(farm, 'BENCHY-1')}", quantity=1)
    await pass_time(hass, 31)
    assert issue_of(hass, saved) is None
    links = {link["id"]: link for link in farm.world.linked_parts.values() if link["partId"] == part_id(farm)}
    for identifier in links:
        farm.world.linked_parts.remove(identifier)
    monkeypatch.setattr("custom_components.printago.hub.slow_poll._PAUSE", 0.0)

    topic = f"stores/{farm.config.store_id}/entities/parts"
    farm.publish(topic, b'{"action": "DELETE", "entityType": "parts", "entities": {"%s": {}}}' % part_id(farm).encode())

    await until(hass, lambda: issue_of(hass, saved) is not None)


async def test_catalog_is_not_read_without_saved_prints(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry
) -> None:
    await pass_time(hass, 31)
    assert paths(farm).count("GET /v1/parts") == 1, "only for what prints take"
    assert "GET /v1/skus" not in paths(farm)


async def test_repair_of_a_removed_saved_print_says_so(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry, hass_client: ClientSessionGenerator
) -> None:
    assert await async_setup_component(hass, REPAIRS, {})
    saved = await save_print(hass, entry, f"part:{part_id(farm)}", quantity=1)
    remove_part(farm)
    with pytest.raises(ServiceValidationError):
        await press(hass, saved, "print")
    issue = issue_of(hass, saved)
    assert issue is not None
    client = await hass_client()
    answer = await client.post("/api/repairs/issues/fix", json={"handler": DOMAIN, "issue_id": issue.issue_id})
    flow_id = (await answer.json())["flow_id"]
    hass.config_entries.async_remove_subentry(entry, saved)
    answer = await client.post(
        f"/api/repairs/issues/fix/{flow_id}", json={"thing": f"part:{part_id(farm, 'Calibration Cube')}"}
    )
    assert (await answer.json())["reason"] == "removed"


async def test_saved_prints_are_loaded_with_their_entry(
    hass: HomeAssistant, farm: VirtualFarm, enable_custom_integrations: None
) -> None:
    entry = MockConfigEntry(
        domain=DOMAIN,
        title="Virtual Farm",
        unique_id=farm.config.store_id,
        data=entry_data(farm),
        subentries_data=[
            ConfigSubentryData(
                subentry_type=KIND, title="Boat", unique_id=None, data={"part": part_id(farm), "quantity": 1}
            )
        ],
    )
    entry.add_to_hass(hass)
    await hass.config_entries.async_setup(entry.entry_id)
    (saved,) = entry.subentries
    assert entity_id(hass, saved, "print", "button") == "button.boat"
    devices = dr.async_entries_for_config_entry(dr.async_get(hass), entry.entry_id)
    assert [device.name for device in devices if device.config_subentry_id == saved] == ["Boat"]
    await press(hass, saved, "print")
    await hass.config_entries.async_unload(entry.entry_id)


async def test_press_reports_what_was_deleted_without_an_event(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry
) -> None:
    await pass_time(hass, 31)
    first, second = (
        await save_print(hass, entry, f"part:{part_id(farm)}", quantity=1),
        await save_print(hass, entry, f"sku:{sku_id(farm, 'BENCHY-1')}", quantity=1),
    )
    await pass_time(hass, 31)
    dict.pop(farm.world.parts, part_id(farm))
    dict.pop(farm.world.skus, sku_id(farm, "BENCHY-1"))
    entry.runtime_data.catalog.forget()
    for saved in (first, second):
        assert issue_of(hass, saved) is None
        with pytest.raises(ServiceValidationError):
            await press(hass, saved, "print")
        assert issue_of(hass, saved) is not None
        assert outcome(hass, saved) == "refused"
    # Nothing is reported of a store that is not loaded.
    await hass.config_entries.async_unload(entry.entry_id)
    assert all(issue is None or not issue.active for issue in (issue_of(hass, first), issue_of(hass, second)))
