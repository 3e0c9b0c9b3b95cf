"""Orders: what customers order, and the jobs for it."""

from .builds import Builder
from .entities import Document
from .errors import BadRequestError, NotFoundError
from .job_queue import JobQueue
from .matching import UNSENT
from .world import World

_GONE = frozenset({"cancelled", "failed"})


class OrderDesk:
    """All orders of a store."""

    def __init__(self, world: World, builder: Builder, queue: JobQueue) -> None:
        """Use one world, with its builder and queue."""
        self._world = world
        self._builder = builder
        self._queue = queue
        self._asked: dict[tuple[str, str], int] = {}
        """Prints whose jobs may not have appeared yet, by order item and linked part."""

    def create(self, order: Document, items: list[Document], customer: Document | None = None) -> Document:
        """Create an order and return `OrderDetailsResponse`; raises ApiError."""
        resolved = [self._resolve(item) for item in items]
        customer_document = None
        if customer is not None:
            customer_document = self._world.document(**customer)
            self._world.customers.insert(customer_document["id"], customer_document)
        document = self._world.document(
            **{
                "source": "manual",
                "status": "open",
                "cancelledAt": None,
                "integrationId": None,
                "priceBucket": None,
                "price": None,
                "currency": None,
                "externalId": None,
                "externalUrl": None,
                "sourceRef": None,
                "note": None,
                "deadline": None,
                "processedAt": None,
                "syncDisabled": False,
                **order,
                "customerId": customer_document["id"] if customer_document else order.get("customerId"),
            }
        )
        self._world.orders.insert(document["id"], document)
        for item, sku in resolved:
            entry = self._world.document(
                orderId=document["id"],
                skuId=None if sku is None else sku["id"],
                source=document["source"],
                quantity=item["quantity"],
                inputs=item.get("inputs"),
                status=None,
                externalSku=item.get("externalSku") or (None if sku is None else sku["sku"]),
                processedAt=None,
                ignored=False,
                processedStatus="unprocessed",
                skuConfig=item.get("skuConfig"),
                resolutionNote=None,
            )
            self._world.order_items.insert(entry["id"], entry)
        return self.details(document["id"])

    def _resolve(self, item: Document) -> tuple[Document, Document | None]:
        if (sku_id := item.get("skuId")) is not None:
            if sku_id not in self._world.skus:
                raise NotFoundError("SKU", sku_id)
            return item, self._world.skus[sku_id]
        code = item.get("sku")
        return item, next((sku for sku in self._world.skus.values() if sku["sku"] == code), None)

    def order(self, order_id: str) -> Document:
        """Return an order; raises NotFoundError."""
        if (order := self._world.orders.get(order_id)) is None:
            raise NotFoundError("Order", order_id)
        return order

    def items(self, order_id: str) -> list[Document]:
        """Return the items of an order."""
        return [item for item in self._world.order_items.values() if item["orderId"] == order_id]

    def details(self, order_id: str) -> Document:
        """Return an order with customer and items (schema `OrderDetailsResponse`); raises NotFoundError."""
        order = self.order(order_id)
        return {
            "order": order,
            "customer": self._world.customers.get(order["customerId"] or ""),
            "items": self.items(order_id),
        }

    def close(self, order_id: str) -> Document:
        """Close an order; raises ApiError."""
        return self._set_status(order_id, "open", {"status": "closed"})

    def reopen(self, order_id: str) -> Document:
        """Reopen a closed order; raises ApiError."""
        return self._set_status(order_id, "closed", {"status": "open", "cancelledAt": None})

    def cancel(self, order_id: str) -> Document:
        """Cancel and close an order; raises ApiError.

        Its waiting jobs leave the queue, and running prints continue.
        """
        self._set_status(order_id, "open", {"status": "closed", "cancelledAt": self._world.now()})
        self._builder.drop(order_id)
        for job in list(self._world.jobs.values()):
            if job.order_id == order_id and job.status in UNSENT:
                self._queue.cancel(job)
        items = {item["id"] for item in self.items(order_id)}
        self._asked = {key: count for key, count in self._asked.items() if key[0] not in items}
        return self.details(order_id)

    def _set_status(self, order_id: str, needed: str, changes: Document) -> Document:
        order = self.order(order_id)
        if order["status"] != needed:
            raise BadRequestError(f"Order {order['orderNumber']} is {order['status']}")
        return self._world.orders.change(order_id, changes)

    def print(self, request: Document) -> list[str]:
        """Create the jobs that orders are missing (schema `ReconcileJobsRequest`); returns the errors."""
        errors: list[str] = []
        sku_ids = set(request["skuIds"])
        errors += [f"SKU not found: {sku_id}" for sku_id in request["skuIds"] if sku_id not in self._world.skus]
        order_ids = request.get("orderIds")
        errors += [f"Order not found: {order_id}" for order_id in order_ids or [] if order_id not in self._world.orders]
        for order in list(self._world.orders.values()):
            if order["status"] != "open" or (order_ids is not None and order["id"] not in order_ids):
                continue
            for item in self.items(order["id"]):
                if item["skuId"] in sku_ids and not item["ignored"]:
                    errors += self._print_item(order, item, request)
        return errors

    def _print_item(self, order: Document, item: Document, request: Document) -> list[str]:
        sku = self._world.skus.get(item["skuId"])
        if sku is None:
            return []
        linked_parts = self._builder.linked_parts(sku)
        if not linked_parts:
            return [f"SKU {sku['sku']} of order {order['orderNumber']} has no parts"]
        configs: Document = {}
        lacking = False
        for linked in linked_parts:
            count = item["quantity"] * linked["quantity"] - self._made(item["id"], linked["id"])
            configs[linked["id"]] = {"quantity": max(0, count)}
            lacking = lacking or count > 0
        if not lacking:
            return []
        spec: Document = {
            "skuId": sku["id"],
            "linkedPartConfigs": configs,
            "tags": request.get("printerTags") or {},
            "order": {"orderId": order["id"], "orderItemId": item["id"]},
        }
        spec |= {key: request[key] for key in ("priority", "position") if key in request}
        self._builder.build({"skus": [spec]})
        for linked_id, config in configs.items():
            key = (item["id"], linked_id)
            self._asked[key] = self._asked.get(key, 0) + config["quantity"]
        now = self._world.now()
        self._world.order_items.change(item["id"], {"processedAt": now, "processedStatus": "processed"})
        if all(other["processedStatus"] == "processed" for other in self.items(order["id"])):
            self._world.orders.change(order["id"], {"processedAt": now})
        return []

    def _made(self, item_id: str, linked_id: str) -> int:
        jobs = [
            job for job in self._world.jobs.values() if job.order_item_id == item_id and job.linked_part_id == linked_id
        ]
        gone = sum(job.status in _GONE for job in jobs)
        return max(len(jobs), self._asked.get((item_id, linked_id), 0)) - gone
