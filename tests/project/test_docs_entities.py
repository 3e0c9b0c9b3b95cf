"""The table of entities in the documentation, against what a demo farm really creates."""

from pathlib import Path
import re
from typing import NamedTuple

from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er
from pytest_homeassistant_custom_component.common import MockConfigEntry

from tests.support.common import pass_time
from virtual_farm import VirtualFarm

PAGE = Path(__file__).parents[2] / "docs" / "entities.md"
SECTIONS = {"## Of each printer": "printer", "## Of the farm": "farm"}
SOURCES = {"record", "telemetry", "jobs", "orders", "slots", "store", "subscription", "integration"}
WRITE_ONLY = {"button"}


class Row(NamedTuple):
    """What of an entity the table tells and Home Assistant knows."""

    owner: str
    platform: str
    key: str
    name: str
    unit: str
    default: str


def _table() -> list[tuple[Row, str, list[str]]]:
    """Return each row of the page with its meaning and sources."""
    rows = []
    owner = ""
    for line in PAGE.read_text().splitlines():
        owner = SECTIONS.get(line, owner)
        if not line.startswith("| `"):
            continue
        key, name, platform, meaning, unit, default, source = (cell.strip() for cell in line.strip("|").split("|"))
        row = Row(owner, platform, key.strip("`"), name, unit, default)
        rows.append((row, meaning, [word for word in source.split(", ") if word]))
    return rows


async def test_the_table_lists_exactly_what_a_farm_creates(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry
) -> None:
    await pass_time(hass, 31)
    created: set[Row] = set()
    for entity in er.async_entries_for_config_entry(er.async_get(hass), entry.entry_id):
        identifier, _, key = entity.unique_id.partition("_")
        owner = "farm" if identifier == farm.config.store_id else "printer"
        name, default = entity.original_name or "", "on" if entity.disabled_by is None else "off"
        # One row stands for all trays.
        if tray := re.fullmatch(r"ams_(\d+)_tray_(\d+)", key):
            assert name == f"AMS {tray[1]} tray {tray[2]}"
            key, name = "ams_<n>_tray_<n>", "AMS n tray n"
        # Only Bambu printers call them so, and one row stands for all.
        if key == "hms":
            assert name in ("HMS errors", "Errors")
            name = "HMS errors"
        created.add(Row(owner, entity.domain, key, name, entity.unit_of_measurement or "", default))

    listed = {row for row, _, _ in _table()}
    assert created - listed == set(), "created and not listed"
    assert listed - created == set(), "listed and not created"


def test_each_row_is_unique_and_has_meaning_and_sources() -> None:
    rows = _table()
    keys = [(row.owner, row.platform, row.key) for row, _, _ in rows]
    assert len(keys) > 70
    assert len(set(keys)) == len(keys)
    for row, meaning, sources in rows:
        assert meaning, row
        assert set(sources) <= SOURCES, row
        assert bool(sources) != (row.platform in WRITE_ONLY), row
