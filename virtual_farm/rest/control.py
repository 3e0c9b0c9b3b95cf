"""The farm's own control API under `/virtual-farm/…`: for tests and demos, without key and quota.

Every call returns JSON; an error is `{"statusCode", "message"}`. README.md lists the calls.
"""

from collections.abc import Awaitable, Callable
import inspect
import json
from typing import Any

from aiohttp import web

from virtual_farm.errors import ApiError, BadRequestError
from virtual_farm.farm import VirtualFarm
from virtual_farm.faults import MODES, Fault
from virtual_farm.history import MONTHS

from .gateway import error_response, json_response
from .schema import Check, anything, array, boolean, check_body, nullable, number, one_of, shape, text

type _Action = Callable[[VirtualFarm, web.Request, dict[str, Any]], Any]

_PREFIX = "/virtual-farm"


def add_routes(app: web.Application, farm: VirtualFarm) -> None:
    """Add the control API of a farm."""
    for method, path, check, action in _ROUTES:
        app.router.add_route(method, _PREFIX + path, _serve(farm, check, action))


def _serve(farm: VirtualFarm, check: Check, action: _Action) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    async def handler(request: web.Request) -> web.StreamResponse:
        try:
            body = await _body(request)
            check_body(check, body)
            result = action(farm, request, body)
            if inspect.isawaitable(result):
                result = await result
        except ApiError as err:
            return error_response(err.status, err.message)
        except ValueError as err:
            return error_response(400, str(err))
        return json_response(result)

    return handler


async def _body(request: web.Request) -> dict[str, Any]:
    raw = await request.read()
    if not raw:
        return {}
    try:
        body = json.loads(raw)
    except ValueError:
        raise BadRequestError("Request body is not valid JSON") from None
    if not isinstance(body, dict):
        raise BadRequestError("Request body must be an object")
    return body


def _id(request: web.Request) -> str:
    return request.match_info["id"]


def _state(farm: VirtualFarm, _request: web.Request, _body: dict[str, Any]) -> Any:
    return farm.state()


def _add_printer(farm: VirtualFarm, _request: web.Request, body: dict[str, Any]) -> Any:
    return farm.add_printer(body.get("model", "X1C"), body.get("name"), ready=body.get("ready", False)).wire()


def _remove_printer(farm: VirtualFarm, request: web.Request, _body: dict[str, Any]) -> Any:
    farm.remove_printer(_id(request))


def _rename(farm: VirtualFarm, request: web.Request, body: dict[str, Any]) -> Any:
    farm.rename_printer(_id(request), body["name"])


def _disconnect(farm: VirtualFarm, request: web.Request, _body: dict[str, Any]) -> Any:
    farm.disconnect_printer(_id(request))


def _reconnect(farm: VirtualFarm, request: web.Request, _body: dict[str, Any]) -> Any:
    farm.reconnect_printer(_id(request))


def _raise_hms(farm: VirtualFarm, request: web.Request, body: dict[str, Any]) -> Any:
    farm.raise_hms(_id(request), body["code"], body["message"], severity=body.get("severity", "error"))


def _clear_hms(farm: VirtualFarm, request: web.Request, _body: dict[str, Any]) -> Any:
    farm.clear_hms(_id(request), request.query.get("code"))


def _finish(farm: VirtualFarm, request: web.Request, _body: dict[str, Any]) -> Any:
    farm.finish_print(_id(request))


def _fail(farm: VirtualFarm, request: web.Request, body: dict[str, Any]) -> Any:
    farm.fail_print(_id(request), body.get("reason", "The print failed"))


def _outside_print(farm: VirtualFarm, request: web.Request, body: dict[str, Any]) -> Any:
    farm.print_from_outside(_id(request), body.get("name", "Outside print"), float(body.get("seconds", 3600.0)))


def _word(farm: VirtualFarm, request: web.Request, body: dict[str, Any]) -> Any:
    farm.set_word(_id(request), body["word"])


def _clear_word(farm: VirtualFarm, request: web.Request, _body: dict[str, Any]) -> Any:
    farm.clear_word(_id(request))


def _ams(farm: VirtualFarm, request: web.Request, body: dict[str, Any]) -> Any:
    farm.set_ams(_id(request), int(body["units"]))


def _hold(farm: VirtualFarm, request: web.Request, _body: dict[str, Any]) -> Any:
    farm.hold_job(_id(request))


def _approve(farm: VirtualFarm, request: web.Request, _body: dict[str, Any]) -> Any:
    farm.approve_job(_id(request))


def _fill_history(farm: VirtualFarm, _request: web.Request, body: dict[str, Any]) -> Any:
    farm.fill_history(int(body["jobs"]), months=int(body.get("months", MONTHS)))


async def _restart_broker(farm: VirtualFarm, _request: web.Request, _body: dict[str, Any]) -> Any:
    await farm.restart_broker()


async def _disconnect_clients(farm: VirtualFarm, _request: web.Request, _body: dict[str, Any]) -> Any:
    await farm.disconnect_clients()


def _publish(farm: VirtualFarm, _request: web.Request, body: dict[str, Any]) -> Any:
    payload = body["payload"]
    raw = payload if isinstance(payload, str) else json.dumps(payload)
    farm.publish(body["topic"], raw.encode(), retain=body.get("retain", False))


def _add_fault(farm: VirtualFarm, _request: web.Request, body: dict[str, Any]) -> Any:
    farm.inject_fault(
        Fault(
            mode=body["mode"],
            count=int(body.get("count", 1)),
            status=int(body.get("status", 502 if body["mode"] == "html" else 503)),
            message=body.get("message", "Service Unavailable"),
            path=body.get("path"),
            method=body.get("method"),
            seconds=float(body.get("seconds", 60.0)),
            retry_after=None if body.get("retryAfter") is None else int(body["retryAfter"]),
            every=int(body.get("every", 1)),
            acts=body.get("acts", False),
        )
    )
    return _faults(farm, _request, body)


def _faults(farm: VirtualFarm, _request: web.Request, _body: dict[str, Any]) -> Any:
    return [
        {"mode": fault.mode, "count": fault.count, "path": fault.path, "method": fault.method}
        for fault in farm.faults.waiting
    ]


def _clear_faults(farm: VirtualFarm, _request: web.Request, _body: dict[str, Any]) -> Any:
    farm.clear_faults()


def _requests(farm: VirtualFarm, _request: web.Request, _body: dict[str, Any]) -> Any:
    return [record.wire() for record in farm.requests]


def _clear_requests(farm: VirtualFarm, _request: web.Request, _body: dict[str, Any]) -> Any:
    farm.clear_requests()


async def _advance(farm: VirtualFarm, _request: web.Request, body: dict[str, Any]) -> Any:
    await farm.advance(float(body["seconds"]))
    return {"time": farm.world.time}


def _clock(farm: VirtualFarm, _request: web.Request, body: dict[str, Any]) -> Any:
    farm.set_clock_offset(float(body["offset"]))


def _quota(farm: VirtualFarm, _request: web.Request, body: dict[str, Any]) -> Any:
    farm.set_quota(enabled=body["enabled"])


def _quota_usage(farm: VirtualFarm, request: web.Request, _body: dict[str, Any]) -> Any:
    return farm.quota_usage(request.query.get("key")).wire()


def _add_key(farm: VirtualFarm, _request: web.Request, body: dict[str, Any]) -> Any:
    farm.add_api_key(body["key"], body.get("permissions"))


def _revoke_key(farm: VirtualFarm, _request: web.Request, body: dict[str, Any]) -> Any:
    farm.revoke_api_key(body["key"])


_NOTHING = shape()
_HMS = shape({"code": text(1), "message": text()}, {"severity": one_of("error", "warning", "info")})
_FAULT = shape(
    {"mode": one_of(*MODES)},
    {
        "count": number(1),
        "status": number(100, 599),
        "message": text(),
        "path": nullable(text()),
        "method": nullable(text()),
        "seconds": number(0),
        "retryAfter": nullable(number(0)),
        "every": number(1),
        "acts": boolean,
    },
)

_ROUTES: tuple[tuple[str, str, Check, _Action], ...] = (
    ("GET", "/state", _NOTHING, _state),
    ("POST", "/printers", shape(optional={"model": text(), "name": text(1), "ready": boolean}), _add_printer),
    ("DELETE", "/printers/{id}", _NOTHING, _remove_printer),
    ("POST", "/printers/{id}/rename", shape({"name": text(1, 1024)}), _rename),
    ("POST", "/printers/{id}/disconnect", _NOTHING, _disconnect),
    ("POST", "/printers/{id}/reconnect", _NOTHING, _reconnect),
    ("POST", "/printers/{id}/hms", _HMS, _raise_hms),
    ("DELETE", "/printers/{id}/hms", _NOTHING, _clear_hms),
    ("POST", "/printers/{id}/finish", _NOTHING, _finish),
    ("POST", "/printers/{id}/fail", shape(optional={"reason": text()}), _fail),
    ("POST", "/printers/{id}/outside-print", shape(optional={"name": text(1), "seconds": number(1)}), _outside_print),
    ("POST", "/printers/{id}/word", shape({"word": nullable(text())}), _word),
    ("DELETE", "/printers/{id}/word", _NOTHING, _clear_word),
    ("POST", "/printers/{id}/ams", shape({"units": number(0, 4)}), _ams),
    ("POST", "/jobs/{id}/hold", _NOTHING, _hold),
    ("POST", "/jobs/{id}/approve", _NOTHING, _approve),
    ("POST", "/history", shape({"jobs": number(0, 1_000_000)}, {"months": number(1, 120)}), _fill_history),
    ("POST", "/broker/restart", _NOTHING, _restart_broker),
    ("POST", "/broker/disconnect", _NOTHING, _disconnect_clients),
    (
        "POST",
        "/publish",
        shape({"topic": text(1), "payload": anything}, {"retain": boolean}),
        _publish,
    ),
    ("GET", "/faults", _NOTHING, _faults),
    ("POST", "/faults", _FAULT, _add_fault),
    ("DELETE", "/faults", _NOTHING, _clear_faults),
    ("GET", "/requests", _NOTHING, _requests),
    ("DELETE", "/requests", _NOTHING, _clear_requests),
    ("POST", "/advance", shape({"seconds": number(0)}), _advance),
    ("POST", "/clock", shape({"offset": number()}), _clock),
    ("GET", "/quota", _NOTHING, _quota_usage),
    ("POST", "/quota", shape({"enabled": boolean}), _quota),
    ("POST", "/keys", shape({"key": text(1)}, {"permissions": nullable(array(text()))}), _add_key),
    ("DELETE", "/keys", shape({"key": text(1)}), _revoke_key),
)
