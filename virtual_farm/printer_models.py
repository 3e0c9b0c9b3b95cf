"""The printer models of a virtual farm."""

from dataclasses import dataclass
from typing import Literal

type Provider = Literal["Bambu", "Klipper", "OctoPrint", "Prusa"]


@dataclass(frozen=True, slots=True, kw_only=True)
class PrinterModel:
    """Features of a printer model. Temperatures in °C, AMS sizes in units of four slots."""

    key: str
    provider: Provider
    product_name: str
    model_name: str
    serial_prefix: str = ""
    ams_units: int = 0
    external_spool: bool = True
    chamber_sensor: bool = False
    chamber_heater: bool = False
    aux_fan: bool = False
    chamber_fan: bool = False
    chamber_light: bool = True
    work_light: bool = False
    max_nozzle: float = 300.0
    max_bed: float = 100.0
    pace: float = 1.0
    """Print time relative to an X1 Carbon."""


_BAMBU = (
    PrinterModel(
        key="X1C", provider="Bambu", product_name="X1 Carbon", model_name="BL-P001", serial_prefix="00M", ams_units=1,
        chamber_sensor=True, aux_fan=True, chamber_fan=True, work_light=True, max_bed=120.0,
    ),
    PrinterModel(
        key="P1S", provider="Bambu", product_name="P1S", model_name="C12", serial_prefix="01P",
        aux_fan=True, chamber_fan=True, pace=1.05,
    ),
    PrinterModel(
        key="A1", provider="Bambu", product_name="A1", model_name="N2S", serial_prefix="039", pace=1.15,
    ),
    PrinterModel(
        key="A1M", provider="Bambu", product_name="A1 mini", model_name="N1", serial_prefix="030", max_bed=80.0, pace=1.25,
    ),
    PrinterModel(
        key="H2D", provider="Bambu", product_name="H2D", model_name="O1D", serial_prefix="094", ams_units=2,
        chamber_sensor=True, chamber_heater=True, aux_fan=True, chamber_fan=True, work_light=True, max_nozzle=350.0,
        max_bed=120.0, pace=0.9,
    ),
)  # fmt: skip

_OTHERS = (
    PrinterModel(
        key="KLIPPER", provider="Klipper", product_name="Klipper", model_name="Klipper", external_spool=False,
        chamber_light=False, max_bed=110.0,
    ),
    PrinterModel(
        key="PRUSA", provider="Prusa", product_name="Prusa", model_name="Prusa", external_spool=False,
        chamber_light=False, max_bed=120.0, pace=1.2,
    ),
    PrinterModel(
        key="OCTOPRINT", provider="OctoPrint", product_name="OctoPrint", model_name="OctoPrint", external_spool=False,
        chamber_light=False, pace=1.6,
    ),
)  # fmt: skip

MODELS: dict[str, PrinterModel] = {model.key: model for model in (*_BAMBU, *_OTHERS)}
"""All models by key, the value that the control API uses."""

MAKES = ("OCTOPRINT", "PRUSA", "KLIPPER")
"""The models of a farm without Bambu printers; a larger farm repeats them."""

FLEET = ("X1C", "P1S", "A1", "A1M", "H2D", "X1C", "P1S", "KLIPPER")
"""The models of a default farm in order; a larger farm repeats them."""
