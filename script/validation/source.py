"""The package's source as syntax trees, and the possible string values of expressions."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
import itertools
from pathlib import Path
import re

_COMPONENTS = "homeassistant.components."

type Function = ast.FunctionDef | ast.AsyncFunctionDef


class UnknownValueError(Exception):
    """The source does not show which strings an expression can be."""


@dataclass(frozen=True, slots=True)
class Call:
    """A call and its position."""

    node: ast.Call
    scope: tuple[Function, ...]
    module: str

    @property
    def name(self) -> str:
        """Return the name of the called function, without its object."""
        return called(self.node)

    def keyword(self, name: str) -> ast.expr | None:
        """Return the value of a keyword argument."""
        return next((keyword.value for keyword in self.node.keywords if keyword.arg == name), None)

    @property
    def where(self) -> str:
        """Return file and line."""
        return f"{self.module}:{self.node.lineno}"


def called(node: ast.Call) -> str:
    """Return the name of the called function."""
    function = node.func
    return (
        function.id if isinstance(function, ast.Name) else function.attr if isinstance(function, ast.Attribute) else ""
    )


class Source:
    """All modules of a package."""

    def __init__(self, package: Path) -> None:
        """Parse them."""
        self.modules = {
            str(file.relative_to(package)): ast.parse(file.read_text(encoding="utf-8"))
            for file in sorted(package.rglob("*.py"))
        }

    @cached_property
    def calls(self) -> list[Call]:
        """Return every call."""
        return [call for name, tree in self.modules.items() for call in _calls(tree, (), name)]

    @cached_property
    def functions(self) -> dict[str, list[Function]]:
        """Return the functions and methods by name."""
        found: dict[str, list[Function]] = {}
        for tree in self.modules.values():
            for node in ast.walk(tree):
                if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                    found.setdefault(node.name, []).append(node)
        return found

    @cached_property
    def components(self) -> dict[str, str]:
        """Return the imported components of Home Assistant, each with a module that imports it."""
        found: dict[str, str] = {}
        for module, tree in self.modules.items():
            for node in ast.walk(tree):
                match node:
                    case ast.ImportFrom(module="homeassistant.components", names=names):
                        found |= {alias.name: module for alias in names}
                    case ast.ImportFrom(module=str(name)) | ast.Import(names=[ast.alias(name=name)]):
                        if name.startswith(_COMPONENTS):
                            found[name.removeprefix(_COMPONENTS).partition(".")[0]] = module
        return found

    @cached_property
    def literals(self) -> frozenset[str]:
        """Return every string in the source, and the names of keyword arguments."""
        found: set[str] = set()
        for tree in self.modules.values():
            for node in ast.walk(tree):
                match node:
                    case ast.Constant(value=str(text)) | ast.keyword(arg=str(text)):
                        found.add(text)
        return frozenset(found)

    @cached_property
    def patterns(self) -> list[re.Pattern[str]]:
        """Return the possible values of f-strings that only have letters and underscores outside of braces."""
        found = {
            _pattern(node)
            for tree in self.modules.values()
            for node in ast.walk(tree)
            if isinstance(node, ast.JoinedStr)
        }
        return [re.compile(text) for text in sorted(found) if re.search("[a-z]_", text)]

    def says(self, word: str) -> bool:
        """Return whether a word is in the source, whole or composed."""
        return word in self.literals or any(pattern.fullmatch(word) for pattern in self.patterns)

    def strings(self, node: ast.expr | None, call: Call, seen: frozenset[int] = frozenset()) -> Iterator[str]:
        """Yield patterns of the possible strings of an expression at a call; raises UnknownValueError."""
        if id(node) in seen:
            return
        seen |= {id(node)}
        match node:
            case None | ast.Constant(value=None):
                return
            case ast.Constant(value=str(text)):
                yield re.escape(text)
            case ast.JoinedStr(values=parts):
                pieces = [list(self._piece(part, call, seen)) for part in parts]
                yield from ("".join(chosen) for chosen in itertools.product(*pieces))
            case ast.Name(id=name):
                yield from self._named(name, call, seen)
            case _:
                for value, where in self._parts(node, call):
                    yield from self.strings(value, where, seen)

    def _piece(self, part: ast.expr, call: Call, seen: frozenset[int]) -> Iterator[str]:
        """Yield the possible values of a part of an f-string; a wildcard if the source does not show them."""
        if not isinstance(part, ast.FormattedValue):
            yield from self.strings(part, call, seen)
            return
        try:
            yield from list(self.strings(part.value, call, seen))
        except UnknownValueError:
            yield ".+"

    def _parts(self, node: ast.expr, call: Call) -> Iterator[tuple[ast.expr, Call]]:
        """Yield the expressions whose values an expression can have."""
        match node:
            case ast.IfExp(body=body, orelse=orelse):
                yield from ((body, call), (orelse, call))
            case ast.BoolOp(values=values):
                yield from ((value, call) for value in values)
            case ast.Attribute(attr=name):
                yield from self._bound(name)
            case ast.Call():
                yield from ((result, call) for result in self._results(node))
            case _:
                raise UnknownValueError(ast.unparse(node))

    def _named(self, name: str, call: Call, seen: frozenset[int]) -> Iterator[str]:
        for function in reversed(call.scope):
            if name in (parameters := _parameters(function)):
                for value, where in self._arguments(function, call.module, parameters.index(name), name):
                    yield from self.strings(value, where, seen)
                return
            if values := list(_assigned(function, name)):
                for value in values:
                    yield from self.strings(value, call, seen)
                return
        for tree in (self.modules[call.module], *self.modules.values()):
            if values := list(_assigned(tree, name)):
                for value in values:
                    yield from self.strings(value, call, seen)
                return
            name = next((alias.name for alias in _imported(tree) if alias.asname == name), name)
        raise UnknownValueError(name)

    def _arguments(self, function: Function, module: str, position: int, name: str) -> Iterator[tuple[ast.expr, Call]]:
        """Yield the arguments of callers for a parameter, or its default."""
        found = False
        for call in self.calls:
            # A name with an underscore is only called in its own module.
            if call.name != function.name or (function.name.startswith("_") and call.module != module):
                continue
            found = True
            method = isinstance(call.node.func, ast.Attribute) and _parameters(function)[0] in ("self", "cls")
            index = position - method
            if (value := call.keyword(name)) is not None:
                yield value, call
            elif index < len(call.node.args):
                yield call.node.args[index], call
        if not found:
            raise UnknownValueError(f"{function.name}({name})")

    def _bound(self, name: str) -> Iterator[tuple[ast.expr, Call]]:
        """Yield the keyword arguments for an attribute, and the attribute's default."""
        found = False
        nowhere = ast.Call(func=ast.Name(id=""), args=[], keywords=[])
        for call in self.calls:
            if (value := call.keyword(name)) is not None:
                found = True
                yield value, call
        for module, tree in self.modules.items():
            for node in ast.walk(tree):
                if isinstance(node, ast.ClassDef):
                    for value in _assigned(node, name):
                        found = True
                        yield value, Call(nowhere, (), module)
        if not found:
            raise UnknownValueError(name)

    def _results(self, node: ast.Call) -> Iterator[ast.expr]:
        """Yield the return values of a function, or of the functions in a field."""
        name = called(node)
        functions = [value for value, _ in self._bound(name)] if name.endswith("_fn") else [ast.Name(id=name)]
        for function in functions:
            if isinstance(function, ast.Lambda):
                yield function.body
            elif isinstance(function, ast.Name):
                yield from self._returned(function.id)

    def _returned(self, name: str) -> Iterator[ast.expr]:
        for function in self.functions.get(name, ()):
            yield from (inner.value for inner in ast.walk(function) if isinstance(inner, ast.Return) and inner.value)


def _calls(node: ast.AST, scope: tuple[Function, ...], module: str) -> Iterator[Call]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Call):
            yield Call(child, scope, module)
        inner = (*scope, child) if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef) else scope
        yield from _calls(child, inner, module)


def _parameters(function: Function) -> list[str]:
    arguments = function.args
    return [argument.arg for argument in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs)]


def _assigned(tree: ast.AST, name: str) -> Iterator[ast.expr]:
    """Yield the values assigned to a name: anywhere in a function, else at the top level only."""
    nodes = ast.walk(tree) if isinstance(tree, ast.FunctionDef | ast.AsyncFunctionDef) else ast.iter_child_nodes(tree)
    for node in nodes:
        match node:
            case ast.Assign(targets=[ast.Name(id=target)], value=value) if target == name:
                yield value
            case ast.AnnAssign(target=ast.Name(id=target), value=ast.expr() as value) if target == name:
                yield value
            case ast.NamedExpr(target=ast.Name(id=target), value=value) if target == name:
                yield value
            case ast.Assign(targets=[ast.Tuple(elts=targets)], value=ast.Tuple(elts=values)):
                for each, value in zip(targets, values, strict=False):
                    if isinstance(each, ast.Name) and each.id == name:
                        yield value


def _imported(tree: ast.Module) -> Iterator[ast.alias]:
    for node in tree.body:
        if isinstance(node, ast.ImportFrom):
            yield from (alias for alias in node.names if alias.asname)


def _pattern(node: ast.JoinedStr) -> str:
    parts = (
        re.escape(part.value) if isinstance(part, ast.Constant) and isinstance(part.value, str) else ".+"
        for part in node.values
    )
    return "".join(parts)
