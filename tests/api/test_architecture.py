"""The client does not depend on Home Assistant: it could be a separate package."""

import ast
from pathlib import Path
import sys

import pytest

API = Path(__file__).parents[2] / "custom_components" / "printago" / "api"
ALLOWED = {"aiohttp", "aiomqtt", "orjson", "paho", "yarl"} | sys.stdlib_module_names
MODULES = sorted(API.rglob("*.py"))


def test_modules_of_the_client_are_found() -> None:
    assert {"client.py", "transport.py", "realtime_client.py", "records.py", "exceptions.py", "__init__.py"} <= {
        module.name for module in MODULES
    }


@pytest.mark.parametrize("module", MODULES, ids=lambda path: path.name)
def test_module_of_the_client_imports_only_its_siblings_and_declared_packages(module: Path) -> None:
    for node in ast.walk(ast.parse(module.read_text())):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level <= len(module.relative_to(API).parts), f"line {node.lineno} reaches out of the package"
            names = [] if node.level else [node.module or ""]
        else:
            continue
        for name in names:
            assert name.partition(".")[0] in ALLOWED, f"line {node.lineno} imports {name}"
