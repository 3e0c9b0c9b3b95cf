"""Printago: a print farm run in the cloud, in Home Assistant."""

import asyncio
from collections.abc import Mapping
from functools import partial
from typing import Any

from homeassistant.config_entries import ConfigEntryState
from homeassistant.const import CONF_API_KEY, Platform
from homeassistant.core import HomeAssistant
from homeassistant.helpers import config_validation as cv
from homeassistant.helpers.aiohttp_client import async_get_clientsession
from homeassistant.helpers.device_registry import DeviceEntry
from homeassistant.helpers.typing import ConfigType

from .api import CannotConnectError, PrintagoClient
from .const import CONF_API_URL, CONF_SERVER, CONF_STORE_ID, DOMAIN
from .coordinator import PrintagoCoordinator
from .errors import address_error
from .frontend import async_setup_cards
from .frontend.pictures import async_setup_pictures
from .history.archive import Archive
from .history.energy import EnergyMeters
from .history.keeper import History
from .history.reader import HistoryReader
from .history.statistics_export import StatisticsExporter, async_clear_statistics
from .history.valuation import Valuation
from .hub.clock_jumps import ClockMonitor
from .hub.cover_cache import CoverImageCache
from .hub.devices import DeviceKeeper, DeviceNames
from .hub.material_watch import MaterialWatch
from .hub.order_poll import OrderPoll
from .hub.persistence import async_get_store_state, async_remove_store_state
from .hub.picture_names import PictureNames
from .hub.shop_poll import ShopPoll
from .hub.spool_weights import async_follow_spool_weights
from .hub.stock_poll import StockPoller
from .hub.store_poll import StorePoller
from .hub.upkeep_poll import UpkeepPoll
from .issues.access import AccessMonitor
from .issues.entry_issue import async_forget_issues
from .issues.expiry import ExpiryMonitor
from .issues.missing_permission import PermissionMonitor
from .issues.quota import QuotaMonitor
from .issues.stream import StreamMonitor
from .issues.unprintable_items import UnprintableItemsMonitor
from .printing.catalog import Catalog
from .printing.catalog_list import CatalogList
from .printing.saved_prints import SavedPrints
from .runtime import PrintagoConfigEntry, PrintagoRuntime
from .services import async_setup_actions
from .services.pickers import async_offer_choices
from .voice import async_listen
from .websocket import async_setup_websocket

CONFIG_SCHEMA = cv.config_entry_only_config_schema(DOMAIN)
PLATFORMS = (
    Platform.BINARY_SENSOR,
    Platform.BUTTON,
    Platform.CALENDAR,
    Platform.EVENT,
    Platform.FAN,
    Platform.IMAGE,
    Platform.LIGHT,
    Platform.NUMBER,
    Platform.SENSOR,
    Platform.SWITCH,
    Platform.TODO,
)


async def async_setup(hass: HomeAssistant, config: ConfigType) -> bool:
    """Register the actions, the cards and the image views, which exist whether or not a store is loaded."""
    async_setup_actions(hass)
    async_setup_pictures(hass)
    async_setup_websocket(hass)
    await async_setup_cards(hass)
    return True


async def async_setup_entry(hass: HomeAssistant, entry: PrintagoConfigEntry) -> bool:
    """Set up a store."""
    store_state = await async_get_store_state(hass, entry.data[CONF_STORE_ID])
    store_state.async_keep()
    try:
        client = PrintagoClient.create(
            async_get_clientsession(hass),
            api_url=entry.data[CONF_SERVER][CONF_API_URL],
            store_id=entry.data[CONF_STORE_ID],
            api_key=entry.data[CONF_API_KEY],
            limiter=store_state.limiter,
            clock=store_state.clock,
        )
    except CannotConnectError as err:
        raise address_error(err) from err
    coordinator = PrintagoCoordinator(hass, entry, client, store_state)
    DeviceNames(hass, entry, coordinator)
    DeviceKeeper(hass, entry, coordinator)
    catalog = Catalog(client, store_state.catalog_names)
    covers = CoverImageCache(hass, entry, client)
    meters = EnergyMeters(hass, entry, coordinator)
    valuation = Valuation(hass, coordinator, meters)
    history = History(hass, entry, coordinator)
    history.valuer, history.can_value = valuation.async_value, lambda: valuation.ready
    history.measures = meters.may_know
    coordinator.slow_poller.async_add_answered(history.async_on_answered)
    valuation.async_on_corrected = lambda job: history.async_take([job])
    entry.runtime_data = PrintagoRuntime(
        coordinator=coordinator,
        client=client,
        catalog=catalog,
        catalog_list=CatalogList(client, store_state.catalog_names),
        saved_prints=SavedPrints(hass, entry, coordinator, catalog),
        covers=covers,
        pictures=PictureNames(covers),
        history=history,
        energy_meters=meters,
    )
    entry.async_on_unload(entry.add_update_listener(partial(_async_on_update, entry.data)))
    StorePoller(entry, coordinator)
    OrderPoll(entry, coordinator)
    ShopPoll(coordinator)
    StockPoller(entry, coordinator)
    async_follow_spool_weights(entry, coordinator)
    MaterialWatch(entry, coordinator, coordinator.updates.event_publisher.async_publish)
    upkeep = UpkeepPoll(hass, entry, coordinator)
    permissions = PermissionMonitor(hass, entry, coordinator)
    ClockMonitor(hass, entry, coordinator)
    for watch in (AccessMonitor, ExpiryMonitor, QuotaMonitor, StreamMonitor, UnprintableItemsMonitor):
        watch(hass, entry, coordinator)
    await coordinator.async_start()
    await asyncio.gather(permissions.async_ask(), upkeep.async_ask())
    await hass.config_entries.async_forward_entry_setups(entry, PLATFORMS)
    coordinator.updates.event_publisher.async_begin()
    await async_offer_choices(hass, entry)
    await async_listen(hass, entry)
    entry.async_create_background_task(hass, _async_begin_history(hass, entry), f"{DOMAIN} past")
    return True


async def _async_begin_history(hass: HomeAssistant, entry: PrintagoConfigEntry) -> None:
    """Load the print history once everything else is there, and read what is missing of it."""
    history = entry.runtime_data.history
    await history.async_load()
    coordinator = entry.runtime_data.coordinator
    HistoryReader(hass, entry, coordinator, history).async_start()
    StatisticsExporter(hass, entry, coordinator, history).async_start()


async def _async_on_update(loaded_with: Mapping[str, Any], hass: HomeAssistant, entry: PrintagoConfigEntry) -> None:
    """Reload an entry whose key or servers changed; saved prints are added and removed without a reload."""
    if entry.data != loaded_with:
        hass.config_entries.async_schedule_reload(entry.entry_id)
    else:
        entry.runtime_data.saved_prints.async_follow_entry()
        entry.runtime_data.energy_meters.async_follow_entry()
        async_follow_spool_weights(entry, entry.runtime_data.coordinator)


async def async_unload_entry(hass: HomeAssistant, entry: PrintagoConfigEntry) -> bool:
    """Unload an entry; its farm model and its request history are kept."""
    entry.runtime_data.coordinator.updates.event_publisher.async_pause()
    if await hass.config_entries.async_unload_platforms(entry, PLATFORMS):
        await entry.runtime_data.history.async_unload()
        return True
    entry.runtime_data.coordinator.updates.event_publisher.async_begin()
    return False


async def async_remove_entry(hass: HomeAssistant, entry: PrintagoConfigEntry) -> None:
    """Remove the data of a store that is kept outside of its entry."""
    async_forget_issues(hass, entry)
    async_clear_statistics(hass, await Archive(hass, entry.data[CONF_STORE_ID]).async_remove())
    await async_remove_store_state(hass, entry.data[CONF_STORE_ID])


async def async_remove_config_entry_device(
    hass: HomeAssistant, entry: PrintagoConfigEntry, device: DeviceEntry
) -> bool:
    """Allow the user to remove a device whose printer has left the farm."""
    if entry.state is not ConfigEntryState.LOADED:
        return False
    coordinator = entry.runtime_data.coordinator
    known = coordinator.farm.printers.keys() | entry.subentries.keys() | {coordinator.store_id}
    return not any(domain == DOMAIN and identifier in known for domain, identifier in device.identifiers)
