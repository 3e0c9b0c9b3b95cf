"""The benchmarks run and write their results in the documented form; speed is not tested here."""

import asyncio
import json
from pathlib import Path
import sys

from benchmarks import snapshot
from benchmarks.__main__ import BENCHMARKS


async def test_benchmark_applies_its_complete_snapshot(socket_enabled: None) -> None:
    outcome = await snapshot.run(quick=True)
    assert [goal.goal for goal in outcome.goals] == [snapshot.VS_FLOOR, snapshot.BLOCK_MS]


async def test_benchmarks_run_and_write_one_table(tmp_path: Path, socket_enabled: None) -> None:
    names = ("writes",)
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "benchmarks", "--quick", "--output", str(tmp_path), *names),
        cwd=Path(__file__).parents[2],
        stdout=asyncio.subprocess.PIPE,
    )
    said, _ = await process.communicate()
    assert process.returncode == 0, said.decode()

    report = json.loads((tmp_path / "results.json").read_text())
    assert {goal["benchmark"] for goal in report["goals"]} == set(names) <= set(BENCHMARKS)
    for goal in report["goals"]:
        assert isinstance(goal["name"], str)
        assert isinstance(goal["value"], int | float)
        assert goal["met"] is (goal["value"] <= goal["goal"])
    table = (tmp_path / "results.md").read_text()
    assert all(f"| {goal['name']} |" in table for goal in report["goals"])
    # Results are published: nothing in them names the machine.
    assert str(Path.home()) not in json.dumps(report)
