"""Bodies up to a limit, and errors of the network and of a storage server."""

import asyncio

import aiohttp
from aiohttp.base_protocol import BaseProtocol
import pytest

from custom_components.printago.api import (
    CannotConnectError,
    InvalidRequestError,
    MalformedResponseError,
    NotFoundError,
    OutcomeUnknownError,
    PrintagoError,
)
from custom_components.printago.api.rest.bodies import network_errors, read_body, storage_error

CONNECTOR_ERROR = aiohttp.ClientConnectorError(None, OSError("https://x.invalid/?sig=1"))  # type: ignore[arg-type]


def body_of(*chunks: bytes) -> aiohttp.StreamReader:
    """Return the body of a response that consists of these chunks."""
    loop = asyncio.get_running_loop()
    reader = aiohttp.StreamReader(BaseProtocol(loop), 1 << 16, loop=loop)
    for chunk in chunks:
        reader.feed_data(chunk)
    reader.feed_eof()
    return reader


@pytest.mark.parametrize(("most", "fits"), [(6, True), (5, False), (0, False)])
async def test_body_is_read_up_to_its_limit(most: int, fits: bool) -> None:
    body = body_of(b"abc", b"def")
    if fits:
        assert await read_body(body, most) == b"abcdef"
    else:
        with pytest.raises(MalformedResponseError, match="too long"):
            await read_body(body, most)


async def test_empty_body_is_empty() -> None:
    assert await read_body(body_of(), 0) == b""


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (404, NotFoundError),
        (400, InvalidRequestError),
        (403, InvalidRequestError),
        (499, InvalidRequestError),
        (500, OutcomeUnknownError),
        (302, OutcomeUnknownError),
        (204, OutcomeUnknownError),
    ],
)
def test_status_of_a_storage_server_has_its_error(status: int, error: type[PrintagoError]) -> None:
    assert type(storage_error(status)) is error
    assert status == 404 or f"HTTP {status}" in str(storage_error(status))


@pytest.mark.parametrize(
    ("raised", "error", "text"),
    [
        (CONNECTOR_ERROR, CannotConnectError, "connection failed (ClientConnectorError)"),
        (aiohttp.ConnectionTimeoutError(), CannotConnectError, "connection failed (ConnectionTimeoutError)"),
        (TimeoutError("at https://x.invalid/?sig=1"), OutcomeUnknownError, "no answer in time"),
        (aiohttp.ServerDisconnectedError(), OutcomeUnknownError, "connection lost (ServerDisconnectedError)"),
        (ConnectionResetError("sig=1"), OutcomeUnknownError, "connection lost (ConnectionResetError)"),
        (LookupError("sig=1"), OutcomeUnknownError, "connection lost (LookupError)"),
    ],
)
def test_error_of_the_network_keeps_only_its_type(raised: Exception, error: type[PrintagoError], text: str) -> None:
    with pytest.raises(error) as caught, network_errors(LookupError):
        raise raised
    assert (type(caught.value), str(caught.value), caught.value.__cause__) == (error, text, None)


def test_other_errors_pass() -> None:
    with pytest.raises(KeyError), network_errors():
        raise KeyError
