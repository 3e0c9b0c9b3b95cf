"""Intents about the farm, for sentences of our own and of users, and for other assistants.

Language models get them only by ``llm.py``, which chooses those that none of its own tools does: Home Assistant offers a model
no intent on its own.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, override

from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import intent
import voluptuous as vol

from ..runtime import PrintagoConfigEntry
from .answers import Answerer, Question

_PRINTER: Final = {vol.Required("printer", description="Name of the printer"): intent.non_empty_string}


@dataclass(frozen=True, slots=True)
class _Kind:
    """An intent."""

    intent_type: str
    description: str
    slots: Mapping[vol.Marker, Any]
    is_question: bool = False


KINDS: Final[Mapping[str, _Kind]] = {
    "beds": _Kind("PrintagoBedsToClear", "Tells which beds of the print farm need clearing", {}, is_question=True),
    "printing": _Kind("PrintagoWhatIsPrinting", "Tells what the print farm is printing", {}, is_question=True),
    "done": _Kind("PrintagoPrintEnd", "Tells when the print of a 3D printer ends", _PRINTER, is_question=True),
    "free": _Kind("PrintagoNextFreePrinter", "Tells which 3D printer is free next", {}, is_question=True),
    "queue": _Kind("PrintagoQueue", "Tells how many jobs wait, and until when", {}, is_question=True),
    "clear": _Kind("PrintagoConfirmBed", "Confirms that the bed of a 3D printer is empty", _PRINTER),
    "print": _Kind(
        "PrintagoPrint",
        "Prints a part or a saved print",
        {
            vol.Required("item", description="Name of the part or saved print"): intent.non_empty_string,
            vol.Optional("copies", description="Number of copies"): vol.All(vol.Coerce(int), vol.Range(min=0)),
        },
    ),
    "pause": _Kind("PrintagoPausePrint", "Pauses the print of a 3D printer", _PRINTER),
    "resume": _Kind("PrintagoResumePrint", "Resumes the paused print of a 3D printer", _PRINTER),
    "stop": _Kind(
        "PrintagoStopPrint",
        "Begins to stop the print of a 3D printer: returns a question, which you must ask the user.",
        _PRINTER,
    ),
    "yes": _Kind(
        "PrintagoConfirmStop",
        "Stops the print after the user has been asked by PrintagoStopPrint, and has said yes.",
        {
            vol.Optional(
                "printer", description="Name of the printer, if the user has repeated it"
            ): intent.non_empty_string
        },
    ),
}
"""The intents by the kinds of sentences."""


class _FarmIntent(intent.IntentHandler):
    """Answers one kind of intent."""

    def __init__(self, kind: str, answerer: Answerer, entries: Callable[[], list[PrintagoConfigEntry]]) -> None:
        """Answer with the stores that are loaded then."""
        self._kind = kind
        self._answerer = answerer
        self._entries = entries
        self.intent_type = KINDS[kind].intent_type
        self.description = KINDS[kind].description

    @property
    @override
    def slot_schema(self) -> dict[vol.Marker, Any] | None:
        return dict(KINDS[self._kind].slots) or None

    @override
    async def async_handle(self, intent_obj: intent.Intent) -> intent.IntentResponse:
        slots = self.async_validate_slots(intent_obj.slots)
        question = Question(
            kind=self._kind,
            **{name: slots[name]["value"] for name in map(str, KINDS[self._kind].slots) if name in slots},
            language=intent_obj.language,
            assistant=intent_obj.assistant,
            asked_by=(intent_obj.device_id, intent_obj.context.user_id),
            turn=intent_obj.context.id,
        )
        reply = await self._answerer.async_answer(question, self._entries())
        response = intent_obj.create_response()
        if reply.failed:
            # Home Assistant has its own words for an error that is raised: ours say more.
            response.async_set_error(intent.IntentResponseErrorCode.FAILED_TO_HANDLE, reply.speech)
            return response
        if KINDS[self._kind].is_question:
            response.response_type = intent.IntentResponseType.QUERY_ANSWER
        response.async_set_speech(reply.speech)
        return response


@callback
def async_register_intents(hass: HomeAssistant, entries: Callable[[], list[PrintagoConfigEntry]]) -> None:
    """Register all intents."""
    answerer = Answerer(hass)
    for kind in KINDS:
        intent.async_register(hass, _FarmIntent(kind, answerer, entries))


@callback
def async_remove_intents(hass: HomeAssistant) -> None:
    """Remove all intents, except those that something else has replaced."""
    handlers = {handler.intent_type: handler for handler in intent.async_get(hass)}
    for kind in KINDS.values():
        if isinstance(handlers.get(kind.intent_type), _FarmIntent):
            intent.async_remove(hass, kind.intent_type)
