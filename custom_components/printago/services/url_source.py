"""Model files from the web, streamed to Printago."""

from functools import partial
from http import HTTPStatus

import aiohttp
from homeassistant.core import HomeAssistant
from homeassistant.helpers.aiohttp_client import async_get_clientsession
from yarl import URL

from ..errors import action_error
from .file_source import ModelFile, check_content, check_size, ending_of, reason_of
from .model_content import HEAD, TAIL

_TIMEOUT = aiohttp.ClientTimeout(total=3600, connect=10, sock_connect=10, sock_read=60)


async def async_open_url(hass: HomeAssistant, url: str) -> ModelFile:
    """Open a file from the web; raises ServiceValidationError if it may not be read or can't be uploaded.

    Its URL must begin with one of ``allowlist_external_urls``. Errors omit its query, which may be a secret.
    """
    try:
        address = URL(url)
        allowed = address.scheme in ("http", "https") and hass.config.is_allowed_external_url(url)
    except ValueError, LookupError:
        raise action_error("url_not_allowed", url="…") from None
    shown = str(address.with_user(None).with_query(None).with_fragment(None)) if address.host else "…"
    if not allowed:
        raise action_error("url_not_allowed", url=shown)
    ending_of(address.name)
    try:
        # A compressed transfer has another length than the file.
        response = await async_get_clientsession(hass).get(
            address, headers={"Accept-Encoding": "identity"}, timeout=_TIMEOUT, allow_redirects=False
        )
    except (aiohttp.ClientError, TimeoutError, OSError) as err:
        raise action_error("url_failed", url=shown, error=type(err).__name__) from None
    try:
        if response.status != HTTPStatus.OK:
            # The target of a redirect is not in the allowlist.
            raise action_error("url_failed", url=shown, error=f"HTTP {response.status}")
        if response.content_length is None or "Content-Encoding" in response.headers:
            raise action_error("url_without_size", url=shown)
        size = response.content_length
        check_size(shown, size)
        try:
            head = await _async_head(response, min(HEAD, size))
        except OSError as err:
            raise action_error("upload_failed", name=address.name, error=reason_of(err)) from None
        # The end of a short file is already known.
        check_content(address.name, shown, size, head, head[-TAIL:] if len(head) == size else None)
    except BaseException:
        response.close()
        raise

    async def close() -> None:
        response.close()

    return ModelFile(address.name, size, head, read=partial(_async_read, response), close=close)


async def _async_head(response: aiohttp.ClientResponse, most: int) -> bytes:
    head = b""
    while len(head) < most and (piece := await _async_read(response, most - len(head))):
        head += piece
    return head


async def _async_read(response: aiohttp.ClientResponse, most: int) -> bytes:
    try:
        return await response.content.read(most)
    except (aiohttp.ClientError, TimeoutError) as err:
        raise OSError(type(err).__name__) from None
