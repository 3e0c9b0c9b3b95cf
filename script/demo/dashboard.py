"""A dashboard of the demo's farm: what a person who runs it looks at all day."""

from collections.abc import Callable, Mapping
from typing import Any

from .demo import Demo

PATH = "print-farm"
_STATES = {"running": "green", "pause": "amber"}


def _tile(entity_id: str, name: str, **options: Any) -> dict[str, Any]:
    return {"type": "tile", "entity": entity_id, "name": name, **options}


def _wide(entity_id: str, name: str, **options: Any) -> dict[str, Any]:
    return _tile(entity_id, name, grid_options={"columns": 12}, **options)


def _press(entity_id: str, name: str, color: str) -> dict[str, Any]:
    return _tile(entity_id, name, color=color, hide_state=True, tap_action={"action": "toggle"})


def _badge(entity_id: str, name: str, color: str) -> dict[str, Any]:
    """Return a badge that shows once its entity is there: some come only after the first minute."""
    return {
        "type": "entity",
        "entity": entity_id,
        "name": name,
        "show_name": True,
        "color": color,
        "visibility": [{"condition": "state", "entity": entity_id, "state_not": "unavailable"}],
    }


def _farm_section(saved_prints: Mapping[str, str]) -> dict[str, Any]:
    return {
        "type": "grid",
        "cards": [
            {"type": "heading", "heading": "Farm", "icon": "mdi:factory"},
            _tile("sensor.virtual_farm_printers_printing", "Printing", color="green"),
            _tile("sensor.virtual_farm_jobs_queued", "In the queue", color="blue"),
            _wide("sensor.virtual_farm_utilization", "Utilization", color="teal", features=[{"type": "bar-gauge"}]),
            _tile("sensor.virtual_farm_next_free_printer", "Next free", color="teal"),
            _tile("sensor.virtual_farm_printers_with_problems", "With a problem", color="red"),
            *(_press(entity_id, name, "blue") for entity_id, name in saved_prints.items()),
        ],
    }


def _printer_section(name: str, state: Callable[[str], str]) -> dict[str, Any]:
    """Return what can be seen and done of a printer; `state` tells that of an entity."""
    printer = slug(name)
    status = state(f"sensor.{printer}_print_status")
    color = _STATES.get(status, "grey")
    waits = state(f"binary_sensor.{printer}_bed_needs_clearing") == "on"
    badges = [
        {"type": "entity", "entity": f"sensor.{printer}_{part}_temperature", "show_state": True, "show_icon": True}
        for part in ("nozzle", "bed")
    ]
    cards: list[dict[str, Any]] = [{"type": "heading", "heading": name, "icon": "mdi:printer-3d", "badges": badges}]
    if status in _STATES:
        cards += [
            _tile(f"sensor.{printer}_print_status", "Status", color=color),
            _tile(f"sensor.{printer}_current_job", "Job", color="indigo"),
            _wide(f"sensor.{printer}_print_progress", "Progress", color=color, features=[{"type": "bar-gauge"}]),
            _tile(f"sensor.{printer}_end_time", "Done", color="indigo"),
            _tile(f"sensor.{printer}_current_layer", "Layer", color="indigo"),
            _press(f"button.{printer}_pause_printing", "Pause", "amber")
            if status == "running"
            else _press(f"button.{printer}_resume_printing", "Resume", "green"),
            _press(f"button.{printer}_stop_printing", "Stop", "red"),
        ]
    else:
        cards.append(_wide(f"sensor.{printer}_readiness", "Readiness", color="amber" if waits else "teal"))
        if waits:
            confirm = _press(f"button.{printer}_confirm_bed_cleared", "Confirm bed cleared", "amber")
            cards.append({**confirm, "grid_options": {"columns": 12}})
    return {"type": "grid", "cards": cards}


def slug(name: str) -> str:
    """Return what a device's name becomes in entity IDs; the demo's names are plain."""
    return name.lower().replace(" ", "_")


async def add_dashboard(demo: Demo, saved_prints: Mapping[str, str] | None = None) -> None:
    """Put the dashboard into the sidebar, with a button for each saved print (button's entity ID: name)."""
    client = demo.home_assistant.client
    farm = await demo.farm.control("GET", "/state")
    states: dict[str, str] = {state["entity_id"]: state["state"] for state in await client.rest("GET", "/states")}

    def state(entity_id: str) -> str:
        return states.get(entity_id, "")

    names = [printer["name"] for printer in farm["printers"] if printer["isOnline"]]
    names.sort(key=lambda name: state(f"sensor.{slug(name)}_print_status") not in _STATES)
    sections = [_farm_section(saved_prints or {}), *(_printer_section(name, state) for name in names)]
    badges = [
        _badge("sensor.virtual_farm_open_orders", "Open orders", "indigo"),
        _badge("sensor.virtual_farm_overdue_orders", "Overdue orders", "red"),
        _badge("sensor.virtual_farm_beds_to_clear", "Beds to clear", "amber"),
        _badge("binary_sensor.virtual_farm_realtime_connection", "Realtime", "teal"),
    ]
    await client.command(
        "lovelace/dashboards/create",
        url_path=PATH,
        title="Print farm",
        icon="mdi:printer-3d-nozzle",
        mode="storage",
        show_in_sidebar=True,
        require_admin=False,
    )
    view = {
        "title": "Print farm",
        "path": "farm",
        "type": "sections",
        "max_columns": 4,
        "badges": badges,
        "sections": sections,
    }
    await client.command("lovelace/config/save", url_path=PATH, config={"views": [view]})
