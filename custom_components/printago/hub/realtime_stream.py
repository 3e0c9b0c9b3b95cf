"""Creates the realtime stream of a store from its entry."""

from collections.abc import Callable

from homeassistant.config_entries import ConfigEntry
from homeassistant.const import CONF_API_KEY
from homeassistant.core import HomeAssistant
from homeassistant.helpers import instance_id
from homeassistant.util.ssl import client_context

from ..api import EntityEvent, InvalidRealtimeUrl, MessageReader, PrintagoClient, RealtimeClient, StatMessage
from ..const import CONF_REALTIME_URL, CONF_SERVER, CONF_STORE_ID, LOGGER
from ..errors import address_error
from .persistence import StoreState


async def async_create_stream(
    hass: HomeAssistant,
    entry: ConfigEntry,
    client: PrintagoClient,
    store_state: StoreState,
    *,
    on_message: Callable[[StatMessage | EntityEvent], None],
    on_connection: Callable[[bool], None],
    on_refused: Callable[[], None],
) -> RealtimeClient:
    """Return the stream, not started yet; raise ConfigEntryError if its address is invalid."""
    store_id = entry.data[CONF_STORE_ID]
    installation = await instance_id.async_get(hass)
    reader = MessageReader(store_id, client.transport.redactor, on_message, store_state.farm.count_dropped)
    try:
        return RealtimeClient(
            url=entry.data[CONF_SERVER][CONF_REALTIME_URL],
            store_id=store_id,
            api_key=entry.data[CONF_API_KEY],
            client_suffix=f"{installation[:12]}{entry.entry_id[-6:].lower()}",
            tls_context=client_context(),
            on_message=reader.read,
            on_connection=on_connection,
            on_refused=on_refused,
            preferred_endpoint=store_state.realtime_endpoint,
            outage_logged=store_state.stream_outage_logged,
            logger=LOGGER,
        )
    except InvalidRealtimeUrl as err:
        raise address_error(err) from err
