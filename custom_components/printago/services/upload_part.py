"""The action that uploads a model file as a part, and optionally prints it."""

import asyncio
from typing import Any

from homeassistant.const import ATTR_CONFIG_ENTRY_ID
from homeassistant.core import ServiceCall, ServiceResponse
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import config_validation as cv
import voluptuous as vol

from ..api import AuthenticationError, OutcomeUnknownError, PrintagoError
from ..api.models.product import Part
from ..const import LOGGER
from ..coordinator import PrintagoCoordinator
from ..errors import action_error, action_failure, async_message, home_assistant_error
from ..printing.action_fields import NAME, NON_EMPTY, at_least_one, at_most_one
from ..printing.catalog import called
from ..printing.request import (
    ATTR_LABEL,
    ATTR_MATERIAL,
    ATTR_PART,
    ATTR_POSITION,
    ATTR_PRIORITY,
    ATTR_QUANTITY,
    QUANTITY,
    async_print_request,
)
from ..runtime import PrintagoRuntime
from .file_source import ModelFile, async_media_path, async_open, media_id
from .helpers import ATTR_PRINTER, async_runtime
from .submit_print_job import ATTR_TAGS, ATTR_WAIT_UNTIL, TAGS, WAITING, async_submit, tags_of
from .url_source import async_open_url

ATTR_MEDIA = "media"
ATTR_NAME = "name"
ATTR_PATH = "path"
ATTR_PRINT = "print"
ATTR_URL = "url"

_SOURCES = (ATTR_PATH, ATTR_MEDIA, ATTR_URL)
_OF_PRINTING = (ATTR_QUANTITY, ATTR_PRINTER, ATTR_TAGS, ATTR_MATERIAL, ATTR_LABEL, ATTR_WAIT_UNTIL)
_LOOK_AFTER = (1.0, 4.0)
"""Seconds to wait before looking for a part after a lost response."""


def _print_only_when_asked(data: dict[str, Any]) -> dict[str, Any]:
    if not data[ATTR_PRINT] and (given := [key for key in _OF_PRINTING if key in data]):
        raise action_error("fields_only_for_print", fields=", ".join(given))
    return data


UPLOAD_PART_SCHEMA = vol.All(
    vol.Schema(
        {
            vol.Optional(ATTR_CONFIG_ENTRY_ID): cv.string,
            vol.Optional(ATTR_PATH): NON_EMPTY,
            vol.Optional(ATTR_MEDIA): media_id,
            vol.Optional(ATTR_URL): NON_EMPTY,
            vol.Optional(ATTR_NAME): NAME,
            vol.Optional(ATTR_PRINT, default=False): cv.boolean,
            vol.Optional(ATTR_QUANTITY): QUANTITY,
            vol.Optional(ATTR_PRINTER): cv.string,
            vol.Optional(ATTR_TAGS): TAGS,
            vol.Optional(ATTR_MATERIAL): NAME,
            vol.Optional(ATTR_LABEL): NAME,
            **WAITING,
        }
    ),
    at_most_one(*_SOURCES),
    at_least_one(*_SOURCES),
    _print_only_when_asked,
)


async def async_upload_part(call: ServiceCall) -> ServiceResponse:
    """Upload a file, create a part from it, print it if requested, and return the result."""
    runtime = async_runtime(call)
    coordinator, catalog = runtime.coordinator, runtime.catalog
    tags = tags_of(call, coordinator)
    if ATTR_MATERIAL in call.data:
        # Reject an unknown material before anything is uploaded.
        await coordinator.async_call(catalog.async_find_material(call.data[ATTR_MATERIAL]), reads=True)
    file = await _async_open(call)
    try:
        part = await _async_upload(coordinator, file, call.data.get(ATTR_NAME, file.title))
    finally:
        await file.async_close()
    catalog.async_know_part(part)
    response: dict[str, Any] = {
        "part_id": part.id,
        "part": called(part),
        "type": file.kind,
        "size": file.size,
    }
    if call.data[ATTR_PRINT]:
        response["print"] = await _async_print(call, runtime, part, tags)
    return response if call.return_response else None


async def _async_open(call: ServiceCall) -> ModelFile:
    if ATTR_URL in call.data:
        return await async_open_url(call.hass, call.data[ATTR_URL])
    if ATTR_MEDIA in call.data:
        path = await async_media_path(call.hass, call.data[ATTR_MEDIA])
        return await async_open(call.hass, path, check_allowed=False)
    return await async_open(call.hass, call.data[ATTR_PATH], check_allowed=True)


async def _async_upload(coordinator: PrintagoCoordinator, file: ModelFile, name: str) -> Part:
    products = coordinator.client.products
    target = await coordinator.async_call(products.upload_target(file.name), reads=True)
    try:
        await products.upload(target, file, file.size)
    except PrintagoError as err:
        error = str(err) if file.failure is None else await async_message(coordinator.hass, file.failure)
        raise action_failure("upload_failed", name=file.name, error=error) from err
    try:
        return await products.create_part(name, file.kind, target.path)
    except OutcomeUnknownError as err:
        LOGGER.warning("The answer to the making of a part was lost (%s), looking for it", err)
        return await _async_find(coordinator, file, name, target.path)
    except PrintagoError as err:
        if isinstance(err, AuthenticationError):
            coordinator.async_reconcile()
        error = await async_message(coordinator.hass, home_assistant_error(err))
        raise action_failure("part_not_made", name=file.name, error=error) from err


async def _async_find(coordinator: PrintagoCoordinator, file: ModelFile, name: str, path: str) -> Part:
    """Look for a part after a lost response: no other part has the file that was just uploaded."""
    key = "part_unchecked"
    for seconds in _LOOK_AFTER:
        await asyncio.sleep(seconds)
        try:
            listing = await coordinator.client.parts(name=name)
        except PrintagoError as err:
            LOGGER.debug("Looking for a part failed: %s", err)
            key = "part_unchecked"
            continue
        for part in listing.rows.values():
            if path in part.file_paths:
                return part
        key = "part_lost"
    raise action_failure(key, name=file.name)


async def _async_print(
    call: ServiceCall, runtime: PrintagoRuntime, part: Part, tags: dict[str, str]
) -> dict[str, Any] | None:
    wanted = {
        ATTR_PART: part.id,
        ATTR_QUANTITY: 1,
        ATTR_PRIORITY: "normal",
        ATTR_POSITION: "back",
        **{key: call.data[key] for key in (ATTR_QUANTITY, ATTR_MATERIAL, ATTR_LABEL) if key in call.data},
    }
    try:
        request = await runtime.coordinator.async_call(async_print_request(runtime.catalog, wanted, tags), reads=True)
        return await async_submit(call, runtime, request)
    except HomeAssistantError as err:
        error = await async_message(call.hass, err)
        raise action_failure("uploaded_not_printed", name=called(part), part_id=part.id, error=error) from err
