"""The layout of the package: allowed imports, including those for types, sizes of files, and unique names."""

import ast
from collections.abc import Iterator, Mapping, Set as AbstractSet
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
import re

import pytest

from tests.support.figures import Figures

PACKAGE = Path(__file__).parents[2] / "custom_components" / "printago"
PICTURE = PACKAGE.parents[1] / "docs" / "architecture.md"
PLATFORMS = frozenset(
    {
        *("binary_sensor", "button", "calendar", "event", "fan", "image", "light", "media_source", "number", "sensor"),
        *("switch", "todo"),
    }
)
MOST_ROOMS = 40
MOST_FLOORS = 10
MOST_LINES = 400

ABOVE_MODEL = {
    "coordinator",
    "entity",
    "control",
    "hub",
    "printing",
    "history",
    "issues",
    "services",
    "runtime",
    *PLATFORMS,
}
FORBIDDEN: Mapping[str, AbstractSet[str]] = {
    "const": {"*"},
    "api": {"*"},
    "model": {"const", "errors", *ABOVE_MODEL},
    "errors": ABOVE_MODEL | {"model"},
    "hub": ABOVE_MODEL - {"hub"},
    "coordinator": ABOVE_MODEL - {"hub"},
    "printing": {"runtime", "entity", "control", "issues", "services", *PLATFORMS},
    "history": {"runtime", "entity", "control", "issues", "services", *PLATFORMS},
    "runtime": {"entity", "control", "issues", "services", *PLATFORMS},
    "entity": {"control", "issues", "services", *PLATFORMS},
    "control": {"issues", "services", *PLATFORMS},
    "issues": {"entity", "control", "services", *PLATFORMS},
    "services": {"entity", "control", "issues", *PLATFORMS},
    "websocket": {"entity", "control", "services", *PLATFORMS},
    "llm": {"entity", "control", "services", *PLATFORMS},
    "voice": {"entity", "control", "services", *PLATFORMS},
    **{platform: {"issues", "services", *(PLATFORMS - {platform})} for platform in PLATFORMS},
}
"""Which rooms a room never imports; ``*`` means none at all."""


def _modules() -> dict[str, Path]:
    return {_name(path): path for path in sorted(PACKAGE.rglob("*.py"))}


def _name(path: Path) -> str:
    parts = path.relative_to(PACKAGE).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def _imports(module: str, path: Path) -> Iterator[str]:
    """Yield the modules of the package that one imports, wherever in it."""
    own = module.split(".") if module else []
    package = own if path.name == "__init__.py" else own[:-1]
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.level:
            base = [*package[: len(package) - node.level + 1], *(node.module or "").split(".")]
            source = ".".join(filter(None, base))
            for alias in node.names:
                submodule = f"{source}.{alias.name}" if source else alias.name
                yield submodule if submodule in MODULES else source


def _room(module: str) -> str:
    return module.partition(".")[0] or "__init__"


def _rooms() -> dict[str, set[str]]:
    rooms: dict[str, set[str]] = {}
    for module, imported in IMPORTS.items():
        rooms.setdefault(_room(module), set()).update(map(_room, imported))
    return {room: imported - {room} for room, imported in rooms.items()}


MODULES = _modules()
IMPORTS = {module: set(_imports(module, path)) - {module} for module, path in MODULES.items()}
ROOMS = _rooms()


def _floors(rooms: Mapping[str, AbstractSet[str]]) -> dict[str, int]:
    """Return the floor of each room, 1 for one that imports none; raises CycleError."""
    floors: dict[str, int] = {}
    for room in TopologicalSorter(rooms).static_order():
        floors[room] = 1 + max((floors[below] for below in rooms[room]), default=0)
    return floors


def _circle(graph: Mapping[str, AbstractSet[str]]) -> list[str]:
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as err:
        return list(err.args[1])
    return []


def test_imports_are_found_in_every_form() -> None:
    assert "api.models.fields" in IMPORTS["api.models.records"]
    assert {"coordinator", "hub.persistence"} <= IMPORTS[""]
    assert "runtime" in ROOMS["entity"]


def test_imports_have_no_cycle() -> None:
    assert not _circle(IMPORTS)
    assert not _circle(ROOMS)


def test_package_has_few_rooms_on_few_floors(figures: Figures) -> None:
    figures["rooms"] = len(ROOMS)
    figures["floors"] = max(_floors(ROOMS).values())
    figures["arrows between rooms"] = sum(map(len, ROOMS.values()))
    assert len(ROOMS) <= MOST_ROOMS, sorted(ROOMS)
    assert max(_floors(ROOMS).values()) <= MOST_FLOORS


def test_picture_in_the_docs_shows_each_room_above_those_that_it_imports() -> None:
    shown = (PICTURE.read_text(encoding="utf-8").partition("## The layout")[2]).partition("-->")[0]
    boxes = [
        re.findall(r"\w+", names.partition("<br>")[2].replace("<br>", " ")) for names in re.findall('"(.*)"', shown)
    ]
    height = {room: -number for number, rooms in enumerate(boxes) for room in rooms}
    assert sorted(height) == sorted(ROOMS), "docs/architecture.md, The layout"
    for room, imported in ROOMS.items():
        assert not [below for below in imported if height[below] >= height[room]], room


@pytest.mark.parametrize("room", sorted(FORBIDDEN.keys() & ROOMS.keys()))
def test_room_imports_only_rooms_below_it(room: str) -> None:
    imported = ROOMS[room]
    assert not (imported if "*" in FORBIDDEN[room] else imported & FORBIDDEN[room])


def test_model_imports_only_typed_values_of_the_client() -> None:
    for module, imported in IMPORTS.items():
        if _room(module) == "model":
            foreign = {name for name in imported if _room(name) == "api" and not name.startswith("api.models.")}
            assert not foreign, f"{module} imports {foreign}"


def test_model_does_not_import_home_assistant() -> None:
    for module, path in MODULES.items():
        if _room(module) in ("model", "api"):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
                names += [node.module or ""] if isinstance(node, ast.ImportFrom) and not node.level else []
                assert not [name for name in names if name.partition(".")[0] in ("homeassistant", "voluptuous")], module


_OF_THE_CLOUD = r"(\w+\.)*[a-z]+[A-Z]\w*|/?v\d/.*|[A-Za-z]+\.(eq|in|gte|isNull)|dev_\w+"


def test_only_the_client_contains_names_and_paths_of_the_cloud() -> None:
    """Options of a printer command are what users give, by the vendor's names: they alone are an exception."""
    found = [
        f"{module}: {word}"
        for module, path in MODULES.items()
        if _room(module) != "api" and module != "services.send_command"
        for word in _words(ast.parse(path.read_text(encoding="utf-8")))
        if re.fullmatch(_OF_THE_CLOUD, word)
    ]
    assert not found


def test_client_delivers_typed_values() -> None:
    """The list of granted permissions goes back to the client unread: it alone is an exception."""
    found = [
        f"{module}.{name}: {annotation}"
        for module, path in MODULES.items()
        if module in _DELIVERED or (module.startswith("api.rest.") and module.endswith(("_endpoints", "_calls")))
        for name, annotation in _delivered(ast.parse(path.read_text(encoding="utf-8")))
        if name != "granted_permissions" and re.search(r"\b(Any|object)\b|\bListing(?!\[)|\bRow(?!\[)", annotation)
    ]
    assert not found


_DELIVERED = frozenset({"api.client", "api.models.telemetry", "model.changes"})


def _delivered(tree: ast.AST) -> Iterator[tuple[str, str]]:
    """Yield the names and annotations of what public calls return and what public fields of values hold."""
    for owner in ast.walk(tree):
        for node in owner.body if isinstance(owner, ast.ClassDef) else ():
            match node:
                case ast.AsyncFunctionDef(name=name, returns=ast.expr() as annotation) if not name.startswith("_"):
                    yield name, ast.unparse(annotation)
                case ast.AnnAssign(target=ast.Name(id=name), annotation=annotation) if not name.startswith("_"):
                    yield name, ast.unparse(annotation)


@pytest.mark.parametrize("room", ["model", "hub", "coordinator"])
def test_no_row_of_the_cloud_is_read_outside_the_client(room: str) -> None:
    """Mappings with any values are typed attributes (``values``), and what was saved or entered here."""
    found = [
        f"{module}: {argument.arg}"
        for module, path in MODULES.items()
        if _room(module) == room
        for argument in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(argument, ast.arg) and argument.annotation is not None
        if re.search(r"(Mapping|dict)\[str, (Any|object)\]", ast.unparse(argument.annotation))
        if argument.arg not in ("values", "saved", "data")
    ]
    assert not found


def _words(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        match node:
            case ast.Constant(value=str(text)) | ast.keyword(arg=str(text)):
                yield text


@pytest.mark.parametrize("module", sorted(MODULES.keys() - {"errors"}))
def test_errors_of_actions_are_made_in_one_place(module: str) -> None:
    made = [
        f"{node.func.id} in line {node.lineno}"
        for node in ast.walk(ast.parse(MODULES[module].read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
        if node.func.id in ("HomeAssistantError", "ServiceValidationError")
    ]
    assert not made, "use action_error or action_failure of errors.py"


def test_names_of_modules_are_unique() -> None:
    names = [module.rpartition(".")[2] for module in MODULES]
    assert not sorted({name for name in names if names.count(name) > 1})


def test_names_of_test_modules_are_unique() -> None:
    # pytest imports them by name alone.
    names = [path.name for path in Path(__file__).parents[1].rglob("test_*.py")]
    assert not sorted({name for name in names if names.count(name) > 1})


@pytest.mark.parametrize("module", sorted(MODULES))
def test_file_has_at_most_400_lines(module: str) -> None:
    assert len(MODULES[module].read_text(encoding="utf-8").splitlines()) <= MOST_LINES
