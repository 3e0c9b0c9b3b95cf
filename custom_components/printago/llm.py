"""Tools for language models that serve as Home Assistant's assistant. They read a farm and control it.

Only Home Assistant imports this module: if the Home Assistant helpers it uses change, the rest still works. A model may
use a store once any of its entities is exposed to the assistant.
"""

from abc import abstractmethod
from collections import Counter
from collections.abc import Mapping
from typing import Any, ClassVar, override

from homeassistant.components.homeassistant.exposed_entities import async_should_expose
from homeassistant.components.llm import LLMTools
from homeassistant.config_entries import ConfigEntryState
from homeassistant.const import ATTR_CONFIG_ENTRY_ID
from homeassistant.core import HomeAssistant, callback
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import device_registry as dr, entity_registry as er, intent
from homeassistant.helpers.llm import (
    LLM_API_ASSIST,
    IntentTool,
    LLMContext,
    Tool,
    ToolAnnotations,
    ToolInput,
    ToolResult,
)
import voluptuous as vol

from .api import JobStatus
from .api.models.records import IN_PROGRESS_STATUSES, place_in_queue
from .const import DOMAIN
from .coordinator import PrintagoCoordinator
from .errors import action_error, async_message
from .model.print_status import Readiness
from .model.printer import PrinterState
from .model.printer_names import full_names, printers_called, unambiguous_names
from .model.spelling import alike, folded, folded_number, similar
from .printing.action_fields import whole_number
from .printing.catalog import called
from .printing.printer_calls import confirmation_refusal
from .runtime import PrintagoConfigEntry, async_named_stores

_MOST_PARTS = 50
_MOST_COPIES = 500
_MOST_EXPLAINED = 5
_MOST_PRINTERS = 100
_MOST_NAMED = 20

_PROMPT = (
    "Printago runs a print farm. A bed may be confirmed as clear only after a person has said that they took the print "
    "off that very printer, since its next job then starts at once."
)


def _name(kind: str) -> str:
    return f"{DOMAIN}__{kind}"


class _FarmTool(Tool):
    """A tool for the stores that the model may use."""

    integration = DOMAIN
    takes: ClassVar[Mapping[vol.Marker, Any]] = {}

    def __init__(self, stores: Mapping[str, PrintagoConfigEntry]) -> None:
        """Offer the stores by name; the store is only needed as an argument if there are several."""
        self._stores = stores
        named = vol.All(str, self._store_named, vol.In(list(stores)))
        store = {vol.Optional("store", description="The store that is meant"): named}
        self.parameters = vol.Schema({**self.takes, **(store if len(stores) > 1 else {})})

    def _store_named(self, wanted: str) -> str:
        """Return the name of the store that a text means; the text itself if that is ambiguous."""
        found = alike(wanted, self._stores.items(), lambda named: named[0])
        found = found or alike(wanted, self._stores.items(), lambda named: named[1].title)
        return found[0][0] if len(found) == 1 else wanted

    @override
    async def async_call(self, hass: HomeAssistant, tool_input: ToolInput, llm_context: LLMContext) -> ToolResult:
        try:
            arguments = self.parameters(tool_input.tool_args)
            return ToolResult(data=await self._async_use(hass, arguments, llm_context))
        except HomeAssistantError as err:
            return ToolResult(data={"error": await async_message(hass, err)}, error=True)
        except vol.Invalid as err:
            return ToolResult(data={"error": str(err)}, error=True)

    @abstractmethod
    async def _async_use(
        self, hass: HomeAssistant, arguments: dict[str, Any], llm_context: LLMContext
    ) -> dict[str, Any]:
        """Run the tool, and return its result for the model."""

    @callback
    def _chosen(self, arguments: Mapping[str, Any]) -> dict[str, PrintagoConfigEntry]:
        wanted = arguments.get("store")
        return {
            name: entry
            for name, entry in self._stores.items()
            if wanted in (None, name) and entry.state is ConfigEntryState.LOADED
        }

    @callback
    def _only(self, arguments: Mapping[str, Any]) -> PrintagoConfigEntry:
        """Return the store of a call; raises vol.Invalid if that is ambiguous."""
        if len(chosen := self._chosen(arguments)) != 1:
            raise vol.Invalid(f"name one of the stores: {', '.join(self._stores)}")
        return next(iter(chosen.values()))

    @callback
    def _printer(self, arguments: Mapping[str, Any]) -> tuple[PrintagoCoordinator, PrinterState]:
        """Return the printer of a call; raises ServiceValidationError if its name matches none or several.

        Raises vol.Invalid if its store is not up to date.
        """
        wanted = arguments["printer"]
        chosen = self._chosen(arguments)
        found = [
            (name, entry.runtime_data.coordinator, printer)
            for name, entry in chosen.items()
            for printer in printers_called(entry.runtime_data.coordinator.farm.printers.values(), wanted)
        ]
        asked = {name for name, _, _ in found} or chosen
        if away := [name for name in asked if not chosen[name].runtime_data.coordinator.available]:
            raise vol.Invalid("; ".join(map(_away, away)))
        if len(found) == 1:
            return found[0][1:]
        if found:
            names = full_names(printer for _, _, printer in found)
            if len({store for store, _, _ in found}) > 1:
                names = [f"{name} (store: {store})" for name, (store, _, _) in zip(names, found, strict=True)]
        else:
            names = [
                name
                for entry in chosen.values()
                for name in unambiguous_names(entry.runtime_data.coordinator.farm.printers.values()).values()
            ]
        listed = sorted(names)
        if len(listed) > _MOST_NAMED:
            listed = [*(similar(wanted, listed) or listed[:_MOST_NAMED]), "…"]
        candidates = ", ".join(listed)
        raise action_error("printer_ambiguous" if found else "printer_not_found", name=wanted, candidates=candidates)


class FarmStatusTool(_FarmTool):
    """Returns the status of the farm."""

    name = _name("farm_status")
    title = "Print farm status"
    description = (
        "Tells what every printer of the print farm does, what it needs from a person, and how many jobs wait, run or "
        "failed. Use it for questions like 'Is the farm done?' or 'Which beds have to be cleared?'"
    )
    annotations = ToolAnnotations(read_only=True, destructive=False, idempotent=True, open_world=False)

    @override
    async def _async_use(
        self, hass: HomeAssistant, arguments: dict[str, Any], llm_context: LLMContext
    ) -> dict[str, Any]:
        return {"stores": [_status(name, entry) for name, entry in self._chosen(arguments).items()]}


class ListPartsTool(_FarmTool):
    """Lists the parts that can be printed."""

    name = _name("list_parts")
    title = "List parts"
    description = (
        "Lists the parts that can be printed, by name. Use it before printing, to find the name that is meant."
    )
    annotations = ToolAnnotations(read_only=True, destructive=False, idempotent=True)
    takes: ClassVar[Mapping[vol.Marker, Any]] = {
        vol.Optional("contains", description="Only parts whose name contains this"): str
    }

    @override
    async def _async_use(
        self, hass: HomeAssistant, arguments: dict[str, Any], llm_context: LLMContext
    ) -> dict[str, Any]:
        wanted = folded(arguments.get("contains", ""))
        names: list[str] = []
        for entry in self._chosen(arguments).values():
            listing = await entry.runtime_data.coordinator.async_call(
                entry.runtime_data.coordinator.client.parts(), reads=True
            )
            names += map(called, listing.rows.values())
        names = sorted(name for name in names if wanted in folded(name))
        return {"parts": names[:_MOST_PARTS], "more": max(0, len(names) - _MOST_PARTS)}


class PrintPartTool(_FarmTool):
    """Prints a part."""

    name = _name("print_part")
    title = "Print a part"
    description = (
        "Submits a part to the print farm's queue. It uses up material: first repeat the part and the quantity to the "
        "user and ask whether to print, unless the user has just confirmed exactly these. Call it once for each request."
    )
    annotations = ToolAnnotations(destructive=False)
    takes: ClassVar[Mapping[vol.Marker, Any]] = {
        vol.Required("part", description="Name of the part, as listed"): vol.All(str, vol.Length(min=1)),
        vol.Optional("quantity", default=1, description="Number of copies"): vol.All(
            whole_number, vol.Range(min=1, max=_MOST_COPIES)
        ),
    }

    @override
    async def _async_use(
        self, hass: HomeAssistant, arguments: dict[str, Any], llm_context: LLMContext
    ) -> dict[str, Any]:
        data = {
            ATTR_CONFIG_ENTRY_ID: self._only(arguments).entry_id,
            "part": arguments["part"],
            "quantity": arguments["quantity"],
        }
        response = await hass.services.async_call(
            DOMAIN, "submit_print_job", data, blocking=True, context=llm_context.context, return_response=True
        )
        return {"submitted": arguments["quantity"], "job_ids": (response or {}).get("job_ids", [])}


class ConfirmBedTool(_FarmTool):
    """Confirms that a bed is clear."""

    name = _name("confirm_bed")
    title = "Confirm that a bed is clear"
    description = (
        "Confirms that the bed of one printer is empty, whereupon its next print may start at once; a print left on the "
        "bed would be crashed into. Always ask the user first whether the bed of this printer, by its name, is really "
        "empty, and call it only after a yes to that question."
    )
    annotations = ToolAnnotations(destructive=True, idempotent=True)
    takes: ClassVar[Mapping[vol.Marker, Any]] = {
        vol.Required("printer", description="Name of the printer"): vol.All(str, vol.Length(min=1))
    }

    @override
    async def _async_use(
        self, hass: HomeAssistant, arguments: dict[str, Any], llm_context: LLMContext
    ) -> dict[str, Any]:
        coordinator, printer = self._printer(arguments)
        entry = coordinator.config_entry
        device = dr.async_get(hass).async_get_device_by_identifier((DOMAIN, printer.id), entry.entry_id)
        if device is None:
            raise action_error("not_a_printer", device=printer.name)
        if not printer.bed_needs_clearing:
            raise action_error(confirmation_refusal(printer) or "bed_already_clear", printer=printer.name)
        data = {ATTR_CONFIG_ENTRY_ID: entry.entry_id, "printers": [device.id]}
        await hass.services.async_call(DOMAIN, "confirm_beds", data, blocking=True, context=llm_context.context)
        return {"confirmed": printer.name}


class ExplainJobTool(_FarmTool):
    """Explains why jobs wait."""

    name = _name("explain_job")
    title = "Explain why a job waits"
    description = (
        "Explains why a job waits for a printer, printer by printer, or why those that wait next do. Use it for questions "
        "like 'Why does the Benchy not print?'"
    )
    annotations = ToolAnnotations(read_only=True, destructive=False, idempotent=True)
    takes: ClassVar[Mapping[vol.Marker, Any]] = {
        vol.Optional("job", description="Label of the job, or name of its part; all jobs if left out"): str
    }

    @override
    async def _async_use(
        self, hass: HomeAssistant, arguments: dict[str, Any], llm_context: LLMContext
    ) -> dict[str, Any]:
        entry = self._only(arguments)
        data: dict[str, Any] = {ATTR_CONFIG_ENTRY_ID: entry.entry_id, "limit": _MOST_EXPLAINED}
        if wanted := folded_number(arguments.get("job", "")):
            jobs = sorted(entry.runtime_data.coordinator.farm.jobs.values(), key=place_in_queue)
            data["job_id"] = [
                job.id
                for job in jobs
                if job.status is not JobStatus.FAILED
                and wanted in (folded_number(name) for name in (job.label, job.part_name) if name)
            ]
            if not data["job_id"]:
                raise vol.Invalid("no job has this label or part")
        response = await hass.services.async_call(
            DOMAIN, "explain_job", data, blocking=True, context=llm_context.context, return_response=True
        )
        listed = (response or {}).get("jobs")
        explained = [job for job in listed if isinstance(job, Mapping)] if isinstance(listed, list) else []
        return {
            "jobs": [
                {
                    "job": job.get("label") or job.get("part") or job.get("job_id"),
                    "explanation": job.get("explanation"),
                }
                for job in explained
            ]
        }


_TOOLS: tuple[type[_FarmTool], ...] = (FarmStatusTool, ListPartsTool, PrintPartTool, ConfirmBedTool, ExplainJobTool)

_REPEATABLE = ToolAnnotations(destructive=False, idempotent=True)
_INTENTS: Mapping[str, tuple[str, str, ToolAnnotations]] = {
    "PrintagoPausePrint": ("pause_print", "Pause a print", _REPEATABLE),
    "PrintagoResumePrint": ("resume_print", "Resume a print", _REPEATABLE),
    "PrintagoStopPrint": ("stop_print", "Ask whether to stop a print", _REPEATABLE),
    "PrintagoConfirmStop": ("confirm_stop", "Stop a print after a yes", ToolAnnotations(destructive=True)),
}
"""The intents that are offered as tools, with name, title and effects.

The others are not: the tools above do the same with more detail, and two tools for one purpose confuse a model.
"""


@callback
def async_get_tools(hass: HomeAssistant, llm_context: LLMContext, api_id: str) -> LLMTools | None:
    """Return the tools for the stores that the assistant may use, None if there are none."""
    if api_id != LLM_API_ASSIST:
        return None
    entries = [
        entry for entry in hass.config_entries.async_loaded_entries(DOMAIN) if _is_exposed(hass, entry, llm_context)
    ]
    if not entries:
        return None
    stores = async_named_stores(hass, entries)
    return LLMTools(tools=[*(tool(stores) for tool in _TOOLS), *_intent_tools(hass)], prompt=_PROMPT)


@callback
def _intent_tools(hass: HomeAssistant) -> list[Tool]:
    tools: list[Tool] = []
    for handler in intent.async_get(hass):
        if (found := _INTENTS.get(handler.intent_type)) is not None:
            kind, title, effects = found
            tools.append(IntentTool(_name(kind), handler, title=title, integration=DOMAIN, annotations=effects))
    return tools


@callback
def _is_exposed(hass: HomeAssistant, entry: PrintagoConfigEntry, llm_context: LLMContext) -> bool:
    entities = er.async_entries_for_config_entry(er.async_get(hass), entry.entry_id)
    return any(
        async_should_expose(hass, llm_context.assistant, entity.entity_id) for entity in entities if not entity.disabled
    )


def _away(store: str) -> str:
    return f"there is no connection to Printago, so nothing is known about {store} right now"


def _status(store: str, entry: PrintagoConfigEntry) -> dict[str, Any]:
    if not entry.runtime_data.coordinator.available:
        return {"store": store, "error": _away(store)}
    farm = entry.runtime_data.coordinator.farm
    forecast = entry.runtime_data.history.forecaster.forecast()
    names = unambiguous_names(farm.printers.values())
    printers = sorted(farm.printers.values(), key=lambda printer: names[printer.id])
    more: dict[str, Any] = {}
    if left_out := max(0, len(printers) - _MOST_PRINTERS):
        more = {"more_printers": left_out, "by_readiness": Counter(printer.readiness.value for printer in printers)}
        # Those first that need a person, then those that print.
        printers = sorted(printers, key=_importance)[:_MOST_PRINTERS]
    return {
        "store": store,
        "printers": [_printer_status(names[printer.id], printer) for printer in printers],
        **more,
        "jobs_queued": sum(1 for _ in farm.jobs_with(JobStatus.PENDING)),
        "jobs_in_progress": sum(1 for _ in farm.jobs_with(*IN_PROGRESS_STATUSES)),
        "jobs_failed": sum(1 for _ in farm.jobs_with(JobStatus.FAILED)),
        **({"queue_ends_at": forecast.ends_at.isoformat()} if forecast.ends_at and not forecast.unplanned else {}),
    }


def _importance(printer: PrinterState) -> int:
    if printer.has_problem or printer.bed_needs_clearing:
        return 0
    return 1 if printer.readiness is Readiness.BUSY else 2


def _printer_status(name: str, printer: PrinterState) -> dict[str, Any]:
    status: dict[str, Any] = {
        "name": name,
        "readiness": printer.readiness.value,
        "print_status": printer.print_status.value if printer.print_status else "unknown",
        "bed_needs_clearing": printer.bed_needs_clearing,
    }
    if printer.job is not None:
        status["job"] = printer.job.title
    if (end := printer.live_end_time) is not None:
        status["ends_at"] = end.isoformat()
    if printer.has_problem:
        status["problems"] = [problem.message or problem.code for problem in printer.problems]
    return status
