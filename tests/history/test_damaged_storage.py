"""A stored history that is damaged is read from Printago again."""

from typing import Any

from homeassistant.core import HomeAssistant
import pytest

from tests.conftest import SetUp
from tests.support.past_reading import assert_all_is_counted, history_of, read_all
from virtual_farm import VirtualFarm


@pytest.mark.parametrize(
    "garbage",
    [{"rows": "é"}, {"rows": "AAAA"}, {"rows": "a"}, {"rows": 7}, {}, [], "x"],
    ids=["not ASCII", "not compressed", "cut off", "number", "empty", "list", "text"],
)
async def test_damaged_segment_is_read_again(
    hass: HomeAssistant, hass_storage: dict[str, Any], farm: VirtualFarm, setup_entry: SetUp, garbage: Any
) -> None:
    farm.fill_history(60, months=2)
    entry = await setup_entry()
    await read_all(hass, entry)
    assert await hass.config_entries.async_unload(entry.entry_id)
    hass_storage[f"printago.{farm.config.store_id}.history_0"]["data"] = garbage

    assert await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done()
    assert not history_of(entry).past.cursor.done
    await read_all(hass, entry)
    assert_all_is_counted(farm, entry)


@pytest.mark.parametrize("changes", [{"complete_until": None}, {"complete_until": "soon"}, {"cursor": "?"}])
async def test_past_is_read_again_if_it_is_not_known_what_of_it_is_known(
    hass: HomeAssistant,
    hass_storage: dict[str, Any],
    farm: VirtualFarm,
    setup_entry: SetUp,
    changes: dict[str, Any],
) -> None:
    farm.fill_history(60, months=2)
    entry = await setup_entry()
    await read_all(hass, entry)
    state = entry.runtime_data.coordinator.store_state
    assert await hass.config_entries.async_unload(entry.entry_id)
    state.async_forget_farm()
    hass_storage[f"printago.{farm.config.store_id}.history"]["data"] |= changes

    assert await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done()
    assert not history_of(entry).past.cursor.done
    await read_all(hass, entry)
    assert_all_is_counted(farm, entry)
