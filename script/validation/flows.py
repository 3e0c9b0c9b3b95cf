"""Finds the texts that forms need: steps, fields, errors and reasons to abort."""

import ast
from collections.abc import Iterator, Mapping
from typing import Any

from .facts import Facts, Flow
from .source import Call, called

_SAVED_PRINTS = "subentry_flow/saved_print_flow"
_OWN_ABORTS = {"_abort_if_unique_id_configured": ("already_configured",)}
"""Results for which Home Assistant has no default text."""


def flows(facts: Facts) -> Iterator[Flow]:
    """Yield every flow of the package."""
    config = facts.modules["config_flow"]
    shown = dict(_shown(facts, "config_flow"))
    yield _with_outcomes(facts, "config_flow", Flow("config", shown))
    saved_prints = facts.modules[_SAVED_PRINTS.replace("/", ".")]
    choices = saved_prints.Choices(**{name: {} for name in saved_prints.Choices.__slots__ if name != "tags"}, tags=[])
    form = list(_fields(choices.schema()))
    yield _subentry(facts, _SAVED_PRINTS, "saved_print", {"user": form, "reconfigure": form, "preview": []})
    for name, schema in (("energy_meter", "meter_schema"), ("spool_weight", "weight_schema")):
        module = f"subentry_flow/{name}_flow"
        of = getattr(facts.modules[module.replace("/", ".")], schema)
        steps = {"user": list(_fields(of({}))), "reconfigure": list(_fields(of(None)))}
        yield _subentry(facts, module, name, steps)
    if hasattr(config.PrintagoConfigFlow, "async_get_options_flow") and "async_get_options_flow" in vars(
        config.PrintagoConfigFlow
    ):
        facts.problems.append("config_flow.py: what its options flow needs words for must be listed in flows.py")
    yield from _repairs(facts, choices)


def _subentry(facts: Facts, module: str, name: str, steps: Mapping[str, list[str]]) -> Flow:
    flow = Flow(
        f"config_subentries.{name}",
        dict(steps),
        extra=("entry_type", "initiate_flow.user", "initiate_flow.reconfigure"),
    )
    return _with_outcomes(facts, module, flow)


def _repairs(facts: Facts, choices: Any) -> Iterator[Flow]:
    """Yield the flow of each fixable issue."""
    yield Flow("issues.missing_permission.fix_flow", {"confirm": []})
    thing = [str(marker) for marker in choices.item_schema()]
    gone = Flow("issues.saved_print_gone.fix_flow", {"choose": thing})
    yield _with_outcomes(facts, "repairs", gone, choices=_SAVED_PRINTS)


def _shown(facts: Facts, module: str) -> Iterator[tuple[str, list[str]]]:
    """Yield each step that a module shows with ``_show(step, schema, …)``, and its fields."""
    for call in facts.source.calls:
        if call.module == f"{module}.py" and call.name == "_show":
            match call.node.args:
                case [ast.Constant(value=str(step)), ast.Name(id=schema), *_]:
                    yield step, list(_fields(getattr(facts.modules[module], schema)))
                case [ast.Constant(value=str(step)), ast.Call(func=ast.Name(id=schema)), *_]:
                    # A function of previous input; use it without input.
                    yield step, list(_fields(getattr(facts.modules[module], schema)(None)))
                case _:
                    facts.problems.append(f"{call.where}: cannot see which step and schema is shown")


def _fields(schema: Any) -> Iterator[str]:
    for marker, value in schema.schema.items():
        inner = getattr(value, "schema", None)
        if isinstance(getattr(inner, "schema", None), Mapping):
            yield f"{marker}/"
            yield from (f"{marker}/{each}" for each in _fields(inner))
        else:
            yield str(marker)


def _with_outcomes(facts: Facts, module: str, flow: Flow, *, choices: str = "") -> Flow:
    """Record the errors and abort reasons of a module's flow."""
    source = facts.source
    somewhere = Call(ast.Call(func=ast.Name(id=""), args=[], keywords=[]), (), f"{module}.py")
    for node in ast.walk(source.modules[f"{module}.py"]):
        match node:
            case ast.Dict(keys=[ast.Constant(value="base")], values=[error]):
                flow.errors.update(source.strings(error, somewhere))
            case ast.Dict(keys=[ast.Name()], values=[ast.Constant(value=str(error))]):
                flow.errors.add(error)
            case ast.Assign(targets=[ast.Subscript(value=ast.Name(id="errors"))], value=ast.Constant(value=str(error))):
                flow.errors.add(error)
            case ast.Call() if called(node) in _OWN_ABORTS:
                flow.aborts.update(_OWN_ABORTS[called(node)])
            case ast.keyword(arg="description", value=said):
                flow.successes.update(source.strings(said, somewhere))
            case ast.keyword(arg="reason", value=ast.Constant(value=str(reason))):
                flow.aborts.add(reason)
            case ast.keyword(arg="reason", value=ast.Attribute()):
                flow.aborts.update(_reasons(source.modules[f"{choices or module}.py"]))
    return flow


def _reasons(tree: ast.Module) -> Iterator[str]:
    """Yield the reasons of errors that have one."""
    for node in ast.walk(tree):
        match node:
            case ast.Raise(exc=ast.Call(args=[ast.Constant(value=str(reason))])):
                yield reason
