"""The aiohttp application: API, storage, and control on one port."""

from collections.abc import Awaitable, Callable

from aiohttp import web

from virtual_farm.clock import to_http_date
from virtual_farm.farm import VirtualFarm
from virtual_farm.rest import (
    api_keys,
    builds,
    control,
    costs,
    hints,
    maintenance,
    materials,
    orders,
    print_jobs,
    printers,
    products,
    shops,
    storage,
    stores,
)

from .gateway import Gateway
from .route import RawRoute, Route

ROUTES: tuple[Route, ...] = (
    *printers.ROUTES,
    *print_jobs.ROUTES,
    *builds.ROUTES,
    *products.ROUTES,
    *materials.ROUTES,
    *orders.ROUTES,
    *stores.ROUTES,
    *storage.ROUTES,
    *hints.ROUTES,
    *api_keys.ROUTES,
    *maintenance.ROUTES,
    *shops.ROUTES,
    *costs.ROUTES,
)
"""All API calls that the farm implements."""

_MAX_BODY = 16 * 1024 * 1024

type _AiohttpHandler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def make_app(farm: VirtualFarm) -> web.Application:
    """Return the application of a farm."""
    app = web.Application(client_max_size=_MAX_BODY)
    gateway = Gateway(farm)
    for route in ROUTES:
        for method in _methods(route.method):
            app.router.add_route(method, route.path, _serve(gateway, route))
    for raw in storage.RAW_ROUTES:
        for method in _methods(raw.method):
            app.router.add_route(method, raw.path, _serve_raw(gateway, raw))
    control.add_routes(app, farm)
    app.router.add_route("*", "/{path:.*}", gateway.handle_unknown)

    async def set_date(request: web.Request, response: web.StreamResponse) -> None:
        response.headers["Date"] = to_http_date(farm.world.clock())
        farm.serving.add(request.task)

    app.on_response_prepare.append(set_date)
    return app


def _methods(method: str) -> tuple[str, ...]:
    """Return the methods of a route: GET also allows HEAD."""
    return ("GET", "HEAD") if method == "GET" else (method,)


def _serve(gateway: Gateway, route: Route) -> _AiohttpHandler:
    async def handler(request: web.Request) -> web.StreamResponse:
        return await gateway.handle(route, request)

    return handler


def _serve_raw(gateway: Gateway, route: RawRoute) -> _AiohttpHandler:
    async def handler(request: web.Request) -> web.StreamResponse:
        return await gateway.handle_raw(route, request)

    return handler
