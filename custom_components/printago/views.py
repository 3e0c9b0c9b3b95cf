"""Shows a part's picture in a dialogue: the address of Printago's storage is a secret, so that Home Assistant serves it."""

from datetime import timedelta
from http import HTTPStatus

from aiohttp import web
from homeassistant.components.http.auth import async_sign_path
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.http import KEY_HASS, HomeAssistantView
from homeassistant.util.hass_dict import HassKey

from .api.models.picture import Picture
from .const import DOMAIN

_PICTURES: HassKey[dict[str, Picture]] = HassKey(f"{DOMAIN}_part_pictures")
_URL = f"/api/{DOMAIN}/part_picture/"
_VALID = timedelta(minutes=30)


@callback
def async_setup_pictures(hass: HomeAssistant) -> None:
    """Get ready to serve pictures, where Home Assistant has a web server."""
    if "http" in hass.config.components:
        hass.data[_PICTURES] = {}
        hass.http.register_view(PartPictureView)


@callback
def async_show_picture(hass: HomeAssistant, flow_id: str, picture: Picture) -> str | None:
    """Serve a picture as long as a dialogue is open, and return its signed path; None where nothing serves."""
    if (pictures := hass.data.get(_PICTURES)) is None:
        return None
    pictures[flow_id] = picture
    return async_sign_path(hass, f"{_URL}{flow_id}", _VALID)


@callback
def async_drop_picture(hass: HomeAssistant, flow_id: str) -> None:
    """Serve the picture of a dialogue no longer."""
    hass.data.get(_PICTURES, {}).pop(flow_id, None)


class PartPictureView(HomeAssistantView):
    """Serves the picture of a dialogue that is open."""

    url = f"{_URL}{{flow_id}}"
    name = f"api:{DOMAIN}:part_picture"

    async def get(self, request: web.Request, flow_id: str) -> web.Response:
        """Return the picture, 404 once the dialogue is closed."""
        if (picture := request.app[KEY_HASS].data[_PICTURES].get(flow_id)) is None:
            return web.Response(status=HTTPStatus.NOT_FOUND)
        return web.Response(
            body=picture.content,
            content_type=picture.content_type,
            headers={"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"},
        )
