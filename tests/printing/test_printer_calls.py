"""Calls for several printers: errors name those that were left out; the answers are shown at once."""

from types import SimpleNamespace
from typing import Any, cast

from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
import pytest

from custom_components.printago.api import CannotConnectError, InUseError, InvalidRequestError, NotAppliedError
from custom_components.printago.errors import home_assistant_error
from custom_components.printago.printing import printer_calls
from custom_components.printago.printing.printer_calls import (
    async_confirm_all,
    async_confirm_bed,
    async_for_all,
    async_turn_fabmatic,
    beds_to_clear,
    confirmation_refusal,
)


class Store:
    """A store whose calls are written down."""

    def __init__(self) -> None:
        self.calls: list[Any] = []
        self.shown: list[str] = []
        self.expected_off: list[str] = []
        self.error: Exception | None = None
        self.available = True
        self.farm = SimpleNamespace(printers={})
        self.client = SimpleNamespace(
            confirm_ready=self._confirm,
            set_fabmatic=self._fabmatic,
            send_command=self._send,
        )
        self.updates = SimpleNamespace(async_apply_printer=self.shown.append)
        detector = SimpleNamespace(expect_fabmatic_off=self.expected_off.append)
        self.store_state = SimpleNamespace(event_detector=detector)

    async def async_call(self, calling: Any) -> Any:
        return await calling

    def _done(self, *call: Any) -> str:
        self.calls.append(call)
        if self.error is not None:
            raise self.error
        return f"record of {call[0]}"

    async def _confirm(self, printer_id: str, *, ready: bool) -> str:
        return self._done(printer_id, ready)

    async def _fabmatic(self, printer_id: str, *, enabled: bool, job_limit: int | None) -> str:
        return self._done(printer_id, enabled, job_limit)

    async def _send(self, printer_id: str, command: str) -> None:
        self._done(printer_id, command)


def printer(name: str, **fields: Any) -> Any:
    return SimpleNamespace(**{"id": name, "name": name.upper(), "in_use": False, "job": None} | fields)


PRINTERS = [printer("a"), printer("b"), printer("c")]


@pytest.fixture
def store() -> Any:
    return Store()


async def call_all(store: Any, **errors: Exception) -> list[str]:
    called: list[str] = []

    async def call(each: Any) -> None:
        called.append(each.id)
        if each.id in errors:
            raise errors[each.id]

    await async_for_all(store, PRINTERS, call, "beds_not_confirmed")
    return called


async def test_all_printers_are_called_and_those_left_out_are_named(store: Any) -> None:
    assert await call_all(store) == ["a", "b", "c"]
    with pytest.raises(HomeAssistantError) as failed:
        await call_all(store, a=NotAppliedError(), c=NotAppliedError())
    assert failed.value.translation_key == "beds_not_confirmed"
    assert failed.value.translation_placeholders == {"printers": "A, C"}
    with pytest.raises(CannotConnectError):
        await call_all(store, a=NotAppliedError(), b=CannotConnectError("down"))


def test_bed_in_use_or_already_clear_is_not_confirmed() -> None:
    for in_use, confirmed, key in (
        (True, False, "still_printing"),
        (True, True, "still_printing"),
        (False, True, "bed_already_clear"),
        (False, False, None),
        (False, None, None),
    ):
        record = SimpleNamespace(confirmed_ready=confirmed)
        assert confirmation_refusal(printer("a", in_use=in_use, record=record)) == key


def test_beds_to_clear_are_those_that_need_it(store: Any) -> None:
    store.farm.printers = {name: printer(name, bed_needs_clearing=name == "b") for name in "abc"}
    assert [each.id for each in beds_to_clear(store)] == ["b"]
    del store.farm.printers["b"]
    with pytest.raises(ServiceValidationError) as refused:
        beds_to_clear(store)
    assert refused.value.translation_key == "no_bed_to_clear"


async def test_confirmed_bed_is_shown_at_once_and_one_in_use_is_refused(store: Any) -> None:
    await async_confirm_bed(store, PRINTERS[0])
    await async_confirm_all(store, PRINTERS[:2], cleared=False)
    assert store.calls == [("a", True), ("a", False), ("b", False)]
    assert store.shown == ["record of a", "record of a", "record of b"]
    store.error = InUseError()
    with pytest.raises(ServiceValidationError) as refused:
        await async_confirm_bed(store, PRINTERS[0])
    assert refused.value.translation_key == "still_printing"
    assert refused.value.translation_placeholders == {"printer": "A"}
    store.error = NotAppliedError()
    for cleared, key in ((True, "beds_not_confirmed"), (False, "beds_not_taken_back")):
        with pytest.raises(HomeAssistantError) as failed:
            await async_confirm_all(store, PRINTERS[:1], cleared=cleared)
        assert failed.value.translation_key == key
    await _confirms_by_default(store)


async def test_no_bed_is_confirmed_without_a_connection_but_one_is_withdrawn(store: Any) -> None:
    store.available = False
    with pytest.raises(ServiceValidationError) as refused:
        await async_confirm_bed(store, PRINTERS[0])
    assert refused.value.translation_key == "bed_not_known"
    assert store.calls == []
    await async_confirm_bed(store, PRINTERS[0], cleared=False)
    assert store.calls == [("a", False)]


async def _confirms_by_default(store: Any) -> None:
    store.error = None
    store.calls.clear()
    await async_confirm_all(store, PRINTERS[:1])
    assert store.calls == [("a", True)]


async def test_fabmatic_that_we_turn_off_is_expected_and_only_its_start_has_requirements(store: Any) -> None:
    await async_turn_fabmatic(store, PRINTERS[0], enabled=True, job_limit=3)
    assert store.expected_off == []
    await async_turn_fabmatic(store, PRINTERS[0], enabled=False)
    assert store.expected_off == ["a"]
    assert store.calls == [("a", True, 3), ("a", False, None)]
    assert store.shown == ["record of a"] * 2
    store.error = InvalidRequestError("no sweeper")
    with pytest.raises(HomeAssistantError) as refused:
        await async_turn_fabmatic(store, PRINTERS[0], enabled=True)
    assert refused.value.translation_key == "fabmatic_refused"
    assert refused.value.translation_placeholders == {"error": "no sweeper"}
    with pytest.raises(InvalidRequestError):
        await async_turn_fabmatic(store, PRINTERS[0], enabled=False)
    assert home_assistant_error(cast(Any, store.error)).translation_key == "refused"


@pytest.mark.parametrize(("control", "command"), [("PAUSE", "pause"), ("RESUME", "resume"), ("STOP", "stop")])
async def test_current_print_is_controlled_by_its_job_or_else_by_the_printer(
    store: Any, control: str, command: str
) -> None:
    called: list[Any] = []

    async def on_job(client: Any, job_id: str) -> None:
        called.append(job_id)

    control_of = getattr(printer_calls, control)
    await control_of(store, PRINTERS[0])
    assert store.calls == [("a", command)]
    await printer_calls._control(on_job, command)(store, printer("b", job=SimpleNamespace(id="job")))
    assert called == ["job"]
    assert len(store.calls) == 1
