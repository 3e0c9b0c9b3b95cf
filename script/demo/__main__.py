"""Command line of script/develop."""

import argparse
import asyncio
from collections.abc import Callable
import contextlib
from pathlib import Path
import shutil
import signal
import sys
import tempfile

import aiohttp

from .browser import dashboard_works
from .check import Check, report
from .check_more import large_upload_stays_small, voice_is_understood
from .dashboard import add_dashboard
from .demo import Demo, running_demo
from .home_assistant import PASSWORD, USER
from .processes import ROOT, DemoError, free_port, require_free_port


def _number[T: (int, float)](kind: Callable[[str], T], most: T) -> Callable[[str], T]:
    """Return a parser of positive numbers up to `most`."""

    def parse(text: str) -> T:
        value = kind(text)
        if not 0 < value <= most:
            raise argparse.ArgumentTypeError(f"{text} is not between 0 and {most}")
        return value

    return parse


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="script/develop",
        description="Show a virtual print farm in a real Home Assistant. Everything stays on 127.0.0.1; Ctrl-C ends it.",
    )
    parser.add_argument(
        "--printers", type=_number(int, 1000), default=8, metavar="N", help="number of printers (default: 8)"
    )
    parser.add_argument(
        "--port",
        type=_number(int, 65535),
        metavar="P",
        help="port of Home Assistant (default: 8123; with --check a free one)",
    )
    parser.add_argument(
        "--speed",
        type=_number(float, 10_000.0),
        default=20.0,
        metavar="X",
        help="how much faster the farm's time passes (default: 20)",
    )
    parser.add_argument(
        "--check", action="store_true", help="assert that everything works, then end with status 0 or 1"
    )
    parser.add_argument("--chromium", metavar="PROGRAM", help="browser in which --check looks at the dashboard")
    return parser.parse_args()


async def _until_stopped(demo: Demo) -> None:
    """Return on a request to stop; raises DemoError when a process ends by itself."""
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    processes = (demo.farm.process, demo.home_assistant.process)
    waits = [asyncio.create_task(process.wait()) for process in processes]
    stopped = asyncio.create_task(stop.wait())
    try:
        await asyncio.wait([stopped, *waits], return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in (stopped, *waits):
            task.cancel()
    if not stop.is_set():
        for process in processes:
            process.require_running()


async def _develop(options: argparse.Namespace) -> None:
    port = options.port or 8123
    require_free_port(port)
    folder = ROOT / ".cache" / "develop" / str(port)
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    print(f"==> Starting a farm of {options.printers} printers and Home Assistant (logs in {folder})", flush=True)
    async with running_demo(folder, printers=options.printers, port=port, speed=options.speed) as demo:
        await add_dashboard(demo)
        print(
            f"\n    Home Assistant  {demo.home_assistant.url}   user {USER}, password {PASSWORD}\n"
            f"    Virtual farm    {demo.farm.api_url}   {options.printers} printers, time passes {options.speed:g} times faster\n\n"
            "Ctrl-C stops both.",
            flush=True,
        )
        await _until_stopped(demo)
        print("\n==> Stopping", flush=True)


async def _check(options: argparse.Namespace) -> None:
    port = options.port or free_port()
    require_free_port(port)
    folder = Path(tempfile.mkdtemp(prefix="printago-check-"))
    try:
        async with running_demo(folder, printers=options.printers, port=port, speed=options.speed) as demo:
            check = Check(demo)
            await check.run()
            await voice_is_understood(check)
            if options.chromium:
                await dashboard_works(check, options.chromium)
            else:
                report("there is no Chromium on this machine: the dashboard was not checked")
            await large_upload_stays_small(check)
            await check.log_is_clean()
    except (DemoError, aiohttp.ClientError) as err:
        raise DemoError(f"{err}\nThe logs are kept in {folder}") from err
    except BaseException:
        shutil.rmtree(folder)
        raise
    shutil.rmtree(folder)


async def _run(options: argparse.Namespace) -> None:
    """Run as the main task; SIGTERM ends it like Ctrl-C."""
    main = asyncio.current_task()
    assert main is not None
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, main.cancel)
    await (_check(options) if options.check else _develop(options))


def main() -> int:
    """Run script/develop; returns the exit status."""
    options = _parse()
    try:
        asyncio.run(_run(options))
    except DemoError as err:
        print(f"script/develop: {err}", file=sys.stderr)
        return 1
    except KeyboardInterrupt, asyncio.CancelledError:
        return 130
    return 0


if __name__ == "__main__":
    with contextlib.suppress(BrokenPipeError):
        sys.exit(main())
