"""Run benchmarks, each in a process of its own, and write one table of what they have found."""

import argparse
import asyncio
from datetime import UTC, datetime
import importlib.metadata
import json
from pathlib import Path
import subprocess
import sys
from typing import Any

from .measure import Outcome, machine

BENCHMARKS = {
    "telemetry": "Cost of a telemetry message",
    "writes": "State writes",
    "setup": "Set-up",
    "memory": "Memory and reload",
    "latency": "Latency",
    "snapshot": "REST snapshot",
}
RESULTS = Path(__file__).parent / "results"


def _run_one(name: str, *, quick: bool) -> None:
    module = importlib.import_module(f"benchmarks.{name}")
    outcome: Outcome = asyncio.run(module.run(quick=quick))
    sys.stdout.write(json.dumps(outcome.as_dict()) + "\n")


if __name__ == "__main__":
    _run_one(sys.argv[1], quick="--quick" in sys.argv)
