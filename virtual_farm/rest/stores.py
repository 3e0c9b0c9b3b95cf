"""The store, its settings, and its subscription."""

from typing import Any

from .listing import field_names, list_rows
from .route import Call, Route
from .schema import anything, boolean, nullable, number, shape, text

_ENTITLEMENT_FIELDS = "entitlement enabledAt id storeId createdAt updatedAt"

_SETTINGS = {
    "slicer": nullable(text()),
    "processLowPriorityJobs": boolean,
    "currency": nullable(text()),
    "currencySymbol": nullable(text()),
    "defaultPrinterUserProfileId": nullable(text()),
    "defaultPrinterSystemProfileId": nullable(number()),
    "defaultProcessUserProfileId": nullable(text()),
    "defaultProcessSystemProfileId": nullable(number()),
    "defaultFallbackFilamentUserProfileId": nullable(text()),
    "defaultFallbackFilamentSystemProfileId": nullable(number()),
    "experimentalFeatures": anything,
    "generalSettings": anything,
}


def _stores(call: Call) -> Any:
    return [call.world.store]


def _settings(call: Call) -> Any:
    return call.world.settings


def _update_settings(call: Call) -> Any:
    call.world.settings.update({key: value for key, value in call.body.items() if key in _SETTINGS})
    call.world.settings["updatedAt"] = call.world.now()
    call.farm.queue.look_again()
    return call.world.settings


def _subscription(call: Call) -> Any:
    return call.world.subscription


def _has_entitlement(call: Call) -> Any:
    name = call.ids["entitlement"]
    return {"hasEntitlement": any(row["entitlement"] == name for row in call.world.entitlements.values())}


def _entitlements(call: Call) -> Any:
    known = field_names(_ENTITLEMENT_FIELDS)
    rows = call.world.entitlements.values()
    return list_rows(rows, call.query, known, known, cut=call.farm.config.large_limit == "cut")


ROUTES = (
    Route("GET", "/v1/stores", (), _stores),
    Route("GET", "/v1/settings/store", ("settings.view",), _settings),
    Route("PATCH", "/v1/settings/store", ("settings.edit",), _update_settings, shape(optional=_SETTINGS)),
    Route("GET", "/v1/subscriptions", ("subscription.view",), _subscription),
    Route("GET", "/v1/entitlements", (), _entitlements),
    Route("GET", "/v1/entitlements/check/{entitlement}", (), _has_entitlement),
)
