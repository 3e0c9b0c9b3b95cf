"""Checks icons: one for everything that needs one, and no others."""

from collections.abc import Iterator
from functools import cache
import json
from pathlib import Path
import re

from .facts import Facts
from .project import Project, sections

_MDI = re.compile(r"mdi:[a-z0-9]+(?:-[a-z0-9]+)*")
_ON_OFF = ("on", "off")


def check(project: Project, facts: Facts) -> Iterator[str]:
    """Yield missing, unused and unknown icons."""
    needed, allowed = set[str](), set[str]()
    for entity in facts.entities:
        path = f"entity.{entity.platform}.{entity.key}"
        needed.add(f"{path}.default")
        states = entity.states or tuple(state for state in (*_ON_OFF, *_literal_states(project, path)))
        allowed |= {f"{path}.state.{state}" for state in states}
        allowed |= {f"{path}.state_attributes.event_type.state.{event}" for event in entity.events}
    for action in facts.actions:
        needed.add(f"services.{action}.service")
        allowed |= {f"services.{action}.sections.{name}" for name in sections(project.services.get(action, {}))}
    needed |= {f"triggers.{name}.trigger" for name in facts.triggers}
    needed |= {f"conditions.{name}.condition" for name in facts.conditions}
    icons = project.icons
    for path in sorted(needed - icons.keys()):
        yield f"icons.json lacks {path}"
    for path in sorted(icons.keys() - needed - allowed):
        yield f"icons.json has {path}, which nothing shows"
    known = _known_icons((project.root / ".venv-ha").resolve())
    for path, icon in sorted(icons.items()):
        if not _MDI.fullmatch(icon):
            yield f"icons.json: {path} is no icon of Material Design Icons: {icon}"
        elif known and icon.removeprefix("mdi:") not in known:
            yield f"icons.json: {path}: there is no icon {icon}"
        default = f"{path.rpartition('.state.')[0]}.default"
        if ".state." in path and icons.get(default) == icon:
            yield f"icons.json: {path} is the same as the default"


def _literal_states(project: Project, path: str) -> Iterator[str]:
    """Yield translated states that are not in an enum, such as ``empty``."""
    prefix = f"{path}.state."
    yield from (text.removeprefix(prefix) for text in project.english if text.startswith(prefix))


@cache
def _known_icons(environment: Path) -> frozenset[str]:
    """Return the icons of the frontend installed in an environment, empty if it is not installed."""
    names: set[str] = set()
    for folder in environment.glob("lib/python3*/site-packages/hass_frontend/static/mdi"):
        for file in folder.glob("*.json"):
            content = json.loads(file.read_bytes())
            if file.stem != "iconList" and isinstance(content, dict):
                names |= {name for name, shape in content.items() if isinstance(shape, str)}
    return frozenset(names)
