"""Reading what a server answers, up to a limit, and what a storage refuses."""

from http import HTTPStatus

import aiohttp

from ..exceptions import InvalidRequestError, MalformedResponseError, NotFoundError, OutcomeUnknownError, PrintagoError


async def read_body(content: aiohttp.StreamReader, most: int) -> bytes:
    """Return all of a body; raises MalformedResponseError as soon as it has more than ``most`` bytes."""
    body = bytearray()
    async for chunk in content.iter_chunked(1 << 16):
        body += chunk
        if len(body) > most:
            raise MalformedResponseError("the answer is too long")
    return bytes(body)


def storage_error(status: int) -> PrintagoError:
    """Return the error that a storage's answer other than a file is."""
    if status == HTTPStatus.NOT_FOUND:
        return NotFoundError("the storage has no such file")
    if 400 <= status < 500:
        return InvalidRequestError(f"the storage refused the address (HTTP {status})")
    return OutcomeUnknownError(f"the storage failed (HTTP {status})")
