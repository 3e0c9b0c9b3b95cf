"""A day at a farm: a Home Assistant with its automations, lists, calendars and assistant, in simulated time."""

import asyncio
from collections.abc import Coroutine, Mapping
from datetime import timedelta
from typing import Any

from homeassistant.components.conversation import async_converse
from homeassistant.components.homeassistant.exposed_entities import async_expose_entity
from homeassistant.components.todo import DATA_COMPONENT
from homeassistant.core import Context, ServiceRegistry
from homeassistant.helpers.condition import async_from_config, async_validate_condition_config
from homeassistant.setup import async_setup_component
from homeassistant.util import dt as dt_util
import pytest

from custom_components.printago.const import DOMAIN
from tests.automation.test_every_trigger import OF_A_FARM
from tests.support.common import entity_id, printer_named, value_of
from tests.support.example_home import Home
from tests.support.simulated_time import SimulatedTime
from tests.support.todo import complete, shown
from virtual_farm import VirtualFarm
from virtual_farm.printer import Printer

LISTS = ("attention", "queue", "beds_to_clear", "open_orders", "maintenance_due")
MINUTE = 60
_CALL = ServiceRegistry.async_call
_MOST_TURNS = 60


class Day(Home):
    """A Home Assistant with the automations, lists, calendars and the assistant of a farm."""

    def __init__(self, farm: VirtualFarm, time: SimulatedTime, patch: pytest.MonkeyPatch) -> None:
        """Prepare to start."""
        super().__init__(farm, time, [OF_A_FARM], patch)
        self.store = farm.config.store_id
        self.shop = ""

    async def _call(self, domain: str, service: str, service_data: Any = None, *args: Any, **options: Any) -> Any:
        if domain == "notify":
            return await super()._call(domain, service, service_data)
        return await _CALL(self.hass.services, domain, service, service_data, *args, **options)

    def times(self, trigger: str) -> int:
        """Return how often a trigger has fired."""
        return sum(data["message"] == trigger for name, data in self.done if name == "notify.notify")

    @property
    def fired(self) -> set[str]:
        """The triggers that have fired so far."""
        return {data["message"] for name, data in self.done if name == "notify.notify"}

    async def hours(self, hours: float) -> None:
        """Let the farm print, and Home Assistant follow."""
        for _ in range(round(hours * 6)):
            await self.farm.advance(10 * MINUTE)
            self.publish()
            await self.time.pass_by(self.hass, 10 * MINUTE)

    async def listen(self) -> None:
        """Set up the assistant."""
        for component in ("homeassistant", "conversation"):
            assert await async_setup_component(self.hass, component, {})
        for exposed in (
            entity_id(self.hass, self.store, "jobs_queued"),
            entity_id(self.hass, self.store, "beds_to_clear", "todo"),
        ):
            async_expose_entity(self.hass, "conversation", exposed, True)

    async def during[T](self, waited: Coroutine[Any, Any, T]) -> T:
        """Let time pass until something is done: calls to the cloud are gathered for a moment."""
        task = asyncio.ensure_future(waited)
        for _ in range(_MOST_TURNS):
            if task.done():
                break
            await self.time.pass_by(self.hass, 0.1)
        async with asyncio.timeout(5):
            return await task

    async def say(self, sentence: str, language: str = "en") -> str:
        """Return what the assistant answers."""
        result = await self.during(async_converse(self.hass, sentence, None, Context(), language=language))
        return str(result.response.speech["plain"]["speech"])

    async def holds(self, condition: str, *printers: str) -> bool:
        """Return whether a condition is true of printers, or of the farm."""
        devices = [self.device_id(printer_named(self.farm, name)) for name in printers] or [self.device_id(self.store)]
        config = {"condition": f"{DOMAIN}.{condition}", "target": {"device_id": devices}, "options": {}}
        checker = await async_from_config(self.hass, await async_validate_condition_config(self.hass, config))
        try:
            return checker.async_check() is True
        finally:
            checker.async_unload()

    async def complete(self, key: str, item: str) -> None:
        """Complete an item of a list."""
        await self.during(complete(self.hass, self.farm, key, item))

    async def move(self, key: str, item: str, *, behind: str) -> None:
        """Drag an item of a list behind another one."""
        entity = self.hass.data[DATA_COMPONENT].get_entity(entity_id(self.hass, self.store, key, "todo"))
        uids = {each.summary: each.uid for each in entity.todo_items or ()}
        await self.during(entity.async_move_todo_item(uids[item], uids[behind]))

    async def until_order(self, key: str, wanted: list[str]) -> None:
        """Wait until a list has exactly these items."""
        for _ in range(_MOST_TURNS):
            if shown(self.hass, self.farm, key) == wanted:
                return
            await self.time.pass_by(self.hass, 1)
        pytest.fail(f"{key}: {shown(self.hass, self.farm, key)}")

    def lists(self) -> Mapping[str, list[str]]:
        """Return the items of all lists."""
        return {key: shown(self.hass, self.farm, key) for key in LISTS}

    def ids(self) -> Mapping[str, list[str | None]]:
        """Return the IDs of the items of all lists."""
        entities = self.hass.data[DATA_COMPONENT]
        found = {key: entities.get_entity(entity_id(self.hass, self.store, key, "todo")) for key in LISTS}
        return {key: [item.uid for item in entity.todo_items or ()] for key, entity in found.items()}

    async def leave(self, printer: Printer, place: tuple[int, int], percent: float) -> None:
        """Let a tray hold this much filament."""
        tray = printer.machine.tray(place)
        assert tray is not None
        tray.remaining = percent
        printer.machine.version += 1
        self.publish()
        await self.time.pass_by(self.hass, MINUTE)

    async def until_listed(self, key: str, item: str, *, gone: bool = False) -> None:
        """Wait until an item is on a list, or no longer."""
        for _ in range(_MOST_TURNS):
            if any(item in each for each in shown(self.hass, self.farm, key)) != gone:
                return
            await self.time.pass_by(self.hass, 1)
        pytest.fail(f"{key}: {shown(self.hass, self.farm, key)}")

    async def begin_print(self, name: str) -> str:
        """Let a printer print the next job; returns the ID of the printer."""
        printer = printer_named(self.farm, name)
        if self.farm.printer(printer).machine.phase.busy:
            self.farm.finish_print(printer)
        self.farm.fleet.confirm_ready(self.farm.printer(printer), ready=True)
        part = next(iter(self.farm.world.parts))
        self.farm.builder.build({"parts": [{"partId": part, "tags": {"printer.id": printer}, "position": "front"}]})
        await self.farm.advance(5 * MINUTE)
        for _ in range(_MOST_TURNS):
            if value_of(self.hass, printer, "print_status") == "running":
                break
            await self.time.pass_by(self.hass, 1)
        assert value_of(self.hass, printer, "print_status") == "running"
        return printer

    async def events(self, key: str) -> list[dict[str, Any]]:
        """Return the events of a calendar, yesterday to tomorrow."""
        calendar, now = entity_id(self.hass, self.store, key, "calendar"), dt_util.utcnow()
        answer: Any = await self.hass.services.async_call(
            "calendar",
            "get_events",
            {
                "entity_id": calendar,
                "start_date_time": (now - timedelta(days=1)).isoformat(),
                "end_date_time": (now + timedelta(days=1)).isoformat(),
            },
            blocking=True,
            return_response=True,
        )
        found: list[dict[str, Any]] = answer[calendar]["events"]
        return found
