"""Model files of the web: passed on to Printago as they come."""

from http import HTTPStatus

import aiohttp
from homeassistant.core import HomeAssistant
from homeassistant.helpers.aiohttp_client import async_get_clientsession
from yarl import URL

from .model_file import ModelFile, check_size, ending_of, refusal

_TIMEOUT = aiohttp.ClientTimeout(total=3600, connect=10, sock_connect=10, sock_read=60)


async def async_open_url(hass: HomeAssistant, url: str) -> ModelFile:
    """Open a file of the web; raises ServiceValidationError when it may not be read, or cannot be uploaded.

    Its address has to begin with one of ``allowlist_external_urls``. Errors leave out its query, which may be a secret.
    """
    try:
        address = URL(url)
        allowed = address.scheme in ("http", "https") and hass.config.is_allowed_external_url(url)
    except ValueError:
        raise refusal("url_not_allowed", url="…") from None
    shown = str(address.with_user(None).with_query(None).with_fragment(None)) if address.host else "…"
    if not allowed:
        raise refusal("url_not_allowed", url=shown)
    ending_of(address.name)
    try:
        # What is packed for the way has another length than the file.
        response = await async_get_clientsession(hass).get(
            address, headers={"Accept-Encoding": "identity"}, timeout=_TIMEOUT, allow_redirects=False
        )
    except (aiohttp.ClientError, TimeoutError, OSError) as err:
        raise refusal("url_failed", url=shown, error=type(err).__name__) from None
    try:
        if response.status != HTTPStatus.OK:
            # What it redirects to was allowed by nobody.
            raise refusal("url_failed", url=shown, error=f"HTTP {response.status}")
        if response.content_length is None or "Content-Encoding" in response.headers:
            raise refusal("url_without_size", url=shown)
        check_size(shown, response.content_length)
    except BaseException:
        response.close()
        raise

    async def read(most: int) -> bytes:
        try:
            return await response.content.read(most)
        except (aiohttp.ClientError, TimeoutError) as err:
            raise OSError(f"it could not be read to its end ({type(err).__name__})") from None

    async def close() -> None:
        response.close()

    return ModelFile(address.name, response.content_length, read=read, close=close)
