"""The benchmarks run and write their results in the documented form; speed is not tested here."""

import asyncio
import json
from pathlib import Path
import sys

from benchmarks import history, snapshot
from benchmarks.__main__ import BENCHMARKS
from benchmarks.cloud import cloud
from benchmarks.measure import Outcome


async def test_benchmark_applies_its_complete_snapshot(socket_enabled: None) -> None:
    outcome = await snapshot.run(quick=True)
    assert [goal.goal for goal in outcome.goals] == [snapshot.VS_FLOOR, snapshot.BLOCK_MS]


async def test_benchmark_reads_all_of_the_past_within_the_spare_quota(tmp_path: Path, socket_enabled: None) -> None:
    outcome = Outcome()
    async with cloud(1, past=150) as running:
        await history.first_read(running, 150, tmp_path, outcome)
    assert [goal.goal for goal in outcome.goals] == [history.REQUESTS, 40, 400, 0, history.BLOCK_MS]
    # These do not depend on the machine.
    assert all(goal.met for goal in outcome.goals[:4])
    assert outcome.details["prints"] >= 150


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
