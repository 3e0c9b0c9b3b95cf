"""Names of printers: a name given in Home Assistant is used everywhere, and understood like Printago's."""

# ruff: noqa: RUF001

import json

from homeassistant.components import persistent_notification
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import ServiceValidationError
from homeassistant.helpers import device_registry as dr
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.printago.const import CONF_API_URL, CONF_REALTIME_URL
from tests.conftest import SetUp
from tests.support.actions import act, sent
from tests.support.common import device_of, press, printer_named, state_of, until
from tests.support.event_recorder import EventRecorder
from virtual_farm import FarmConfig, Fault, VirtualFarm

X1C, A1, P1S = "X1 Carbon 01", "A1 01", "P1S 01"


def rename(hass: HomeAssistant, entry: MockConfigEntry, printer: str, name: str | None) -> str:
    """Rename the device of a printer, as a user does; return the device's ID."""
    device = device_of(hass, entry, printer)
    assert device is not None
    dr.async_get(hass).async_update_device(device.id, name_by_user=name)
    return device.id


def listed(hass: HomeAssistant, farm: VirtualFarm, key: str = "printers_total") -> list[str]:
    """Return the names in the attribute of a count."""
    names: list[str] = state_of(hass, farm.config.store_id, key).attributes["printers"]
    return names


async def test_lists_follow_a_new_name_at_once(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry, busy: str
) -> None:
    rename(hass, entry, busy, "Left one")
    await until(hass, lambda: "Left one" in listed(hass, farm))
    assert X1C not in listed(hass, farm)
    assert "Left one" in listed(hass, farm, "printers_printing")

    rename(hass, entry, busy, None)
    await until(hass, lambda: X1C in listed(hass, farm))
    assert "Left one" not in listed(hass, farm)
    assert farm.requests == [], "nothing has to be asked for"


async def test_original_name_in_the_registry_is_printagos(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry, busy: str
) -> None:
    rename(hass, entry, busy, "Left one")
    farm.rename_printer(busy, "X1 Carbon 99")

    def renamed() -> bool:
        device = device_of(hass, entry, busy)
        return device is not None and device.name == "X1 Carbon 99"

    farm.finish_print(busy)
    await until(hass, renamed)
    await until(hass, lambda: "Left one" in listed(hass, farm))


@pytest.mark.parametrize("name", ["", "   ", "\u200b", "\u00a0"])
async def test_invisible_name_counts_as_none(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry, busy: str, name: str
) -> None:
    rename(hass, entry, busy, "Left one")
    await until(hass, lambda: "Left one" in listed(hass, farm))
    rename(hass, entry, busy, name)
    await until(hass, lambda: X1C in listed(hass, farm))


async def test_name_is_known_from_the_start_and_survives_reloads(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry, busy: str
) -> None:
    rename(hass, entry, busy, "Left one")
    await hass.config_entries.async_reload(entry.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)
    assert "Left one" in listed(hass, farm)

    await hass.config_entries.async_unload(entry.entry_id)
    rename(hass, entry, busy, "Right one")
    await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)
    assert "Right one" in listed(hass, farm)


async def test_returning_printer_has_its_given_name(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry, busy: str
) -> None:
    rename(hass, entry, busy, "Left one")
    await until(hass, lambda: "Left one" in listed(hass, farm))

    def send_event(action: str) -> None:
        record = {"name": X1C, "provider": "Bambu", "isOnline": True}
        message = {"entityType": "printers", "action": action, "entities": {busy: record}, "changes": {}}
        farm.publish(f"stores/{farm.config.store_id}/entities/printers", json.dumps(message).encode())

    # The second time, nothing differs from when it left.
    for _ in range(2):
        send_event("DELETE")
        await until(hass, lambda: "Left one" not in listed(hass, farm))
        assert device_of(hass, entry, busy) is None
        send_event("INSERT")
        await until(hass, lambda: "Left one" in listed(hass, farm))
        await hass.async_block_till_done()
        device = device_of(hass, entry, busy)
        assert device is not None
        assert (device.name, device.manufacturer) == (X1C, "Bambu Lab")


async def test_events_have_the_given_name_and_keep_it(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry, recorder: EventRecorder
) -> None:
    printer = printer_named(farm, X1C)
    rename(hass, entry, printer, "Left one")
    farm.raise_hms(printer, "0300-0100-0001-0002", "The heatbed is too hot")
    await until(hass, lambda: any(kind == "hms_error" for _, kind, _ in recorder.events))
    assert recorder.data("hms_error")["printer"] == "Left one"
    farm.finish_print(printer)
    await until(hass, lambda: any(kind == "job_finished" for _, kind, _ in recorder.events))
    await hass.async_block_till_done()
    assert recorder.data("print_finished")["printer"] == "Left one"
    assert recorder.data("job_finished")["printer"] == "Left one"

    rename(hass, entry, printer, "Right one")
    await until(hass, lambda: "Right one" in listed(hass, farm))
    assert state_of(hass, printer, "print", "event").attributes["printer"] == "Left one"


async def test_errors_and_responses_have_the_given_name(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry, busy: str
) -> None:
    device = rename(hass, entry, busy, "Left one")
    with pytest.raises(ServiceValidationError) as refused:
        await press(hass, busy, "confirm_bed_cleared")
    assert refused.value.translation_placeholders == {"printer": "Left one"}
    with pytest.raises(ServiceValidationError) as refused:
        await act(hass, "confirm_beds", printers=[device])
    assert refused.value.translation_placeholders == {"printer": "Left one"}
    assert (await act(hass, "send_command", printers=[device], command="pause"))["printers"] == ["Left one"]
    (job,) = (await act(hass, "get_jobs", printer=device, status=["printing", "paused"]))["jobs"]
    assert job["printer"] == "Left one"
    assert job["pinned_to"] == "Left one"


async def test_explanations_have_the_given_name(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry, busy: str
) -> None:
    rename(hass, entry, busy, "Left one")
    waiting = next(job for job in farm.world.jobs.values() if job.label == "Benchy for the shop")
    (explained,) = (await act(hass, "explain_job", job_id=[waiting.id]))["jobs"]
    assert "Left one" in explained["explanation"]
    assert "Left one" in {verdict["printer"] for verdict in explained["printers"]}
    assert X1C not in str(explained)


async def test_emergency_stop_lists_unreached_printers_by_their_given_name(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry, busy: str
) -> None:
    device = rename(hass, entry, busy, "Left one")
    farm.inject_fault(Fault(mode="status", status=500))
    stopped = await act(hass, "emergency_stop", printers=[device])
    assert stopped["printers"] == ["Left one"]
    assert {row["printer"] for row in stopped["not_reached"]} <= {"Left one"}


@pytest.mark.parametrize("name", ["Left one", " left\u00a0ONE ", X1C, "x1 carbon 01"])
async def test_printer_is_named_by_either_name_in_actions(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry, busy: str, name: str
) -> None:
    rename(hass, entry, busy, "Left one")
    assert (await act(hass, "send_command", printers=name, command="pause"))["printers"] == ["Left one"]
    (body,) = sent(farm, "/v1/printer-commands/send")
    assert body["ids"] == [busy]
    jobs = (await act(hass, "get_jobs", printer=name, status=["printing", "paused"]))["jobs"]
    assert [job["printer"] for job in jobs] == ["Left one"]


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("Left one", "left\u00a0one"),
        (P1S, None),
        (P1S, X1C),
        ("Left one", "Left one\u200b"),
    ],
    ids=["same name twice", "name of another at Printago", "swapped", "invisible difference"],
)
async def test_ambiguous_name_is_refused_with_unambiguous_candidates(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry, at_rest: None, first: str, second: str | None
) -> None:
    printers = [printer_named(farm, X1C), printer_named(farm, P1S)]
    for printer, name in zip(printers, (first, second), strict=True):
        rename(hass, entry, printer, name)
    for action, data in (
        ("confirm_beds", {"printers": [first]}),
        ("confirm_beds", {"printers": [first], "cleared": False}),
        ("send_command", {"printers": [first], "command": "stop"}),
        ("get_jobs", {"printer": first}),
    ):
        with pytest.raises(ServiceValidationError) as refused:
            await act(hass, action, **data)
        assert refused.value.translation_key == "printer_ambiguous"
    assert farm.requests == []

    candidates = (refused.value.translation_placeholders or {})["candidates"].split(", ")
    assert len(set(candidates)) == 2
    for name, printer in zip(candidates, printers, strict=True):
        await act(hass, "send_command", printers=[name], command="pause")
        assert sent(farm, "/v1/printer-commands/send")[-1]["ids"] == [printer]


async def test_name_that_is_the_id_of_another_printer_is_refused(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry, at_rest: None
) -> None:
    printer, other = printer_named(farm, X1C), printer_named(farm, P1S)
    rename(hass, entry, printer, other)
    with pytest.raises(ServiceValidationError) as refused:
        await act(hass, "send_command", printers=[other], command="stop")
    assert refused.value.translation_key == "printer_ambiguous"
    assert farm.requests == []


@pytest.mark.parametrize("name", ["", "\u200b", "Left", "Printer 99", "#", "0"])
async def test_name_of_no_printer_is_refused(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry, at_rest: None, name: str
) -> None:
    with pytest.raises(ServiceValidationError) as refused:
        await act(hass, "send_command", printers=[name], command="stop")
    assert refused.value.translation_key == "not_a_printer"
    assert farm.requests == []


async def test_emergency_stop_stops_every_printer_with_the_name(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry, at_rest: None
) -> None:
    printers = [printer_named(farm, X1C), printer_named(farm, P1S)]
    for printer in printers:
        rename(hass, entry, printer, "Left one")
    stopped = await act(hass, "emergency_stop", printers=["left one", "nobody"])
    assert stopped["printers"] == ["Left one", "Left one"]
    assert stopped["unknown_devices"] == ["nobody"]
    (notification,) = hass.data[persistent_notification.DOMAIN].values()
    assert "nobody" in notification["message"]


@pytest.mark.parametrize("name", ["Virtual\u00a0farm", "basement"])
async def test_emergency_stop_stops_all_printers_of_a_store_with_the_name(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry, at_rest: None, name: str
) -> None:
    rename(hass, entry, farm.config.store_id, "Basement")
    stopped = await act(hass, "emergency_stop", printers=[name])
    assert len(stopped["printers"]) == len(farm.world.printers)
    assert stopped["unknown_devices"] == []


@pytest.mark.parametrize("name", ["🔥", "42", "#3", "İstanbul", "ＬＥＦＴ", "\u202bشمال\u202c", "é" * 255, "x" * 5000])
async def test_unusual_names_are_shown_and_understood(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry, busy: str, name: str
) -> None:
    rename(hass, entry, busy, name)
    (said,) = (await act(hass, "send_command", printers=[name], command="pause"))["printers"]
    await until(hass, lambda: said in listed(hass, farm))
    assert said == name


async def test_printer_is_found_in_any_store(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry, setup_entry: SetUp
) -> None:
    async with VirtualFarm(FarmConfig(speed=0, store_id="d" * 24, seed=2)) as other:
        second = await setup_entry(
            store_id="d" * 24,
            api_key=other.config.api_key,
            server={CONF_API_URL: other.rest_url, CONF_REALTIME_URL: other.realtime_url},
        )
        with pytest.raises(ServiceValidationError) as refused:
            await act(hass, "send_command", printers=[X1C], command="pause")
        assert refused.value.translation_key == "printer_ambiguous"

        printer = printer_named(other, X1C)
        rename(hass, second, printer, "Over there")
        assert (await act(hass, "send_command", printers=["Over there"], command="pause"))["printers"] == ["Over there"]
        assert sent(other, "/v1/printer-commands/send")[-1]["ids"] == [printer]
        assert sent(farm, "/v1/printer-commands/send") == []
        with pytest.raises(ServiceValidationError) as refused:
            await act(hass, "send_command", printers=[A1], command="pause")
        assert refused.value.translation_key == "printer_ambiguous"
        named = {"config_entry_id": entry.entry_id, "printers": [A1]}
        assert (await act(hass, "send_command", **named, command="pause"))["printers"] == [A1]
        await hass.config_entries.async_unload(second.entry_id)
