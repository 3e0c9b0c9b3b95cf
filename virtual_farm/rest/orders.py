"""Orders."""

from collections.abc import Callable
from typing import Any

from virtual_farm.errors import ApiError, NotFoundError

from .resource import list_routes
from .route import Call, Route
from .schema import IDS, POSITION, PRIORITY, array, nullable, number, record, shape, text

_FIELDS = (
    "orderNumber source status cancelledAt customerId integrationId priceBucket price currency externalId externalUrl "
    "sourceRef note deadline processedAt syncDisabled id storeId createdAt updatedAt"
)
_ITEM_FIELDS = (
    "orderId skuId source quantity inputs status externalId externalOrderId externalProductId externalSku originalSku "
    "processedAt ignored processedStatus skuConfig resolutionNote id storeId createdAt updatedAt"
)
_CUSTOMER_FIELDS = "name email phone countryCode provinceCode zipCode externalId source id storeId createdAt updatedAt"

_CREATE = shape(
    {
        "order": shape(
            {"orderNumber": text(1)},
            {"note": nullable(text()), "deadline": nullable(text()), "price": nullable(number())},
        )
    },
    {
        "customer": shape(optional={"name": nullable(text()), "email": nullable(text())}),
        "items": array(shape({"quantity": number(1)}, {"skuId": nullable(text()), "sku": nullable(text())})),
    },
)
_UPDATE = shape(optional={"note": nullable(text()), "deadline": nullable(text()), "orderNumber": text(1)})
_PRINT = shape(
    {"skuIds": IDS},
    {"orderIds": IDS, "printerTags": record(text()), "priority": PRIORITY, "position": POSITION},
)


def _get(call: Call) -> Any:
    return call.farm.orders.details(call.ids["id"])


def _items(call: Call) -> Any:
    call.farm.orders.order(call.ids["id"])
    return call.farm.orders.items(call.ids["id"])


def _all_items(call: Call) -> Any:
    return list(call.world.order_items.values())


def _item(call: Call) -> Any:
    item_id = call.ids["itemId"]
    if (item := call.world.order_items.get(item_id)) is None:
        raise NotFoundError("Order item", item_id)
    return item


def _everything(call: Call) -> Any:
    world = call.world
    return {
        "orders": list(world.orders.values()),
        "orderItems": list(world.order_items.values()),
        "customers": list(world.customers.values()),
    }


def _create(call: Call) -> Any:
    return call.farm.orders.create(call.body["order"], call.body.get("items", []), call.body.get("customer"))


def _update(call: Call) -> Any:
    order = call.farm.orders.order(call.ids["id"])
    changes = {key: value for key, value in call.body.items() if key in ("note", "deadline", "orderNumber")}
    return call.world.orders.change(order["id"], changes)


def _cancel(call: Call) -> Any:
    return call.farm.orders.cancel(call.ids["id"])


def _print(call: Call) -> Any:
    return {"errors": call.farm.orders.print(call.body)}


def _batch(done_key: str, operation: Callable[[Call, str], Any]) -> Callable[[Call], Any]:
    def handler(call: Call) -> Any:
        done: list[Any] = []
        errors: list[Any] = []
        for order_id in call.body["orderIds"]:
            try:
                done.append(operation(call, order_id))
            except ApiError as err:
                errors.append({"orderId": order_id, "error": err.message})
        return {done_key: done, "errors": errors}

    return handler


_IDS_BODY = shape({"orderIds": IDS})
_EDIT = ("order.edit",)

ROUTES = (
    *list_routes("/v1/orders", "order.view", lambda call: call.world.orders.values(), _FIELDS),
    Route("POST", "/v1/orders", ("order.create",), _create, _CREATE, 201),
    Route("POST", "/v1/orders/print", ("order.print",), _print, _PRINT, 201),
    *list_routes("/v1/order-items", "order.view", lambda call: call.world.order_items.values(), _ITEM_FIELDS),
    *list_routes("/v1/customers", "order.view", lambda call: call.world.customers.values(), _CUSTOMER_FIELDS),
    Route("GET", "/v1/orders/customers", ("order.view",), lambda call: list(call.world.customers.values())),
    Route("GET", "/v1/orders/full", ("order.view",), _everything),
    Route("GET", "/v1/orders/items", ("order.view",), _all_items),
    Route("GET", "/v1/orders/items/{itemId}", ("order.view",), _item),
    Route(
        "PATCH",
        "/v1/orders/batch/close",
        _EDIT,
        _batch("closed", lambda call, order_id: call.farm.orders.close(order_id)),
        _IDS_BODY,
    ),
    Route(
        "PATCH",
        "/v1/orders/batch/reopen",
        _EDIT,
        _batch("reopened", lambda call, order_id: call.farm.orders.reopen(order_id)),
        _IDS_BODY,
    ),
    Route(
        "PATCH",
        "/v1/orders/batch/cancel",
        _EDIT,
        _batch("cancelled", lambda call, order_id: call.farm.orders.cancel(order_id)),
        _IDS_BODY,
    ),
    Route("GET", "/v1/orders/{id}", ("order.view",), _get),
    Route("PUT", "/v1/orders/{id}", _EDIT, _update, _UPDATE),
    Route("GET", "/v1/orders/{id}/items", ("order.view",), _items),
    Route("POST", "/v1/orders/{id}/cancel", _EDIT, _cancel, None, 201),
)
