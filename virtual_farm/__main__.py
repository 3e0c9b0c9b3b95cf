"""Run a virtual farm from the command line."""

import argparse
import asyncio
import contextlib
import logging
import signal
import sys
from typing import get_args

from .config import (
    DEFAULT_API_KEY,
    DEFAULT_READ_ONLY_KEY,
    DEFAULT_STORE_ID,
    FarmConfig,
    LargeLimit,
    Scenario as ScenarioName,
)
from .farm import VirtualFarm
from .words import Words


def _parse(arguments: list[str] | None) -> FarmConfig:
    parser = argparse.ArgumentParser(prog="virtual_farm", description="A simulated Printago cloud on 127.0.0.1.")
    parser.add_argument("--printers", type=int, default=8, metavar="N", help="number of printers (default: 8)")
    parser.add_argument(
        "--speed", type=float, default=1.0, metavar="X", help="simulated seconds per second (default: 1)"
    )
    parser.add_argument("--rest-port", type=int, default=0, metavar="P", help="port of REST (default: any free one)")
    parser.add_argument("--mqtt-port", type=int, default=0, metavar="Q", help="port of MQTT (default: any free one)")
    parser.add_argument(
        "--mqtt-tcp-port",
        type=int,
        metavar="R",
        help="port of MQTT without websockets (default: none; 0: any free one)",
    )
    parser.add_argument("--store-id", default=DEFAULT_STORE_ID, metavar="S", help="ID of the store")
    parser.add_argument("--api-key", default=DEFAULT_API_KEY, metavar="K", help="API key that may do everything")
    parser.add_argument(
        "--read-only-key", default=DEFAULT_READ_ONLY_KEY, metavar="K", help="API key that may look at everything"
    )
    parser.add_argument("--mqtt-url", metavar="URL", help="publish to this broker: mqtt://user:pass@host:port")
    parser.add_argument("--mqtt-ca-file", metavar="FILE", help="certificates (PEM) that vouch for that broker")
    parser.add_argument(
        "--scenario",
        choices=get_args(ScenarioName.__value__),
        default="demo",
        help="what the store is like at the start; makes: OctoPrint, PrusaLink and Klipper printers (default: demo)",
    )
    parser.add_argument(
        "--words",
        choices=get_args(Words.__value__),
        default="common",
        help="how printers call what they do: few plain words, those of each make, or those with null and a word that "
        "nobody knows in between (default: common)",
    )
    parser.add_argument(
        "--absolute-pictures", action="store_true", help="pictures have addresses that anybody may read, not paths"
    )
    parser.add_argument(
        "--large-limit",
        choices=get_args(LargeLimit.__value__),
        default="cut",
        help="what becomes of a limit beyond 1,000 rows (default: cut)",
    )
    parser.add_argument("--strict-uploads", action="store_true", help="an upload may not name any content type")
    parser.add_argument(
        "--topic-per-entity", action="store_true", help="events of records come at topics of their own, …/{kind}/{id}"
    )
    parser.add_argument("--filter-tags", action="store_true", help="tags of users come back as a filter: &=a,b")
    parser.add_argument(
        "--clock-offset",
        type=float,
        default=0.0,
        metavar="S",
        help="seconds that the cloud's clock is fast (default: 0)",
    )
    parser.add_argument(
        "--telemetry-interval",
        type=float,
        default=1.0,
        metavar="S",
        help="seconds between two messages of a printer, besides those of a new state (default: 1)",
    )
    parser.add_argument("--seed", type=int, default=1, metavar="N", help="what chance depends on (default: 1)")
    options = parser.parse_args(arguments)
    try:
        return FarmConfig(**vars(options))
    except ValueError as err:
        parser.error(str(err))


async def _serve(config: FarmConfig) -> int:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    try:
        farm = VirtualFarm(config)
        await farm.start()
    except (OSError, ValueError) as err:
        sys.stderr.write(f"virtual_farm: {err}\n")
        return 1
    try:
        sys.stdout.write("ready\n")
        sys.stdout.flush()
        plain = "" if farm.plain_mqtt_url is None else f", {farm.plain_mqtt_url}"
        sys.stderr.write(f"REST {farm.rest_url}, realtime {farm.realtime_url}{plain}\n")
        await stop.wait()
    finally:
        await farm.stop()
    return 0


def main(arguments: list[str] | None = None) -> int:
    """Run a farm until SIGINT or SIGTERM; returns the exit status."""
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s", stream=sys.stderr)
    config = _parse(arguments)
    with contextlib.suppress(KeyboardInterrupt):
        return asyncio.run(_serve(config))
    return 130


if __name__ == "__main__":
    sys.exit(main())
