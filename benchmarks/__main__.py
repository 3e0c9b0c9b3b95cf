"""Run benchmarks, each in its own process, and write one table of the results."""

import argparse
import asyncio
from collections.abc import Mapping
import importlib
import importlib.metadata
import json
import logging
from pathlib import Path
import subprocess
import sys
import time
from typing import Any

from .measure import machine

BENCHMARKS = {
    "telemetry": "Cost of a telemetry message",
    "writes": "State writes",
    "recorder": "Recorder",
    "setup": "Set-up",
    "memory": "Memory and reload",
    "latency": "Latency",
    "snapshot": "REST snapshot",
    "history": "History",
    "frontend": "Cards in a browser",
}
RESULTS = Path(__file__).parent / "results"
_ROOT = Path(__file__).parents[1]
_COMMAND = "script/benchmark"


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog=_COMMAND, description="Measure what the integration costs.")
    parser.add_argument("names", nargs="*", metavar="name", help=f"which ones (default: all): {', '.join(BENCHMARKS)}")
    parser.add_argument("--quick", action="store_true", help="only see that they run: the figures say nothing")
    parser.add_argument(
        "--output", type=Path, help="folder for the table (default: benchmarks/results, with --quick none)"
    )
    parser.add_argument("--one", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if unknown := set(options.names) - BENCHMARKS.keys():
        parser.error(f"no such benchmark: {', '.join(sorted(unknown))}")
    return options


def _run_here(name: str, *, quick: bool) -> None:
    logging.disable()
    module = importlib.import_module(f"benchmarks.{name}")
    sys.stdout.write(json.dumps(asyncio.run(module.run(quick=quick)).as_dict()) + "\n")


def _run_apart(name: str, *, quick: bool) -> dict[str, Any]:
    command = [sys.executable, "-m", "benchmarks", "--one", name, *(["--quick"] if quick else [])]
    answer = subprocess.run(command, cwd=_ROOT, stdout=subprocess.PIPE, check=True, text=True)  # noqa: S603, ourselves
    outcome: dict[str, Any] = json.loads(answer.stdout.splitlines()[-1])
    return outcome


def _earlier(folder: Path) -> dict[str, dict[str, Any]]:
    """Return the results of earlier runs, by benchmark."""
    try:
        report = json.loads((folder / "results.json").read_text())
    except FileNotFoundError:
        return {}
    return {
        name: {"goals": [goal for goal in report["goals"] if goal["benchmark"] == name], "details": details}
        for name, details in report["details"].items()
    }


def _write(folder: Path, found: Mapping[str, dict[str, Any]], *, quick: bool) -> None:
    facts = machine() | {name: importlib.metadata.version(name) for name in ("homeassistant", "orjson", "aiomqtt")}
    goals = [{**goal, "benchmark": name} for name, outcome in found.items() for goal in outcome["goals"]]
    report = {
        "command": _COMMAND + (" --quick" if quick else ""),
        "machine": facts,
        "goals": goals,
        "details": {name: outcome["details"] for name, outcome in found.items()},
    }
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "results.json").write_text(json.dumps(report, indent=2) + "\n")
    (folder / "results.md").write_text(_table(report))


def _table(report: Mapping[str, Any]) -> str:
    lines = [
        "# What the integration costs",
        "",
        f"Made by `{report['command']}` on {', '.join(f'{name} {value}' for name, value in report['machine'].items())}.",
        "",
        "| | figure | value | goal | met |",
        "|---|---|---:|---:|---|",
    ]
    for goal in report["goals"]:
        met = "yes" if goal["met"] else "**no**"
        lines.append(
            f"| {BENCHMARKS[goal['benchmark']]} | {goal['name']} | {goal['value']:g} | ≤ {goal['goal']:g} | {met} |"
        )
    for name, details in report["details"].items():
        lines += ["", f"## {BENCHMARKS[name]}", "", "```json", json.dumps(details, indent=2), "```"]
    return "\n".join(lines) + "\n"


def main() -> None:
    """Run the selected benchmarks; missed goals do not change the exit status, since machines differ."""
    options = _parse()
    if options.one:
        _run_here(options.names[0], quick=options.quick)
        return
    # Keep the results of benchmarks that were not run.
    folder = options.output or (None if options.quick else RESULTS)
    found = _earlier(folder) if folder and options.names else {}
    for name, title in BENCHMARKS.items():
        if options.names and name not in options.names:
            continue
        sys.stdout.write(f"==> {title}\n")
        sys.stdout.flush()
        began = time.monotonic()
        outcome = found[name] = _run_apart(name, quick=options.quick)
        for goal in outcome["goals"]:
            sys.stdout.write(
                f"{'ok ' if goal['met'] else 'NOT'} {goal['value']:>9g} ≤ {goal['goal']:<5g} {goal['name']}\n"
            )
        sys.stdout.write(f"    in {time.monotonic() - began:.0f} s\n")
    if folder:
        _write(folder, {name: found[name] for name in BENCHMARKS if name in found}, quick=options.quick)


if __name__ == "__main__":
    main()
