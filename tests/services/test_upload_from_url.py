"""The action that uploads models: from an address."""

from collections.abc import AsyncGenerator
import hashlib

from aiohttp import web
from aiohttp.test_utils import TestServer
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from tests.support.common import paths
from tests.support.uploads import BRACKET, MAKE, SIGN, upload
from virtual_farm import VirtualFarm


@pytest.fixture
async def website(hass: HomeAssistant, socket_enabled: None) -> AsyncGenerator[TestServer]:
    """Run a website with models, of which one folder is allowed."""

    async def serve(request: web.Request) -> web.StreamResponse:
        match request.path.rpartition("/")[2]:
            case "Bracket.stl":
                return web.Response(body=BRACKET)
            case "moved.stl":
                raise web.HTTPFound("/models/Bracket.stl")
            case "endless.stl":
                response = web.StreamResponse()
                await response.prepare(request)
                await response.write(b"x")
                return response
            case "cut.stl":
                response = web.StreamResponse(headers={"Content-Length": "1000000"})
                await response.prepare(request)
                await response.write(b"x")
                assert request.transport is not None
                request.transport.abort()
                return response
            case "empty.stl":
                return web.Response(body=b"")
        raise web.HTTPNotFound

    app = web.Application()
    app.router.add_get("/{path:.*}", serve)
    async with TestServer(app, host="127.0.0.1") as server:
        hass.config.allowlist_external_urls = {str(server.make_url("/models/"))}
        yield server


async def test_allowed_url_is_uploaded(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry, website: TestServer
) -> None:
    response = await upload(hass, url=str(website.make_url("/models/Bracket.stl?token=hush")))
    part = farm.world.parts.get(response["part_id"])
    assert part is not None
    assert part["name"] == "Bracket"
    assert part["fileHashes"] == [hashlib.sha256(BRACKET).hexdigest()]


@pytest.mark.parametrize("url", ["http://%a[ .]@/a.stl", "http://[broken/a.stl", "file:///a.stl", "a.stl", "//h/a.stl"])
async def test_invalid_url_is_refused(hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry, url: str) -> None:
    with pytest.raises(ServiceValidationError) as refused:
        await upload(hass, url=url)
    assert refused.value.translation_key == "url_not_allowed"
    assert SIGN not in paths(farm)


@pytest.mark.parametrize(
    ("path", "key"),
    [
        ("/models/none.stl", "url_failed"),
        ("/models/moved.stl", "url_failed"),
        ("/models/endless.stl", "url_without_size"),
        ("/models/empty.stl", "file_empty"),
        ("/models/page.html", "file_type_unsupported"),
        ("/private/Bracket.stl", "url_not_allowed"),
        ("/models/../private/Bracket.stl", "url_not_allowed"),
        ("/models/cut.stl", "upload_failed"),
    ],
)
async def test_unusable_url_is_reported_without_its_query(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry, website: TestServer, path: str, key: str
) -> None:
    with pytest.raises(HomeAssistantError) as failed:
        await upload(hass, url=f"{website.make_url('/')}".rstrip("/") + f"{path}?token=hush")
    assert failed.value.translation_key == key
    assert "hush" not in str(failed.value)
    assert MAKE not in paths(farm)
    assert key == "upload_failed" or SIGN not in paths(farm)
