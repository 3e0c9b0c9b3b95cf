"""Manifest, HACS, quality scale, brand and versions."""

from collections.abc import Iterator
import re
import struct
import tomllib
from typing import Any, Final

from .project import DOMAIN, Project

_REPOSITORY: Final = "https://github.com/printago-homeassistant/printago-homeassistant"
_MANIFEST: Final[dict[str, Any]] = {
    "domain": DOMAIN,
    "name": "Printago",
    "categories": ["computers_network.printers"],
    "config_flow": True,
    "connectivity": ["cloud"],
    "documentation": _REPOSITORY,
    "integration_type": "hub",
    "iot_class": "cloud_push",
    "issue_tracker": f"{_REPOSITORY}/issues",
    "quality_scale": "platinum",
}
_LISTS: Final = {"after_dependencies", "codeowners", "dependencies", "loggers", "requirements"}
_VERSION: Final = re.compile(r"\d+\.\d+\.\d+(?:(?:a|b|rc)\d+)?")
_HACS: Final = {
    "content_in_root",
    "country",
    "filename",
    "hacs",
    "hide_default_branch",
    "homeassistant",
    "name",
    "persistent_directory",
    "zip_release",
}
_ARCHIVE: Final = f"{DOMAIN}.zip"
_OLDEST: Final = re.compile(r"pytest-homeassistant-custom-component==\S+ # Home Assistant (\S+)")

# The rules of Home Assistant 2026.10 and 2026.11, in their order.
_RULES: Final = [
    "action-setup",
    "appropriate-polling",
    "brands",
    "common-modules",
    "config-flow-test-coverage",
    "config-flow",
    "dependency-transparency",
    "docs-actions",
    "docs-conditions",
    "docs-high-level-description",
    "docs-installation-instructions",
    "docs-removal-instructions",
    "docs-triggers",
    "entity-event-setup",
    "entity-unique-id",
    "has-entity-name",
    "runtime-data",
    "test-before-configure",
    "test-before-setup",
    "unique-config-entry",
    "action-exceptions",
    "config-entry-unloading",
    "docs-configuration-parameters",
    "docs-installation-parameters",
    "entity-unavailable",
    "integration-owner",
    "log-when-unavailable",
    "parallel-updates",
    "reauthentication-flow",
    "test-coverage",
    "devices",
    "diagnostics",
    "discovery-update-info",
    "discovery",
    "docs-data-update",
    "docs-examples",
    "docs-known-limitations",
    "docs-supported-devices",
    "docs-supported-functions",
    "docs-troubleshooting",
    "docs-use-cases",
    "dynamic-devices",
    "entity-category",
    "entity-device-class",
    "entity-disabled-by-default",
    "entity-translations",
    "exception-translations",
    "icon-translations",
    "reconfiguration-flow",
    "repair-issues",
    "stale-devices",
    "async-dependency",
    "inject-websession",
    "strict-typing",
]
_FILE: Final = re.compile(
    r"(?<![\w/])(?:tests|docs|script|brand|translations|api)/[\w./-]*\w|(?<![\w./])[\w-]+\.(?:py|md|json)\b"
)
_TEST: Final = re.compile(r"(?<!/)\btest_\w+\b(?!\.)")


def check(project: Project) -> Iterator[str]:
    """Yield problems of the package's and the repository's metadata."""
    yield from _manifest(project.manifest)
    yield from _hacs(project.hacs)
    yield from _quality_scale(project)
    yield from _brand(project)
    yield from _versions(project)
    folders = [
        path.name for path in (project.root / "custom_components").iterdir() if (path / "manifest.json").is_file()
    ]
    if folders != [DOMAIN]:
        yield f"custom_components has to hold {DOMAIN} and nothing else, as HACS wants it: {sorted(folders)}"


def _manifest(manifest: dict[str, Any]) -> Iterator[str]:
    for key, wanted in _MANIFEST.items():
        if (found := manifest.get(key)) != wanted:
            yield f"manifest.json: {key} has to be {wanted!r}, not {found!r}"
    for key in sorted(manifest.keys() - _MANIFEST.keys() - _LISTS - {"version"}):
        yield f"manifest.json: {key} is no known key"
    for key in sorted(_LISTS & manifest.keys()):
        values = manifest[key]
        if not (isinstance(values, list) and all(isinstance(value, str) for value in values)):
            yield f"manifest.json: {key} has to be a list of strings"
        elif values != sorted(values):
            yield f"manifest.json: {key} has to be in alphabetical order"
    owners = manifest.get("codeowners") or [""]
    if not all(str(owner).startswith("@") for owner in owners):
        yield "manifest.json: codeowners have to name a GitHub account"
    if not _VERSION.fullmatch(str(manifest.get("version"))):
        yield f"manifest.json: version has to be like 1.2.3, not {manifest.get('version')!r}"
    rest = sorted(manifest.keys() - {"domain", "name"})
    if list(manifest) != ["domain", "name", *rest]:
        yield "manifest.json: keys have to stand in order: domain, name, then by the alphabet"


def _hacs(hacs: dict[str, Any]) -> Iterator[str]:
    for key in sorted(hacs.keys() - _HACS):
        yield f"hacs.json: {key} is no key that HACS knows"
    if hacs.get("name") != "Printago":
        yield "hacs.json: name has to be Printago"
    if hacs.get("zip_release") is not True or hacs.get("filename") != _ARCHIVE:
        yield f"hacs.json: zip_release has to be true and filename {_ARCHIVE}, which script/release builds"


def _quality_scale(project: Project) -> Iterator[str]:
    rules = project.quality_scale
    for rule in _RULES:
        if rule not in rules:
            yield f"quality_scale.yaml lacks the rule {rule}"
    for rule, entry in rules.items():
        if rule not in _RULES:
            yield f"quality_scale.yaml: there is no rule {rule}"
        status, comment = (entry.get("status"), entry.get("comment")) if isinstance(entry, dict) else (entry, None)
        if status not in ("done", "exempt"):
            yield f"quality_scale.yaml: {rule} is {status}, neither done nor exempt"
        if not comment:
            yield f"quality_scale.yaml: {rule} has no comment that says what backs it, or why it is exempt"
            continue
        yield from (f"quality_scale.yaml: {rule} names {problem}" for problem in _dead_references(project, comment))
    if sorted(rules) == sorted(_RULES) and list(rules) != _RULES:
        yield "quality_scale.yaml: the rules have to stand in Home Assistant's order"


def _dead_references(project: Project, comment: str) -> Iterator[str]:
    files = _FILE.findall(comment)
    for name in files:
        if not any((folder / name).exists() for folder in (project.root, project.package)):
            yield f"{name}, which is not there"
    tests = "".join(project.text(name) for name in files if name.startswith("tests/"))
    for name in _TEST.findall(comment):
        if f"def {name}(" not in tests:
            yield f"{name}, which is in no test file that it names"


def _brand(project: Project) -> Iterator[str]:
    folder = project.package / "brand"
    sizes: dict[str, tuple[int, int]] = {}
    for prefix in ("", "dark_"):
        for kind in ("icon", "logo"):
            for suffix in ("", "@2x"):
                name = f"{prefix}{kind}{suffix}.png"
                size = _size(folder / name) if (folder / name).is_file() else None
                if size is None:
                    yield f"brand/{name} is missing, or no PNG with transparency"
                    continue
                sizes[name] = size
                yield from _wrong_size(name, kind, size, 2 if suffix else 1)
    for name, (width, height) in sizes.items():
        large = name.replace(".png", "@2x.png")
        if large in sizes and sizes[large] != (2 * width, 2 * height):
            yield f"brand/{large} is not twice as large as {name}"
    for path in folder.glob("*"):
        if path.name not in sizes and path.suffix == ".png":
            yield f"brand/{path.name} is no image that Home Assistant serves"


def _wrong_size(name: str, kind: str, size: tuple[int, int], scale: int) -> Iterator[str]:
    if kind == "icon" and size != (256 * scale, 256 * scale):
        yield f"brand/{name} has to be {256 * scale} pixels wide and high, not {size[0]} by {size[1]}"
    if kind == "logo" and not (size[0] > size[1] and 128 * scale <= size[1] <= 256 * scale):
        yield f"brand/{name} has to lie, {128 * scale} to {256 * scale} pixels high, not {size[0]} by {size[1]}"


def _size(path: Any) -> tuple[int, int] | None:
    """Return width and height of a PNG that has an alpha channel."""
    head = path.read_bytes()[:26]
    if len(head) < 26 or not head.startswith(b"\x89PNG\r\n\x1a\n") or head[25] not in (4, 6):
        return None
    width, height = struct.unpack(">II", head[16:24])
    return int(width), int(height)


def _versions(project: Project) -> Iterator[str]:
    version = str(project.manifest.get("version"))
    text = project.text("pyproject.toml")
    own = tomllib.loads(text).get("project", {}).get("version")
    if own != version:
        yield f"pyproject.toml has version {own}, manifest.json {version}"
    if f"## {version}" not in project.text("CHANGELOG.md"):
        yield f"CHANGELOG.md has no section of version {version}"
    oldest = str(project.hacs.get("homeassistant"))
    lanes = _OLDEST.findall(text)
    if oldest not in lanes:
        yield f"hacs.json demands Home Assistant {oldest}, and no test environment of pyproject.toml has it: {lanes}"
    short = oldest.rpartition(".")[0]
    for page in ("README.md", "docs/installation.md"):
        named = set(re.findall(r"Home Assistant (\d{4}\.\d+)(?:\.\d+)? or newer", project.text(page)))
        if named != {short}:
            yield f"{page} has to demand Home Assistant {short} or newer, as hacs.json does, not {sorted(named)}"
