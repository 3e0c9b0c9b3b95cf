"""The effect of the buttons at Printago, and which presses are refused."""

import asyncio

from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from tests.conftest import SetUp
from tests.support.common import entity_id, pass_time, paths, press, printer_named, until, value_of, writes
from virtual_farm import FarmConfig, Fault, VirtualFarm


@pytest.fixture
async def calm(hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry) -> None:
    """Wait until setup has finished."""
    await hass.async_block_till_done(wait_background_tasks=True)
    farm.clear_requests()


@pytest.mark.usefixtures("calm")
async def test_confirmed_bed_makes_the_printer_ready(hass: HomeAssistant, farm: VirtualFarm) -> None:
    printer = printer_named(farm, "P1S 01")
    assert value_of(hass, printer, "readiness") == "awaiting_clear"

    await press(hass, printer, "confirm_bed_cleared")

    # The response contains the record, so the stream is not needed.
    assert value_of(hass, printer, "readiness") == "ready"
    assert value_of(hass, printer, "bed_needs_clearing", "binary_sensor") == "off"
    assert farm.world.printers[printer].confirmed_ready
    assert paths(farm) == ["PATCH /v1/printers/confirm-ready"]


@pytest.mark.usefixtures("calm")
async def test_bed_of_an_offline_printer_can_be_confirmed(hass: HomeAssistant, farm: VirtualFarm) -> None:
    printer = printer_named(farm, "P1S 01")
    farm.disconnect_printer(printer)
    await until(hass, lambda: value_of(hass, printer, "readiness") == "offline")
    assert value_of(hass, printer, "bed_needs_clearing", "binary_sensor") == "on"

    await press(hass, printer, "confirm_bed_cleared")

    assert value_of(hass, printer, "bed_needs_clearing", "binary_sensor") == "off"


@pytest.mark.usefixtures("calm")
async def test_job_is_paused_resumed_and_stopped(hass: HomeAssistant, farm: VirtualFarm) -> None:
    printer = printer_named(farm, "X1 Carbon 01")
    job_id = farm.world.printers[printer].printing_job_id
    assert job_id is not None

    await press(hass, printer, "pause")
    await until(hass, lambda: value_of(hass, printer, "print_status") == "pause")
    await press(hass, printer, "resume")
    await until(hass, lambda: value_of(hass, printer, "print_status") == "running")
    await press(hass, printer, "stop")
    await until(hass, lambda: value_of(hass, printer, "bed_needs_clearing", "binary_sensor") == "on")

    assert farm.job(job_id).status == "cancelled"
    assert writes(farm) == [
        "PATCH /v1/print-jobs/pause",
        "PATCH /v1/print-jobs/resume",
        "PATCH /v1/print-jobs/cancel",
    ]


@pytest.mark.usefixtures("calm")
async def test_external_print_is_controlled_by_commands_of_the_printer(hass: HomeAssistant, farm: VirtualFarm) -> None:
    printer = printer_named(farm, "A1 01")
    farm.print_from_outside(printer)
    await farm.advance(600)
    await until(hass, lambda: value_of(hass, printer, "print_status") == "running")
    farm.clear_requests()

    await press(hass, printer, "pause")
    await until(hass, lambda: value_of(hass, printer, "print_status") == "pause")
    await press(hass, printer, "resume")
    await until(hass, lambda: value_of(hass, printer, "print_status") == "running")
    await press(hass, printer, "stop")
    await until(hass, lambda: value_of(hass, printer, "print_status") == "failed")

    assert paths(farm) == ["POST /v1/printer-commands/send"] * 3


@pytest.mark.printers(8)
@pytest.mark.usefixtures("calm")
@pytest.mark.parametrize(
    ("name", "key", "reason"),
    [
        ("A1 01", "pause", "not_printing"),
        ("H2D 01", "pause", "not_printing"),
        ("X1 Carbon 01", "resume", "not_paused"),
        ("A1 01", "stop", "nothing_to_stop"),
        ("X1 Carbon 01", "confirm_bed_cleared", "still_printing"),
        ("A1 01", "confirm_bed_cleared", "bed_already_clear"),
    ],
)
async def test_press_without_effect_is_refused_with_the_reason(
    hass: HomeAssistant, farm: VirtualFarm, name: str, key: str, reason: str
) -> None:
    with pytest.raises(ServiceValidationError) as refused:
        await press(hass, printer_named(farm, name), key)
    assert refused.value.translation_key == reason
    assert refused.value.translation_placeholders == {"printer": name}
    assert farm.requests == []


@pytest.mark.usefixtures("every_entity_enabled")
async def test_resync_requests_all_data_of_the_printer(
    hass: HomeAssistant, farm: VirtualFarm, setup_entry: SetUp
) -> None:
    await setup_entry()
    await press(hass, printer_named(farm, "A1 01"), "refresh")
    sent = farm.requests[-1]
    assert sent.path == "/v1/printer-commands/send"
    assert sent.status == 201


class TestManyPrinters:
    """A farm of a hundred printers whose beds all need clearing."""

    @pytest.fixture
    def farm_config(self) -> FarmConfig:
        """Return a large farm."""
        return FarmConfig(printers=100, speed=0, scenario="idle")

    async def test_hundred_buttons_pressed_together_are_one_request(
        self, hass: HomeAssistant, farm: VirtualFarm, setup_entry: SetUp
    ) -> None:
        for printer in farm.world.printers.values():
            farm.fleet.confirm_ready(printer, ready=False)
        farm.settle()
        await setup_entry()
        await hass.async_block_till_done(wait_background_tasks=True)
        farm.clear_requests()
        buttons = [entity_id(hass, printer, "confirm_bed_cleared", "button") for printer in farm.world.printers]

        await hass.services.async_call("button", "press", {"entity_id": buttons}, blocking=True)

        assert paths(farm) == ["PATCH /v1/printers/confirm-ready"]
        assert all(value_of(hass, printer, "readiness") == "ready" for printer in farm.world.printers)


@pytest.mark.usefixtures("calm")
@pytest.mark.parametrize(
    ("fault", "key"),
    [
        (Fault(mode="status", status=401), "invalid_auth"),
        (Fault(mode="status", status=403), "forbidden"),
        (Fault(mode="status", status=400, message="Printer is locked"), "refused"),
        (Fault(mode="status", status=429, retry_after=30), "rate_limited"),
        (Fault(mode="status", status=500), "outcome_unknown"),
        (Fault(mode="drop"), "outcome_unknown"),
        (Fault(mode="truncated"), "outcome_unknown"),
    ],
    ids=lambda value: value if isinstance(value, str) else f"{value.mode}-{value.status}",
)
async def test_failed_press_raises_an_error_with_the_reason(
    hass: HomeAssistant, farm: VirtualFarm, fault: Fault, key: str
) -> None:
    farm.inject_fault(fault)
    with pytest.raises(HomeAssistantError) as failed:
        await press(hass, printer_named(farm, "P1S 01"), "confirm_bed_cleared")
    assert failed.value.translation_key == key
    assert len(farm.requests) == 1


@pytest.mark.usefixtures("calm")
async def test_press_without_a_connection_says_that_nothing_was_changed(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry
) -> None:
    printer = printer_named(farm, "P1S 01")
    await farm.stop()
    with pytest.raises(HomeAssistantError) as failed:
        await press(hass, printer, "confirm_bed_cleared")
    assert failed.value.translation_key == "cannot_connect"


@pytest.mark.printers(8)
@pytest.mark.usefixtures("calm")
async def test_only_the_press_of_the_unreached_printer_fails(hass: HomeAssistant, farm: VirtualFarm) -> None:
    """One of two jobs ends during the press: only its own button fails."""
    going, gone = printer_named(farm, "X1 Carbon 01"), printer_named(farm, "P1S 02")
    job_id = farm.world.printers[gone].printing_job_id
    assert job_id is not None
    farm.job(job_id).status = "completed"

    going_result, gone_result = await asyncio.gather(
        press(hass, going, "pause"), press(hass, gone, "pause"), return_exceptions=True
    )

    assert going_result is None
    assert isinstance(gone_result, HomeAssistantError)
    assert gone_result.translation_key == "not_applied"
    assert writes(farm) == ["PATCH /v1/print-jobs/pause"]


@pytest.mark.usefixtures("calm")
async def test_press_without_quota_says_when_to_try_again(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry
) -> None:
    entry.runtime_data.coordinator.client.transport.limiter.refused(40)
    with pytest.raises(HomeAssistantError) as failed:
        await press(hass, printer_named(farm, "P1S 01"), "confirm_bed_cleared")
    assert failed.value.translation_key == "rate_limited"
    assert failed.value.translation_placeholders == {"seconds": "40"}
    assert farm.requests == []


class TestWithEverythingEnabled:
    """Buttons that are disabled by default."""

    @pytest.fixture(autouse=True)
    async def calm_entry(
        self, hass: HomeAssistant, farm: VirtualFarm, every_entity_enabled: None, setup_entry: SetUp
    ) -> None:
        """Set up the entry with all entities, and wait until it has finished."""
        await setup_entry()
        await hass.async_block_till_done(wait_background_tasks=True)
        farm.clear_requests()

    async def test_axes_are_homed(self, hass: HomeAssistant, farm: VirtualFarm) -> None:
        printer = printer_named(farm, "A1 01")
        await press(hass, printer, "home")
        assert farm.requests[0].body == {
            "ids": [printer],
            "command": {"command": "home-axis", "axes": {"x": True, "y": True, "z": True}},
        }
        assert all(farm.printer(printer).machine.homed.values())

    async def test_filament_is_unloaded(self, hass: HomeAssistant, farm: VirtualFarm) -> None:
        printer = printer_named(farm, "A1 01")
        await press(hass, printer, "unload_filament")
        assert farm.requests[0].body == {"ids": [printer], "command": {"command": "unload-filament"}}
        assert farm.printer(printer).machine.loaded is None

    @pytest.mark.parametrize("key", ["home", "unload_filament"])
    async def test_printing_printer_gets_no_command(self, hass: HomeAssistant, farm: VirtualFarm, key: str) -> None:
        with pytest.raises(ServiceValidationError) as refused:
            await press(hass, printer_named(farm, "X1 Carbon 01"), key)
        assert refused.value.translation_key == "busy_printing"
        assert farm.requests == []

    @pytest.mark.printers(8)
    async def test_filament_of_a_paused_print_can_be_unloaded_but_not_homed(
        self, hass: HomeAssistant, farm: VirtualFarm
    ) -> None:
        paused = printer_named(farm, "H2D 01")
        await until(hass, lambda: value_of(hass, paused, "print_status") == "pause")
        with pytest.raises(ServiceValidationError):
            await press(hass, paused, "home")
        await press(hass, paused, "unload_filament")
        assert paths(farm) == ["POST /v1/printer-commands/send"]

    async def test_filament_cannot_be_unloaded_while_a_print_is_prepared(
        self, hass: HomeAssistant, farm: VirtualFarm
    ) -> None:
        printer = printer_named(farm, "A1 01")
        farm.print_from_outside(printer)
        await until(hass, lambda: value_of(hass, printer, "print_status") == "prepare")
        with pytest.raises(ServiceValidationError) as refused:
            await press(hass, printer, "unload_filament")
        assert refused.value.translation_placeholders == {"printer": "A1 01"}
        assert farm.requests == []

    @pytest.mark.printers(8)
    async def test_all_beds_are_confirmed_by_one_request(self, hass: HomeAssistant, farm: VirtualFarm) -> None:
        for name in ("A1 01", "A1 mini 01"):
            farm.fleet.confirm_ready(farm.printer(printer_named(farm, name)), ready=False)
        farm.settle()
        store = farm.config.store_id
        await until(hass, lambda: value_of(hass, store, "printers_awaiting_clear") == "3")

        await press(hass, store, "confirm_all_beds_cleared")

        await until(hass, lambda: value_of(hass, store, "printers_awaiting_clear") == "0")
        assert paths(farm) == ["PATCH /v1/printers/confirm-ready"]
        with pytest.raises(ServiceValidationError) as refused:
            await press(hass, store, "confirm_all_beds_cleared")
        assert refused.value.translation_key == "no_bed_to_clear"

    async def test_bed_that_was_not_confirmed_is_named(self, hass: HomeAssistant, farm: VirtualFarm) -> None:
        left_out, done = printer_named(farm, "A1 01"), printer_named(farm, "P1S 01")
        farm.fleet.confirm_ready(farm.printer(left_out), ready=False)
        farm.settle()
        await until(hass, lambda: value_of(hass, left_out, "readiness") == "awaiting_clear")
        farm.world.printers.remove(left_out)

        with pytest.raises(HomeAssistantError) as failed:
            await press(hass, farm.config.store_id, "confirm_all_beds_cleared")

        assert failed.value.translation_key == "beds_not_confirmed"
        assert failed.value.translation_placeholders == {"printers": "A1 01"}
        assert value_of(hass, done, "readiness") == "ready"

    async def test_failed_request_for_all_beds_raises_an_error(self, hass: HomeAssistant, farm: VirtualFarm) -> None:
        farm.inject_fault(Fault(mode="reset"))
        with pytest.raises(HomeAssistantError) as failed:
            await press(hass, farm.config.store_id, "confirm_all_beds_cleared")
        assert failed.value.translation_key == "outcome_unknown"


async def test_refresh_requests_a_snapshot(hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry) -> None:
    await hass.async_block_till_done(wait_background_tasks=True)
    await pass_time(hass, 20)
    farm.clear_requests()
    await press(hass, farm.config.store_id, "refresh")
    await hass.async_block_till_done(wait_background_tasks=True)
    assert paths(farm)[:2] == ["GET /v1/printers", "GET /v1/print-jobs"]
