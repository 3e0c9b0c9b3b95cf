"""The permissions that calls need, and those that a key lacks.

From ``x-permission`` of each call in the vendor's OpenAPI description; the one for builds is missing there and comes
from the vendor's page on API keys. The first refusal shows what a key lacks, and the key's own list can be read.
"""

from collections.abc import Callable
import re
from typing import Final

type Permissions = frozenset[str]


def _permissions(*names: str) -> Permissions:
    return frozenset(names)


PRINTER_VIEW = _permissions("printer.view")
_KEY_VIEW = _permissions("apiKey.view")
PRINTER_CONTROL = _permissions("printer.control")
CONFIRM_READY = _permissions("printer.ready")
FABMATIC = _permissions("printer.config", "printer.ready")
DOWNLOAD = _permissions("file.download")
MAINTENANCE = _permissions("maintenance.edit")
QUEUE_MANAGE = _permissions("queue.manage")
MAINTENANCE_COMPLETE = _permissions("maintenance.complete")
INTEGRATION_MANAGE = _permissions("integration.manage")
ORDER_EDIT = _permissions("order.edit")
SETTINGS_VIEW = _permissions("settings.view")
SETTINGS_EDIT = _permissions("settings.edit")

_NEEDED = {
    "GET /v1/printers": PRINTER_VIEW,
    "GET /v1/printers/{id}": PRINTER_VIEW,
    "PATCH /v1/printers/{id}": _permissions("printer.edit"),
    "PATCH /v1/printers/confirm-ready": CONFIRM_READY,
    "PATCH /v1/printers/enabled": PRINTER_CONTROL,
    "PATCH /v1/printers/continous-print": FABMATIC,
    "POST /v1/printer-commands/send": PRINTER_CONTROL,
    "PATCH /v1/maintenance/mode": MAINTENANCE,
    "GET /v1/maintenance/fleet-status": _permissions("maintenance.view"),
    "POST /v1/maintenance/mark-done": MAINTENANCE_COMPLETE,
    "GET /v1/print-jobs": _permissions("queue.view"),
    "GET /v1/print-jobs/{id}": _permissions("queue.view"),
    "GET /v1/print-jobs/{id}/matching-troubleshoot": _permissions("queue.view"),
    "GET /v1/print-jobs/stats/completed-count": _permissions("queue.view"),
    "PATCH /v1/print-jobs/pause": QUEUE_MANAGE,
    "PATCH /v1/print-jobs/resume": QUEUE_MANAGE,
    "PATCH /v1/print-jobs/cancel": QUEUE_MANAGE,
    "PATCH /v1/print-jobs/retry": QUEUE_MANAGE,
    "PATCH /v1/print-jobs/clear": _permissions("job.delete.all"),
    "PATCH /v1/print-jobs/move-to-queue-front": _permissions("queue.override"),
    "PATCH /v1/print-jobs/bulk-reorder": QUEUE_MANAGE,
    "PATCH /v1/print-jobs/{id}": _permissions("job.edit.all"),
    "POST /v2/builds": _permissions("build.create"),
    "POST /v2/builds/preview": _permissions("build.create"),
    "GET /v1/parts": _permissions("part.view"),
    "POST /v1/parts": _permissions("part.create"),
    "POST /v1/parts/create-skus": _permissions("sku.create"),
    "POST /v1/storage/signed-upload-urls": _permissions("part.create"),
    "POST /v1/storage/signed-urls": DOWNLOAD,
    "GET /v1/skus": _permissions("sku.view"),
    "GET /v1/sku-options": _permissions("sku.view"),
    "GET /v1/sku-options/values": _permissions("sku.view"),
    "GET /v1/sku-options/bindings": _permissions("sku.view"),
    "GET /v1/materials": _permissions("material.view"),
    "GET /v1/materials/variants": _permissions("material.view"),
    "GET /v1/materials/printer-slots": PRINTER_VIEW,
    "GET /v1/materials/instances": _permissions("material.instance.view"),
    "PATCH /v1/materials/printer-slots/assign": _permissions("printer.edit"),
    "GET /v1/orders": _permissions("order.view"),
    "GET /v1/orders/{orderId}/items": _permissions("order.view"),
    "POST /v1/orders/print": _permissions("order.print"),
    "GET /v1/order-items": _permissions("order.view"),
    "GET /v1/customers": _permissions("order.view"),
    "PATCH /v1/orders/batch/close": ORDER_EDIT,
    "GET /v1/integrations": _permissions("integration.view"),
    "GET /v1/integrations/etsy/{integrationId}/status": _permissions("integration.view"),
    "GET /v1/integrations/shopify/{integrationId}/status": _permissions("integration.view"),
    "POST /v1/integrations/etsy/{integrationId}/sync-orders": INTEGRATION_MANAGE,
    "GET /v1/sku-costs": _permissions("sku.view"),
    "GET /v1/sku-costs/breakdown/{skuId}": _permissions("sku.view"),
    "GET /v1/cost-components": SETTINGS_VIEW,
    "GET /v1/subscriptions": _permissions("subscription.view"),
    "GET /v1/settings/store": SETTINGS_VIEW,
    "PATCH /v1/settings/store": SETTINGS_EDIT,
    "GET /v1/api-keys/{id}": _permissions("apiKey.view"),
    "GET /v1/api-keys/{id}/permissions": _permissions("apiKey.view"),
}
_EVER_NEEDED = frozenset().union(*_NEEDED.values())

_SINGLE: Final = frozenset(
    f"{area}.{what}"
    for area, all_of_it in {
        "analytics": "view",
        "apiKey": "view create edit delete",
        "audit": "log.view logs.configure",
        "build": "view create edit delete",
        "file": "download",
        "integration": "view manage",
        "job": "create edit.own edit.all delete.own delete.all",
        "maintenance": "view create edit delete complete",
        "material": "view create edit delete instance.view instance.create instance.edit instance.delete",
        "order": "view create edit delete print",
        "organization": "edit delete",
        "part": "view create edit delete export",
        "permission": "view grant revoke",
        "printer": "view create edit delete control ready config stats",
        "profile": "view create edit delete",
        "queue": "view manage override",
        "reports": "generate",
        "settings": "view edit",
        "sku": "view create edit delete",
        "subscription": "view manage",
        "user": "view invite edit delete",
    }.items()
    for what in all_of_it.split()
)
"""The vendor's permissions that each stand for themselves. The others (``queue.admin``, ``part.editor`` …) stand for
several permissions, which are not documented.
"""

_PATTERNS = {re.sub(r"\{\w+\}", "{id}", call): permissions for call, permissions in _NEEDED.items()}


def permissions_of(method: str, path: str) -> Permissions:
    """Return the permissions that a call needs, empty if unknown."""
    if (needed := _PATTERNS.get(f"{method} {path}")) is not None:
        return needed
    segments = path.split("/")
    for place in range(3, len(segments)):
        pattern = "/".join((*segments[:place], "{id}", *segments[place + 1 :]))
        if (needed := _PATTERNS.get(f"{method} {pattern}")) is not None:
            return needed
    return frozenset()


def named_in(message: str, needed: Permissions) -> Permissions:
    """Return which of the needed permissions a refusal names."""
    return frozenset(name for name in needed if name in message)


class PermissionLedger:
    """The permissions that a key lacks: learned from refusals and its own list, and removed when a call succeeds."""

    def __init__(self) -> None:
        """Start without any refusal."""
        self._lacking: set[Permissions] = set()
        self._proven: set[str] = set()
        self._granted: Permissions | None = None
        self._withheld: Permissions = frozenset()
        self.on_change: Callable[[], None] = lambda: None
        self.on_proof: Callable[[], None] = lambda: None
        """Called when more permissions are known to be granted."""

    @property
    def missing(self) -> list[str]:
        """Return the names of lacking permissions, sorted: those refused, and those not granted."""
        return sorted(self._withheld.union(*self._lacking))

    @property
    def refused(self) -> list[str]:
        """Return the names of refused permissions, sorted; all, if a refusal may mean one of several."""
        return sorted(frozenset().union(*self._lacking))

    @property
    def allowed(self) -> Permissions:
        """Return the permissions that are certainly granted."""
        granted = self._granted if self._is_whole and self._granted is not None else frozenset()
        return (granted | self._proven).difference(*self._lacking)

    def lacks(self, needed: Permissions) -> bool:
        """Return whether a call that needs these permissions was refused, or would be."""
        return not self._withheld.isdisjoint(needed) or any(lacked <= needed for lacked in self._lacking)

    def learn(self, names: object) -> None:
        """Use the list of permissions granted to the key directly; a doubtful list disables nothing.

        The list does not include what the key may do by a role or as an administrator. In that case it lacks the
        permission needed to read it, one that every key needs, or one that a call has already used.
        """
        granted = frozenset(names) if isinstance(names, list) and all(isinstance(name, str) for name in names) else None
        self._granted = granted if granted is not None and _KEY_VIEW <= granted <= _SINGLE else None
        self._weigh()

    @property
    def _is_whole(self) -> bool:
        return self._granted is not None and PRINTER_VIEW | self._proven <= self._granted

    def _weigh(self) -> None:
        before = self._withheld
        self._withheld = _EVER_NEEDED - self._granted if self._is_whole and self._granted is not None else frozenset()
        if self._withheld != before:
            self.on_change()
        self.on_proof()

    def deny(self, permissions: Permissions) -> None:
        """Record that the key lacks at least one of these."""
        self._proven -= permissions
        if permissions and not any(lacked <= permissions for lacked in self._lacking):
            self._lacking.add(permissions)
            self.on_change()

    def allow(self, permissions: Permissions) -> None:
        """Record that a call which needs all of these succeeded."""
        if not permissions <= self._proven:
            self._proven |= permissions
            self._weigh()
        if not self._lacking or not permissions:
            return
        before = self._lacking
        # A key that may not even view printers was refused by its address: then no refusal is about permissions.
        was_shut_out = PRINTER_VIEW in before and permissions == PRINTER_VIEW
        self._lacking = set() if was_shut_out else {left for lacked in before if (left := lacked - permissions)}
        if self._lacking != before:
            self.on_change()
