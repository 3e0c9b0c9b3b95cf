"""Home Assistant serves and loads the cards; each build has its own URL."""

from collections.abc import Iterator
from pathlib import Path
from unittest.mock import patch

from homeassistant.components.frontend import DATA_EXTRA_MODULE_URL
from homeassistant.core import HomeAssistant
from homeassistant.setup import async_setup_component
import pytest
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from custom_components.printago import frontend
from custom_components.printago.const import DOMAIN

pytestmark = pytest.mark.usefixtures("enable_custom_integrations")


@pytest.fixture
def built(tmp_path: Path) -> Iterator[Path]:
    """Return a folder with a build: an entry file, and a chunk that it loads."""
    (tmp_path / "printago.js").write_text("import './printer-1.js'")
    (tmp_path / "printer-1.js").write_text("// the card of a printer")
    with patch.object(frontend, "_BUILT", tmp_path):
        yield tmp_path


async def set_up(hass: HomeAssistant) -> list[str]:
    """Set up the integration with a frontend; return our URLs that it loads."""
    hass.config.components.add("frontend")
    hass.data[DATA_EXTRA_MODULE_URL] = loaded = UrlList()
    assert await async_setup_component(hass, "http", {})
    assert await async_setup_component(hass, DOMAIN, {})
    return loaded


class UrlList(list[str]):
    """Replaces the frontend's list of modules."""

    add = list.append


async def test_cards_are_loaded_by_home_assistant_and_served_to_browsers(
    hass: HomeAssistant, built: Path, hass_client_no_auth: ClientSessionGenerator
) -> None:
    [url] = await set_up(hass)
    client = await hass_client_no_auth()

    entry = await client.get(url)
    chunk = await client.get(url.replace("printago.js", "printer-1.js"))

    assert (entry.status, await entry.text()) == (200, "import './printer-1.js'")
    assert (chunk.status, await chunk.text()) == (200, "// the card of a printer")
    assert "max-age" in entry.headers["Cache-Control"]
    assert "javascript" in entry.headers["Content-Type"]


async def test_another_build_has_another_url(hass: HomeAssistant, built: Path) -> None:
    [url] = await set_up(hass)

    (built / "printago.js").write_text("import './printer-2.js'")
    await frontend.async_setup_cards(hass)

    first, second = hass.data[DATA_EXTRA_MODULE_URL]
    assert first == url
    assert second != url


async def test_missing_cards_are_logged_once_and_the_rest_works(
    hass: HomeAssistant, built: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (built / "printago.js").unlink()

    assert await set_up(hass) == []

    said = [record for record in caplog.records if record.name.startswith("custom_components.printago")]
    assert [record.levelname for record in said] == ["WARNING"]
    assert "The cards are missing" in said[0].message
    assert hass.services.has_service(DOMAIN, "submit_print_job")


async def test_home_assistant_without_a_frontend_gets_no_cards(hass: HomeAssistant, built: Path) -> None:
    assert await async_setup_component(hass, DOMAIN, {})

    assert DATA_EXTRA_MODULE_URL not in hass.data
