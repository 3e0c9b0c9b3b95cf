"""Registers the sentences with Home Assistant's own assistant, and passes on what was said.

The only module that uses the interface of the assistant: where that is not there, the rest still works.
"""

from collections.abc import Mapping
from functools import cache, partial
from typing import TYPE_CHECKING, Any

from homeassistant.core import CALLBACK_TYPE, Event, HomeAssistant, callback
from homeassistant.helpers import device_registry as dr, intent
from homeassistant.setup import async_when_setup
from homeassistant.util.hass_dict import HassKey

from ..const import DOMAIN, LOGGER
from ..runtime import PrintagoConfigEntry
from .intents import KINDS, async_register_intents, async_remove_intents
from .phrases import PRINTER, language_of, read_phrases, spoken
from .spoken_names import Names, templates
from .spoken_printers import Printers

if TYPE_CHECKING:
    from hassil import Intents
    from homeassistant.components.conversation import ConversationInput

_ASSISTANT = "conversation"
_MOST_CHARACTERS = 25_000
"""How long all templates may be together: the assistant parses about 1,000 characters in a millisecond, on the event loop."""


async def async_listen(hass: HomeAssistant, entry: PrintagoConfigEntry) -> None:
    """Understand sentences about a store while its entry is loaded."""
    await hass.async_add_executor_job(read_phrases)
    if (sentences := hass.data.get(_SENTENCES)) is None:
        sentences = hass.data[_SENTENCES] = _Sentences(hass)
        async_when_setup(hass, _ASSISTANT, sentences.async_begin)
    entry.async_on_unload(sentences.async_add(entry))


type _Names = tuple[list[str], list[str], list[str]]


class _Sentences:
    """The sentences about all loaded stores."""

    def __init__(self, hass: HomeAssistant) -> None:
        self._hass = hass
        self._entries: dict[str, PrintagoConfigEntry] = {}
        self._kinds: dict[str, str] = {}
        """Kinds of sentences by their templates."""
        self._names: _Names | None = None
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
            async_register_intents(self._hass, lambda: list(self._entries.values()))
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
                async_remove_intents(self._hass)
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
        self._kinds = kinds = self._templates(*names) if names is not None else {}
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
    def _names_of_printers(self) -> _Names:
        """Return all names, first those that the printers have in Home Assistant, what several begin with, and those of stores."""
        printers = Printers(self._hass, self._entries.values())
        own = {printer.name for _, printer in printers.all}
        others = {name for found in printers.all for name in printers.names_of(found)} - own
        return [*sorted(own), *sorted(others)], printers.shared_beginnings(), printers.stores_to_say

    @callback
    def _templates(self, names: list[str], begun: list[str], stores: list[str]) -> dict[str, str]:
        """Return the sentences in all languages, else in that of Home Assistant, else with as many names as possible.

        With what several names begin with, as far as there is room: it makes the assistant ask which printer is meant.
        Without a digit it may be the name of a room, so it is only understood in sentences about prints.
        """
        languages = read_phrases()
        own = languages[language_of(self._hass.config.language, languages)]
        after = Names.of(stores)
        models = [text for text in begun if any(map(str.isdecimal, text))]
        for as_written in (True, False):
            for some, in_prints in ((models, begun), ([], begun), ([], [])):
                printers = Names.of([*names, *some], as_written=as_written)
                others = Names.of([*names, *in_prints], as_written=as_written)
                found = {
                    text: kind
                    for phrases in languages.values()
                    for text, kind in templates(phrases, printers, after, others)
                }
                if sum(map(len, found)) <= _MOST_CHARACTERS:
                    return found
        while sum(map(len, found)) > _MOST_CHARACTERS and names:
            found = dict(templates(own, Names.of(names, as_written=False), after))
            names = names[: len(names) // 2]
        return found

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
        template = result.intent_sentence.text
        kind = kinds[template]
        names_printer = not any(template in phrases.sentences[kind] for phrases in read_phrases().values())
        slots = {"printer": {"value": self._printer_in(kind, user_input)}} if names_printer else {}
        if (item := result.entities.get("request")) is not None:
            slots["item"] = {"value": item.text.strip()}
        response = await intent.async_handle(
            self._hass,
            _ASSISTANT,
            KINDS[kind].intent_type,
            slots,
            user_input.text,
            user_input.context,
            user_input.language,
            assistant=_ASSISTANT,
            device_id=user_input.device_id,
            satellite_id=user_input.satellite_id,
            conversation_agent_id=user_input.agent_id,
        )
        return str(response.speech.get("plain", {}).get("speech", ""))

    @callback
    def _printer_in(self, kind: str, user_input: ConversationInput) -> str:
        """Return what a sentence calls the printer: without the words around it, which may be names of printers as well."""
        try:
            from hassil import recognize_all

            found = recognize_all(user_input.text, _around_the_printer(kind))
            texts = list(dict.fromkeys(one.entities["printer"].text for one in found))
        except (ImportError, AttributeError, TypeError, KeyError) as err:
            LOGGER.debug("The sentence is not taken apart: %s", err)
            texts = []
        printers, languages = Printers(self._hass, self._entries.values()), read_phrases()
        own = languages[language_of(user_input.language, languages)]
        said = [spoken(text, own) for text in texts]
        others = (one for one in languages.values() if [spoken(text, one) for text in texts] != said)
        names = (printers.name_among(texts, phrases) for phrases in (own, *others))
        return next(filter(None, names), min(texts, key=len, default=user_input.text))


@cache
def _around_the_printer(kind: str) -> Intents:
    """Return the sentences of a kind in all languages, with any text as the printer."""
    from hassil import Intents

    sentences = [text for phrases in read_phrases().values() for text in phrases.sentences[kind] if PRINTER in text]
    return Intents.from_dict(
        {
            "language": "en",
            "intents": {kind: {"data": [{"sentences": sentences}]}},
            "lists": {"printer": {"wildcard": True}},
        }
    )


_SENTENCES: HassKey[_Sentences] = HassKey(f"{DOMAIN}_sentences")
