"""Serves pictures to browsers, since the URLs of Printago's storage are secrets."""

from datetime import timedelta
from http import HTTPStatus

from aiohttp import web
from homeassistant.components.http.auth import async_sign_path
from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.http import KEY_HASS, HomeAssistantView
from homeassistant.util.hass_dict import HassKey

from ..api.models.picture import Picture
from ..const import DOMAIN
from ..runtime import PrintagoConfigEntry

_PICTURES: HassKey[dict[str, Picture]] = HassKey(f"{DOMAIN}_part_pictures")
_URL = f"/api/{DOMAIN}/part_picture/"
_CARD_URL = f"/api/{DOMAIN}/picture"
_VALID = timedelta(minutes=30)
_CARD_VALID = timedelta(days=1)


@callback
def async_setup_pictures(hass: HomeAssistant) -> None:
    """Register the views, if Home Assistant has a web server."""
    if "http" in hass.config.components:
        hass.data[_PICTURES] = {}
        hass.http.register_view(PartPictureView)
        hass.http.register_view(CardPictureView)


@callback
def async_show_picture(hass: HomeAssistant, flow_id: str, picture: Picture) -> str | None:
    """Serve a picture while a dialog is open, and return its signed path; None without a web server."""
    if (pictures := hass.data.get(_PICTURES)) is None:
        return None
    pictures[flow_id] = picture
    return async_sign_path(hass, f"{_URL}{flow_id}", _VALID)


@callback
def async_drop_picture(hass: HomeAssistant, flow_id: str) -> None:
    """Stop serving the picture of a dialog."""
    hass.data.get(_PICTURES, {}).pop(flow_id, None)


class PartPictureView(HomeAssistantView):
    """Serves the picture of an open dialog."""

    url = f"{_URL}{{flow_id}}"
    name = f"api:{DOMAIN}:part_picture"

    async def get(self, request: web.Request, flow_id: str) -> web.Response:
        """Return the picture, 404 once the dialog is closed."""
        if (picture := request.app[KEY_HASS].data[_PICTURES].get(flow_id)) is None:
            return web.Response(status=HTTPStatus.NOT_FOUND)
        return web.Response(
            body=picture.content,
            content_type=picture.content_type,
            headers={"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"},
        )


def picture_path(entry: PrintagoConfigEntry, path: str | None) -> str | None:
    """Return the path under which Home Assistant serves the picture at a storage path; None if there is none.

    It needs a signature or a signed-in user.
    """
    if (name := entry.runtime_data.pictures.name(path)) is None:
        return None
    return f"{_CARD_URL}/{entry.entry_id}/{name}"


@callback
def async_card_picture(hass: HomeAssistant, entry: PrintagoConfigEntry, path: str | None, token_id: str) -> str | None:
    """Return the signed path of the picture at a storage path, valid for a day; None if there is none.

    ``token_id`` is that of the refresh token of its user.
    """
    if (served := picture_path(entry, path)) is None:
        return None
    return async_sign_path(hass, served, _CARD_VALID, refresh_token_id=token_id)


class CardPictureView(HomeAssistantView):
    """Serves the pictures that cards and the media browser show, at signed paths or to signed-in users."""

    url = f"{_CARD_URL}/{{entry_id}}/{{picture}}"
    name = f"api:{DOMAIN}:picture"

    async def get(self, request: web.Request, entry_id: str, picture: str) -> web.Response:
        """Return a picture, 404 if there is none or it can't be fetched now."""
        entry: PrintagoConfigEntry | None = request.app[KEY_HASS].config_entries.async_get_entry(entry_id)
        if entry is None or entry.domain != DOMAIN or entry.state is not ConfigEntryState.LOADED:
            return web.Response(status=HTTPStatus.NOT_FOUND)
        if (found := await entry.runtime_data.pictures.async_get(picture)) is None:
            return web.Response(status=HTTPStatus.NOT_FOUND)
        return web.Response(
            body=found.content,
            content_type=found.content_type,
            headers={"Cache-Control": "private, max-age=86400", "X-Content-Type-Options": "nosniff"},
        )
