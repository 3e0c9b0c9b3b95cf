"""Compares the English strings to what the code needs: none is missing, none is unused."""

from collections.abc import Iterator
import itertools
import re

from . import cards
from .facts import Facts, Raised
from .project import Project, fields, placeholders, sections, selectors

_ON_OFF = frozenset({"on", "off"})
_BINARY = frozenset({"binary_sensor", "fan", "light", "switch"})


def check(project: Project, facts: Facts) -> Iterator[str]:
    """Yield missing and unused strings, and placeholders that are never filled."""
    needed, allowed = set[str](), set[str]()
    parts = (
        _entities(facts),
        _actions(project, facts),
        _automation(project, facts),
        _selectors(project),
        _flows(facts),
        cards.words(project),
    )
    for path in itertools.chain(*parts):
        (allowed if path.endswith("?") else needed).add(path.removesuffix("?"))
    needed |= {f"system_health.info.{key}" for key in facts.health}
    english = project.english
    errors = _covered(project, "exceptions", facts.errors)
    issues = _covered(project, "issues", facts.issues)
    needed |= {f"exceptions.{key}.message" for key in errors} | {f"issues.{key}.title" for key in issues}
    allowed |= {f"issues.{key}.description" for key in issues}
    for path in sorted(needed - english.keys()):
        yield f"translations/en.json lacks {path}"
    for path in sorted(english.keys() - needed - allowed):
        if not _is_used(path, facts):
            yield f"translations/en.json has {path}, which nothing uses"
    yield from _issue_texts(project, facts, issues)
    yield from _filled(english, facts)


# Required strings; those with a question mark at the end are optional.
def _entities(facts: Facts) -> Iterator[str]:
    for entity in facts.entities:
        path = f"entity.{entity.platform}.{entity.key}"
        yield f"{path}.name"
        yield from (f"{path}.state.{state}" for state in entity.states)
        yield from (f"{path}.state_attributes.event_type.state.{event}" for event in entity.events)
        yield f"{path}.state_attributes.event_type.name?"
        if not entity.unit:
            yield f"{path}.unit_of_measurement?"
        if entity.platform in _BINARY:
            yield from (f"{path}.state.{state}?" for state in _ON_OFF)


def _actions(project: Project, facts: Facts) -> Iterator[str]:
    for action, taken in facts.actions.items():
        path = f"services.{action}"
        yield from (f"{path}.name", f"{path}.description")
        for name in taken:
            yield from (f"{path}.fields.{name}.name", f"{path}.fields.{name}.description")
        for name in sections(project.services.get(action, {})):
            yield from (f"{path}.sections.{name}.name", f"{path}.sections.{name}.description?")


def _automation(project: Project, facts: Facts) -> Iterator[str]:
    for kind, described, names in (
        ("triggers", project.triggers, facts.triggers),
        ("conditions", project.conditions, facts.conditions),
    ):
        for name in names:
            path = f"{kind}.{name}"
            yield from (f"{path}.name", f"{path}.description")
            yield f"device_automation.{kind.removesuffix('s')}_type.{name}"
            for each in fields(described.get(name, {})):
                yield from (f"{path}.fields.{each}.name", f"{path}.fields.{each}.description")


def _selectors(project: Project) -> Iterator[str]:
    for described in (project.services, project.triggers, project.conditions):
        for kind, settings in selectors(described):
            if kind == "select" and (key := settings.get("translation_key")):
                yield from (f"selector.{key}.options.{option}" for option in settings.get("options", ()))


def _flows(facts: Facts) -> Iterator[str]:
    for flow in facts.flows:
        yield from (f"{flow.path}.{word}" for word in flow.extra)
        yield from (f"{flow.path}.error.{error}" for error in flow.errors)
        yield from (f"{flow.path}.abort.{reason}" for reason in flow.aborts)
        yield from (f"{flow.path}.create_entry.{said}" for said in flow.successes)
        for step, named in flow.fields.items():
            path = f"{flow.path}.step.{step}"
            yield from (f"{path}.title", f"{path}.description?")
            for each in named:
                section, slash, name = each.rpartition("/")
                inner = f"{path}.sections.{section}" if slash else path
                if name:
                    yield from (f"{inner}.data.{name}", f"{inner}.data_description.{name}")
                else:
                    yield from (f"{inner}.name", f"{inner}.description?")


def _covered(project: Project, kind: str, raised: list[Raised]) -> dict[str, list[Raised]]:
    """Return the raised keys; a pattern stands for all keys that match it."""
    known = {path.split(".")[1] for path in project.english if path.startswith(f"{kind}.")}
    found: dict[str, list[Raised]] = {}
    for each in raised:
        plain = re.fullmatch(r"[\w-]+", each.key) is not None
        for key in [each.key] if plain else [key for key in known if re.fullmatch(each.key, key)] or [each.key]:
            found.setdefault(key, []).append(each)
    return found


def _is_used(path: str, facts: Facts) -> bool:
    """Return whether the code contains a word that needs no translation: an attribute, a state, a sentence."""
    match path.split("."):
        case ["entity", platform, key, "state", state]:
            return _known(facts, platform, key, enum=False) and facts.source.says(state)
        case ["entity", platform, key, "state_attributes", attribute, "name"]:
            return _known(facts, platform, key) and facts.source.says(attribute)
        case ["entity", platform, key, "state_attributes", attribute, "state", state]:
            return _known(facts, platform, key, events=attribute != "event_type") and all(
                map(facts.source.says, (attribute, state))
            )
        case ["common", key]:
            return facts.source.says(key)
    return False


def _known(facts: Facts, platform: str, key: str, *, enum: bool = True, events: bool = True) -> bool:
    return any(
        (entity.platform, entity.key) == (platform, key)
        and (enum or not entity.states)
        and (events or not entity.events)
        for entity in facts.entities
    )


def _issue_texts(project: Project, facts: Facts, issues: dict[str, list[Raised]]) -> Iterator[str]:
    """Yield issues without a text, or with too many: those that users can fix have it in the fix."""
    fixes = {flow.path.split(".")[1] for flow in facts.flows if flow.path.startswith("issues.")}
    for key in sorted(issues):
        described = f"issues.{key}.description" in project.english
        if described == (key in fixes):
            yield f"issues.{key} has to have {'no ' if described else ''}description: it is {'' if described else 'not '}fixable"


def _filled(english: dict[str, str], facts: Facts) -> Iterator[str]:
    for each in facts.errors:
        used = placeholders(english.get(f"exceptions.{each.key}.message", ""))
        if each.placeholders is not None and (missing := used - each.placeholders):
            yield f"{each.where}: exceptions.{each.key} is not given {', '.join(sorted(missing))}"
    for entity in facts.entities:
        path = f"entity.{entity.platform}.{entity.key}.name"
        if (used := placeholders(english.get(path, ""))) != entity.placeholders:
            yield f"{path} has the placeholders {sorted(used)}, its entity gives {sorted(entity.placeholders)}"
