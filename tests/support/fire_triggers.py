"""Fires each kind of trigger: by a change in the farm if possible, else by a state of its entity."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime, timedelta
import re
from typing import Any

from homeassistant.components.conversation import async_converse
from homeassistant.core import Context
from homeassistant.helpers import device_registry as dr, entity_registry as er
from homeassistant.helpers.trigger import async_extract_targets
from homeassistant.util import dt as dt_util
import pytest

from custom_components.printago.const import DOMAIN
from tests.support.common import printer_named, until, value_of
from tests.support.example_home import AWAY, PRINTER, Automation, Home

type Trigger = Mapping[str, Any]
type FireTrigger = Callable[[Home, Trigger], Awaitable[None]]

PRESSED = frozenset({"button", "event", "input_button"})
SPOKEN = {"request": "one benchy", "printer": "P1S 01"}
HMS = "0300-0100-0001-0002", "The heatbed is too hot"


async def fire_triggers(home: Home, automation: Automation) -> None:
    """Fulfill the conditions of an example, fire its triggers one after the other, and let their durations pass."""
    for condition in automation.conditions:
        kind = condition["condition"]
        if kind not in FULFILL:
            pytest.fail(f"{automation.example.name}: unknown condition {kind}")
        await FULFILL[kind](home, condition)
        await home.pass_by(70)
    for trigger in automation.triggers:
        kind = trigger.get("trigger", trigger.get("platform"))
        if kind not in FIRE:
            pytest.fail(f"{automation.example.name}: unknown trigger {kind}")
        await FIRE[kind](home, trigger)
        await home.pass_by(70 + seconds_of(trigger))


def seconds_of(trigger: Trigger) -> float:
    """Return how long a trigger waits until it fires."""
    given = {**trigger, **trigger.get("options", {})}.get("for", 0)
    if isinstance(given, int | float):
        return given
    if isinstance(given, Mapping):
        return timedelta(**given).total_seconds()
    hours, minutes, seconds = (float(part) for part in str(given).split(":"))
    return hours * 3600 + minutes * 60 + seconds


def _as_list(given: Any) -> list[Any]:
    return given if isinstance(given, list) else [given]


# Entities of any integration


async def _change_state(home: Home, trigger: Trigger) -> None:
    for entity in _as_list(trigger["entity_id"]):
        state = home.hass.states.get(entity)
        assert state is not None, f"there is no {entity}"
        assert state.state not in AWAY
        if trigger.get("to") is not None:
            wanted = _as_list(trigger["to"])[0]
            before = _as_list(trigger["from"])[0] if trigger.get("from") else _another(state.state, {wanted})
            home.hass.states.async_set(entity, before, state.attributes)
            await home.settle()
        elif state.domain in PRESSED:
            wanted = dt_util.utcnow().isoformat()
        else:
            wanted = _another(state.state, state.attributes.get("options", ()))
        home.hass.states.async_set(entity, wanted, state.attributes)
        await home.settle()
        if entity not in home.foreign:
            # Restore the actual state.
            home.hass.states.async_set(entity, state.state, state.attributes)
            await home.settle()


def _another(state: str, options: Any) -> str:
    if state in ("on", "off"):
        return "off" if state == "on" else "on"
    if state.isdecimal():
        return str(int(state) + 1)
    return next(option for option in (*options, "another") if option != state)


async def _cross_the_limit(home: Home, trigger: Trigger) -> None:
    for entity in _as_list(trigger["entity_id"]):
        for number in _around(trigger):
            state = home.hass.states.get(entity)
            assert state is not None
            if "attribute" in trigger:
                changed = {**state.attributes, trigger["attribute"]: number}
                home.hass.states.async_set(entity, state.state, changed)
            else:
                home.hass.states.async_set(entity, str(number), state.attributes)
            await home.settle()


def _around(trigger: Trigger) -> tuple[float, float]:
    """Return a number outside of the limits and one within."""
    if "below" in trigger:
        return trigger["below"] + 1, trigger["below"] - 1
    return trigger["above"] - 1, trigger["above"] + 1


async def _press(home: Home, trigger: Trigger) -> None:
    await _change_state(home, trigger["target"])


async def _strike(home: Home, trigger: Trigger) -> None:
    at = dt_util.parse_time(str(trigger["at"]))
    assert at is not None
    now = dt_util.now()
    then = datetime.combine(now.date(), at, now.tzinfo)
    if then <= now:
        then += timedelta(days=1)
    home.time.skip((then - now).total_seconds() - 30)
    await home.settle()


async def _look_at_a_change(home: Home, trigger: Trigger) -> None:
    """Change most states that an automation may check regularly, and let it check them."""
    await _end_all_prints(home, trigger)
    await home.pass_by(21 * 60)


async def _end_all_prints(home: Home, trigger: Trigger) -> None:
    for printer in home.farm.world.printers.values():
        if printer.machine.phase.busy:
            home.farm.finish_print(printer.id)


async def _fire(home: Home, trigger: Trigger) -> None:
    home.hass.bus.async_fire(trigger["event_type"], trigger.get("event_data", {}))


async def _scan(home: Home, trigger: Trigger) -> None:
    home.hass.bus.async_fire("tag_scanned", {"tag_id": trigger["tag_id"]})


async def _speak(home: Home, trigger: Trigger) -> None:
    sentence = re.sub(r"\[[^]]*\] ?", "", _as_list(trigger["command"])[0])
    sentence = re.sub(r"\(([^|)]*)[^)]*\)", r"\1", sentence)
    for slot in re.findall(r"{(\w+)}", sentence):
        if slot not in SPOKEN:
            pytest.fail(f"no words are defined for {slot}")
        sentence = sentence.replace(f"{{{slot}}}", SPOKEN[slot])
    await async_converse(home.hass, sentence, None, Context(), language="en", device_id="here")


async def _leave_to_restart(home: Home, trigger: Trigger) -> None:
    """Do nothing: a restart is tested in any case."""


async def _leave_to_trigger(home: Home, condition: Trigger) -> None:
    """Do nothing: it is true after what the triggers do."""


# Entities of the farm


def _identifiers(home: Home, trigger: Trigger) -> list[str]:
    """Return the IDs of the printers or stores that a trigger targets."""
    config = dict(trigger)
    entities, devices = er.async_get(home.hass), dr.async_get(home.hass)
    wanted = set(async_extract_targets(config, "device_id"))
    for entity in async_extract_targets(config, "entity_id"):
        registered = entities.async_get(entity)
        assert registered is not None, f"there is no {entity}"
        assert registered.device_id is not None
        wanted.add(registered.device_id)
    found = [devices.async_get(device) for device in wanted]
    identifiers = [
        value for device in found if device is not None for domain, value in device.identifiers if domain == DOMAIN
    ]
    # A farm stands for its printers.
    store, printer = home.farm.config.store_id, printer_named(home.farm, PRINTER)
    return [printer if identifier == store else identifier for identifier in identifiers]


async def _until_shown(home: Home, printer: str, key: str, value: str, platform: str = "sensor") -> None:
    """Await that Home Assistant shows what has changed: messages take real time, even while its own is simulated."""
    await until(home.hass, lambda: value_of(home.hass, printer, key, platform) == value)


async def _have_it_print(home: Home, printer: str) -> None:
    """Let a printer print that does not."""
    if not home.farm.printer(printer).machine.phase.busy:
        home.farm.print_from_outside(printer, "Bracket")
        await home.farm.advance(200)
        await _until_shown(home, printer, "print_status", "running")


async def _have_it_print_a_job(home: Home, printer: str) -> None:
    """Let an idle printer print a job of Printago."""
    home.farm.fleet.confirm_ready(home.farm.printer(printer), ready=True)
    part = next(iter(home.farm.world.parts))
    home.farm.builder.build({"parts": [{"partId": part, "tags": {"printer.id": printer}, "position": "front"}]})
    await home.farm.advance(300)
    await _until_shown(home, printer, "print_status", "running")


async def _finish_print(home: Home, printer: str) -> None:
    home.farm.finish_print(printer)
    await _until_shown(home, printer, "printing", "off", "binary_sensor")
    if not home.farm.printer(printer).continuous_print:
        await _until_shown(home, printer, "bed_needs_clearing", "on", "binary_sensor")


async def _end_print(home: Home, trigger: Trigger) -> None:
    for printer in _identifiers(home, trigger):
        await _have_it_print(home, printer)
        await _finish_print(home, printer)


async def _fail_print(home: Home, trigger: Trigger) -> None:
    for printer in _identifiers(home, trigger):
        if not home.farm.printer(printer).machine.phase.busy:
            await _have_it_print_a_job(home, printer)
        home.farm.fail_print(printer, "Spaghetti")
        await _until_shown(home, printer, "printing", "off", "binary_sensor")


async def _raise_hms(home: Home, trigger: Trigger) -> None:
    for printer in _identifiers(home, trigger):
        home.farm.clear_hms(printer)
        await _until_shown(home, printer, "hms", "off", "binary_sensor")
        home.farm.raise_hms(printer, *HMS)


async def _trip_fabmatic(home: Home, trigger: Trigger) -> None:
    for printer in _identifiers(home, trigger):
        home.farm.clear_hms(printer)
        home.farm.fleet.set_fabmatic(home.farm.printer(printer), enabled=True, job_limit=5)
        home.farm.settle()
        await home.pass_by(10)
        home.farm.raise_hms(printer, *HMS)


async def _start_print(home: Home, trigger: Trigger) -> None:
    for printer in _identifiers(home, trigger):
        if home.farm.printer(printer).machine.phase.busy:
            await _finish_print(home, printer)
        await _have_it_print(home, printer)


async def _pause_print(home: Home, trigger: Trigger) -> None:
    await _start_print(home, trigger)
    for printer in _identifiers(home, trigger):
        assert home.farm.printer(printer).machine.pause()
        await home.farm.advance(10)
        await _until_shown(home, printer, "print_status", "pause")


async def _resume_print(home: Home, trigger: Trigger) -> None:
    await _pause_print(home, trigger)
    for printer in _identifiers(home, trigger):
        assert home.farm.printer(printer).machine.resume()
        await home.farm.advance(10)
        await _until_shown(home, printer, "print_status", "running")


async def _cancel_print(home: Home, trigger: Trigger) -> None:
    for printer in _identifiers(home, trigger):
        if home.farm.printer(printer).machine.phase.busy:
            await _finish_print(home, printer)
        # Bambu printers call a print failed that a person has canceled, so that only Printago's jobs are canceled for sure.
        await _have_it_print_a_job(home, printer)
        jobs = [job for job in home.farm.world.jobs.values() if job.assigned_printer_id == printer]
        job = next(job for job in jobs if job.status == "printing")
        assert home.farm.queue.cancel(job)
        await home.farm.advance(30)
        await _until_shown(home, printer, "printing", "off", "binary_sensor")


async def _disconnect(home: Home, trigger: Trigger) -> None:
    for printer in _identifiers(home, trigger):
        home.farm.reconnect_printer(printer)
        await _until_shown(home, printer, "online", "on", "binary_sensor")
        home.farm.disconnect_printer(printer)
        await _until_shown(home, printer, "online", "off", "binary_sensor")


async def _reconnect(home: Home, trigger: Trigger) -> None:
    await _disconnect(home, trigger)
    for printer in _identifiers(home, trigger):
        home.farm.reconnect_printer(printer)
        await _until_shown(home, printer, "online", "on", "binary_sensor")


async def _hold_job(home: Home, trigger: Trigger) -> None:
    job = next(job for job in home.farm.world.jobs.values() if job.status == "pending")
    job.status = "waiting-for-approval"
    home.farm.world.jobs.touch(job.id)
    home.farm.settle()
    await home.pass_by(61)


async def _let_an_order_become_overdue(home: Home, trigger: Trigger) -> None:
    deadline = dt_util.utcnow() - timedelta(hours=1)
    home.farm.orders.create({"orderNumber": "1043", "deadline": deadline.isoformat()}, [])
    home.farm.settle()
    await home.pass_by(61)


async def _create_order(home: Home, trigger: Trigger) -> None:
    home.farm.orders.create({"orderNumber": "1042"}, [])
    home.farm.settle()


async def _empty_queue(home: Home, trigger: Trigger) -> None:
    for job in list(home.farm.world.jobs.values()):
        if job.status == "pending":
            home.farm.queue.cancel(job)
    await home.farm.advance(1)
    await home.pass_by(61)
    assert value_of(home.hass, home.farm.config.store_id, "jobs_queued") == "0"


async def _add_job(home: Home, trigger: Trigger) -> None:
    await _empty_queue(home, trigger)
    part = next(iter(home.farm.world.parts))
    home.farm.builder.build({"parts": [{"partId": part, "tags": {"printer.id": printer_named(home.farm, PRINTER)}}]})
    await home.farm.advance(2)
    await home.pass_by(61)
    assert value_of(home.hass, home.farm.config.store_id, "jobs_queued") == "1"


async def _report_material_short(home: Home, trigger: Trigger) -> None:
    entity = er.async_get(home.hass).async_get_entity_id("event", DOMAIN, f"{home.farm.config.store_id}_material")
    assert entity is not None
    now = dt_util.utcnow().isoformat(timespec="milliseconds")
    home.hass.states.async_set(entity, now, {"event_type": "material_short"})


async def _become_due(home: Home, trigger: Trigger) -> None:
    registry = er.async_get(home.hass)
    entities: list[str] = []
    for _ in range(15):
        found = (
            registry.async_get_entity_id("binary_sensor", DOMAIN, f"{printer}_maintenance_due")
            for printer in _identifiers(home, trigger)
        )
        if entities := [entity for entity in found if entity is not None]:
            break
        # Maintenance is read when its turn has come.
        await home.pass_by(301)
    assert entities
    for entity in entities:
        for state in ("off", "on"):
            home.hass.states.async_set(entity, state)
            await home.settle()


async def _use_spools_up(home: Home, trigger: Trigger) -> None:
    for printer in _identifiers(home, trigger):
        machine = home.farm.printer(printer).machine
        for tray in (machine.spool, *(tray for unit in machine.ams for tray in unit)):
            if tray is not None:
                tray.remaining = trigger["options"]["below"] - 1
    home.publish()


FIRE: dict[str, FireTrigger] = {
    "button.pressed": _press,
    "conversation": _speak,
    "event": _fire,
    "homeassistant": _leave_to_restart,
    "numeric_state": _cross_the_limit,
    "printago.bed_needs_clearing": _end_print,
    "printago.bed_waiting": _end_print,
    "printago.fabmatic_tripped": _trip_fabmatic,
    "printago.farm_idle": _end_all_prints,
    "printago.job_waiting_for_approval": _hold_job,
    "printago.jobs_waiting": _add_job,
    "printago.maintenance_due": _become_due,
    "printago.material_short": _report_material_short,
    "printago.order_completed": _end_all_prints,
    "printago.order_created": _create_order,
    "printago.order_overdue": _let_an_order_become_overdue,
    "printago.print_canceled": _cancel_print,
    "printago.print_failed": _fail_print,
    "printago.print_finished": _end_print,
    "printago.print_paused": _pause_print,
    "printago.print_resumed": _resume_print,
    "printago.print_started": _start_print,
    "printago.printer_offline": _disconnect,
    "printago.printer_online": _reconnect,
    "printago.printer_problem": _raise_hms,
    "printago.queue_empty": _empty_queue,
    "printago.spool_low": _use_spools_up,
    "state": _change_state,
    "tag": _scan,
    "time": _strike,
    "time_pattern": _look_at_a_change,
}
FULFILL: dict[str, FireTrigger] = {
    "printago.bed_needs_clearing": _end_print,
    "printago.not_printing": _end_print,
    "template": _leave_to_trigger,
}
