"""Maintenance of printers, and entitlements of the store and the key."""

from datetime import timedelta

from cloud import Cloud

from virtual_farm.clock import to_iso
from virtual_farm.maintenance import set_elapsed


async def test_item_is_due_by_its_progress_and_starts_over_once_done(cloud: Cloud) -> None:
    rows = {row["triggerType"]: row for row in await cloud.get("/v1/maintenance/fleet-status")}
    for kind, row in rows.items():
        for elapsed, status in ((0.5, "OK"), (0.85, "DUE_SOON"), (1.2, "OVERDUE")):
            set_elapsed(cloud.farm.world, row["enrollmentId"], row["interval"] * elapsed)
            (found,) = await _status(cloud, row["enrollmentId"])
            assert found["status"] == status, kind
    ids = [row["enrollmentId"] for row in rows.values()]
    body = {"enrollmentIds": [*ids, "unknown"], "notes": "New nozzle"}
    assert await cloud.call("POST", "/v1/maintenance/mark-done", body=body, status=201) is None
    for row in await _status(cloud, *ids):
        assert (row["status"], row["elapsed"], row["progress"]) == ("OK", 0, 0)
        assert row["lastCompletedAt"] is not None
    printer_id = rows["print_hours"]["printerId"]
    log = await cloud.get("/v1/maintenance/history", printerId=printer_id)
    assert rows["print_hours"]["enrollmentId"] in {entry["enrollmentId"] for entry in log}
    assert {entry["notes"] for entry in log} == {"New nozzle"}
    assert await cloud.get("/v1/maintenance/history", printerId="another") == []


async def test_prints_and_time_advance_maintenance(cloud: Cloud) -> None:
    printer_id = cloud.printer_ids()[0]
    before = {row["triggerType"]: row for row in await _of_printer(cloud, printer_id)}
    printer = cloud.farm.printer(printer_id)
    printer.lifetime_print_hours += 7.5
    printer.lifetime_job_count += 3
    cloud.farm.set_clock_offset(timedelta(days=2).total_seconds())
    after = {row["triggerType"]: row for row in await _of_printer(cloud, printer_id)}
    gained = {kind: round(after[kind]["elapsed"] - before[kind]["elapsed"], 1) for kind in before}
    assert gained == {"print_hours": 7.5, "job_count": 3, "calendar_days": 2}


async def test_removed_printer_has_no_maintenance(cloud: Cloud) -> None:
    printer_id = cloud.printer_ids()[0]
    cloud.farm.remove_printer(printer_id)
    assert printer_id not in {row["printerId"] for row in await cloud.get("/v1/maintenance/fleet-status")}
    await cloud.call("GET", "/v1/maintenance/printers/{printerId}/status", printerId=printer_id, status=404)


async def test_entitlements_can_be_read_without_a_permission(start_farm) -> None:
    for included in (True, False):
        cloud = await start_farm(maintenance_entitlement=included)
        cloud.farm.world.entitle("sso")
        for name, expected in (("maintenance", included), ("sso", True), ("other", False)):
            answer = await cloud.call("GET", "/v1/entitlements/check/{entitlement}", entitlement=name)
            assert answer == {"hasEntitlement": expected}
        names = {row["entitlement"] for row in await cloud.get("/v1/entitlements")}
        assert names == ({"maintenance", "sso"} if included else {"sso"})


async def test_key_has_its_expiry_and_subscription_the_end_of_a_trial(cloud: Cloud) -> None:
    farm = cloud.farm
    key_id = farm.config.api_key[:24]
    record = await cloud.call("GET", "/v1/api-keys/{id}", id=key_id)
    assert (record["expiresAt"], record["active"], record["fullAccess"]) == (None, True, True)
    soon = to_iso(farm.world.clock() + timedelta(days=10))
    farm.keys.describe(farm.config.api_key, expires_at=soon, ip_allowlist=["192.0.2.1"])
    record = await cloud.call("GET", "/v1/api-keys/{id}", id=key_id)
    assert (record["expiresAt"], record["ipAllowlist"]) == (soon, ["192.0.2.1"])
    await cloud.call("GET", "/v1/api-keys/{id}", id="z" * 24, status=404)
    farm.world.subscription["trialEndsAt"] = soon
    assert (await cloud.get("/v1/subscriptions"))["trialEndsAt"] == soon


async def _of_printer(cloud: Cloud, printer_id: str) -> list[dict]:
    return await cloud.call("GET", "/v1/maintenance/printers/{printerId}/status", printerId=printer_id)


async def _status(cloud: Cloud, *ids: str) -> list[dict]:
    return [row for row in await cloud.get("/v1/maintenance/fleet-status") if row["enrollmentId"] in ids]
