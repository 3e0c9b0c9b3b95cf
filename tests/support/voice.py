"""Speaks to Home Assistant's own assistant."""

from typing import Any

from homeassistant.components.homeassistant.exposed_entities import async_expose_entity
from homeassistant.core import Context, HomeAssistant
from homeassistant.setup import async_setup_component
import pytest

from tests.support.skips import NO_ASSISTANT

PACKAGES = ("hassil", "home_assistant_intents", "gazetteer_matcher")


async def begin_to_listen(hass: HomeAssistant, *exposed: str) -> None:
    """Set up the assistant, and expose these entities to it."""
    for package in PACKAGES:
        pytest.importorskip(package, reason=NO_ASSISTANT)
    for component in ("homeassistant", "conversation"):
        assert await async_setup_component(hass, component, {})
    for entity in exposed:
        async_expose_entity(hass, "conversation", entity, should_expose=True)


async def ask(hass: HomeAssistant, text: str) -> dict[str, Any]:
    """Say something, and return the response.

    The assistant responds after 0.2 seconds, even if its action is not finished: wait for the state that shows it.
    """
    answer: Any = await hass.services.async_call(
        "conversation", "process", {"text": text}, blocking=True, return_response=True
    )
    response: dict[str, Any] = answer["response"]
    return response


async def converse(hass: HomeAssistant, sentence: str, language: str = "en", device: str | None = None) -> Any:
    """Say something in a language, into a device; return the assistant's result, after its action has finished."""
    # Its packages may be missing: ``begin_to_listen`` has looked.
    from homeassistant.components.conversation import async_converse

    return await async_converse(hass, sentence, None, Context(), language=language, device_id=device)


async def answer_to(hass: HomeAssistant, sentence: str, language: str = "en", device: str | None = None) -> str:
    """Return what the assistant answers."""
    result = await converse(hass, sentence, language, device)
    return str(result.response.speech["plain"]["speech"])


async def say(hass: HomeAssistant, text: str) -> None:
    """Say something that the assistant must understand and do."""
    response = await ask(hass, text)
    assert response["response_type"] == "action_done", response["speech"]
