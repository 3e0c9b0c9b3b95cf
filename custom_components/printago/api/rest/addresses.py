"""Downloads files at absolute URLs from the cloud's records, such as pictures of parts.

A URL in a record may come from a shop, or from anyone who can edit a part. So the request has no credentials, and hosts
that resolve to addresses of the local network are rejected. Only if Printago's API itself is in the local network, as a
virtual farm or a gateway is, may the file be there as well.
"""

import asyncio
from collections.abc import Iterator
from http import HTTPStatus
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
import re
import socket

import aiohttp
from yarl import URL

from ..exceptions import CannotConnectError, MalformedResponseError, OutcomeUnknownError
from .bodies import read_body, storage_error

_SECONDS = 30.0
_TIMEOUT = aiohttp.ClientTimeout(total=_SECONDS, connect=10, sock_connect=10)
_MOST_REDIRECTS = 3
_MOST_TRIED = 4
"""How many addresses of a host are tried."""
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_SCHEME = re.compile(r"\s*(?:[a-z][a-z0-9+.-]*:|//)", re.IGNORECASE)
_TRANSLATED = IPv6Network("64:ff9b::/96")
"""IPv4 addresses in networks that only have IPv6."""

type _IP = IPv4Address | IPv6Address


def is_address(path: str) -> bool:
    """Return whether this is an absolute URL of any scheme, not a storage path."""
    return _SCHEME.match(path) is not None


def without_query(path: str) -> str:
    """Return the constant part of a URL, without a signature in its query. A storage path is returned unchanged."""
    return re.split(r"[?#]", path, maxsplit=1)[0] if is_address(path) else path


async def fetch(session: aiohttp.ClientSession, address: str, most: int, *, api_host: str) -> bytes:
    """Return the file of at most ``most`` bytes at a URL. Errors do not contain the URL.

    Raises CannotConnectError, OutcomeUnknownError, NotFoundError, InvalidRequestError, and MalformedResponseError for a
    URL that is rejected.
    """
    url = _parsed(address)
    try:
        async with asyncio.timeout(_SECONDS):
            anywhere = not all(map(_is_public, await _resolved(api_host)))
            for _ in range(_MOST_REDIRECTS + 1):
                found = await _fetch_once(session, url, most, anywhere=anywhere)
                if isinstance(found, bytes):
                    return found
                url = found
    except TimeoutError:
        raise OutcomeUnknownError("no answer in time") from None
    except (aiohttp.ClientError, OSError, ValueError, LookupError) as err:
        raise OutcomeUnknownError(f"connection lost ({type(err).__name__})") from None
    raise OutcomeUnknownError("the address redirects too often")


async def _fetch_once(session: aiohttp.ClientSession, url: URL, most: int, *, anywhere: bool) -> bytes | URL:
    """Return the content of a URL, or the URL that it redirects to."""
    if not (known := await _resolved(url.host or "")):
        raise CannotConnectError("no such host")
    if not (ips := [ip for ip in known if anywhere or _is_public(ip)]):
        raise MalformedResponseError("the address leads into a private network")
    error = ""
    for ip in ips[:_MOST_TRIED]:
        try:
            # Connect to the address that was checked: do not resolve the name a second time.
            async with session.get(
                url.with_host(str(ip)),
                headers={"Host": url.raw_authority, "Accept-Encoding": "identity"},
                server_hostname=url.raw_host if url.scheme == "https" else None,
                timeout=_TIMEOUT,
                allow_redirects=False,
            ) as response:
                if response.status in _REDIRECTS:
                    return _redirected(url, response.headers.get("Location", ""))
                if response.status != HTTPStatus.OK:
                    raise storage_error(response.status)
                return await read_body(response.content, most)
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError) as err:
            error = type(err).__name__
    raise CannotConnectError(f"connection failed ({error})")


def _redirected(url: URL, location: str) -> URL:
    target = _parsed(str(url.join(URL(location, encoded=True))))
    if url.scheme == "https" and target.scheme != "https":
        raise MalformedResponseError("the address redirects to one without TLS")
    return target


def _parsed(address: str) -> URL:
    text = address.strip()
    try:
        # Quoted again, a signature would not match; unquoted text must be quoted.
        url = URL(text, encoded=text.isascii() and text.isprintable() and " " not in text)
        complete = bool(url.host and url.port)
    except ValueError, LookupError:
        # yarl raises an IndexError for some hosts in brackets.
        raise MalformedResponseError("the address is none") from None
    if url.scheme not in ("http", "https") or not complete or not text.isprintable():
        raise MalformedResponseError("the address is none of the web")
    if url.user is not None or url.password is not None:
        raise MalformedResponseError("the address has a user or a password")
    return url


async def _resolved(host: str) -> list[_IP]:
    """Return the addresses of a host, the best ones first; empty if there are none."""
    try:
        return [ip_address(host)]
    except ValueError:
        pass
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except OSError, UnicodeError:
        return []
    return list(dict.fromkeys(ip_address(address[0]) for *_, address in found))


def _is_public(ip: _IP) -> bool:
    return all(
        each.is_global and not (each.is_multicast or each.is_reserved or getattr(each, "is_site_local", False))
        for each in _meant(ip)
    )


def _meant(ip: _IP) -> Iterator[_IP]:
    """Yield the address, and the IPv4 addresses embedded in it."""
    if not isinstance(ip, IPv6Address):
        yield ip
    elif ip in _TRANSLATED:
        yield IPv4Address(int(ip) & 0xFFFFFFFF)
    elif embedded := ip.ipv4_mapped or ip.sixtofour:
        yield embedded
    else:
        yield ip
