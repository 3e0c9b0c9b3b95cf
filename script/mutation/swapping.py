"""Replaces the code of functions in an imported module by that of a mutant, which is faster than a new import."""

from collections.abc import Iterator
import gc
import inspect
from pathlib import Path
from types import CodeType, FunctionType


def swap(path: Path, mutated: str) -> bool:
    """Replace the code of functions by mutated code; return False, without any change, if that is not possible.

    Code that runs on import can't be swapped: values of classes and modules, and defaults of parameters.
    """
    file = str(path.absolute())
    original = compile(path.read_text(), file, "exec", dont_inherit=True)
    changed: dict[tuple[str, int], CodeType] = {}
    for old, new in _pairs(original, compile(mutated, file, "exec", dont_inherit=True)):
        if new is None:
            return False
        if old.co_flags & inspect.CO_NEWLOCALS and old.co_flags & inspect.CO_OPTIMIZED:
            if old.co_freevars != new.co_freevars:
                return False
            if _bare(old) != _bare(new) or _inner(old) != _inner(new):
                changed[old.co_qualname, old.co_firstlineno] = new
        elif _bare(old) != _bare(new):
            return False
    functions = [
        function
        for function in gc.get_objects()
        if isinstance(function, FunctionType)
        and function.__code__.co_filename == file
        and (function.__code__.co_qualname, function.__code__.co_firstlineno) in changed
    ]
    for function in functions:
        code = function.__code__
        function.__code__ = changed[code.co_qualname, code.co_firstlineno]
    return bool(functions)


def _pairs(old: CodeType, new: CodeType) -> Iterator[tuple[CodeType, CodeType | None]]:
    """Yield each code object of a module with its counterpart in the other; None if there is none."""
    yield old, new
    olds, news = _inner(old), _inner(new)
    if [code.co_name for code in olds] != [code.co_name for code in news]:
        yield old, None
        return
    for one, other in zip(olds, news, strict=True):
        yield from _pairs(one, other)


def _inner(code: CodeType) -> list[CodeType]:
    return [const for const in code.co_consts if isinstance(const, CodeType)]


def _bare(code: CodeType) -> tuple[object, ...]:
    """Return a code object's behavior, without nested code objects and line numbers."""
    consts = tuple((type(const), const) for const in code.co_consts if not isinstance(const, CodeType))
    return code.co_code, consts, code.co_names, code.co_varnames, code.co_exceptiontable
