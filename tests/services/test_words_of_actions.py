"""What actions say of items without a name, of many of them, and of what is gone."""

from types import SimpleNamespace
from typing import Any, cast
from unittest.mock import patch

import attrs
from homeassistant.components import media_source
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.helpers import device_registry as dr
from homeassistant.setup import async_setup_component
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, MockModule, mock_integration, mock_platform

from custom_components.printago.const import DOMAIN
from tests.support.actions import act, sent
from tests.support.common import device_of, pass_time, paths, until, value_of, writes
from tests.support.event_recorder import confirm_refusal, drop_stream
from tests.support.submissions import part_id
from virtual_farm import Fault, VirtualFarm
from virtual_farm.catalog import new_part
from virtual_farm.entities import PrintJob


def labelled(farm: VirtualFarm, label: str) -> PrintJob:
    """Return the job with this label."""
    return next(job for job in farm.world.jobs.values() if job.label == label)


async def failure_of(hass: HomeAssistant, action: str, **data: Any) -> HomeAssistantError:
    """Return the error of an action that returns nothing."""
    with pytest.raises(HomeAssistantError) as failed:
        await hass.services.async_call(DOMAIN, action, data, blocking=True)
    return failed.value


async def test_unchanged_jobs_are_named_by_label_or_part_or_id_and_five_at_most(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry
) -> None:
    """Waiting jobs cannot be resumed."""
    jobs = [labelled(farm, label) for label in ("Cable Clip", "Jig", "Benchy for the shop")]
    known = entry.runtime_data.coordinator.farm.jobs
    jobs[1].label = ""
    farm.world.jobs.touch(jobs[1].id)
    farm.settle()
    await until(hass, lambda: not known[jobs[1].id].label)
    names = ["Cable Clip", jobs[1].part_name, "Benchy for the shop"]
    gone = [f"{letter * 24}" for letter in "abc"]
    for ids, listed in (
        ([job.id for job in jobs], names),
        ([*(job.id for job in jobs), *gone[:2]], [*names, *gone[:2]]),
        ([*(job.id for job in jobs), *gone], [*names, *gone[:2], "…"]),
    ):
        error = await failure_of(hass, "resume_jobs", job_id=ids)
        assert error.translation_key == "jobs_not_changed"
        assert error.translation_placeholders == {"jobs": ", ".join(listed), "done": "0"}


async def test_twenty_jobs_can_be_updated_and_no_more(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry
) -> None:
    farm.set_quota(enabled=False)
    farm.builder.build(
        {
            "parts": [
                {
                    "partId": part_id(farm, "Benchy"),
                    "quantity": 21,
                    "label": "Batch",
                    "tags": {"user.tags": "no-such-tag"},
                }
            ]
        }
    )
    await farm.advance(10)
    batch = [job.id for job in farm.world.jobs.values() if job.label == "Batch"]
    farm.clear_requests()
    for data in ({"label": "Batch"}, {"job_id": batch}):
        with pytest.raises(ServiceValidationError) as refused:
            await act(hass, "update_jobs", priority="low", **data)
        assert refused.value.translation_key == "too_many_jobs"
        assert refused.value.translation_placeholders == {"most": "20"}
    assert writes(farm) == []
    changed = await act(hass, "update_jobs", priority="low", job_id=batch[1:])
    assert (changed["applied"], changed["not_applied"]) == (20, 0)
    assert {farm.job(job_id).priority for job_id in batch[1:]} == {1000}


async def test_update_that_fails_for_all_jobs_is_an_error(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry
) -> None:
    job = labelled(farm, "Jig")
    farm.inject_fault(Fault(mode="status", status=400, message="No", method="PATCH", path="/v1/print-jobs"))
    with pytest.raises(HomeAssistantError) as failed:
        await act(hass, "update_jobs", job_id=job.id, priority="low")
    assert failed.value.translation_key == "refused"


async def test_fabmatic_that_cannot_be_turned_off_is_no_missing_requirement(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry
) -> None:
    for enabled, key in ((False, "refused"), (True, "fabmatic_refused")):
        farm.inject_fault(Fault(mode="status", status=400, message="No", path="/v1/printers/continous-print"))
        error = await failure_of(hass, "set_fabmatic", printers=["A1 01"], enabled=enabled)
        assert (error.translation_key, error.translation_placeholders) == (key, {"error": "No"})


async def test_device_that_is_no_printer_is_named_as_its_user_does(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry
) -> None:
    device = device_of(hass, entry, farm.config.store_id)
    assert device is not None
    for name in (None, "The workshop"):
        dr.async_get(hass).async_update_device(device.id, name_by_user=name)
        error = await failure_of(hass, "set_fabmatic", printers=[device.id], enabled=True)
        assert error.translation_key == "not_a_printer"
        assert error.translation_placeholders == {"device": name or device.name}
        stopped = await failure_of(hass, "send_command", printers=["No such printer"], command="stop")
        assert stopped.translation_placeholders == {"device": "No such printer"}


async def test_device_without_a_name_is_refused_without_one(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry
) -> None:
    device = dr.async_get(hass).async_get_or_create(config_entry_id=entry.entry_id, identifiers={("other", "1")})
    nameless = attrs.evolve(device, name=None)
    with patch.object(dr.DeviceRegistry, "async_get", return_value=nameless):
        error = await failure_of(hass, "set_fabmatic", printers=[nameless.id], enabled=True)
    assert error.translation_placeholders == {"device": ""}


async def test_explanation_does_without_printers_that_are_not_known(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry, monkeypatch: pytest.MonkeyPatch
) -> None:
    job, gone = labelled(farm, "Benchy for the shop"), "g" * 24
    job.required_printer_tags = {"printer.id": gone}
    farm.world.jobs.touch(job.id)
    farm.settle()
    await farm.advance(1)
    row = {
        "printerId": gone,
        "matched": False,
        "compatible": False,
        "checks": [
            {"code": "tags-match", "passed": False, "explanation": "Not this one"},
            {"code": "newer-than-us", "passed": False, "explanation": "The moon is full"},
            {"code": "passed", "passed": True, "explanation": "Fine"},
        ],
    }
    other = next(iter(farm.world.printers))
    rows = [row, {**row, "printerId": other, "checks": row["checks"][:1]}]

    async def answer(*_: Any, **__: Any) -> Any:
        from custom_components.printago.api.models.match import PrinterMatch

        return [PrinterMatch.from_json(each) for each in rows]

    monkeypatch.setattr("custom_components.printago.api.rest.job_endpoints.JobEndpoints.matching", answer)
    (explained,) = (await act(hass, "explain_job", job_id=job.id))["jobs"]
    by_id = {printer["printer_id"]: printer for printer in explained["printers"]}
    assert by_id[gone]["printer"] == gone
    assert by_id[gone]["reasons"][1] == "The moon is full"
    assert len(by_id[gone]["reasons"]) == 2
    assert "None" not in str(by_id[other]["reasons"])
    assert [printer["printer_id"] for printer in explained["printers"]] == [other, gone], "fewer obstacles first"
    rows = [{**row, "matched": True, "compatible": True}, {**row, "printerId": other, "compatible": True}]
    (explained,) = (await act(hass, "explain_job", job_id=job.id))["jobs"]
    assert [printer["printer_id"] for printer in explained["printers"]] == [gone, other], "the one that takes it first"
    assert gone in explained["explanation"]
    assert farm.printer(other).name not in explained["explanation"]


async def test_media_that_is_not_a_file_of_home_assistant_is_refused(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry
) -> None:
    class Camera(media_source.MediaSource):
        async def async_resolve_media(self, item: media_source.MediaSourceItem) -> media_source.PlayMedia:
            if item.identifier == "broken.stl":
                raise media_source.Unresolvable
            if item.identifier == "dark.stl":
                raise media_source.Unresolvable("It is too dark")
            return media_source.PlayMedia("/stream", "model/stl")

    async def get_source(_: HomeAssistant) -> media_source.MediaSource:
        return Camera("lens")

    mock_integration(hass, MockModule("lens"))
    mock_platform(hass, "lens.media_source", cast(Any, SimpleNamespace(async_get_media_source=get_source)))
    assert await async_setup_component(hass, "lens", {})
    assert await async_setup_component(hass, "media_source", {})
    for item, key, placeholders in (
        ("a.stl", "media_not_local", {}),
        ("broken.stl", "media_not_found", {"error": "-"}),
        ("dark.stl", "media_not_found", {"error": "It is too dark"}),
    ):
        media = f"media-source://lens/{item}"
        error = await failure_of(hass, "upload_part", media=media)
        assert error.translation_key == key
        assert error.translation_placeholders == {"media": media, **placeholders}
    assert not [path for path in paths(farm) if path.startswith("POST")]


async def test_responses_are_shown_at_once_while_the_stream_is_down(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry
) -> None:
    await pass_time(hass, 31)
    await drop_stream(hass, farm)
    await confirm_refusal(hass, entry)
    names = {printer.name: printer.id for printer in farm.world.printers.values()}
    farm.clear_requests()
    await act(hass, "confirm_beds", printers=["P1S 01"])
    await act(hass, "set_fabmatic", printers=["A1 01"], enabled=True)
    await hass.async_block_till_done()
    assert value_of(hass, names["P1S 01"], "bed_needs_clearing", "binary_sensor") == "off"
    assert value_of(hass, names["A1 01"], "fabmatic", "switch") == "on"
    await act(hass, "emergency_stop", printers=["A1 01"])
    await hass.async_block_till_done()
    assert value_of(hass, names["A1 01"], "fabmatic", "switch") == "off"
    assert value_of(hass, names["A1 01"], "enabled", "switch") == "off"
    assert "GET /v1/printers" not in paths(farm)


async def test_items_are_looked_up_once_a_minute_and_a_name_is_not_asked_for_as_an_id(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry
) -> None:
    await pass_time(hass, 31)
    farm.clear_requests()
    for _ in range(2):
        for data in (
            {"part": "Benchy", "material": "PETG"},
            {"part": "Benchy", "material": "Bambu PLA Basic"},
            {"sku": "DESK-SET"},
        ):
            await act(hass, "submit_print_job", dry_run=True, **data)
    asked = [request for request in farm.requests if request.method == "GET"]
    assert [request.path for request in asked].count("/v1/parts") == 1
    assert [request.path for request in asked].count("/v1/skus") == 1
    assert [request.path for request in asked].count("/v1/materials") == 2
    assert not any("id.in" in request.query for request in asked)


async def test_candidates_are_five_at_most_and_those_without_a_visible_name_are_named_by_id(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry
) -> None:
    for name in ("GEAR", "gear ", "Gear", "gEAR", "geaR"):
        new_part(farm.world, name=name, type="stl", fileUris=[])
    error = await failure_of(hass, "submit_print_job", part="gear\u200b  ")
    assert error.translation_key == "part_ambiguous"
    placeholders = error.translation_placeholders or {}
    assert placeholders["candidates"].count("(") == 5
    assert "…" not in placeholders["candidates"]
    new_part(farm.world, name="GEar", type="stl", fileUris=[])
    error = await failure_of(hass, "submit_print_job", part="gear\u200b  ")
    assert (error.translation_placeholders or {})["candidates"].endswith(", …")
    invisible = new_part(farm.world, name="\u200b", type="stl", fileUris=[])["id"]
    error = await failure_of(hass, "submit_print_job", part=invisible[:-1])
    assert invisible in str(error.translation_placeholders)


async def test_assigned_material_is_set_on_the_printer_unless_that_is_turned_off(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry
) -> None:
    data: dict[str, Any] = {"printers": ["X1 Carbon 01"], "slots": ["ams_1_tray_1"], "material": "Bambu PLA Basic"}
    for given, expected in (({}, True), ({"set_on_printer": False}, False)):
        response = await act(hass, "assign_material", **data, **given)
        assert response["set_on_printer"] is expected
    bodies = sent(farm, "/v1/materials/printer-slots/assign")
    assert len({str(sorted(body.items())) for body in bodies}) == 2
