"""Registers the sentences with Home Assistant's own assistant, and passes on what was said.

The only module that uses the interface of the assistant: where that is not there, the rest still works.
"""

from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

from homeassistant.core import CALLBACK_TYPE, Event, HomeAssistant, callback
from homeassistant.helpers import device_registry as dr
from homeassistant.setup import async_when_setup
from homeassistant.util.hass_dict import HassKey

from ..const import DOMAIN, LOGGER
from ..runtime import PrintagoConfigEntry
from .answers import Answerer, Question
from .phrases import language_of, read_phrases, templates

if TYPE_CHECKING:
    from homeassistant.components.conversation import ConversationInput

_ASSISTANT = "conversation"
_MOST_NAMES = 50
"""With more names of printers, only the language of Home Assistant is understood: each language costs time and memory."""


async def async_listen(hass: HomeAssistant, entry: PrintagoConfigEntry) -> None:
    """Understand sentences about a store while its entry is loaded."""
    await hass.async_add_executor_job(read_phrases)
    if (sentences := hass.data.get(_SENTENCES)) is None:
        sentences = hass.data[_SENTENCES] = _Sentences(hass)
        async_when_setup(hass, _ASSISTANT, sentences.async_begin)
    entry.async_on_unload(sentences.async_add(entry))


class _Sentences:
    """The sentences about all loaded stores."""

    def __init__(self, hass: HomeAssistant) -> None:
        self._hass = hass
        self._answerer = Answerer(hass)
        self._entries: dict[str, PrintagoConfigEntry] = {}
        self._kinds: dict[str, str] = {}
        """Kinds of sentences by their templates."""
        self._names: list[str] | None = None
        """The names in the sentences; None while there are no sentences."""
        self._ready = False
        self._update_due = False
        self._unregister: CALLBACK_TYPE | None = None
        self._stop_following: CALLBACK_TYPE | None = None

    @callback
    def async_add(self, entry: PrintagoConfigEntry) -> CALLBACK_TYPE:
        """Add a store; return a function that removes it."""
        self._entries[entry.entry_id] = entry
        if self._stop_following is None:
            self._stop_following = self._hass.bus.async_listen(
                dr.EVENT_DEVICE_REGISTRY_UPDATED, self._async_on_registry
            )
        self._async_update()

        @callback
        def remove() -> None:
            self._entries.pop(entry.entry_id, None)
            if not self._entries and self._stop_following is not None:
                self._stop_following()
                self._stop_following = None
            self._async_update()

        return remove

    async def async_begin(self, hass: HomeAssistant, component: str) -> None:
        """Register the sentences, since the assistant is set up."""
        self._ready = True
        self._async_update()

    @callback
    def _async_on_registry(self, event: Event[dr.EventDeviceRegistryUpdatedData]) -> None:
        """Follow the names of printers; many changes at once are one update."""
        if not self._update_due:
            self._update_due = True
            self._hass.loop.call_soon(self._async_update)

    @callback
    def _async_update(self) -> None:
        self._update_due = False
        if not self._ready:
            return
        names = self._names_of_printers() if self._entries else None
        if names == self._names:
            return
        self._names = names
        self._kinds = kinds = self._templates(names) if names is not None else {}
        try:
            from homeassistant.components.conversation.agent_manager import get_agent_manager

            if self._unregister is not None:
                self._unregister()
                self._unregister = None
            if kinds:
                manager = get_agent_manager(self._hass)
                self._unregister = manager.register_trigger(list(kinds), partial(self._async_answer, kinds))
        except (ImportError, AttributeError, TypeError, KeyError) as err:
            LOGGER.debug("Home Assistant's assistant takes no sentences: %s", err)

    @callback
    def _names_of_printers(self) -> list[str]:
        return sorted(
            {
                name
                for entry in self._entries.values()
                for printer in entry.runtime_data.coordinator.farm.printers.values()
                for name in (printer.name, printer.printago_name)
            }
        )

    @callback
    def _templates(self, names: list[str]) -> dict[str, str]:
        languages = read_phrases()
        if len(names) > _MOST_NAMES:
            own = language_of(self._hass.config.language, languages)
            languages = {own: languages[own]}
        return {template: kind for phrases in languages.values() for template, kind in templates(phrases, names)}

    async def _async_answer(self, kinds: Mapping[str, str], user_input: ConversationInput, result: Any) -> str | None:
        """Return the answer; None if an automation answers the sentence, which has priority."""
        from homeassistant.components.conversation.agent_manager import get_agent_manager

        agent = get_agent_manager(self._hass).default_agent
        found = await agent.async_recognize_sentence_trigger(user_input) if agent is not None else None
        # The names of printers, and with them the sentences, may just have changed.
        own = (list(kinds), list(self._kinds))
        matched = found.matched_triggers.values() if found is not None else ()
        if any(list(data.sentence_texts) not in own for one in matched for data in one.intent.data):
            return None
        request = result.entities.get("request")
        question = Question(
            kind=kinds[result.intent_sentence.text],
            text=user_input.text,
            request=request.text.strip() if request is not None else "",
            language=language_of(user_input.language, read_phrases()),
            asked_by=(user_input.device_id, user_input.context.user_id),
        )
        return await self._answerer.async_answer(question, list(self._entries.values()))


_SENTENCES: HassKey[_Sentences] = HassKey(f"{DOMAIN}_sentences")
