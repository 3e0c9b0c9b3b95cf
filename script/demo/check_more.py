"""Checks that need a complete Home Assistant: its local assistant, and the memory that a large upload needs."""

import asyncio
from pathlib import Path
import shutil

from .check import Check, report
from .processes import ROOT, DemoError

_BLUEPRINT = ROOT / "blueprints" / "automation" / "printago" / "voice.yaml"
_UPLOAD_BYTES = 200_000_000
_MOST_MEMORY_BYTES = 20_000_000


async def voice_is_understood(check: Check) -> None:
    """Send the three sentences of the voice blueprint to Home Assistant's own assistant."""
    demo, client = check.demo, check.demo.home_assistant.client
    folder = demo.home_assistant.folder / "blueprints" / "automation" / "printago"
    await asyncio.to_thread(folder.mkdir, parents=True)
    await asyncio.to_thread(shutil.copy, _BLUEPRINT, folder)
    await client.rest(
        "POST",
        "/config/automation/config/voice",
        {"alias": "Voice", "use_blueprint": {"path": "printago/voice.yaml", "input": {}}},
    )
    async with check.patience("the voice automation to be on"):
        while not any(
            state["entity_id"] == "automation.voice" and state["state"] == "on"
            for state in await client.command("get_states")
        ):
            await asyncio.sleep(0.1)

    async def speak(sentence: str) -> str:
        answer = await client.command("conversation/process", text=sentence, language="en")
        said = str(answer["response"]["speech"]["plain"]["speech"])
        report(f"“{sentence}” is answered with “{said}”")
        return said

    printer = await check.printer(lambda printer: printer["isOnline"] and printer["printingJobId"], "prints")
    await demo.farm.control("POST", f"/printers/{printer['id']}/rename", {"name": "P1S #3"})
    await demo.farm.control("POST", f"/printers/{printer['id']}/finish")
    readiness = check.entity(printer["id"], "readiness")
    async with check.patience(f"{readiness} to wait for its bed to be cleared"):
        while (await client.state(readiness))["state"] != "awaiting_clear":
            await asyncio.sleep(0.1)
    answers = (
        (await speak("print two benchies"), "Printing 2 of Benchy"),
        (await speak("is the farm done"), "No, "),
        (await speak("The bed on printer three is clear."), "P1S #3 really empty"),
    )
    for said, expected in answers:
        if expected not in said:
            raise DemoError(f"the assistant said “{said}” instead of “{expected}…”")
    confirmed = client.expect(lambda change: change.entity_id == readiness and change.state != "awaiting_clear")
    await speak("yes")
    async with check.patience(f"{readiness} to be ready once the bed was confirmed"):
        await confirmed


async def large_upload_stays_small(check: Check) -> None:
    """Upload a model of 200 MB, and check by how much Home Assistant's peak memory grows."""
    demo = check.demo
    model = demo.home_assistant.folder / "models" / "large.stl"

    def write() -> None:
        with model.open("wb") as file:
            file.truncate(_UPLOAD_BYTES)

    await asyncio.to_thread(write)
    process = Path("/proc") / str(demo.home_assistant.process.pid)
    # Reset the kernel's peak value.
    await asyncio.to_thread((process / "clear_refs").write_text, "5")
    before = await asyncio.to_thread(_peak, process)
    answer = await demo.home_assistant.client.action("printago.upload_part", {"path": str(model)}, response=True)
    grown = await asyncio.to_thread(_peak, process) - before
    if answer["size"] != _UPLOAD_BYTES:
        raise DemoError(f"printago.upload_part answered {answer}")
    report(f"an upload of {_UPLOAD_BYTES // 1_000_000} MB raised Home Assistant's peak memory by {grown / 1e6:.1f} MB")
    if grown > _MOST_MEMORY_BYTES:
        raise DemoError(f"that is more than {_MOST_MEMORY_BYTES // 1_000_000} MB")


def _peak(process: Path) -> int:
    """Return the peak memory of a process in bytes."""
    for line in (process / "status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1024
    raise DemoError("the kernel does not report the peak memory of a process")
