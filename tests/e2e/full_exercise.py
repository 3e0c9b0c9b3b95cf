"""One Home Assistant with a store: uses everything that it can do, and reads everything that it shows."""

import asyncio
from collections.abc import Awaitable
from pathlib import Path
from typing import Any

from homeassistant.components.llm import async_get_tools
from homeassistant.config_entries import ConfigEntry, ConfigEntryState
from homeassistant.const import CONF_API_KEY, MATCH_ALL, Platform
from homeassistant.core import Context, Event, HomeAssistant, callback
from homeassistant.helpers import device_registry as dr, entity_registry as er, issue_registry as ir
from homeassistant.helpers.json import json_dumps
from homeassistant.helpers.llm import LLM_API_ASSIST, LLMContext, ToolInput
from pytest_homeassistant_custom_component.components.diagnostics import (
    get_diagnostics_for_config_entry,
    get_diagnostics_for_device,
)
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator, WebSocketGenerator
import yaml

from custom_components.printago.const import CONF_API_URL, CONF_REALTIME_URL, CONF_SERVER, CONF_STORE_ID, DOMAIN
from tests.e2e.peers import eventually
from tests.e2e.secret_scanner import SecretScanner
from tests.project.test_docs_actions import CALL, PRINTER, sections
from tests.support.common import printer_named
from virtual_farm import VirtualFarm


class FullExercise:
    """One Home Assistant, and all that is done with it."""

    def __init__(
        self,
        hass: HomeAssistant,
        farm: VirtualFarm,
        scanner: SecretScanner,
        client: ClientSessionGenerator,
        ws: WebSocketGenerator,
    ) -> None:
        self.hass = hass
        self.farm = farm
        self.scanner = scanner
        self._client = client
        self._ws = ws
        self.errors = 0
        hass.bus.async_listen(MATCH_ALL, self._on_event)

    @property
    def entry(self) -> ConfigEntry[Any]:
        (entry,) = self.hass.config_entries.async_entries(DOMAIN)
        return entry

    @callback
    def _on_event(self, event: Event[Any]) -> None:
        self.scanner.look("events", json_dumps(event.as_dict()), str(event.event_type))

    async def attempt(self, call: Awaitable[Any], what: str, seconds: float = 10) -> None:
        """Do something that may fail, and search the result."""
        try:
            async with asyncio.timeout(seconds):
                self.scanner.look_at("answers", await call, what)
        except Exception as err:  # noqa: BLE001, whatever comes out is searched
            self.errors += 1
            self.scanner.look_at_error(err, what)

    async def flow(self, context: dict[str, Any], *inputs: dict[str, Any]) -> dict[str, Any]:
        """Go through a flow; search what it shows, but not what it stores in the entry."""
        flows = self.hass.config_entries.flow
        if "flow_id" in context:
            result: Any = {"flow_id": context["flow_id"]}
        else:
            result = await flows.async_init(DOMAIN, context=context)
        for given in inputs:
            result = await flows.async_configure(result["flow_id"], given)
            shown = {key: result.get(key) for key in ("type", "errors", "description_placeholders", "reason", "title")}
            self.scanner.look_at("flows", shown)
        return dict(result)

    def given(self, key: str, **server: str) -> dict[str, Any]:
        """Return the input of a user."""
        return {
            CONF_STORE_ID: self.farm.config.store_id,
            CONF_API_KEY: key,
            CONF_SERVER: {CONF_API_URL: self.farm.rest_url, CONF_REALTIME_URL: self.farm.realtime_url, **server},
        }

    async def until_loaded(self) -> None:
        await self.hass.async_block_till_done(wait_background_tasks=True)
        assert self.entry.state is ConfigEntryState.LOADED, self.entry.reason
        await eventually(lambda: self.entry.runtime_data.coordinator.stream_since is not None, "the stream is up")

    # Everything that can be done with a store

    async def use_entities(self) -> None:
        """Use every button, switch and other control."""
        services = {
            Platform.BUTTON: ("press", {}),
            Platform.SWITCH: ("toggle", {}),
            Platform.LIGHT: ("toggle", {}),
            Platform.FAN: ("set_percentage", {"percentage": 30}),
            Platform.NUMBER: ("set_value", {"value": 20}),
        }
        calls = []
        for entity in er.async_entries_for_config_entry(er.async_get(self.hass), self.entry.entry_id):
            if entity.domain in services:
                service, data = services[Platform(entity.domain)]
                data = {**data, "entity_id": entity.entity_id}
                call = self.hass.services.async_call(entity.domain, service, data, blocking=True)
                calls.append(self.attempt(call, entity.entity_id))
        await asyncio.gather(*calls)

    async def use_actions(self, folder: Path) -> None:
        """Call each action as documented."""
        calls = []
        for name, text in sections().items():
            data = yaml.safe_load(CALL.findall(text)[0])["data"]
            data = {field: self._real(value) for field, value in data.items()}
            if name == "upload_part":
                data["path"] = str(folder / "bracket.stl")
            call = self.hass.services.async_call(DOMAIN, name, data, blocking=True, return_response=True)
            calls.append(self.attempt(call, name))
        await asyncio.gather(*calls)

    def _real(self, value: Any) -> Any:
        if isinstance(value, list):
            return [self._real(member) for member in value]
        if isinstance(value, str) and (match := PRINTER.fullmatch(value)) is not None:
            identifier = (DOMAIN, printer_named(self.farm, match[1]))
            device = dr.async_get(self.hass).async_get_device_by_identifier(identifier, self.entry.entry_id)
            return device.id if device else "none"
        return value

    async def use_assistant(self) -> None:
        """Use the tools for language models."""
        context = LLMContext(
            platform="test", context=Context(), language="en", assistant="conversation", device_id=None
        )
        arguments = {
            "list_parts": {},
            "farm_status": {},
            "print_part": {"part": "Benchy"},
            "confirm_bed": {"printer": "P1S 01"},
            "explain_job": {"job": "Benchy"},
        }
        for tool in (await async_get_tools(self.hass, context, LLM_API_ASSIST)).tools:
            if (name := tool.name.removeprefix(f"{DOMAIN}__")) in arguments:
                given = ToolInput(tool.name, arguments[name])
                await self.attempt(tool.async_call(self.hass, given, context), tool.name)

    async def look_at_pictures(self) -> None:
        """Fetch each picture as a dashboard does."""
        client = await self._client()
        for state in self.hass.states.async_all("image"):
            if (path := state.attributes.get("entity_picture")) is not None:
                response = await client.get(path)
                self.scanner.look("pictures", await response.read(), state.entity_id)

    async def look_around(self) -> None:
        """Search everything that Home Assistant shows of a store now."""
        for state in self.hass.states.async_all():
            self.scanner.look_at("states and attributes", state.as_dict(), state.entity_id)
        for issue in ir.async_get(self.hass).issues.values():
            self.scanner.look("issues", repr(issue))
        entry = self.entry
        self.scanner.look("issues", repr((entry.state, entry.reason, entry.error_reason_translation_placeholders)))
        for flow in self.hass.config_entries.flow.async_progress():
            shown = {key: value for key, value in flow.items() if key != "context"}
            self.scanner.look_at("flows", [shown, flow["context"].get("title_placeholders")])
        self.scanner.look_at("diagnostics", await get_diagnostics_for_config_entry(self.hass, self._client, entry))
        for device in dr.async_entries_for_config_entry(dr.async_get(self.hass), entry.entry_id):
            self.scanner.look("registries", repr(device))
            diagnostics = await get_diagnostics_for_device(self.hass, self._client, entry, device)
            self.scanner.look_at("diagnostics", diagnostics)
        for entity in er.async_entries_for_config_entry(er.async_get(self.hass), entry.entry_id):
            self.scanner.look("registries", repr(entity))
        if (runtime := getattr(entry, "runtime_data", None)) is not None:
            coordinator = runtime.coordinator
            self.scanner.look("models", repr(coordinator.farm.printers))
            if coordinator.last_exception is not None:
                self.scanner.look_at_error(coordinator.last_exception)
        await self._look_through_websocket()

    async def _look_through_websocket(self) -> None:
        client = await self._ws()
        await client.send_json_auto_id({"type": "system_health/info"})
        while (message := await client.receive_json()).get("event", {}).get("type") != "finish":
            self.scanner.look_at("system health", message)
        for kind, place in (
            ({"type": "trace/list", "domain": "automation"}, "traces"),
            ({"type": "system_log/list"}, "system log"),
            ({"type": "persistent_notification/get"}, "notifications"),
            ({"type": "repairs/list_issues"}, "issues"),
            ({"type": "config_entries/get"}, "entries as the frontend sees them"),
        ):
            await client.send_json_auto_id(kind)
            answer = await client.receive_json()
            assert answer["success"], answer
            self.scanner.look_at(place, answer["result"])
            for trace in answer["result"] if place == "traces" else ():
                wanted = {"domain": "automation", "item_id": trace["item_id"], "run_id": trace["run_id"]}
                await client.send_json_auto_id({"type": "trace/get", **wanted})
                self.scanner.look_at(place, await client.receive_json())
        await client.close()
