"""Diagnostics for bug reports, which are often public: names stay, secrets and serial numbers are removed."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, is_dataclass
from typing import Any

from homeassistant.components.diagnostics import REDACTED, async_redact_data
from homeassistant.const import CONF_API_KEY
from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.device_registry import DeviceEntry
from yarl import URL

from ..api import PrintJob
from ..api.redaction import Redactor
from ..const import CONF_SERVER, CONF_STORE_ID, DOMAIN
from ..model.printer import PrinterState
from ..runtime import PrintagoConfigEntry, PrintagoRuntime
from .health import describe_history, describe_quota, describe_rest, describe_stream

_TO_REDACT = {CONF_API_KEY, CONF_STORE_ID, "serial_number"}
_NO_PICTURES = ("colored_thumbnail", "build_thumbnail", "thumbnail")


async def async_get_config_entry_diagnostics(hass: HomeAssistant, entry: PrintagoConfigEntry) -> dict[str, Any]:
    """Return the state of a store, and its printers in short."""
    described: dict[str, Any] = {"entry": _describe_entry(entry)}
    if (runtime := _runtime_of(entry)) is not None:
        coordinator = runtime.coordinator
        described |= _describe_store(runtime)
        described["printers"] = [_describe_briefly(state) for state in coordinator.farm.printers.values()]
    return _without_secrets(entry, described)


async def async_get_device_diagnostics(
    hass: HomeAssistant, entry: PrintagoConfigEntry, device: DeviceEntry
) -> dict[str, Any]:
    """Return all that is known of one printer; for the farm's device, the state of the store."""
    described: dict[str, Any] = {"entry": _describe_entry(entry)}
    if (runtime := _runtime_of(entry)) is not None:
        coordinator = runtime.coordinator
        described["stream"] = describe_stream(coordinator)
        ours = [identifier for domain, identifier in device.identifiers if domain == DOMAIN]
        states = [
            coordinator.farm.printers[identifier] for identifier in ours if identifier in coordinator.farm.printers
        ]
        if states:
            described["printer"] = _describe_fully(states[0])
        elif coordinator.store_id in ours:
            described |= _describe_store(runtime)
    described["entities"] = _describe_entities(hass, device)
    return _without_secrets(entry, described)


def _runtime_of(entry: PrintagoConfigEntry) -> PrintagoRuntime | None:
    # An entry that failed to load has data as well; one that was never set up has not.
    return getattr(entry, "runtime_data", None)


def _describe_entry(entry: PrintagoConfigEntry) -> dict[str, Any]:
    return {
        "title": entry.title,
        "state": entry.state.value,
        "reason": entry.reason,
        "data": {
            **entry.data,
            CONF_SERVER: {name: _origin(address) for name, address in entry.data.get(CONF_SERVER, {}).items()},
        },
    }


def _origin(address: str) -> str:
    """Return a URL without its possibly secret parts."""
    try:
        url = URL(address)
    except ValueError, LookupError:
        return REDACTED
    return f"{url.scheme}://{url.host}:{url.port}{url.path}"


def _describe_store(runtime: PrintagoRuntime) -> dict[str, Any]:
    coordinator = runtime.coordinator
    farm, facts = coordinator.farm, coordinator.store_state.facts
    states = list(farm.printers.values())
    return {
        "model": {
            "printers": len(states),
            "printers_online": sum(state.is_online for state in states),
            "printers_with_live_telemetry": sum(state.live for state in states),
            "printers_by_provider": dict(Counter(state.record.provider or "unknown" for state in states)),
            "jobs": dict(Counter(job.status or "unknown" for job in farm.jobs.values())),
            "jobs_completed": farm.open_jobs.completions.total,
            "part_builds": len(farm.open_jobs.part_builds),
            "orders_open": len(facts.orders),
            "production_slots": facts.slots,
            "order_items_unprintable": len(facts.unprintable()),
            "shops": dict(Counter(link.shop.type or "unknown" for link in facts.shops.all.values())),
            "maintenance_due": len(facts.maintenance.due()),
            "maintenance_mode_included": facts.entitled,
            "facts_known": sorted(facts.known),
            "slots": len(farm.materials.slots),
            "materials": len(farm.materials.materials),
            "material_variants": len(farm.materials.variants),
        },
        "rest": describe_rest(coordinator),
        "stream": describe_stream(coordinator),
        "quota": describe_quota(coordinator),
        "history": describe_history(runtime.history),
    }


def _describe_briefly(state: PrinterState) -> dict[str, Any]:
    record = state.record
    return {
        "id": state.id,
        "name": state.name,
        "provider": record.provider,
        "model": record.model,
        "state": state.telemetry.state,
        "print_status": state.print_status,
        "readiness": state.readiness,
        "in_use": state.in_use,
        "is_online": state.is_online,
        "is_available": state.is_available,
        "confirmed_ready": record.confirmed_ready,
        "stale": state.stale,
        "job": _describe_job(state.job, "id", "status"),
        "updated_at": record.updated_at,
        "received_at": state.received_at,
    }


def _describe_fully(state: PrinterState) -> dict[str, Any]:
    return {
        **_describe_briefly(state),
        "record": asdict(state.record),
        "telemetry": asdict(state.telemetry),
        "connection_at": state.connection_at,
        "expires_at": state.expires_at,
        "end_time": state.end_time,
        "readings_shown": sorted(state.shown),
        "job": _describe_job(state.job),
    }


def _describe_job(job: PrintJob | None, *names: str) -> dict[str, Any] | None:
    if job is None:
        return None
    described = job.as_dict()
    # The path of a picture contains the ID of the store: only show whether there is one.
    described |= {name: described[name] is not None for name in _NO_PICTURES}
    return {name: value for name, value in described.items() if not names or name in names}


def _describe_entities(hass: HomeAssistant, device: DeviceEntry) -> list[dict[str, Any]]:
    entities = er.async_entries_for_device(er.async_get(hass), device.id, include_disabled_entities=True)
    return [
        {
            "entity_id": entity.entity_id,
            "key": entity.translation_key,
            "disabled_by": entity.disabled_by,
            "state": state.state if (state := hass.states.get(entity.entity_id)) is not None else None,
        }
        for entity in sorted(entities, key=lambda entity: entity.entity_id)
    ]


def _without_secrets(entry: PrintagoConfigEntry, described: dict[str, Any]) -> dict[str, Any]:
    """Redact fields that hold a secret, and secrets in any other text."""
    redactor = Redactor(entry.data[CONF_API_KEY], entry.data[CONF_STORE_ID])
    scrubbed: dict[str, Any] = _scrub(async_redact_data(described, _TO_REDACT), redactor)
    return scrubbed


def _scrub(value: Any, redactor: Redactor) -> Any:
    if isinstance(value, str):
        return redactor.redact(value)
    if isinstance(value, Mapping):
        return {_scrub(name, redactor): _scrub(member, redactor) for name, member in value.items()}
    if is_dataclass(value) and not isinstance(value, type):
        return _scrub(asdict(value), redactor)
    if isinstance(value, list | tuple | set | frozenset):
        return [_scrub(member, redactor) for member in value]
    return value
