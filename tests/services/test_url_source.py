"""Model files from the web, from a server that answers as a test says: every connection is closed."""

from collections.abc import Mapping
from typing import Any

import aiohttp
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import ServiceValidationError
import pytest

from custom_components.printago.services import url_source
from custom_components.printago.services.model_content import HEAD, TAIL
from custom_components.printago.services.url_source import async_open_url
from tests.support.model_files import ascii_stl, zipped

STL = ascii_stl()
URL = "http://models.invalid/parts/Bracket.stl"


class Server:
    """A session and its only response."""

    def __init__(self, body: bytes = STL, *, size: int | None = -1, status: int = 200, pieces: int = 1 << 30) -> None:
        self.status = status
        self.headers: Mapping[str, str] = {}
        self.content_length = len(body) if size == -1 else size
        self.content = self
        self.closed = 0
        self.failure: Exception | None = None
        self.asked: list[Any] = []
        self.read_sizes: list[int] = []
        self._body, self._pieces = body, pieces

    async def get(self, address: Any, **options: Any) -> Any:
        self.asked.append((address, options))
        return self

    async def read(self, most: int) -> bytes:
        self.read_sizes.append(most)
        if self.failure is not None and len(self.read_sizes) > 1:
            raise self.failure
        most = min(most, self._pieces)
        piece, self._body = self._body[:most], self._body[most:]
        return piece

    def close(self) -> None:
        self.closed += 1


@pytest.fixture
def served(hass: HomeAssistant, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Return a function that lets a server answer at an allowed URL."""
    hass.config.allowlist_external_urls = {"http://models.invalid/"}

    def serve(server: Server) -> Server:
        monkeypatch.setattr(url_source, "async_get_clientsession", lambda _: server)
        return server

    return serve


async def test_file_is_read_once_and_its_connection_is_closed_by_its_reader(hass: HomeAssistant, served: Any) -> None:
    for pieces in (1 << 30, 100):
        server = served(Server(pieces=pieces))
        file = await async_open_url(hass, URL)
        assert (file.name, file.title, file.kind, file.size) == ("Bracket.stl", "Bracket", "stl", len(STL))
        assert b"".join([piece async for piece in file]) == STL
        assert server.closed == 0
        await file.async_close()
        assert server.closed == 1
        ((address, options),) = server.asked
        assert str(address) == URL
        assert options["headers"] == {"Accept-Encoding": "identity"}, "a compressed file has another length"
        assert options["allow_redirects"] is False, "the target of a redirect may not be allowed"
        assert server.read_sizes[0] == len(STL)


async def test_beginning_of_a_large_file_is_read_before_it_is_accepted(hass: HomeAssistant, served: Any) -> None:
    large = zipped("3D/3dmodel.model", content=bytes(2 * HEAD))
    server = served(Server(large, pieces=HEAD - 1))
    file = await async_open_url(hass, "http://models.invalid/large.3mf")
    assert server.read_sizes == [HEAD, 1]
    assert b"".join([piece async for piece in file]) == large
    assert TAIL < HEAD
    assert file.failure is None


@pytest.mark.parametrize(
    ("server", "key", "placeholders"),
    [
        (Server(status=404), "url_failed", {"url": URL, "error": "HTTP 404"}),
        (Server(status=301), "url_failed", {"url": URL, "error": "HTTP 301"}),
        (Server(status=204), "url_failed", {"url": URL, "error": "HTTP 204"}),
        (Server(size=None), "url_without_size", {"url": URL}),
        (Server(size=0), "file_empty", {"path": URL}),
        (Server(b"x" * 300), "file_not_of_type", None),
        # The end of a short file is known, that of a longer one not yet.
        (Server(STL[:-40]), "file_truncated", None),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
async def test_refused_file_says_why_and_its_connection_is_closed(
    hass: HomeAssistant, served: Any, server: Server, key: str, placeholders: dict[str, str] | None
) -> None:
    served(server)
    with pytest.raises(ServiceValidationError) as refused:
        await async_open_url(hass, f"{URL}?token=hush#part")
    assert refused.value.translation_key == key
    assert server.closed == 1
    assert "hush" not in str(refused.value.translation_placeholders)
    if placeholders is not None:
        assert refused.value.translation_placeholders == placeholders


async def test_compressed_file_is_refused_and_its_connection_closed(hass: HomeAssistant, served: Any) -> None:
    server = served(Server())
    server.headers = {"Content-Encoding": "gzip"}
    with pytest.raises(ServiceValidationError) as refused:
        await async_open_url(hass, URL)
    assert refused.value.translation_key == "url_without_size"
    assert server.closed == 1


@pytest.mark.parametrize(
    "failure", [TimeoutError(), aiohttp.ClientPayloadError("https://hush.invalid"), OSError("hush")]
)
async def test_connection_that_breaks_while_the_beginning_is_read_is_reported(
    hass: HomeAssistant, served: Any, failure: Exception
) -> None:
    server = served(Server(pieces=50))
    server.failure = failure
    with pytest.raises(ServiceValidationError) as refused:
        await async_open_url(hass, URL)
    assert refused.value.translation_key == "upload_failed"
    named = refused.value.translation_placeholders or {}
    assert named["name"] == "Bracket.stl"
    assert named["error"] == ("hush" if type(failure) is OSError else type(failure).__name__)
    assert server.closed == 1


@pytest.mark.parametrize("failure", [TimeoutError(), aiohttp.ClientConnectionError("no"), OSError("no")])
async def test_server_that_cannot_be_reached_is_named_with_the_kind_of_error(
    hass: HomeAssistant, served: Any, failure: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = served(Server())

    async def fail(*_: Any, **__: Any) -> None:
        raise failure

    monkeypatch.setattr(server, "get", fail)
    with pytest.raises(ServiceValidationError) as refused:
        await async_open_url(hass, f"{URL}?token=hush")
    assert refused.value.translation_key == "url_failed"
    assert refused.value.translation_placeholders == {"url": URL, "error": type(failure).__name__}


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("http://other.invalid/a.stl?token=hush", "http://other.invalid/a.stl"),
        ("http://user:hush@other.invalid/a.stl", "http://other.invalid/a.stl"),
        ("ftp://models.invalid/a.stl", "ftp://models.invalid/a.stl"),
        ("/a.stl?token=hush", "…"),
        ("http://%a[ .]@/hush.stl", "…"),
    ],
)
async def test_url_that_is_not_allowed_is_named_without_its_secrets(
    hass: HomeAssistant, served: Any, url: str, shown: str
) -> None:
    server = served(Server())
    with pytest.raises(ServiceValidationError) as refused:
        await async_open_url(hass, url)
    assert refused.value.translation_key == "url_not_allowed"
    assert refused.value.translation_placeholders == {"url": shown}
    assert server.asked == []
