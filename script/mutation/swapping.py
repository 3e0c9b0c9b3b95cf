"""Puts the code of a mutant into the functions of a module that is imported already, which is quicker than importing all anew."""

from collections.abc import Iterator
import gc
import inspect
from pathlib import Path
from types import CodeType, FunctionType


def swap(path: Path, mutated: str) -> bool:
    """Let the functions of a module run mutated code; return False, with nothing done, where that does not do.

    What runs on import cannot be swapped: values of classes and modules, and those of parameters.
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
    """Yield each code of a module with that in its place in the other; None where there is no such."""
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
    """Return what a code does, without the codes in it and where it stands."""
    consts = tuple((type(const), const) for const in code.co_consts if not isinstance(const, CodeType))
    return code.co_code, consts, code.co_names, code.co_varnames, code.co_exceptiontable
