"""The forms of what can be added to a store: saved prints, energy meters, and weights of spools."""

from homeassistant.config_entries import ConfigSubentryFlow

from ..history.energy import SUBENTRY_TYPE as ENERGY_METER
from ..hub.spool_weights import SUBENTRY_TYPE as SPOOL_WEIGHT
from ..printing.saved_print import SUBENTRY_TYPE as SAVED_PRINT
from .energy_meter_flow import EnergyMeterFlow
from .saved_print_flow import SavedPrintFlow
from .spool_weight_flow import SpoolWeightFlow

SUBENTRY_FLOWS: dict[str, type[ConfigSubentryFlow]] = {
    SAVED_PRINT: SavedPrintFlow,
    ENERGY_METER: EnergyMeterFlow,
    SPOOL_WEIGHT: SpoolWeightFlow,
}
