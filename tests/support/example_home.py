"""A Home Assistant that starts, stops and restarts, with the virtual farm and the automations of examples."""

from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
import re
from typing import Any

from homeassistant import bootstrap
from homeassistant.components.automation import EVENT_AUTOMATION_TRIGGERED
from homeassistant.const import ATTR_NAME, STATE_UNAVAILABLE, STATE_UNKNOWN
from homeassistant.core import Context, CoreState, Event, ServiceRegistry, State, callback
from homeassistant.helpers import (
    area_registry as ar,
    category_registry as cr,
    device_registry as dr,
    entity_registry as er,
    floor_registry as fr,
    frame,
    issue_registry as ir,
    label_registry as lr,
    restore_state as rs,
    translation,
)
from homeassistant.loader import DATA_CUSTOM_COMPONENTS
from homeassistant.setup import async_setup_component
from homeassistant.util import dt as dt_util
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, async_test_home_assistant

from custom_components.printago.const import DOMAIN
from tests.conftest import entry_data
from tests.support.common import device_of, printer_named
from tests.support.examples import DID, Example, filled_in, hurried, nodes
from tests.support.simulated_time import SimulatedTime
from virtual_farm import VirtualFarm

PRINTER = "X1 Carbon 01"
"""The printer that blueprints are configured for; it prints."""
AWAY = frozenset({STATE_UNAVAILABLE, STATE_UNKNOWN})
FIRST_STATES = {
    "binary_sensor": "off",
    "button": "",
    "event": "",
    "input_button": "",
    "light": "on",
    "switch": "on",
}
"""States of other entities by domain; an empty one means a moment in the past."""
ENTITY = re.compile(rf"\b(?:{'|'.join(FIRST_STATES)})\.[a-z0-9_]+\b")
ANSWER = {
    "errors": [],
    "job_ids": [],
    "jobs": [],
    "parts": [{"name": "Benchy", "part_id": "benchy"}],
}
"""The response of every mocked action; it does nothing, so it can be tried repeatedly."""


class Automation:
    """One example as it runs."""

    def __init__(self, example: Example) -> None:
        """Prepare an example to run."""
        self.example = example
        self.config: Mapping[str, Any] = {}
        """The automation, without open inputs."""

    @property
    def triggers(self) -> list[dict[str, Any]]:
        """The triggers of the automation."""
        triggers = self.config.get("triggers", self.config.get("trigger"))
        return triggers if isinstance(triggers, list) else [triggers]

    @property
    def conditions(self) -> list[dict[str, Any]]:
        """The conditions of the automation; a template alone is one, too."""
        conditions = self.config.get("conditions", self.config.get("condition", []))
        listed = conditions if isinstance(conditions, list) else [conditions]
        return [one if isinstance(one, dict) else {"condition": "template", "value_template": one} for one in listed]

    def named(self) -> set[str]:
        """Return the entities in triggers and conditions, including those in templates."""
        names: set[str] = set()
        for part in (*self.triggers, *self.conditions):
            for node in nodes(part):
                entities = node.get("entity_id", [])
                names.update(entities if isinstance(entities, list) else [entities])
                names.update(
                    name for value in node.values() if isinstance(value, str) for name in ENTITY.findall(value)
                )
        return names


def first_state(entity: str) -> str:
    """Return the first state of another entity; fails for an unknown kind."""
    domain = entity.partition(".")[0]
    if domain not in FIRST_STATES:
        pytest.fail(f"no first state is defined for {entity}")
    return FIRST_STATES[domain] or dt_util.utcnow().isoformat()


class Home:
    """Runs examples side by side, and records the actions of each."""

    def __init__(
        self, farm: VirtualFarm, time: SimulatedTime, examples: Sequence[Example], patch: pytest.MonkeyPatch
    ) -> None:
        """Prepare to start."""
        self.farm = farm
        self.time = time
        self.automations = [Automation(example) for example in examples]
        self.done: list[tuple[str, Any]] = []
        """The actions called so far by any of them, with their data."""
        self.entry_id = "the_farm"
        self.foreign: dict[str, str] = {}
        """Other entities that the examples name, and their first states."""
        self._running = AsyncExitStack()
        self._contexts: list[str | None] = []
        """For each of the actions, the context in which it was called."""
        self._triggered: dict[str, str] = {}
        """The name of the automation that acts in a context."""
        patch.setattr(ServiceRegistry, "async_call", self._call)

    async def _call(
        self,
        domain: str,
        service: str,
        service_data: Any = None,
        blocking: bool = False,
        context: Context | None = None,
        *_: Any,
        target: Any = None,
        **__: Any,
    ) -> Any:
        self._note((f"{domain}.{service}", {**(service_data or {}), **(target or {})}), context)
        return dict(ANSWER)

    def done_by(self, automation: Automation) -> list[tuple[str, Any]]:
        """Return the actions that one of the examples has called so far, with their data."""
        # The event of a trigger may come after its first action.
        called = zip(self.done, self._contexts, strict=True)
        return [done for done, context in called if self._triggered.get(context or "") == automation.example.name]

    def _note(self, action: tuple[str, Any], context: Context | None) -> None:
        self.done.append(action)
        self._contexts.append(context.id if context is not None else None)

    @property
    def entry(self) -> MockConfigEntry:
        """The entry of the farm."""
        entry = self.hass.config_entries.async_get_entry(self.entry_id)
        assert isinstance(entry, MockConfigEntry)
        return entry

    async def start(self) -> None:
        """Start for the first time, and add the automations after setup has finished."""
        await self._boot(CoreState.running)
        self._add_entry()
        await self.load_farm()
        await self.pass_by(60)
        for automation in self.automations:
            automation.config = self._configured(automation.example)
            for entity in automation.named():
                if er.async_get(self.hass).async_get(entity) is None:
                    self.foreign[entity] = first_state(entity)
        self.show_foreign(self.foreign)
        await self._set_up_automations()

    async def restart(self, *, late: bool, foreign: str | None = None) -> None:
        """Stop and restart; with ``late``, everything except the automations is set up after the start.

        Other entities keep their states, unless a new state is given for them.
        """
        saved = {state.entity_id: foreign or state.state for state in self.shown().values()}
        await self.stop()
        self.time.skip(120)
        await self._boot(CoreState.not_running)
        # Home Assistant removes the devices of an entry that it does not have at its start.
        self._add_entry()
        await self._set_up_automations()
        if late:
            self.show_foreign(STATE_UNAVAILABLE)
        else:
            await self.load_farm()
            self.show_foreign(saved)
        await self.hass.async_start()
        await self.pass_by(30)
        if late:
            await self.load_farm()
            self.show_foreign(saved)
        await self.pass_by(60)

    async def stop(self) -> None:
        """Stop as a running Home Assistant does."""
        await self._running.aclose()
        self.time.forget_timers()

    async def _boot(self, state: CoreState) -> None:
        hass = self.hass = await self._running.enter_async_context(
            async_test_home_assistant(load_registries=False, initial_state=state)
        )
        self._running.push_async_callback(hass.async_stop, force=True)
        hass.data.pop(DATA_CUSTOM_COMPONENTS)
        frame.async_setup(hass)
        await translation.async_load_integrations(hass, {"homeassistant"})
        dr.async_setup(hass)
        for registry in (ar, cr, dr, er, fr, ir, lr, rs):
            await registry.async_load(hass)
        hass.data[bootstrap.DATA_REGISTRIES_LOADED] = None
        hass.bus.async_listen(EVENT_AUTOMATION_TRIGGERED, self._note_trigger)
        hass.bus.async_listen(DID, self._note_event)

    @callback
    def _note_trigger(self, event: Event[Any]) -> None:
        self._triggered[event.context.id] = event.data[ATTR_NAME]

    @callback
    def _note_event(self, event: Event[Any]) -> None:
        self._note((DID, {}), event.context)

    def _add_entry(self) -> None:
        data = entry_data(self.farm)
        entry = MockConfigEntry(
            domain=DOMAIN, title="Virtual Farm", unique_id=self.farm.config.store_id, data=data, entry_id=self.entry_id
        )
        entry.add_to_hass(self.hass)

    async def load_farm(self) -> None:
        """Set up the entry of the farm."""
        assert await self.hass.config_entries.async_setup(self.entry_id)
        await self.hass.async_block_till_done(wait_background_tasks=True)

    # The automations

    def _configured(self, example: Example) -> dict[str, Any]:
        printer, store = printer_named(self.farm, PRINTER), self.farm.config.store_id
        devices = {"printer": self.device_id(printer), "farm": self.device_id(store)}
        if example.is_blueprint:
            ours = {
                f"{entity.domain}.{entity.original_device_class}": entity.entity_id
                for entity in er.async_entries_for_device(er.async_get(self.hass), devices["printer"])
                if entity.translation_key in ("readiness", "hms")
            }
            config = hurried(filled_in(example, devices, ours))
        else:
            config = hurried(example.config)
            for trigger in config.get("triggers", ()):
                if isinstance(trigger, dict) and trigger.get("trigger") == "device":
                    trigger["device_id"] = devices[trigger["device_id"]]
        return {**config, "id": example.name, "alias": example.name}

    def device_id(self, identifier: str) -> str:
        """Return the device ID of a printer or store."""
        device = device_of(self.hass, self.entry, identifier)
        assert device is not None
        return device.id

    async def _set_up_automations(self) -> None:
        kinds = {trigger.get("trigger") for automation in self.automations for trigger in automation.triggers}
        if "conversation" in kinds:
            for component in ("homeassistant", "conversation"):
                assert await async_setup_component(self.hass, component, {})
        configs = [automation.config for automation in self.automations]
        assert await async_setup_component(self.hass, "automation", {"automation": configs})
        shown = [state.state for state in self.hass.states.async_all("automation")]
        assert shown == ["on"] * len(configs), "Home Assistant refused an automation"

    # States

    def show_foreign(self, states: Mapping[str, str] | str | None) -> None:
        """Set a state for other entities, or one for each; None removes them."""
        for entity in self.foreign:
            if states is None:
                self.hass.states.async_remove(entity)
            else:
                self.hass.states.async_set(entity, states if isinstance(states, str) else states[entity])

    def shown(self) -> dict[str, State]:
        """Return the known states of the farm and of the examples' entities."""
        registry = er.async_get(self.hass)
        return {
            state.entity_id: state
            for state in self.hass.states.async_all()
            if state.state not in AWAY
            and state.domain != "image"  # None after the end of a print
            and (
                state.entity_id in self.foreign
                or ((entity := registry.async_get(state.entity_id)) is not None and entity.platform == DOMAIN)
            )
        }

    async def pass_by(self, seconds: float) -> None:
        """Let time pass; printers keep publishing telemetry."""
        while seconds > 0:
            self.publish()
            await self.time.pass_by(self.hass, min(seconds, 120))
            seconds -= 120

    def publish(self) -> None:
        """Publish the telemetry of every printer, even without changes."""
        for printer in self.farm.world.printers.values():
            printer.machine.version += 1
        self.farm.feed.flush(everything=True)

    async def settle(self) -> None:
        """Wait for pending work."""
        await self.pass_by(1)
