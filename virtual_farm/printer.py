"""A printer of the store: the cloud's record and the machine."""

from dataclasses import dataclass, field
from typing import Literal

from .entities import Document, PrinterRecord
from .ids import IdFactory
from .machine import SLOTS_PER_AMS, Machine
from .phase import Phase
from .printer_models import PrinterModel
from .telemetry import USER_PAUSE

type Severity = Literal["error", "warning", "info"]

USER_PAUSE_CODES = frozenset({"0300-8013", "0300-8001", "0300-8000"})
"""Codes that printers report as errors although a user paused the print."""

HEALTH_KEYS: dict[Severity, str] = {"error": "errors", "warning": "warnings", "info": "infos"}


def _hidden[T](default: T) -> T:
    return field(default=default, metadata={"wire": False})


@dataclass(slots=True, kw_only=True, eq=False)
class Printer(PrinterRecord):
    """The record (its wire fields) and the machine behind it.

    `connected` is whether the cloud can reach the machine, `seen` what it last saw of it (phase and task),
    `reserved_by` the job that is being prepared for it.
    """

    machine: Machine = field(metadata={"wire": False})
    health: dict[str, list[Document]] = field(
        default_factory=lambda: {"errors": [], "warnings": [], "infos": []}, metadata={"wire": False}
    )
    connected: bool = _hidden(True)
    seen: tuple[Phase, str | None] = _hidden((Phase.IDLE, None))
    reserved_by: str | None = _hidden(None)
    forced_word: str | None = _hidden(None)
    word_is_forced: bool = _hidden(False)

    @property
    def model(self) -> PrinterModel:
        """The model of the printer."""
        return self.machine.model

    @property
    def word(self) -> str | None:
        """The `state` of its telemetry: its own word, or the one that a test sets (can be null)."""
        if self.word_is_forced:
            return self.forced_word
        errors = [message for message in self.health["errors"] if message["code"] not in USER_PAUSE_CODES]
        return (self.machine.fault_word if errors else None) or self.machine.word

    @property
    def free(self) -> bool:
        """Whether the queue can assign the next job to it, as far as the printer is concerned."""
        return (
            self.enabled
            and self.is_online
            and self.is_available
            and (self.confirmed_ready or self.continuous_print)
            and not self.is_in_maintenance
            and self.reserved_by is None
        )

    @property
    def slots(self) -> list[tuple[int, int]]:
        """All places for a spool as (AMS, slot). AMS -1 is the external spool."""
        inner = [(ams, slot) for ams in range(len(self.machine.ams)) for slot in range(SLOTS_PER_AMS)]
        return [(-1, 0), *inner]

    def add_message(self, severity: Severity, code: str, message: str) -> None:
        """Report an HMS message. One with the same code is replaced."""
        self.clear_messages(code)
        self.health[HEALTH_KEYS[severity]].append({"code": code, "message": message})
        self.machine.version += 1

    def clear_messages(self, code: str | None = None) -> None:
        """Clear one HMS message, or all."""
        for key, messages in self.health.items():
            self.health[key] = [message for message in messages if code is not None and message["code"] != code]
        self.machine.version += 1

    def show_user_pause(self, paused: bool) -> None:  # noqa: FBT001
        """Bambu printers list a pause by a user among their errors."""
        if self.model.provider != "Bambu":
            return
        code, message = USER_PAUSE
        if paused:
            self.add_message("error", code, message)
        else:
            self.clear_messages(code)


def metadata_for(model: PrinterModel, name: str, serial: str, ids: IdFactory) -> Document | None:
    """Return the cloud's connection data of a printer, including secrets, as the real cloud does."""
    match model.provider:
        case "Bambu":
            return {
                "provider": "bambu",
                "name": name,
                "dev_id": serial,
                "online": True,
                "print_status": "IDLE",
                "dev_model_name": model.model_name,
                "dev_access_code": ids.digits(8),
                "nozzle_diameter": 0.4,
                "dev_product_name": model.product_name,
            }
        case "Klipper":
            return {
                "provider": "klipper",
                "moonraker_host": "printer.invalid",
                "moonraker_port": 7125,
                "api_key": ids.tag(),
                "nozzle_diameter": 0.4,
                "extruder_count": 1,
            }
        case "Prusa":
            return {"provider": "prusa", "password": ids.tag(), "nozzle_diameter": 0.4}
        case _:
            return None
