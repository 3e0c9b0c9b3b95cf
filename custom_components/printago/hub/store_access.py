"""What the parts of the hub use of the coordinator, which stands above them."""

from typing import Protocol

from homeassistant.core import HomeAssistant, callback

from ..api import PrintagoClient
from ..model.farm import Farm
from .listeners import Listeners
from .persistence import StoreState
from .slow_poll import SlowPoller


class StoreAccess(Protocol):
    """One store while its entry is loaded."""

    hass: HomeAssistant
    store_id: str
    client: PrintagoClient
    farm: Farm
    store_state: StoreState
    listeners: Listeners
    slow_poller: SlowPoller

    @property
    def stream_since(self) -> float | None:
        """Return since when the stream is up, by the monotonic clock; None while it is down."""

    @callback
    def async_try_jobs_again(self) -> None:
        """Ask for jobs again where they were refused."""

    @callback
    def async_name_printer(self, printer_id: str, name: str | None) -> None:
        """Take over what a person calls a printer; None for what Printago calls it."""

    @callback
    def async_catch_up(self, *, missed: float, suspended: float) -> None:
        """Make up for ``missed`` seconds, ``suspended`` of them without any network."""
