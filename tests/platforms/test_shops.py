"""Connected shops: whether their orders arrive, and taking them in now."""

from datetime import timedelta

from homeassistant.const import CONF_API_KEY, STATE_OFF, STATE_ON, STATE_UNAVAILABLE
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from homeassistant.util import dt as dt_util
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.printago.model.store_info import Fact
from tests.conftest import SetUp
from tests.support.common import entity_id, pass_time, paths, state_of, until, value_of
from tests.support.todo import shown
from virtual_farm import FarmConfig, Fault, VirtualFarm

BINARY, BUTTON = "binary_sensor", "button"
NARROW_KEY = "narrowkey0123456789abcde_fghijklmnopqrstu"


@pytest.fixture
def farm_config() -> FarmConfig:
    """Return a farm of one printer."""
    return FarmConfig(speed=0, printers=1)


@pytest.fixture
def etsy(farm: VirtualFarm) -> str:
    """Connect an Etsy shop that was synced an hour ago; returns its ID."""
    shop = farm.shops.connect("etsy", "Bolt Works", synced_at=dt_util.utcnow() - timedelta(hours=1))
    return str(shop["id"])


@pytest.fixture
def shopify(farm: VirtualFarm) -> str:
    """Connect a Shopify shop that was synced two days ago; returns its ID."""
    shop = farm.shops.connect("shopify", "Old Store", synced_at=dt_util.utcnow() - timedelta(days=2))
    return str(shop["id"])


async def read_again(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    """Let the shops be read, as they are about once an hour."""
    await entry.runtime_data.coordinator.slow_poller._reads[Fact.SHOPS].read()
    await hass.async_block_till_done()


async def test_shop_is_connected_while_its_orders_were_synced_within_a_day(
    hass: HomeAssistant, farm: VirtualFarm, etsy: str, shopify: str, entry: MockConfigEntry
) -> None:
    store = farm.config.store_id
    await pass_time(hass, 31)
    fresh, stale = (state_of(hass, store, f"shop_{shop}", BINARY) for shop in (etsy, shopify))
    assert (fresh.state, stale.state) == (STATE_ON, STATE_OFF)
    assert fresh.name == "Virtual Farm Shop Bolt Works"
    assert fresh.attributes["device_class"] == "connectivity"
    assert fresh.attributes["type"] == "etsy"

    farm.shops.set_synced(shopify, dt_util.utcnow())
    await read_again(hass, entry)
    assert value_of(hass, store, f"shop_{shopify}", BINARY) == STATE_ON

    now = entry.runtime_data.coordinator.farm.server_now
    entry.runtime_data.coordinator.farm.server_now = lambda: now() + timedelta(hours=23, minutes=30)
    await pass_time(hass, 61)
    assert value_of(hass, store, f"shop_{etsy}", BINARY) == STATE_OFF
    assert value_of(hass, store, f"shop_{shopify}", BINARY) == STATE_ON
    entry.runtime_data.coordinator.farm.server_now = now


async def test_disconnected_shop_is_off_and_a_removed_one_leaves(
    hass: HomeAssistant, farm: VirtualFarm, etsy: str, entry: MockConfigEntry
) -> None:
    store = farm.config.store_id
    await pass_time(hass, 31)
    farm.shops.disconnect(etsy)
    await read_again(hass, entry)
    assert value_of(hass, store, f"shop_{etsy}", BINARY) == STATE_OFF

    farm.world.integrations.remove(etsy)
    await read_again(hass, entry)
    assert value_of(hass, store, f"shop_{etsy}", BINARY) is None
    assert value_of(hass, store, f"sync_shop_{etsy}", BUTTON) is None


async def test_status_of_each_shop_is_asked_in_turn(
    hass: HomeAssistant, farm: VirtualFarm, etsy: str, shopify: str, entry: MockConfigEntry
) -> None:
    await pass_time(hass, 31)
    farm.clear_requests()
    for _ in range(2):
        await read_again(hass, entry)
    asked = [path for path in paths(farm) if path.endswith("/status")]
    assert sorted(asked) == [
        f"GET /v1/integrations/etsy/{etsy}/status",
        f"GET /v1/integrations/shopify/{shopify}/status",
    ]
    assert len(paths(farm)) == 4


async def test_orders_of_an_etsy_shop_are_taken_in_by_a_press(
    hass: HomeAssistant, farm: VirtualFarm, etsy: str, shopify: str, entry: MockConfigEntry
) -> None:
    store = farm.config.store_id
    await pass_time(hass, 31)
    assert value_of(hass, store, f"sync_shop_{shopify}", BUTTON) is None
    farm.shops.order(etsy, {"orderNumber": "3001"}, [{"sku": "BENCHY-1", "quantity": 1}])
    button = {"entity_id": entity_id(hass, store, f"sync_shop_{etsy}", BUTTON)}

    await hass.services.async_call(BUTTON, "press", button, blocking=True)

    farm.settle()
    await until(hass, lambda: "3001" in shown(hass, farm, "open_orders"))
    farm.inject_fault(Fault(mode="status", status=400, path="/v1/integrations"))
    with pytest.raises(HomeAssistantError):
        await hass.services.async_call(BUTTON, "press", button, blocking=True)


async def test_key_that_cannot_view_integrations_has_no_shops(
    hass: HomeAssistant, farm: VirtualFarm, etsy: str, setup_entry: SetUp
) -> None:
    farm.add_api_key(NARROW_KEY, {"printer.view", "printer.stats", "integration.view", "apiKey.view"})
    entry = await setup_entry(**{CONF_API_KEY: NARROW_KEY})
    await pass_time(hass, 31)
    store = farm.config.store_id
    assert value_of(hass, store, f"shop_{etsy}", BINARY) == STATE_ON
    assert value_of(hass, store, f"sync_shop_{etsy}", BUTTON) == STATE_UNAVAILABLE

    farm.add_api_key(NARROW_KEY, {"printer.view", "printer.stats"})
    with pytest.raises(Exception, match="integration"):
        await read_again(hass, entry)
    assert value_of(hass, store, f"shop_{etsy}", BINARY) in (STATE_UNAVAILABLE, None)
