"""The interface of the coordinator that the hub depends on."""

from typing import Protocol

from homeassistant.core import HomeAssistant, callback

from ..api import PrintagoClient
from ..model.farm import Farm
from .farm_updates import FarmUpdates
from .listeners import Listeners
from .persistence import StoreState
from .slow_poll import SlowPoller


class StoreAccess(Protocol):
    """A store while its entry is loaded."""

    hass: HomeAssistant
    store_id: str
    client: PrintagoClient
    farm: Farm
    store_state: StoreState
    listeners: Listeners
    slow_poller: SlowPoller
    updates: FarmUpdates

    @property
    def stream_since(self) -> float | None:
        """Return since when the stream has been up (monotonic clock, seconds); None while it is down."""

    @callback
    def async_try_jobs_again(self) -> None:
        """Request jobs again if they were refused."""

    @callback
    def async_name_printer(self, printer_id: str, name: str | None) -> None:
        """Set the name given in Home Assistant; None for Printago's name."""

    @callback
    def async_catch_up(self, *, missed: float, suspended: float) -> None:
        """Catch up on ``missed`` seconds, ``suspended`` of them without network."""
