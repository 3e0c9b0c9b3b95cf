"""Requests of the same part or SKU are sent one after the other; different ones do not wait for each other."""

import asyncio

from homeassistant.core import HomeAssistant
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.printago.printing.request import PrintRequest
from tests.support.common import paths, until_asked
from tests.support.submissions import BUILD, submit
from virtual_farm import FarmConfig, Fault, VirtualFarm

pytestmark = pytest.mark.usefixtures("quick_to_ask")


@pytest.fixture
def farm_config() -> FarmConfig:
    """Let time pass, so that jobs appear."""
    return FarmConfig(speed=10, printers=1)


def test_requests_differ_by_what_they_print() -> None:
    items = [
        PrintRequest(build={}, part_id="a").item,
        PrintRequest(build={}, part_id="b").item,
        PrintRequest(build={}, sku_id="a").item,
        PrintRequest(build={}, sku_id="b").item,
    ]
    assert len(set(items)) == len(items)
    assert PrintRequest(build={}, part_id="a", label="x", quantity=3).item == items[0]


async def test_other_items_are_not_held_up_by_a_slow_answer(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry
) -> None:
    answer = asyncio.Event()
    for sku in ("BENCHY-1", "POT-M"):
        await submit(hass, sku=sku, dry_run=True)
    farm.inject_fault(Fault(mode="slow", until=answer, path="/v2/builds"))
    farm.clear_requests()
    first = asyncio.create_task(submit(hass, sku="BENCHY-1"))
    await until_asked(lambda: BUILD in paths(farm))
    same = asyncio.create_task(submit(hass, sku="BENCHY-1"))
    await submit(hass, sku="POT-M")
    assert paths(farm).count(BUILD) == 2
    assert not first.done()
    answer.set()
    responses = await asyncio.gather(first, same)
    assert paths(farm).count(BUILD) == 3
    assert len({job_id for response in responses for job_id in response["job_ids"]}) == 2
