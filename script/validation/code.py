"""Hassfest's rules for code, services.yaml and requirements."""

from collections.abc import Iterator
from functools import cache
import importlib.metadata
from pathlib import Path
import re

from homeassistant.const import Platform
from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from .facts import Facts
from .project import Project, fields

# Imports that need no dependency: always installed, or only loaded by the integration that needs them.
_ALWAYS_THERE = frozenset(
    {
        *Platform,
        "device_automation",
        "diagnostics",
        "homeassistant",
        "llm",
        "persistent_notification",
        "repairs",
        "system_health",
        "websocket_api",
    }
)


def check(project: Project, facts: Facts) -> Iterator[str]:
    """Yield mismatches."""
    yield from facts.problems
    yield from _platforms(facts)
    yield from _dependencies(project, facts)
    yield from _services(project, facts)
    for kind, described, names in (
        ("triggers", project.triggers, facts.triggers),
        ("conditions", project.conditions, facts.conditions),
    ):
        yield from (f"{kind}.yaml lacks {name}" for name in sorted(names - described.keys()))
        yield from (f"{kind}.yaml has {name}, which does not exist" for name in sorted(described.keys() - names))
    yield from _requirements(project)
    yield from _help(project, facts)


def _help(project: Project, facts: Facts) -> Iterator[str]:
    """Yield repair issues that link to a missing heading."""
    headings = re.findall(r"^#+ (.*)$", project.text("docs/troubleshooting.md"), re.MULTILINE)
    anchors = {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}
    for call in facts.source.calls:
        if (anchor := call.keyword("help_anchor")) is not None:
            for name in facts.source.strings(anchor, call):
                if name.replace("\\", "") not in anchors:
                    yield f"{call.where}: docs/troubleshooting.md has no heading for {name}"


def _platforms(facts: Facts) -> Iterator[str]:
    for platform in Platform:
        if (module := facts.modules.get(platform)) is not None and not hasattr(module, "PARALLEL_UPDATES"):
            yield f"{platform} does not set PARALLEL_UPDATES"
    for name in ("config_flow", "coordinator", "diagnostics", "entity"):
        if name not in facts.modules:
            yield f"{name}.py is missing"
    if not hasattr(facts.modules[""], "CONFIG_SCHEMA"):
        yield "__init__.py sets up actions and has no CONFIG_SCHEMA"


def _dependencies(project: Project, facts: Facts) -> Iterator[str]:
    declared = {*project.manifest.get("dependencies", ()), *project.manifest.get("after_dependencies", ())}
    used = facts.source.components
    for component in sorted(used.keys() - declared - _ALWAYS_THERE):
        yield f"{used[component]} imports the component {component}, on which manifest.json does not depend"
    for component in sorted(declared - used.keys()):
        yield f"manifest.json depends on the component {component}, which no module imports"


def _services(project: Project, facts: Facts) -> Iterator[str]:
    described = project.services
    yield from (f"services.yaml lacks {name}" for name in sorted(facts.actions.keys() - described.keys()))
    yield from (
        f"services.yaml has {name}, which is no action" for name in sorted(described.keys() - facts.actions.keys())
    )
    for name in sorted(facts.actions.keys() & described.keys()):
        taken, described_fields = facts.actions[name], fields(described[name])
        yield from (
            f"services.yaml: {name} lacks the field {field}" for field in sorted(taken.keys() - described_fields.keys())
        )
        for field, settings in described_fields.items():
            if field not in taken:
                yield f"services.yaml: {name} has the field {field}, which the action does not take"
            elif settings.get("required", False) != taken[field]:
                yield f"services.yaml: {name}.{field} has to be {'' if taken[field] else 'not '}required, as in its schema"
            if "selector" not in settings:
                yield f"services.yaml: {name}.{field} has no selector"


def _requirements(project: Project) -> Iterator[str]:
    """Yield requirements that conflict with the installed Home Assistant."""
    wanted: dict[str, Requirement] = {}
    for text in project.manifest.get("requirements", ()):
        try:
            requirement = Requirement(text)
        except InvalidRequirement:
            yield f"manifest.json: {text} is no requirement"
            continue
        if [each.operator for each in requirement.specifier] != ["=="]:
            yield f"manifest.json: {text} has to be pinned with =="
            continue
        wanted |= dict(_with_dependencies(requirement))
    for file in sorted(project.root.glob(".venv*/lib/python3*/site-packages/homeassistant/package_constraints.txt")):
        environment = file.relative_to(project.root).parts[0]
        for constraint in _constraints(file.resolve()):
            pinned = wanted.get(canonicalize_name(constraint.name))
            versions = [each.version for each in pinned.specifier if each.operator == "=="] if pinned else []
            if not all(constraint.specifier.contains(version, prereleases=True) for version in versions):
                yield f"{pinned} does not fit Home Assistant's {constraint} ({environment})"


def _with_dependencies(requirement: Requirement) -> Iterator[tuple[str, Requirement]]:
    """Yield a requirement and its dependencies, each with its installed version."""
    yield canonicalize_name(requirement.name), requirement
    try:
        distribution = importlib.metadata.distribution(requirement.name)
    except importlib.metadata.PackageNotFoundError:
        return
    for text in distribution.requires or ():
        inner = Requirement(text)
        if inner.marker is None or inner.marker.evaluate({"extra": ""}):
            try:
                version = importlib.metadata.version(inner.name)
            except importlib.metadata.PackageNotFoundError:
                continue
            yield from _with_dependencies(Requirement(f"{inner.name}=={version}"))


@cache
def _constraints(file: Path) -> list[Requirement]:
    lines = file.read_text(encoding="utf-8").splitlines()
    return [Requirement(line.partition("#")[0].strip()) for line in lines if re.match("[A-Za-z]", line)]
