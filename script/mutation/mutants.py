"""Creates the mutants of a module, without changes that have no effect."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
import difflib
from functools import cache
import hashlib
from pathlib import Path
from typing import Any

from cosmic_ray.ast import ast_nodes, get_ast
from cosmic_ray.mutating import mutate_code
import cosmic_ray.plugins

from .operators import DropOperand, RemoveContext, RemoveGuard, RemoveStatement

# Of the many replacements for an operator, those that are likely mistakes.
_CORE = (
    "ReplaceComparisonOperator_Eq_NotEq",
    "ReplaceComparisonOperator_NotEq_Eq",
    "ReplaceComparisonOperator_Lt_LtE",
    "ReplaceComparisonOperator_LtE_Lt",
    "ReplaceComparisonOperator_Gt_GtE",
    "ReplaceComparisonOperator_GtE_Gt",
    "ReplaceComparisonOperator_Is_IsNot",
    "ReplaceComparisonOperator_IsNot_Is",
    "ReplaceBinaryOperator_Add_Sub",
    "ReplaceBinaryOperator_Sub_Add",
    "ReplaceBinaryOperator_Mul_Div",
    "ReplaceBinaryOperator_Div_Mul",
    "ReplaceBinaryOperator_BitOr_BitAnd",
    "ReplaceBinaryOperator_BitAnd_BitOr",
    "ReplaceUnaryOperator_Delete_Not",
    "ReplaceTrueWithFalse",
    "ReplaceFalseWithTrue",
    "ReplaceAndWithOr",
    "ReplaceOrWithAnd",
    "ReplaceBreakWithContinue",
    "ReplaceContinueWithBreak",
    "AddNot",
    "ZeroIterationForLoop",
    "NumberReplacer",
)
_OWN = (RemoveStatement, RemoveGuard, RemoveContext, DropOperand)


@dataclass(frozen=True, slots=True, kw_only=True)
class Mutant:
    """One change: its position, and the changed code of the module."""

    path: str
    operator: str
    line: int
    last_line: int
    definition: str
    """The function or class that it is in, with its outer ones: `Farm.apply`; empty at the top of the module."""
    before: str
    after: str
    code: str

    @property
    def key(self) -> str:
        """Return a name that stays the same as long as the changed code does, even if it moves; unique in its module."""
        text = repr((self.definition, self.operator, self.before, self.after))
        return hashlib.sha256(text.encode()).hexdigest()[:12]


def mutants_of(root: Path, path: str) -> Iterator[Mutant]:
    """Yield the mutants of a module, `path` being relative to `root`."""
    source = (root / path).read_text()
    tree = ast.parse(source)
    ignored = _ignored(tree)
    compared = {
        (node.lineno, node.col_offset)
        for node in ast.walk(tree)
        if isinstance(node, ast.Compare | ast.BoolOp)
        or (isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not))
    }
    definitions = _definitions(tree)
    original = ast.dump(tree)
    seen: set[str] = set()
    for name, operator in _operators().items():
        places = [(node, place) for node in ast_nodes(get_ast(source)) for place in operator.mutation_positions(node)]
        for occurrence, (node, (start, end)) in enumerate(places):
            if node.parent is not None and node.parent.type in ("parameters", "lambdef"):
                # The star before keyword-only parameters.
                continue
            definition, statement = _enclosing(definitions, start[0])
            if any(begin <= start < stop for begin, stop in ignored):
                continue
            if name == "NumberReplacer" and (occurrence % 2 or not definition):
                # One of the two neighbors is enough, and exact limits at the top of a module rarely matter.
                continue
            if name == "AddNot" and start in compared:
                # Other operators change these.
                continue
            code = mutate_code(source, operator, occurrence)
            if code is None:
                continue
            try:
                dumped = ast.dump(ast.parse(code))
            except SyntaxError:
                continue
            if dumped == original or dumped in seen:
                continue
            seen.add(dumped)
            before, after = _difference(source, code)
            yield Mutant(
                path=path,
                operator=name,
                line=statement or start[0],
                last_line=end[0],
                definition=definition,
                before=before,
                after=after,
                code=code,
            )


@cache
def _operators() -> dict[str, Any]:
    core = {name: cosmic_ray.plugins.get_operator(f"core/{name}")() for name in _CORE}
    return core | {operator.__name__: operator() for operator in _OWN}


def _ignored(tree: ast.Module) -> list[tuple[tuple[int, int], tuple[int, int]]]:
    """Return where changes have no effect: annotations, which nothing evaluates, decorators, log lines and the like."""
    ignored: list[ast.AST] = []
    for node in ast.walk(tree):
        match node:
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                ignored += [*node.decorator_list, *filter(None, [node.returns])]
                arguments = node.args
                every = [
                    *arguments.posonlyargs,
                    *arguments.args,
                    *arguments.kwonlyargs,
                    arguments.vararg,
                    arguments.kwarg,
                ]
                ignored += [argument.annotation for argument in every if argument and argument.annotation]
            case ast.ClassDef():
                ignored += node.decorator_list
            case ast.AnnAssign():
                ignored.append(node.annotation)
            case ast.TypeAlias() | ast.Import() | ast.ImportFrom() | ast.Assert():
                ignored.append(node)
            case ast.If(test=ast.Name(id="TYPE_CHECKING")):
                ignored.append(node)
            case ast.Expr(value=ast.Call(func=ast.Attribute(value=ast.Name(id="LOGGER" | "_LOGGER")))):
                ignored.append(node)
            case ast.Expr(value=ast.Constant()):
                ignored.append(node)
    return [
        ((node.lineno, node.col_offset), (node.end_lineno or 0, node.end_col_offset or 0))  # type: ignore[attr-defined]
        for node in ignored
    ]


type _Span = tuple[int, int, str]


def _definitions(tree: ast.Module) -> tuple[list[_Span], list[tuple[int, int]]]:
    """Return the spans of all definitions with their names, and those of all simple statements."""
    spans: list[_Span] = []
    statements: list[tuple[int, int]] = []

    def walk(node: ast.AST, name: str) -> None:
        for child in ast.iter_child_nodes(node):
            inner = name
            if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                inner = f"{name}.{child.name}" if name else child.name
                spans.append((child.lineno, child.end_lineno or child.lineno, inner))
            elif isinstance(child, ast.stmt) and not hasattr(child, "body"):
                statements.append((child.lineno, child.end_lineno or child.lineno))
            walk(child, inner)

    walk(tree, "")
    return spans, statements


def _enclosing(definitions: tuple[list[_Span], list[tuple[int, int]]], line: int) -> tuple[str, int | None]:
    """Return the innermost definition that contains a line, and the first line of its statement."""
    spans, statements = definitions
    names = [(end - begin, name) for begin, end, name in spans if begin <= line <= end]
    firsts = [(end - begin, begin) for begin, end in statements if begin <= line <= end]
    return (min(names)[1] if names else ""), (min(firsts)[1] if firsts else None)


def _difference(source: str, code: str) -> tuple[str, str]:
    """Return the lines that differ, before and after, without indentation."""
    old, new = source.splitlines(), code.splitlines()
    before: list[str] = []
    after: list[str] = []
    for tag, i1, i2, j1, j2 in difflib.SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if tag != "equal":
            before += [line.strip() for line in old[i1:i2]]
            after += [line.strip() for line in new[j1:j2]]
    return "\n".join(before), "\n".join(after)
