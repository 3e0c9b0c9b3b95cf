"""Reads response bodies up to a limit, and errors of a storage server."""

from http import HTTPStatus

import aiohttp

from ..exceptions import InvalidRequestError, MalformedResponseError, NotFoundError, OutcomeUnknownError, PrintagoError


async def read_body(content: aiohttp.StreamReader, most: int) -> bytes:
    """Return the whole body; raises MalformedResponseError as soon as it exceeds ``most`` bytes."""
    body = bytearray()
    async for chunk in content.iter_chunked(1 << 16):
        body += chunk
        if len(body) > most:
            raise MalformedResponseError("the answer is too long")
    return bytes(body)


def storage_error(status: int) -> PrintagoError:
    """Return the error for a storage server's response other than a file."""
    if status == HTTPStatus.NOT_FOUND:
        return NotFoundError("the storage has no such file")
    if 400 <= status < 500:
        return InvalidRequestError(f"the storage refused the address (HTTP {status})")
    return OutcomeUnknownError(f"the storage failed (HTTP {status})")
