"""What tests of prints do over REST."""

from typing import Any

from cloud import Cloud


async def send(cloud: Cloud, printer_id: str, command: str, **fields: Any) -> list[str]:
    body = {"ids": [printer_id], "command": {"command": command, **fields}}
    return await cloud.call("POST", "/v1/printer-commands/send", body=body)


async def on(cloud: Cloud, operation: str, *job_ids: str) -> list[str]:
    return await cloud.call("PATCH", f"/v1/print-jobs/{operation}", body={"printJobIds": list(job_ids)})


async def confirm(cloud: Cloud, *printer_ids: str) -> None:
    await cloud.call("PATCH", "/v1/printers/confirm-ready", body={"ready": True, "ids": list(printer_ids)})


async def start_print(cloud: Cloud, printer_id: str, part: str = "Benchy") -> str:
    """Bring a job onto a printer and let it print; returns its ID."""
    (job_id,) = await cloud.queue(partId=cloud.part(part), tags={"printer.id": printer_id})
    await cloud.farm.advance(240)
    assert (await cloud.job(job_id))["status"] == "printing"
    return job_id
