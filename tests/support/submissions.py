"""Submits prints, and reads the requests that were sent."""

from typing import Any

from homeassistant.core import Context, HomeAssistant

from custom_components.printago.const import DOMAIN
from tests.support.common import paths, until_asked
from virtual_farm import VirtualFarm

BUILD = "POST /v2/builds"


async def submit(hass: HomeAssistant, **data: Any) -> dict[str, Any]:
    """Submit a print, and return the response of the action."""
    response = await hass.services.async_call(
        DOMAIN, "submit_print_job", data, blocking=True, return_response=True, context=Context()
    )
    assert response is not None
    return dict(response)


def last_build(farm: VirtualFarm) -> Any:
    """Return the body of the last build that was sent."""
    builds = [request.body for request in farm.requests if request.path == "/v2/builds"]
    assert builds, f"no build was sent, only {paths(farm)}"
    return builds[-1]


async def build_arrived(farm: VirtualFarm) -> None:
    """Wait until a build is sent."""
    farm.clear_requests()
    await until_asked(lambda: BUILD in paths(farm))


def part_id(farm: VirtualFarm, name: str) -> str:
    """Return the ID of a part."""
    return next(part["id"] for part in farm.world.parts.values() if part["name"] == name)


def count_builds(farm: VirtualFarm) -> int:
    """Return how many part builds there are."""
    return len(farm.world.part_builds)
