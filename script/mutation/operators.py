"""Mutations that Cosmic Ray lacks: a statement, a guard, a lock or an operand is removed.

Each class has the interface of Cosmic Ray's operators: the positions of a change in parso's tree, and the change.
"""

from collections.abc import Iterator
from typing import Any

from parso.python.tree import Name, Newline, PythonNode

type Position = tuple[tuple[int, int], tuple[int, int]]

_DEFINITIONS = frozenset({"import_name", "import_from", "global_stmt", "nonlocal_stmt", "assert_stmt"})
_ENDS = ("return", "raise", "continue", "break")


class RemoveStatement:
    """Replace a call, an assignment to an attribute or item, or a `del` by `pass`."""

    def mutation_positions(self, node: Any) -> Iterator[Position]:
        """Yield the positions of the change."""
        if node.type == "simple_stmt" and _acts(node.children[0]):
            yield node.start_pos, node.children[0].end_pos

    def mutate(self, node: Any, index: int) -> Any:
        """Return the changed node; `index` counts its positions."""
        first = node.children[0]
        node.children[0] = Name("pass", first.start_pos, prefix=first.get_first_leaf().prefix)
        return node


class RemoveGuard:
    """Remove an `if` without `else` whose body leaves the function or loop."""

    def mutation_positions(self, node: Any) -> Iterator[Position]:
        """Yield the positions of the change."""
        if node.type != "if_stmt" or len(node.children) != 4:
            return
        last = node.children[3].get_last_leaf()
        while last is not None and last.type in ("newline", "dedent", "endmarker"):
            last = last.get_previous_leaf()
        statement = node.children[3].children[-1] if hasattr(node.children[3], "children") else None
        text = statement.get_code().strip() if statement is not None else ""
        if text.startswith(_ENDS):
            yield node.start_pos, node.children[1].end_pos

    def mutate(self, node: Any, index: int) -> Any:
        """Return the changed node; `index` counts its positions."""
        prefix = node.get_first_leaf().prefix
        statement = Name("pass", node.start_pos, prefix=prefix)
        return PythonNode("simple_stmt", [statement, Newline("\n", node.end_pos)])  # type: ignore[no-untyped-call]


class RemoveContext:
    """Keep the body of a `with` without its context: a lock, a time limit, `suppress`."""

    def mutation_positions(self, node: Any) -> Iterator[Position]:
        """Yield the positions of the change."""
        if node.type == "with_stmt" and " as " not in _head(node):
            yield node.start_pos, node.children[1].end_pos

    def mutate(self, node: Any, index: int) -> Any:
        """Return the changed node; `index` counts its positions."""
        first, *_ = node.children
        node.children[:-1] = [
            Name("if", first.start_pos, prefix=first.get_first_leaf().prefix),
            Name("True", first.start_pos, prefix=" "),
            Name(":", first.start_pos),
        ]
        return node


class DropOperand:
    """Remove one operand of `and` or `or`."""

    def mutation_positions(self, node: Any) -> Iterator[Position]:
        """Yield the positions of the change."""
        if node.type in ("and_test", "or_test"):
            for operand in node.children[::2]:
                yield operand.start_pos, operand.end_pos

    def mutate(self, node: Any, index: int) -> Any:
        """Return the changed node; `index` counts its positions."""
        prefix = node.get_first_leaf().prefix
        at = 2 * index
        first = max(at - 1, 0)
        del node.children[first : first + 2]
        node.get_first_leaf().prefix = prefix
        return node


def _head(node: Any) -> str:
    return "".join(child.get_code() for child in node.children[:-1])


def _acts(statement: Any) -> bool:
    """Return whether a statement can be removed without a NameError."""
    if statement.type in _DEFINITIONS:
        return False
    if statement.type == "del_stmt":
        return True
    if statement.type == "expr_stmt":
        target = statement.children[0]
        return "." in target.get_code(include_prefix=False) or target.type in ("atom_expr", "power")
    return statement.type in ("atom_expr", "power", "await_expr") and statement.get_code().rstrip().endswith(")")
