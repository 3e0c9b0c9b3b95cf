"""Reads response bodies up to a limit, and errors of the network and of a storage server."""

from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus

import aiohttp

from ..exceptions import (
    CannotConnectError,
    InvalidRequestError,
    MalformedResponseError,
    NotFoundError,
    OutcomeUnknownError,
    PrintagoError,
)


@contextmanager
def network_errors(*others: type[Exception]) -> Iterator[None]:
    """Turn errors of a request, and ``others``, into ours: CannotConnectError if it was not sent, else OutcomeUnknownError.

    Their text can contain the URL, so only their type is kept.
    """
    lost: tuple[type[Exception], ...] = (aiohttp.ClientError, OSError, *others)
    try:
        yield
    except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError) as err:
        raise CannotConnectError(f"connection failed ({type(err).__name__})") from None
    except TimeoutError:
        raise OutcomeUnknownError("no answer in time") from None
    except lost as err:
        raise OutcomeUnknownError(f"connection lost ({type(err).__name__})") from None


async def read_body(content: aiohttp.StreamReader, most: int) -> bytes:
    """Return the whole body; raises MalformedResponseError as soon as it exceeds ``most`` bytes."""
    chunks: list[bytes] = []
    length = 0
    async for chunk in content.iter_chunked(1 << 16):
        chunks.append(chunk)
        length += len(chunk)
        if length > most:
            raise MalformedResponseError("the answer is too long")
    return b"".join(chunks)


def storage_error(status: int) -> PrintagoError:
    """Return the error for a storage server's response other than a file."""
    if status == HTTPStatus.NOT_FOUND:
        return NotFoundError("the storage has no such file")
    if 400 <= status < 500:
        return InvalidRequestError(f"the storage refused the address (HTTP {status})")
    return OutcomeUnknownError(f"the storage failed (HTTP {status})")
