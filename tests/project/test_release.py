"""script/release: the archive that HACS installs, and what has to be so before there is one."""

import json
import os
from pathlib import Path
import shutil
import subprocess
import tomllib
import zipfile

import pytest

from tests.support.skips import NO_GIT

ROOT = Path(__file__).parents[2]
PACKAGE = "custom_components/printago"
COPIED = ("CHANGELOG.md", "pyproject.toml", "uv.lock", "script/archive.py", "script/lib.sh", "script/release")
WHO = {
    "GIT_AUTHOR_NAME": "n",
    "GIT_AUTHOR_EMAIL": "e@example.com",
    "GIT_COMMITTER_NAME": "n",
    "GIT_COMMITTER_EMAIL": "e",
}

pytestmark = pytest.mark.skipif(shutil.which("git") is None, reason=NO_GIT)


def run(root: Path, *command: str) -> subprocess.CompletedProcess[str]:
    """Run a command in a checkout."""
    return subprocess.run(command, cwd=root, env={**os.environ, **WHO}, capture_output=True, text=True, check=False)  # noqa: S603


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """Return a checkout of its own, all committed."""
    root = tmp_path / "checkout"
    shutil.copytree(ROOT / PACKAGE, root / PACKAGE, ignore=shutil.ignore_patterns("__pycache__", ".*"))
    (root / "script").mkdir()
    for name in COPIED:
        shutil.copy(ROOT / name, root / name)
    # Whether the cards were built says nothing of the archive: these stand in for them.
    cards = root / PACKAGE / "frontend/dist"
    shutil.rmtree(cards, ignore_errors=True)
    cards.mkdir()
    (cards / "printago.js").write_text("// cards")
    (cards / "chunk.js.LEGAL.txt").write_text("The license of what the cards are built upon")
    (root / "script/frontend").write_text("#!/bin/sh\n")
    (root / "script/frontend").chmod(0o755)
    (root / ".gitignore").write_text("/dist/\n__pycache__/\n")
    for command in (("init", "-q"), ("add", "--all"), ("commit", "-q", "-m", "all")):
        assert run(root, "git", *command).returncode == 0
    return root


def test_archive_is_reproducible(checkout: Path, tmp_path: Path) -> None:
    assert run(checkout, "script/release", "--build-only").returncode == 0
    first = (checkout / "dist/printago.zip").read_bytes()
    other = tmp_path / "other"
    shutil.copytree(checkout, other)
    for path in (other / PACKAGE).rglob("*"):
        os.utime(path, (1_000_000_000, 1_000_000_000))
        path.chmod(0o755)

    built = run(other, "script/release", "--build-only")

    assert (other / "dist/printago.zip").read_bytes() == first
    assert run(other, "sha256sum", "dist/printago.zip").stdout == built.stdout


def test_archive_contains_only_the_package(checkout: Path, tmp_path: Path) -> None:
    for stray in ("__pycache__/sensor.cpython-314.pyc", ".cache/old.json", "notes.txt", "translations/.en.json.swp"):
        path = checkout / PACKAGE / stray
        path.parent.mkdir(exist_ok=True)
        path.write_text("stray")

    assert run(checkout, "script/release", "--build-only").returncode == 0

    with zipfile.ZipFile(checkout / "dist/printago.zip") as archive:
        names = archive.namelist()
        archive.extractall(tmp_path / "installed")
    tracked = run(checkout, "git", "ls-files", PACKAGE).stdout.split()
    assert sorted(names) == sorted(name.removeprefix(f"{PACKAGE}/") for name in tracked)
    assert {
        "frontend/dist/printago.js",
        "frontend/dist/chunk.js.LEGAL.txt",
        "manifest.json",
        "translations/en.json",
        "services.yaml",
        "icons.json",
        "brand/icon.png",
    } <= set(names)
    for name in names:
        assert (tmp_path / "installed" / name).read_bytes() == (checkout / PACKAGE / name).read_bytes()


def test_archive_is_not_built_without_the_cards(checkout: Path) -> None:
    shutil.rmtree(checkout / PACKAGE / "frontend/dist")

    refused = run(checkout, "script/release", "--build-only")

    assert refused.returncode != 0
    assert "the cards were not built" in refused.stderr
    assert not (checkout / "dist").exists()


def test_release_sets_the_version_everywhere(checkout: Path) -> None:
    changelog = checkout / "CHANGELOG.md"
    changelog.write_text(changelog.read_text().replace("## 0.1.0", "## 9.8.7\n\nMore.\n\n## 0.1.0"))
    run(checkout, "git", "commit", "-qam", "changes")

    made = run(checkout, "script/release", "9.8.7")

    assert made.returncode == 0, made.stderr
    assert "git tag v9.8.7" in made.stdout
    assert json.loads((checkout / PACKAGE / "manifest.json").read_text())["version"] == "9.8.7"
    assert tomllib.loads((checkout / "pyproject.toml").read_text())["project"]["version"] == "9.8.7"
    lock = tomllib.loads((checkout / "uv.lock").read_text())
    assert [each["version"] for each in lock["package"] if each["source"] == {"virtual": "."}] == ["9.8.7"]
    assert run(checkout, "git", "diff", "--stat").stdout.count("|") == 3
    with zipfile.ZipFile(checkout / "dist/printago.zip") as archive:
        assert json.loads(archive.read("manifest.json"))["version"] == "9.8.7"


@pytest.mark.parametrize(
    ("version", "change", "refusal"),
    [
        ("", "", "which version?"),
        ("1.2", "", "which version?"),
        ("0.1.0", "echo more >> CHANGELOG.md", "not committed"),
        ("0.1.0", "touch stray", "not committed"),
        ("0.1.1", "", "has no section"),
        ("0.1.0", "git tag v0.1.0", "released already"),
    ],
    ids=["no version", "half a version", "changed file", "new file", "no changelog entry", "twice"],
)
def test_release_is_refused(checkout: Path, version: str, change: str, refusal: str) -> None:
    run(checkout, "bash", "-c", change)

    refused = run(checkout, "script/release", *filter(None, [version]))

    assert refused.returncode != 0
    assert refusal in refused.stderr
    assert not (checkout / "dist").exists()
