"""The store, its settings and its subscription."""

from typing import Any

from .route import Call, Route
from .schema import anything, boolean, nullable, number, shape, text

MAINTENANCE_MODE = "maintenance"
"""Nobody documents what the entitlement to maintenance mode is called."""

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
    included = name in call.world.entitlements or (
        name == MAINTENANCE_MODE and call.farm.config.maintenance_entitlement
    )
    return {"hasEntitlement": included}


ROUTES = (
    Route("GET", "/v1/stores", (), _stores),
    Route("GET", "/v1/settings/store", ("settings.view",), _settings),
    Route("PATCH", "/v1/settings/store", ("settings.edit",), _update_settings, shape(optional=_SETTINGS)),
    Route("GET", "/v1/subscriptions", ("subscription.view",), _subscription),
    Route("GET", "/v1/entitlements/check/{entitlement}", (), _has_entitlement),
)
